"""kill -9 at every named point: one row, one object, the same hash, one audit row of each kind."""

import pytest

from tests.faults.matrix import POINTS, walk
from tests.faults.rig import Rig


@pytest.mark.timeout(1800)
@pytest.mark.parametrize(
    "rounds", [pytest.param(1, id="short"), pytest.param(4, id="full", marks=pytest.mark.long)]
)
def test_a_process_that_dies_at_any_point_loses_nothing_and_doubles_nothing(
    rig: Rig, rounds: int
) -> None:
    outcome = walk(rig, POINTS * rounds)

    assert outcome.points == [point.value for point in POINTS * rounds]
    assert outcome.troubles == {}
    assert outcome.acknowledged == len(POINTS) * rounds
    assert (outcome.lost, outcome.duplicated, outcome.audit_trouble) == (0, 0, None)
