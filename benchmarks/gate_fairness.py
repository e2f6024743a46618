"""Whether the tone of the skin alone changes a verdict: `python -m benchmarks.gate_fairness`.

Each drawn scene is taken in the ten Monk tones, good and with faults; a scene counts as changed
when its verdict in any tone is not the one most of its tones have.
"""

import argparse
import json
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from typing import Any

import numpy as np

from benchmarks import twins
from derm_service.demo.camera import Faults
from derm_service.imaging.codes import View
from derm_service.imaging.gate.judge import judge
from derm_service.imaging.gate.report import IssueCode
from derm_service.imaging.gate.sight import of_pixels

FAULTS: dict[str, Faults | None] = {
    "good": Faults(),
    "defocus": Faults(defocus_px=7),
    "motion": Faults(motion_px=40),
    "over": None,
    "under": Faults(stops=-5),
}
BURNT = (
    5.0  # times the light the sensor holds, on skin of middling brightness: three stops, if fair
)
SCENES = 8  # of each view and fault
Taken = tuple[str, str, int, list[str], list[dict[str, float]]]


def burnt(view: View, monk: int, seed: int) -> Faults:
    """So many stops that the same share of the skin is lost, whatever its tone.

    The same stops for all would burn a fair arm out and leave a dark one before it whole.
    """
    good = twins.taken(view, monk, seed)
    down, across = good.shape[0] // 3, good.shape[1] // 3
    level = float(np.median(good[down:-down, across:-across].max(axis=2))) / 255
    light = ((level + 0.055) / 1.055) ** 2.4  # sRGB: IEC 61966-2-1
    return Faults(stops=float(np.log2(BURNT / light)))


def taken(wish: tuple[str, View, int]) -> Taken:
    """One scene with one fault: its verdict and scores in each tone."""
    fault, view, seed = wish
    reports = [
        judge(
            of_pixels(twins.taken(view, monk, seed, FAULTS[fault] or burnt(view, monk, seed))),
            view=view,
        )
        for monk in twins.TONES
    ]
    scores = [{code.value: score for code, score in each.scores.items()} for each in reports]
    return fault, view.value, seed, [each.verdict.value for each in reports], scores


def summary(scenes: list[Taken]) -> dict[str, Any]:
    """Changed verdicts, per tone what was said, and how far each score moves with the tone."""
    changed = [scene for scene in scenes if len(set(scene[3])) > 1]
    odd = sum(len(scene[3]) - max(Counter(scene[3]).values()) for scene in scenes)
    moved = {
        code.value: round(
            float(np.mean([np.ptp([tone[code.value] for tone in scene[4]]) for scene in scenes])), 4
        )
        for code in IssueCode
        if code.value in scenes[0][4][0]
    }
    return {
        "scenes": len(scenes),
        "changed": len(changed),
        "changed_share": round(len(changed) / len(scenes), 4),
        "odd_verdicts": odd,
        "verdicts": len(scenes) * len(twins.TONES),
        "changed_scenes": [scene[:4] for scene in changed],
        "good_by_tone": {
            monk: dict(Counter(scene[3][monk - 1] for scene in scenes if scene[0] == "good"))
            for monk in twins.TONES
        },
        "mean_range_of_scores": moved,
    }


def main() -> None:
    """Draw, judge, and print one JSON object on the last line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--first", type=int, default=0, help="the first scene's number")
    parser.add_argument("--scenes", type=int, default=SCENES, help="of each view and fault")
    parser.add_argument("--processes", type=int, default=2)
    wish = parser.parse_args()
    seeds = range(wish.first, wish.first + wish.scenes)
    wishes = [(fault, view, seed) for fault in FAULTS for view in View for seed in seeds]
    with ProcessPoolExecutor(wish.processes) as pool:
        print(json.dumps(summary(list(pool.map(taken, wishes)))))


if __name__ == "__main__":
    main()
