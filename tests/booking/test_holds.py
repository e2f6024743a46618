"""Slots kept for minutes: they keep others out, lapse by themselves and never block after."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
import sqlalchemy as sa
import time_machine
from sqlalchemy.orm import Session, sessionmaker

from derm_service import clock
from derm_service.booking import appointments, free, holds, ledger
from derm_service.booking.codes import AllocationState
from derm_service.booking.models import Allocation, Hold
from derm_service.errors import Conflict, Invalid, NotFound
from tests import make
from tests.racing import at_once, outcome


@pytest.fixture
def later() -> Iterator[time_machine.Traveller]:
    """A clock that the test moves on."""
    with time_machine.travel(clock.now(), tick=False) as traveller:
        yield traveller


def test_a_kept_slot_is_kept_from_everybody_else(session: Session) -> None:
    slot, clerk = make.slot(session), make.user(session)
    kept_for, other = make.referral(session), make.referral(session)

    kept = holds.hold(session, slot_id=slot.id, referral_id=kept_for.id, by=clerk)

    assert holds.standing(session, kept.id)
    assert slot not in free.free_slots(session)
    with pytest.raises(ledger.Taken):
        appointments.book(session, slot_id=slot.id, referral_id=other.id, by=clerk)
    with pytest.raises(ledger.Taken):
        holds.hold(session, slot_id=slot.id, referral_id=other.id, by=clerk)


def test_booking_turns_what_was_kept_into_the_appointment(session: Session) -> None:
    slot, referral, clerk = make.slot(session), make.referral(session), make.user(session)
    kept = holds.hold(session, slot_id=slot.id, referral_id=referral.id, by=clerk)

    booked = appointments.book(
        session, slot_id=slot.id, referral_id=referral.id, hold_id=kept.id, by=clerk
    )

    states = sa.select(Allocation.state).where(Allocation.appointment_id == booked.id)
    assert session.scalars(states).all() == [AllocationState.CONFIRMED] * 3
    assert session.scalars(sa.select(Hold)).all() == []
    assert not session.scalar(sa.select(Allocation.id).where(Allocation.hold_id.is_not(None)))


def test_booking_one_of_three_kept_offers_lets_the_others_go(session: Session) -> None:
    clinic, referral, clerk = make.clinic(session), make.referral(session), make.user(session)
    for slot in clinic.slots[:3]:
        holds.hold(session, slot_id=slot.id, referral_id=referral.id, minutes=10, by=clerk)

    appointments.book(session, slot_id=clinic.slots[1].id, referral_id=referral.id, by=clerk)

    assert clinic.slots[0] in free.free_slots(session)
    assert clinic.slots[2] in free.free_slots(session)


def test_a_fourth_kept_offer_lets_the_first_go(session: Session) -> None:
    clinic, referral, clerk = make.clinic(session), make.referral(session), make.user(session)

    for slot in clinic.slots[:4]:
        holds.hold(session, slot_id=slot.id, referral_id=referral.id, by=clerk)

    assert [each for each in clinic.slots[:4] if each in free.free_slots(session)] == [
        clinic.slots[0]
    ]


def test_a_slot_kept_for_nobody_yet_is_booked_with_its_hold_only(session: Session) -> None:
    slot, referral, clerk = make.slot(session), make.referral(session), make.user(session)
    kept = holds.hold(session, slot_id=slot.id, by=clerk)

    with pytest.raises(ledger.Taken):
        appointments.book(session, slot_id=slot.id, referral_id=referral.id, by=clerk)

    assert appointments.book(
        session, slot_id=slot.id, referral_id=referral.id, hold_id=kept.id, by=clerk
    )


def test_nobody_books_what_is_kept_for_another_person(session: Session) -> None:
    slot, clerk = make.slot(session), make.user(session)
    kept = holds.hold(
        session, slot_id=slot.id, referral_id=make.referral(session).id, minutes=10, by=clerk
    )

    with pytest.raises(Conflict, match="kept for somebody else"):
        appointments.book(
            session,
            slot_id=slot.id,
            referral_id=make.referral(session).id,
            hold_id=kept.id,
            by=clerk,
        )


def test_a_lapsed_hold_blocks_nobody(session: Session, later: time_machine.Traveller) -> None:
    slot, clerk = make.slot(session), make.user(session)
    kept_for, other = make.referral(session), make.referral(session)
    kept = holds.hold(session, slot_id=slot.id, referral_id=kept_for.id, by=clerk)

    later.shift(timedelta(minutes=5))

    assert holds.standing(session, kept.id) is None
    assert slot in free.free_slots(session)
    assert appointments.book(session, slot_id=slot.id, referral_id=other.id, by=clerk)
    with pytest.raises(ledger.Taken, match=r"was kept for you until .* taken by somebody else"):
        appointments.book(
            session, slot_id=slot.id, referral_id=kept_for.id, hold_id=kept.id, by=clerk
        )


def test_a_lapsed_hold_costs_nothing_while_the_time_is_still_free(
    session: Session, later: time_machine.Traveller
) -> None:
    slot, referral, clerk = make.slot(session), make.referral(session), make.user(session)
    kept = holds.hold(session, slot_id=slot.id, referral_id=referral.id, by=clerk)

    later.shift(timedelta(hours=1))

    assert appointments.book(
        session, slot_id=slot.id, referral_id=referral.id, hold_id=kept.id, by=clerk
    )


def test_keeping_a_slot_again_starts_its_minutes_anew(
    session: Session, later: time_machine.Traveller
) -> None:
    slot, referral, clerk = make.slot(session), make.referral(session), make.user(session)
    holds.hold(session, slot_id=slot.id, referral_id=referral.id, by=clerk)
    later.shift(timedelta(minutes=4))

    again = holds.hold(session, slot_id=slot.id, referral_id=referral.id, by=clerk)

    later.shift(timedelta(minutes=4))
    assert holds.standing(session, again.id)
    assert session.scalars(sa.select(Hold.id)).all() == [again.id]


def test_a_slot_let_go_is_free_at_once(session: Session) -> None:
    slot, clerk = make.slot(session), make.user(session)
    kept = holds.hold(session, slot_id=slot.id, by=clerk)

    holds.release(session, hold_id=kept.id, by=clerk)
    holds.release(session, hold_id=kept.id, by=clerk)

    assert slot in free.free_slots(session)


def test_moving_takes_the_time_that_was_kept(session: Session) -> None:
    clinic, clerk = make.clinic(session), make.user(session)
    old = make.appointment(session, slot=clinic.slots[0])
    kept = holds.hold(session, slot_id=clinic.slots[3].id, referral_id=old.referral_id, by=clerk)

    new = appointments.move(
        session, appointment_id=old.id, slot_id=clinic.slots[3].id, hold_id=kept.id, by=clerk
    )

    assert new.slot is clinic.slots[3]
    assert clinic.slots[0] in free.free_slots(session)


@pytest.mark.parametrize("minutes", [0, -5, 16, 10_000])
def test_a_slot_is_kept_for_minutes_only(session: Session, minutes: int) -> None:
    slot, clerk = make.slot(session), make.user(session)

    with pytest.raises(Invalid) as refused:
        holds.hold(session, slot_id=slot.id, minutes=minutes, by=clerk)

    assert list(refused.value.fields) == ["minutes"]


def test_what_does_not_exist_is_not_kept(session: Session) -> None:
    slot, clerk = make.slot(session), make.user(session)

    with pytest.raises(NotFound):
        holds.hold(session, slot_id=slot.id, referral_id=slot.id, by=clerk)
    with pytest.raises(NotFound):
        holds.hold(session, slot_id=clerk.id, by=clerk)


def test_a_time_that_has_passed_is_not_kept(session: Session) -> None:
    past = make.slot(session, starts_at=clock.now() - timedelta(days=1))

    with pytest.raises(ledger.Taken, match="already passed"):
        holds.hold(session, slot_id=past.id, by=make.user(session))


def test_what_lapsed_long_ago_is_swept(session: Session, later: time_machine.Traveller) -> None:
    clinic, clerk = make.clinic(session), make.user(session)
    holds.hold(session, slot_id=clinic.slots[0].id, by=clerk)
    later.shift(timedelta(hours=2))
    fresh = holds.hold(session, slot_id=clinic.slots[1].id, by=clerk)

    swept = holds.sweep(session)

    assert swept == 1
    assert session.scalars(sa.select(Hold.id)).all() == [fresh.id]


def test_one_of_many_who_want_a_lapsed_slot_gets_it(
    committed_sessions: sessionmaker[Session],
) -> None:
    with committed_sessions() as session:
        slot, clerk = make.slot(session), make.user(session)
        referrals = [make.referral(session).id for _ in range(8)]
        with time_machine.travel(clock.now() - timedelta(minutes=20), tick=False):
            holds.hold(session, slot_id=slot.id, minutes=10, by=clerk)
        session.commit()

    def act(n: int) -> str:
        def book_or_hold(session: Session) -> object:
            by = session.merge(clerk, load=False)
            if n % 2:
                return holds.hold(session, slot_id=slot.id, referral_id=referrals[n], by=by)
            return appointments.book(session, slot_id=slot.id, referral_id=referrals[n], by=by)

        return outcome(committed_sessions, book_or_hold)

    assert sorted(at_once(8, act)) == ["conflict"] * 7 + ["done"]
    with committed_sessions() as session:
        live = sa.select(sa.func.count()).where(
            Allocation.state.in_(ledger.LIVE), Allocation.clinic_id.is_(None)
        )
        assert session.scalar(live) == 3


def test_people_who_swap_what_they_keep_never_deadlock(
    committed_sessions: sessionmaker[Session],
) -> None:
    with committed_sessions() as session:
        slots = [make.slot(session).id for _ in range(4)]
        clerk = make.user(session)
        referrals = [make.referral(session).id for _ in range(6)]
        session.commit()

    def act(n: int) -> str:
        results = set()
        for turn in range(8):
            slot_id = slots[(n * 3 + turn) % 4]

            def keep(session: Session, slot_id: object = slot_id) -> object:
                by = session.merge(clerk, load=False)
                return holds.hold(session, slot_id=slot_id, referral_id=referrals[n], by=by)

            results.add(outcome(committed_sessions, keep))
        return " ".join(sorted(results - {"conflict", "done"}))

    assert at_once(6, act) == [""] * 6
