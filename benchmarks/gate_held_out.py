"""How right the gate is on photographs its limits never saw.

`python -m benchmarks.gate_held_out DIR --figures FILE`: in five parts, by photograph, limits are
found anew from the rows of the other four (as `gate_fit --figures FILE` keeps them), and the
photographs of the part are judged by those limits as `gate_accuracy` judges all.
"""

import argparse
import json
import zlib
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks import gate_accuracy, gate_fit
from benchmarks.photographs import photographs
from derm_service.imaging.gate import limits

PARTS = 5


def part(image: str) -> int:
    """Which part a photograph belongs to; not the fold it lies in when limits are found."""
    return zlib.crc32(image[::-1].encode()) % PARTS


def take(found: dict[str, Any]) -> None:
    """Judge by these limits from now on, in this process."""
    limits.everything().update(found)
    for read in (limits.of_view, limits.usual_colours, limits.detector):
        read.cache_clear()


def judged(
    folder: Path, rows: list[gate_fit.Row], left_out: int, processes: int
) -> list[gate_accuracy.Case]:
    """The photographs of one part, by limits found without them."""
    seen = [row for row in rows if row.is_drawn or part(row.image) != left_out]
    own = [
        photograph
        for photograph in photographs(folder)
        if part(str(photograph.path.relative_to(folder))) == left_out
    ]
    case = partial(gate_accuracy.case, folder=folder, long_side=gate_accuracy.LONG_SIDE)
    with ProcessPoolExecutor(
        processes, initializer=take, initargs=(gate_fit.limits_of(seen),)
    ) as pool:
        return list(pool.map(case, own))


def main() -> None:
    """Judge part after part, and print what gate_accuracy prints on its last line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--figures", type=Path, required=True)
    parser.add_argument("--processes", type=int, default=2)
    wish = parser.parse_args()
    rows = list(gate_fit.rows_of(wish.folder, wish.figures))
    cases = []
    for left_out in range(PARTS):
        cases += judged(wish.folder, rows, left_out, wish.processes)
        print(f"part {left_out + 1} of {PARTS}: {len(cases)} photographs judged")
    print(json.dumps(gate_accuracy.summary(cases), allow_nan=False))


if __name__ == "__main__":
    main()
