"""Find the gate's limits from photographs: `python -m benchmarks.gate_fit DIR [--figures FILE]`.

Every photograph is measured untouched and with each controlled fault. For each code and family a
weight per measure is fitted (logistic regression, held small), the sum is judged on photographs
that were left out of the fit (five folds, by photograph), and the limit and the retake limit are
set from those held-out sums. `limits.json` is written anew, with the evidence beside each number.
"""

import argparse
import json
import zlib
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks import twins
from benchmarks.degradations import FAULTS, Fault, saved
from benchmarks.photographs import REMARKS, Photograph, photographs
from benchmarks.recipes import (
    BESIDE_COLOURS,
    BRIGHT_COLOURS,
    COLOURS,
    MOST_COLOURS,
    NEUTRAL,
    RECIPES,
    VIEW_MEASURES,
    way,
)
from benchmarks.statistics import auroc
from derm_service import clock
from derm_service.imaging.codes import View
from derm_service.imaging.gate import detail, lesion, measures
from derm_service.imaging.gate.limits import Colours, Usual
from derm_service.imaging.gate.look import look
from derm_service.imaging.gate.sight import of_pixels

LIMITS = Path(measures.__file__).with_name("limits.json")
FOLDS, STEADY = 5, 3.0
FINE = tuple(
    fault
    for fault in FAULTS
    if fault.name in {"defocus", "motion", "resolution", "noise", "compression"}
)
SAVED_TOO = frozenset({"defocus", "motion", "resolution"})
EXTREMES = {"defocus": (8.0, 16.0), "motion": (36.0, 60.0)}
"""Far beyond severe, where weighed measures say less and less: what `detail_gone` is there for."""
FAR = "far "  # how the names of those faults begin
SIZES = ((1600, FAULTS), (3200, FINE))  # px that photographs are shrunk to, and what is tried there
DRAWN = "drawn"  # how the names of drawn pictures begin
TWINS = range(100, 112)  # seeds of the drawn scenes; those of gate_fairness are others
PROCESSES = 2
NAMED_AT = 0.94  # of untouched photographs lie below, where faults do not lie apart from them
DRAWN_ROOM = 0.2  # of the sum beyond every good drawn picture: no tone of good skin is named
COLOUR_ROOM = 0.3  # for a cast: skin of one tone has the colours of another in a coloured light
RETAKE_AT = 0.75  # of the way from the worst good photograph to all but the mildest severe fault
SOFTNESS = 3.0  # what sums are divided by, so that scores do not all lie at the two ends
Pixels = NDArray[np.uint8]
Table = NDArray[np.float64]
Ways = NDArray[np.int_]


@dataclass(frozen=True)
class Row:
    """One measured picture: whose it is, what was done to it, and its figures."""

    image: str
    family: str
    remark_names: tuple[str, ...]
    fault: str  # "" untouched in full size, "base" untouched and shrunk, "twin" drawn, or its name
    severe: bool
    reaches_size: bool
    figures: dict[str, float]

    @property
    def is_drawn(self) -> bool:
        """Whether the renderer made it: it steadies the fit, and no figure counts it."""
        return self.image.startswith(DRAWN)

    @property
    def is_far(self) -> bool:
        """Whether it is spoilt beyond everything that weights are found on."""
        return self.fault.startswith(FAR)


def measured(folder: Path) -> Iterator[Row]:
    """Every photograph, untouched and spoilt, and drawn ones, through the gate's own measures."""
    with ProcessPoolExecutor(PROCESSES) as pool:
        for photograph in pool.map(
            partial(_photograph, folder), photographs(folder, small_too=True)
        ):
            yield from photograph
        for scene in pool.map(_twins, TWINS):
            yield from scene


def _photograph(folder: Path, photograph: Photograph) -> list[Row]:
    whole = photograph.pixels()
    tried: Iterable[tuple[str, bool, Pixels]] = [("", False, whole)]
    large = max(whole.shape) >= 800 and min(whole.shape[:2]) >= 600
    name = str(photograph.path.relative_to(folder))
    named = tuple(code for code in REMARKS if photograph.lacks(code))
    rows = []
    for long_side, faults in SIZES:
        if large and (long_side == SIZES[0][0] or max(whole.shape) >= long_side):
            tried = chain(tried, _spoilt(name, whole, long_side, faults))
    for fault, severe, pixels in tried:
        figures = _figures(pixels)
        rows.append(Row(name, photograph.family, named, fault, severe, large, figures))
    return rows


