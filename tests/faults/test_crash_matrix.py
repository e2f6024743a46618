"""kill -9 at every named point: one row, one object, the same hash, one audit row of each kind."""

import pytest

from tests.faults.matrix import POINTS, walk
from tests.faults.rig import Rig


@pytest.mark.timeout(900)
def test_a_process_that_dies_at_any_point_loses_nothing_and_doubles_nothing(rig: Rig) -> None:
    outcome = walk(rig, POINTS)

    assert outcome.points == [point.value for point in POINTS]
    assert outcome.troubles == {}
    assert outcome.acknowledged == len(POINTS)
    assert (outcome.lost, outcome.duplicated, outcome.audit_trouble) == (0, 0, None)
