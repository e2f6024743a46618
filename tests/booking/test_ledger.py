"""The ledger under one session and under many at once."""

import random
import uuid
from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session, sessionmaker

from derm_service import clock
from derm_service.booking import ledger
from derm_service.booking.codes import AllocationState, Level
from derm_service.booking.models import Allocation
from derm_service.db import new_id
from derm_service.errors import Conflict
from tests import make
from tests.racing import at_once


def span_in(hours: int, minutes: int = 20) -> ledger.Span:
    starts_at = clock.now().replace(microsecond=0) + timedelta(hours=hours)
    return ledger.span(starts_at, starts_at + timedelta(minutes=minutes))


def test_a_resource_is_taken_once(session: Session) -> None:
    room = make.resource(session)
    ledger.take(session, [room.id], level=Level.VISIT, during=span_in(24))

    with pytest.raises(Conflict, match="just been taken"):
        ledger.take(session, [room.id], level=Level.VISIT, during=span_in(24))


def test_neighbours_in_time_do_not_disturb_each_other(session: Session) -> None:
    room = make.resource(session)
    first = span_in(24)
    assert first.upper is not None

    ledger.take(session, [room.id], level=Level.VISIT, during=first)
    ledger.take(
        session,
        [room.id],
        level=Level.VISIT,
        during=ledger.span(first.upper, first.upper + timedelta(minutes=20)),
    )

    assert session.scalar(sa.select(sa.func.count()).select_from(Allocation)) == 2


def test_a_room_for_two_has_two_lanes_and_no_third(session: Session) -> None:
    room = make.resource(session, capacity=2)
    during = span_in(24)

    for _ in range(2):
        ledger.take(session, [room.id], level=Level.VISIT, during=during)

    assert sorted(session.scalars(sa.select(Allocation.lane))) == [1, 2]
    with pytest.raises(Conflict):
        ledger.take(session, [room.id], level=Level.VISIT, during=during)


def test_nothing_is_taken_when_one_of_several_is_in_use(session: Session) -> None:
    room, camera = make.resource(session), make.resource(session)
    during = span_in(24)
    ledger.take(session, [camera.id], level=Level.VISIT, during=during)

    with pytest.raises(Conflict):
        ledger.take(session, [room.id, camera.id], level=Level.VISIT, during=during)

    used = sa.select(sa.func.count()).where(Allocation.resource_id == room.id)
    assert session.scalar(used) == 0


def test_a_lapsed_hold_is_gone_when_somebody_wants_the_time(session: Session) -> None:
    room = make.resource(session)
    during = span_in(24)
    lapsed = make.hold(session, expires_at=clock.now() - timedelta(seconds=1))
    ledger.take(session, [room.id], level=Level.VISIT, during=during, hold=lapsed)

    ledger.take(session, [room.id], level=Level.VISIT, during=during)

    of_room = sa.select(Allocation.state).where(Allocation.resource_id == room.id)
    assert session.scalars(of_room).all() == [AllocationState.CONFIRMED]


def test_a_living_hold_keeps_the_time(session: Session) -> None:
    room = make.resource(session)
    during = span_in(24)
    living = make.hold(session, expires_at=clock.now() + timedelta(minutes=5))
    ledger.take(session, [room.id], level=Level.VISIT, during=during, hold=living)

    with pytest.raises(Conflict):
        ledger.take(session, [room.id], level=Level.VISIT, during=during)


def test_what_was_given_back_can_be_taken_again(session: Session) -> None:
    appointment = make.appointment(session)
    resources = ledger.resources_of_clinic(session, appointment.slot.clinic_id)

    ledger.release(session, appointment_id=appointment.id)

    ledger.take(session, resources, level=Level.VISIT, during=appointment.during)
    live = sa.select(sa.func.count()).where(
        Allocation.level == Level.VISIT, Allocation.state.in_(ledger.LIVE)
    )
    assert session.scalar(live) == len(resources)


def test_the_constraint_stands_where_the_locks_are_passed_by(session: Session) -> None:
    room = make.resource(session)
    during = span_in(24)
    for _ in range(2):
        session.add(
            Allocation(
                resource_id=room.id,
                level=Level.VISIT,
                during=during,
                state=AllocationState.CONFIRMED,
            )
        )

    with pytest.raises(sa.exc.IntegrityError, match="allocation_one_use_per_lane"):
        session.flush()


def test_many_who_want_many_in_any_order_never_deadlock_and_never_half_win(
    committed_sessions: sessionmaker[Session],
) -> None:
    with committed_sessions() as session:
        ids = [make.resource(session).id for _ in range(6)]
        session.commit()
    times = [span_in(24 + n) for n in range(4)]

    def grab(n: int) -> str:
        dice = random.Random(n)
        wins = 0
        for _ in range(12):
            wanted = dice.sample(ids, 3)
            with committed_sessions() as session:
                try:
                    ledger.lock(session, also=wanted)
                    ledger.take(session, wanted, level=Level.VISIT, during=dice.choice(times))
                    session.commit()
                    wins += 1
                except Conflict:
                    session.rollback()
        return str(wins)

    wins = at_once(8, grab)

    with committed_sessions() as session:
        rows = session.scalar(sa.select(sa.func.count()).select_from(Allocation))
        overlapping = session.scalar(sa.text(OVERLAPPING))
    assert rows == 3 * sum(int(each) for each in wins) > 0
    assert overlapping == 0


OVERLAPPING = """
SELECT count(*) FROM allocation a JOIN allocation b
  ON a.resource_id = b.resource_id AND a.level = b.level AND a.lane = b.lane
 AND a.during && b.during AND a.id < b.id
WHERE a.state IN ('held', 'confirmed') AND b.state IN ('held', 'confirmed')
"""


def test_locks_take_the_same_order_whatever_order_they_are_asked_in(
    committed_sessions: sessionmaker[Session],
) -> None:
    ids = [new_id() for _ in range(20)] + [uuid.uuid4() for _ in range(20)]

    def sweep(n: int) -> str:
        mine = ids[:]
        random.Random(n).shuffle(mine)
        for _ in range(5):
            with committed_sessions() as session:
                ledger.lock(session, also=mine)
                session.rollback()
        return "done"

    assert at_once(6, sweep) == ["done"] * 6