def _twins(seed: int) -> list[Row]:
    """One scene in every view and tone; in some tones also with every fault, severe."""
    rows = []
    for view, monk, _, pixels in twins.good(range(seed, seed + 1)):
        family = "dermoscopic" if view is View.DERMOSCOPIC else "camera"
        name = f"{DRAWN} {seed} {view} {monk}"
        rng = np.random.default_rng((seed, monk))
        for good in (pixels, saved(pixels, rng)):
            rows.append(Row(name, family, (), "twin", False, True, _figures(good)))
        if monk % 4 == seed % 4:
            for fault in FAULTS:
                spoilt = _figures(saved(fault.spoil(pixels, fault.severe, rng), rng))
                rows.append(Row(name, family, (), fault.name, True, True, spoilt))
    return rows


def _spoilt(
    name: str, whole: Pixels, long_side: int, faults: tuple[Fault, ...]
) -> Iterator[tuple[str, bool, Pixels]]:
    """One photograph at one size with each fault, some of them also as a camera saves them."""
    factor = min(1.0, long_side / max(whole.shape))
    base = np.asarray(
        cv2.resize(whole, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA), np.uint8
    )
    rng = np.random.default_rng(zlib.crc32(f"{name} {long_side}".encode()))
    yield "base", False, base
    yield "base", False, saved(base, rng)
    for fault in faults:
        for severe, strength in ((False, fault.just_visible), (True, fault.severe)):
            pixels = fault.spoil(base, strength, rng)
            yield fault.name, severe, pixels
            if fault.name in SAVED_TOO and long_side == SIZES[0][0]:
                yield fault.name, severe, saved(pixels, rng)
        for strength in EXTREMES.get(fault.name, ()) if long_side == SIZES[0][0] else ():
            yield FAR + fault.name, True, saved(fault.spoil(base, strength, rng), rng)


def _figures(pixels: NDArray[np.uint8]) -> dict[str, float]:
    seen = look(of_pixels(pixels))
    found = measures.measure(seen, detail.detail(seen), lesion.find(seen))
    return {name: measure.value for name, measure in found.items()}


@dataclass(frozen=True)
class Fit:
    """Weights over standardised measures, and the held-out sum of every row."""

    names: tuple[str, ...]
    typical: Table
    spread: Table
    weights: Table
    held_out: Table


def fitted(
    rows: list[Row], names: tuple[str, ...], bad: Table, trust: Table, ways: Ways | None = None
) -> Fit:
    """Logistic regression, and for each row the sum by the fit that never saw its photograph."""
    values = np.array([[row.figures[name] for name in names] for row in rows])
    good = bad == 0
    typical, spread = np.median(values[good], axis=0), values.std(axis=0) + 1e-6
    away = (values - typical) / spread
    away = np.clip(away, -5, 5)
    folds = np.array([_fold(row.image) for row in rows])
    held_out = np.zeros(len(rows))
    for fold in range(FOLDS):
        seen = folds != fold
        weights = _one_way(away[seen], bad[seen], trust[seen], ways)
        held_out[folds == fold] = away[folds == fold] @ weights[:-1] + weights[-1]
    return Fit(names, typical, spread, _one_way(away, bad, trust, ways), held_out)


def _fold(image: str) -> int:
    """Which part of the photographs one belongs to; the same for all codes."""
    return zlib.crc32(image.encode()) % FOLDS


def _one_way(away: Table, bad: Table, trust: Table, ways: Ways | None) -> Table:
    """Weights of which none says that more of a fault is less: the worst such is left out first."""
    kept = np.ones(away.shape[1], np.bool_)
    while True:
        found = _logistic(away[:, kept], bad, trust)
        weights = np.zeros(away.shape[1] + 1)
        weights[:-1][kept], weights[-1] = found[:-1], found[-1]
        wrong = weights[:-1] * (0.0 if ways is None else ways)
        if wrong.min() >= 0:
            return weights
        kept[int(wrong.argmin())] = False


def _logistic(away: Table, bad: Table, trust: Table) -> Table:
    """Ridge logistic regression by Newton's method; the last weight is the start."""
    terms = np.hstack([away, np.ones((len(away), 1))])
    held = np.diag([STEADY] * away.shape[1] + [1e-6])
    weights = np.zeros(terms.shape[1])
    for _ in range(50):
        chance = 1 / (1 + np.exp(-np.clip(terms @ weights, -30, 30)))
        slope = terms.T @ (trust * (chance - bad)) + held @ weights
        bend = (terms * (trust * chance * (1 - chance))[:, None]).T @ terms + held
        step = np.linalg.solve(bend, slope)
        weights -= step
        if np.abs(step).max() < 1e-8:
            break
    return weights


