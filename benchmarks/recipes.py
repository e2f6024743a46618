"""Which measures each code's limit weighs in each family, and which other faults it ignores.

A code stands here for a family only if what is measured on photographs left out of the fit is
good enough to ship; see docs/gate.md for those that are not here and why.
"""

_BLUR = (
    "small_fall_1", "small_fall_2", "small_near_least", "small_near_most", "small_far_least",
    "small_far_most", "full_near_least", "full_near_most", "full_far_most", "small_lowest",
    "small_highest", "small_drop_2", "edge_sharpest", "edge_softest",
)  # fmt: skip
_MOTION = (
    "small_near_least", "small_near_range", "small_middle_range", "small_coarse_range",
    "small_drop_2", "edge_sharpest", "edge_softest", "small_lowest", "small_highest",
    "small_far_least", "small_far_range",
)  # fmt: skip
_BLUR_PRINT = (*_BLUR, "ruler")
# the finest relief of sharp skin often runs one way: no sign that the camera did
_MOTION_PRINT = (*(name for name in _MOTION if name != "small_far_range"), "ruler")
_UNDER = ("level_99", "level_95", "whole_level_99", "dim", "black")
_OVER = ("lost_any", "lost_two", "lost_all", "high")
_OVER_RED = (*_OVER, "lost_red")
_OVER_BRIGHT = (*_OVER, "heaped", "level_95", "middle_level_95", "faintest_99")
_UNEVEN = ("red_fall", "red_slope", "red_bowl", "red_rough", "round_field")
_GLARE = ("white_patches", "steep_borders")
_GLARE_FAR = ("steep_borders", "enclosed_white")
_LIGHT = (
    "middle_warmth", "middle_magenta", "white_warmth", "white_magenta", "bright_warmth",
    "bright_magenta",
)  # fmt: skip
COLOURS = {
    "dermoscopic": (*_LIGHT, "spread_warmth", "spread_magenta"),
    "camera": (*_LIGHT, "bare_warmth", "bare_magenta"),
}
"""What a coloured light moves alike: how far from usual they moved is `colour_distance`."""
BESIDE_COLOURS = {"dermoscopic": ("light_span",), "camera": ()}
"""What it does not move, and which colours are usual goes by: a strongly coloured lesion."""

BRIGHT_COLOURS = ("white_warmth", "white_magenta", "bright_warmth", "bright_magenta")
"""Of bright places alone: where these are as usual, it is not the light that is coloured."""
MOST_COLOURS = {"spread_warmth": 0.5, "spread_magenta": 0.5}
"""How far from usual they count: a red lesion that fills the field moves them without end."""

_CAST = ("colour_distance",)
_CAST_COLD = (*_CAST, "middle_warmth")  # skin of any tone is warmer than fair skin, none is colder
_NOISE = ("grain", "least_grain", "diagonal_grain")
_COMPRESSION = ("busy_borders", "flat_borders", "flat_still", "busy_still", "diagonal_grain")
_RESOLUTION = (
    "full_far_least", "full_far_most", "full_fall_2", "full_fall_3", "small_fall_3",
    "small_far_least", "small_far_most", "small_noise", "full_near_least", "full_near_most",
    "small_near_least", "small_near_most", "small_fall_1", "small_fall_2",
)  # fmt: skip
_HAIR = ("dark_specks", "faint_specks", "dark_lines", "light_specks")
_HAIR_DARK = ("dark_specks", "dark_lines")  # a lesion's network is light, fine and faint too
_FRAMING = ("dark_off", "light_slope", "corner_brightest")

RECIPES: dict[str, dict[str, tuple[str, ...]]] = {
    "low_resolution": {"dermoscopic": _RESOLUTION, "camera": _RESOLUTION},
    "blur": {"dermoscopic": _BLUR, "camera": _BLUR_PRINT},
    "motion_blur": {"dermoscopic": _MOTION, "camera": _MOTION_PRINT},
    "overexposed": {"dermoscopic": _OVER_BRIGHT, "camera": _OVER_RED},
    "underexposed": {"dermoscopic": _UNDER, "camera": _UNDER},
    "uneven_light": {"dermoscopic": _UNEVEN},
    "glare": {"dermoscopic": _GLARE, "camera": _GLARE_FAR},
    "colour_cast": {"dermoscopic": _CAST_COLD, "camera": _CAST},
    "noise": {"dermoscopic": _NOISE, "camera": _NOISE},
    "compression": {"dermoscopic": _COMPRESSION, "camera": _COMPRESSION},
    "hair": {"dermoscopic": _HAIR_DARK, "camera": _HAIR},
    "framing": {"dermoscopic": _FRAMING},
}
ONE_WAY = frozenset({"overexposed", "underexposed", "glare", "colour_cast", "noise"})
"""Codes whose measures each only grow with the fault, or only sink: none may count against it."""

_SINKING = {
    "underexposed": frozenset({"level_99", "level_95", "whole_level_99"}),
    "colour_cast": frozenset({"middle_warmth"}),
}


def way(code: str, measure: str) -> int:
    """1 for a measure that may only count for a fault when high, -1 when low, 0 for either."""
    if code not in ONE_WAY:
        return 0
    return -1 if measure in _SINKING.get(code, ()) else 1


NEUTRAL: dict[str, frozenset[str]] = {
    "low_resolution": frozenset(),
    "blur": frozenset({"resolution"}),
    "motion_blur": frozenset({"resolution"}),
    "overexposed": frozenset({"glare", "uneven"}),
    "underexposed": frozenset({"uneven"}),
    "uneven_light": frozenset({"framing", "under"}),
    "glare": frozenset({"over"}),
    "colour_cast": frozenset({"over", "under", "glare", "uneven"}),
    "noise": frozenset({"hair"}),
    "compression": frozenset({"resolution", "defocus", "motion"}),
    "hair": frozenset({"noise"}),
    "framing": frozenset({"uneven", "under"}),
}
"""Faults that bring a little of this one with them: neither good nor bad examples of it."""

VIEW_MEASURES = (
    "light_slope", "light_bowl", "ring_spread_0", "ring_spread_2", "ring_spread_3", "edge_spread",
    "corner_brightest", "corner_darkest", "lesion_contrast", "lesion_off", "lesion_cut",
    "lesion_area", "skin_share", "hue_spread", "saturation", "white_magenta", "lit_magenta",
    "lit_warmth", "small_far_least", "small_near_least", "small_fall_3", "full_fall_1",
    "faint_specks", "pale_patches", "far_whiter", "round_field",
    "red_detail", "blue_alike",
)  # fmt: skip
