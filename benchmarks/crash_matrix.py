"""Every crash point once: a process dies there as by kill -9, a device goes on, nothing is lost.

    python -m benchmarks.crash_matrix [--rounds 1]

A whole service on servers of its own. Prints the points, how many photographs were acknowledged,
how many of those were lost (wanted: 0) and how many things are there twice (wanted: 0).
"""

import argparse
import json
import tempfile
from pathlib import Path

from rich.console import Console
from rich.progress import Progress

from tests.faults.matrix import POINTS, walk
from tests.faults.rig import running


def main() -> None:
    """Walk and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=1)
    points = list(POINTS) * parser.parse_args().rounds
    console = Console(stderr=True)
    with (
        tempfile.TemporaryDirectory(prefix="derm-matrix-") as place,
        running(Path(place) / "rig") as rig,
        Progress(console=console) as progress,
    ):
        task = progress.add_task("Crash points", total=len(points))
        outcome = walk(rig, points, lambda _point: progress.advance(task))
    figures = {
        "points": sorted(set(outcome.points)),
        "acknowledged": outcome.acknowledged,
        "lost": outcome.lost,
        "duplicated": outcome.duplicated,
        "troubles": outcome.troubles,
        "audit": outcome.audit_trouble or "adds up",
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
