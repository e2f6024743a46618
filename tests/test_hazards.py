"""The clinical safety log names only tests that exist."""

import ast
import re
from pathlib import Path

TESTS = Path(__file__).parent
LOG = TESTS.parent / "docs" / "hazards.md"
NAMED = re.compile(r"`([\w/]+\.py)::(test_\w+)`")


def _rows() -> list[list[str]]:
    """The cells of every hazard: number, what, harm, control, test."""
    rows = [line.strip("| ").split(" | ") for line in LOG.read_text().splitlines()]
    return [cells for cells in rows if cells[0].isdecimal()]


def _tests_in(path: Path) -> set[str]:
    if not path.exists():
        return set()
    return {each.name for each in ast.walk(ast.parse(path.read_text())) if hasattr(each, "name")}


def test_every_test_named_in_the_hazard_log_exists() -> None:
    named = [pair for cells in _rows() for pair in NAMED.findall(cells[-1])]

    lost = [f"{file}::{name}" for file, name in named if name not in _tests_in(TESTS / file)]
    assert named
    assert not lost


def test_every_hazard_has_its_harm_its_control_and_a_test_or_says_that_it_has_none() -> None:
    incomplete = [
        cells[0]
        for cells in _rows()
        if len(cells) != 5
        or not all(cells)
        or not (NAMED.search(cells[4]) or cells[4].startswith("No test yet"))
    ]

    assert not incomplete
    assert [int(cells[0]) for cells in _rows()] == list(range(1, len(_rows()) + 1))