def limit_of(rows: list[Row], code: str, family: str) -> dict[str, Any]:
    """The fitted limit of one code in one family, as it stands in the file."""
    recipe = RECIPES[code][family]
    faults = {fault.name for fault in FAULTS if code in fault.codes}
    own = [row for row in rows if row.family == family and row.reaches_size and not row.is_far]
    own = [row for row in own if code not in row.remark_names and row.fault not in NEUTRAL[code]]
    bad = np.array([float(row.fault in faults) for row in own])
    untouched = np.array([row.fault in ("", "base") for row in own])
    drawn = np.array([row.fault == "twin" for row in own])
    other = (bad == 0) & ~untouched & ~drawn
    trust = np.zeros(len(own))
    made = np.array([row.is_drawn for row in own])
    for kind, share in (
        ((bad == 1) & ~made, 0.85),
        ((bad == 1) & made, 0.15),
        (untouched, 0.7),
        (drawn, 0.15),
        (other, 0.15),
    ):
        trust[kind] = share / max(1, kind.sum())
    ways = np.array([way(code, name) for name in recipe])
    fit = fitted(own, recipe, bad, trust * len(own) / 2, ways)
    counted = (bad == 1) & ~made
    severe = np.array([row.severe for row in own]) & counted
    visible = counted & ~severe
    room = COLOUR_ROOM if code == "colour_cast" else DRAWN_ROOM
    return _limit(fit, untouched, drawn, visible, severe, room)


def _limit(
    fit: Fit, untouched: Table, drawn: Table, visible: Table, severe: Table, room: float
) -> dict[str, Any]:
    """Named beyond nearly every good picture; a retake well beyond every one."""
    sums = fit.held_out / SOFTNESS
    photographs, good = sums[untouched], sums[untouched | drawn]
    faint, strong = sums[visible], sums[severe]
    apart = float(np.quantile(faint, 0.1)) > float(good.max())
    named = _between(good, faint, 0.5, 0.1) if apart else float(np.quantile(photographs, NAMED_AT))
    named = max(named, float(sums[drawn].max(initial=-9.0)) + room)
    retake = max(named, _between(good, strong, RETAKE_AT, 0.05))
    return {
        "start": round(float(fit.weights[-1]) / SOFTNESS - named, 4),
        "retake": round(float(1 / (1 + np.exp(named - retake))), 4),
        "measures": _stored(fit),
        "evidence": (
            f"Held out in five folds: AUROC {auroc(faint, photographs):.3f} just visible, "
            f"{auroc(strong, photographs):.3f} severe; sent back {_of(photographs > retake)} "
            f"untouched, {_of(sums[drawn] > retake)} good drawn and {_of(strong > retake)} severe; "
            f"named {_of(photographs > named)} untouched and {_of(faint > named)} just visible."
        ),
    }


def _of(hits: Table) -> str:
    return f"{int(hits.sum())} of {len(hits)}"


def _between(good: Table, bad: Table, share: float, low: float) -> float:
    """A place between the worst untouched photograph and all but the mildest faults."""
    top, bottom = float(good.max()), float(np.quantile(bad, low))
    return top + max(share * (bottom - top), 0.15 * float(good.std()))


def _stored(fit: Fit) -> dict[str, Any]:
    return {
        name: {
            "typical": round(float(typical), 4),
            "spread": round(float(spread), 4),
            "weight": round(float(weight) / SOFTNESS, 4),
        }
        for name, typical, spread, weight in zip(
            fit.names, fit.typical, fit.spread, fit.weights[:-1], strict=True
        )
        if weight
    }


def with_colour_distance(rows: list[Row]) -> tuple[list[Row], dict[str, Any]]:
    """How far each picture's colours are from the usual ones of photographs in other folds."""
    kept = {}
    for family in ("dermoscopic", "camera"):
        own = [row for row in rows if row.family == family]
        good = [
            row
            for row in own
            if row.fault == "" and row.reaches_size and "colour_cast" not in row.remark_names
        ]
        drawn = [row for row in own if row.fault == "twin"]
        for fold in range(FOLDS):
            seen = [row for row in good if _fold(row.image) != fold]
            usual = _usual_colours(seen, drawn, family)
            for row in own:
                if _fold(row.image) == fold:
                    row.figures["colour_distance"] = usual.distance(row.figures)
        usual = _usual_colours(good, drawn, family)
        kept[family] = {
            "every": _stored_usual(usual.every),
            "bright": _stored_usual(usual.bright),
            "evidence": (
                f"Median and inverse covariance over {len(good)} untouched photographs, the "
                "covariance widened by what drawn scenes differ in between the ten skin tones, and "
                "only what all of them moved together counted, beyond what goes with the "
                "other measures."
            ),
        }
    return rows, kept


def _usual_colours(good: list[Row], drawn: list[Row], family: str) -> Colours:
    every = (*COLOURS[family], *BESIDE_COLOURS[family])
    return Colours(_usual(good, drawn, every), _usual(good, drawn, BRIGHT_COLOURS))


