"""How fast the gate is: `python -m benchmarks.gate_speed FILE…`.

For each file, in turn: everything the gate does with the bytes (checks, strict decode, all
measures) by the service's own sandboxed child, as it times itself (without its start); and one
full RGB decode by Pillow in a plain process. The best of some rounds of each. `convert("RGB")`
copies a picture that is RGB already: `ratio_uncopied` is against a decode without that copy.
"""

import argparse
import io
import json
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

from PIL import Image

from derm_service.imaging import sandbox
from derm_service.imaging.examined import Want

ROUNDS = 7


def measured(path: Path, rounds: int) -> dict[str, Any]:
    """Megapixels, milliseconds of both, their ratio, and the memory that a child came to."""
    data = path.read_bytes()
    gate, pillow, uncopied = _best(
        rounds,
        lambda: sandbox.examine([data], view=None, want=Want.REPORT).milliseconds["total"],
        _timed(lambda: Image.open(io.BytesIO(data)).convert("RGB").load()),
        _timed(lambda: Image.open(io.BytesIO(data)).load()),
    )
    sandbox.close()
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    width, height = Image.open(io.BytesIO(data)).size
    return {
        "file": path.name,
        "megapixels": round(width * height / 1e6, 1),
        "gate_ms": round(gate, 1),
        "pillow_decode_ms": round(pillow, 1),
        "ratio": round(gate / pillow, 3),
        "ratio_uncopied": round(gate / uncopied, 3),
        "peak_rss_mb": round(peak),
    }


def _best(rounds: int, *acts: Callable[[], float]) -> list[float]:
    """Milliseconds of each, in turn, so that other work on the machine falls on all of them."""
    spans = [[act() for act in acts] for _ in range(rounds)]
    return [min(each) for each in zip(*spans, strict=True)]


def _timed(act: Callable[[], object]) -> Callable[[], float]:
    def milliseconds() -> float:
        started = perf_counter()
        act()
        return (perf_counter() - started) * 1000

    return milliseconds


def main() -> None:
    """Each file in a process of its own, so that the peak of one is not that of another."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", type=Path, nargs="+")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--alone", action="store_true", help=argparse.SUPPRESS)
    wish = parser.parse_args()
    if wish.alone:
        print(json.dumps(measured(wish.files[0], wish.rounds)))
        return
    found = []
    for path in wish.files:
        command = [sys.executable, "-m", __spec__.name, "--alone", "--rounds", str(wish.rounds)]
        done = subprocess.run([*command, str(path)], check=True, capture_output=True, text=True)
        found.append(json.loads(done.stdout.splitlines()[-1]))
        print(found[-1])
    print(
        json.dumps(
            {
                "files": found,
                "median_ratio": median(each["ratio"] for each in found),
                "worst_ratio": max(each["ratio"] for each in found),
                "median_ratio_uncopied": median(each["ratio_uncopied"] for each in found),
                "worst_ratio_uncopied": max(each["ratio_uncopied"] for each in found),
                "peak_rss_mb": max(each["peak_rss_mb"] for each in found),
            }
        )
    )


if __name__ == "__main__":
    main()
