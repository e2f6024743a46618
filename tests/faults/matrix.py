"""The crash matrix: one process dies at each named point, and nothing is lost or there twice."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import sqlalchemy as sa

from derm_service.crash import Point
from derm_service.custody import sealer, verifying
from derm_service.custody.anchors import open_anchors
from tests.faults.rig import Rig
from tests.faults.sender import Photograph
from tests.fixtures.service import until

RECOVERY_SECONDS = 180
OF_MESSAGES = (Point.MESSAGE_CLAIMED, Point.MESSAGE_TAKEN)
"""No photograph passes these: tests/messages/test_sending.py kills a sender there."""
POINTS = tuple(point for point in Point if point not in OF_MESSAGES)


@dataclass
class Outcome:
    """What became of the photographs of one walk."""

    points: list[str] = field(default_factory=list)
    acknowledged: int = 0
    troubles: dict[str, list[str]] = field(default_factory=dict)  # by point
    objects_without_row: int = 0
    audit_trouble: str | None = None

    @property
    def lost(self) -> int:
        """Photographs acknowledged and not filed with the same bytes."""
        return self._with("not filed", "other bytes")

    @property
    def duplicated(self) -> int:
        """Photographs, objects or audit rows there more than once."""
        return self._with("twice", "audit") + self.objects_without_row

    def _with(self, *kinds: str) -> int:
        found = [each for listed in self.troubles.values() for each in listed]
        return sum(each.startswith(kinds) for each in found)


def walk(rig: Rig, points: Iterable[Point], told: Callable[[str], None] = print) -> Outcome:
    """At each point: arm it, send a photograph, let the process die, let the device go on."""
    outcome = Outcome()
    device = rig.device()
    sent: list[tuple[str, Photograph]] = []
    for point in points:
        rig.crash_at(point)
        sent.append((point.value, photo := rig.photograph()))
        device.send(photo)
        device.wait_filed(photo)
        until(rig.has_crashed, f"the death at {point}", RECOVERY_SECONDS)
        outcome.points.append(point.value)
        outcome.acknowledged += photo.acknowledged
        told(point.value)
    until(lambda: _nothing_waits(rig), "the end of all jobs", RECOVERY_SECONDS)
    for name, photo in sent:
        if found := rig.troubles(photo):
            outcome.troubles.setdefault(name, []).extend(found)
    objects, rows = rig.tidy()
    outcome.objects_without_row = objects - rows
    with rig.sessions() as session:
        sealer.seal(session)
        session.commit()
        outcome.audit_trouble = verifying.verify(session, open_anchors(rig.settings)).trouble
    return outcome


def _nothing_waits(rig: Rig) -> bool:
    query = sa.text(
        "SELECT count(*) FROM procrastinate_jobs WHERE status IN ('todo', 'doing') "
        "AND queue_name = 'capture'"
    )
    with rig.sessions() as session:
        return session.scalar(query) == 0