def _usual(good: list[Row], drawn: list[Row], names: tuple[str, ...]) -> Usual:
    """A light moves warmth alike wherever it is seen, magenta too, and all else not at all."""
    typical = np.median([[row.figures[name] for name in names] for row in good], axis=0)
    most = {name: most for name, most in MOST_COLOURS.items() if name in names}
    loose = Usual(names, tuple(typical.tolist()), most, ())
    away = np.array([loose.away(row.figures) for row in good])
    kinds = [name.rsplit("_", 1)[-1] for name in names]
    alike = np.array([[kind == "warmth", kind == "magenta"] for kind in kinds], np.float64)
    precision = np.linalg.inv(np.cov(away.T) + _tones(drawn, names) + 1e-3 * np.eye(len(names)))
    shared = precision @ alike
    precision = shared @ np.linalg.inv(alike.T @ shared) @ shared.T
    return replace(loose, precision=tuple(map(tuple, precision.tolist())))


def _tones(drawn: list[Row], names: tuple[str, ...]) -> Table:
    """How colours differ between the tones of one scene."""
    scenes: dict[str, list[list[float]]] = {}
    for row in drawn:
        scene = row.image.rsplit(" ", 1)[0]
        scenes.setdefault(scene, []).append([row.figures[name] for name in names])
    away = [np.array(tones) - np.mean(tones, axis=0) for tones in scenes.values()]
    return np.asarray(np.cov(np.concatenate(away).T))


def _stored_usual(usual: Usual) -> dict[str, Any]:
    return {
        "measures": list(usual.measures),
        "usual": [round(at, 4) for at in usual.usual],
        "most": dict(usual.most),
        "precision": [[round(factor, 2) for factor in row] for row in usual.precision],
    }


def view_of(rows: list[Row]) -> dict[str, Any]:
    """What tells dermoscopy from a camera photograph, however good or bad the picture is."""
    rows = [row for row in rows if not row.is_far]
    dermoscopic = np.array([float(row.family == "dermoscopic") for row in rows])
    untouched = np.array([row.fault in ("", "base") for row in rows])
    drawn = np.array([row.is_drawn for row in rows])
    trust = np.where(untouched, 1.0, np.where(drawn, 0.15, 0.1))
    for kind in (0.0, 1.0):
        trust[dermoscopic == kind] /= trust[dermoscopic == kind].sum()
    fit = fitted(rows, VIEW_MEASURES, dermoscopic, trust * untouched.sum() / 2)
    right = (fit.held_out > 0) == (dermoscopic == 1)
    return {
        "start": round(float(fit.weights[-1]) / SOFTNESS, 4),
        "measures": _stored(fit),
        "evidence": (
            f"Held out in five folds: right for {int(right[untouched].sum())} of "
            f"{int(untouched.sum())} untouched and {int(right[~untouched & ~drawn].sum())} of "
            f"{int((~untouched & ~drawn).sum())} spoilt photographs, and {_of(right[drawn])} "
            "drawn ones."
        ),
    }


def limits_of(rows: list[Row]) -> dict[str, Any]:
    """All that is fitted, as it stands in the file."""
    rows, colours = with_colour_distance(rows)
    return {
        "usual_colours": colours,
        "view": view_of(rows),
        "limits": {
            code: {family: limit_of(rows, code, family) for family in families}
            for code, families in RECIPES.items()
        },
    }


def main() -> None:
    """Measure (or read measured figures), fit, write the limits, and say what was found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--figures", type=Path, help="kept here, and read again if there")
    wish = parser.parse_args()
    rows = list(rows_of(wish.folder, wish.figures))
    kept = json.loads(LIMITS.read_text("utf-8")) | limits_of(rows)
    kept["version"] = f"{clock.now():%Y-%m-%dT%H:%M}"
    LIMITS.write_text(json.dumps(kept, indent=2) + "\n", "utf-8")
    for code, families in kept["limits"].items():
        for family, limit in families.items():
            print(f"{code:15} {family:12} {limit['evidence']}")
    print(f"{'view':28} {kept['view']['evidence']}")
    print(json.dumps({"rows": len(rows), "limits": kept["version"]}))


def rows_of(folder: Path, kept: Path | None) -> Iterable[Row]:
    """Every picture measured; read from the file that keeps them, if it is there."""
    if kept is None:
        yield from measured(folder)
        return
    if not kept.exists():
        with kept.open("w", encoding="utf-8") as file:
            for row in measured(folder):
                file.write(json.dumps(vars(row)) + "\n")
    with kept.open(encoding="utf-8") as file:
        for line in file:
            stored = json.loads(line)
            yield Row(**(stored | {"remark_names": tuple(stored["remark_names"])}))


if __name__ == "__main__":
    main()
