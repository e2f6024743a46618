"""Every measure of one picture by name, with its unit: the figures that the limits weigh."""

from collections.abc import Mapping

from derm_service.imaging.gate import (
    colour,
    compression,
    detail,
    edges,
    framed,
    glare,
    hair,
    lesion,
    light,
    noise,
    relief,
)
from derm_service.imaging.gate.detail import Detail
from derm_service.imaging.gate.lesion import Lesion
from derm_service.imaging.gate.look import Look
from derm_service.imaging.gate.report import Measure

LEAST_WIDTH, LEAST_HEIGHT = 800, 600
SHARE = "log2 of share"
RATIO = "ln of ratio"


def measure(look: Look, found: Detail, spot: Lesion) -> dict[str, Measure]:
    """All figures of a picture, its waves and its lesion being known."""
    subject = light.subject(look)
    return {
        **size(look),
        **_in(detail.UNIT, detail.measure(found)),
        **_in(edges.UNIT, edges.measure(look, found.small.noise)),
        "ruler": Measure(int(look.has_ruler), "0 or 1"),
        **_in(noise.UNIT, noise.measure(found)),
        **_in("log2 of steps", compression.borders(found)),
        **_in("share", compression.still(found)),
        **_in("level of 255", light.levels(subject)),
        **_in(SHARE, light.lost(subject)),
        **_in("log2 of shares", {"heaped": light.heaped(subject)}),
        **_in("log2 of light", light.fall(look, spot.mask)),
        **_in(SHARE, glare.measure(look)),
        **_in(RATIO, colour.ratios(look)),
        **_in("share", colour.shares(look)),
        **_in("of 1", relief.measure(look)),
        **_in(SHARE, hair.measure(look)),
        **_in("share", lesion.measure(look, spot)),
        **_in("log2 of light", framed.measure(look)),
        **_in("share", framed.subject(look)),
        **_in("0 to 1", framed.field(look)),
    }


def size(look: Look) -> dict[str, Measure]:
    """How many pixels there are, against 800 x 600 whichever way the picture is held."""
    width, height = look.sight.width, look.sight.height
    ratio = min(max(width, height) / LEAST_WIDTH, min(width, height) / LEAST_HEIGHT)
    return {
        "width": Measure(width, "px"),
        "height": Measure(height, "px"),
        "size_ratio": Measure(round(ratio, 4), "of 800 x 600"),
    }


def _in(unit: str, figures: Mapping[str, float]) -> dict[str, Measure]:
    return {name: Measure(round(figure, 4), unit) for name, figure in figures.items()}
