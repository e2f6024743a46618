"""Three replicated volume servers: one is killed and its disk wiped while devices send."""

import pytest
import sqlalchemy as sa

from derm_service.custody import inventory
from derm_service.errors import Unavailable
from derm_service.imaging.codes import CaptureState
from derm_service.imaging.models import Capture
from tests.faults.cluster import Cluster
from tests.faults.rig import Rig
from tests.faults.test_faults import first_has_arrived, sending
from tests.fixtures.service import until

MANY = 24
pytestmark = pytest.mark.cluster


def test_one_volume_server_killed_and_wiped_loses_nothing_acknowledged(rig: Rig) -> None:
    assert isinstance(rig.store, Cluster)
    lost = rig.store.volumes[0]
    with sending(rig, MANY) as photos:
        until(first_has_arrived(photos), "a first photograph")
        lost.kill_and_wipe()
    lost.bring_back()

    until(lambda: _all_can_be_read(rig), "the store to find its other copies")
    with rig.sessions() as session:
        filed = sa.select(sa.func.count()).where(Capture.state == CaptureState.FILED)
        assert session.scalar(filed) >= MANY


def _all_can_be_read(rig: Rig) -> bool:
    with rig.sessions() as session:
        try:
            return inventory.take(session, rig.vault, deep=True).lost == []
        except Unavailable:
            return False
