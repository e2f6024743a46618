"""An offer answered, run out and booked past at the same time: one of them happens."""

import uuid
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session, sessionmaker

from derm_service import clock
from derm_service.booking import appointments, holds, offer_answers, offering
from derm_service.booking.codes import AllocationState, AnsweredBy, AppointmentState, OfferState
from derm_service.booking.models import Allocation, Appointment
from derm_service.booking.offer_models import Offer
from derm_service.booking.offer_rules import Notice
from derm_service.people import User
from tests import make
from tests.racing import at_once, outcome

Sessions = sessionmaker[Session]


def an_offer(sessions: Sessions) -> tuple[Offer, Appointment, User]:
    """A freed time, offered to somebody who is booked two weeks later; and a clerk."""
    with sessions() as session:
        soon, late = clock.now() + timedelta(days=7), clock.now() + timedelta(days=21)
        slot = make.slot(session, starts_at=soon)
        slot.freed_at = clock.now()
        waits = make.appointment(session, slot=make.slot(session, starts_at=late))
        clerk = make.user(session)
        offer = next_offer(session, slot.id)
        session.commit()
        assert offer is not None
        return offer, waits, clerk


def next_offer(session: Session, slot_id: uuid.UUID) -> Offer | None:
    return offering.offer_next(session, slot_id=slot_id, notice=Notice(), address="", by=None)


def accept(session: Session, offer: Offer) -> Appointment:
    return offer_answers.accept(session, offer_id=offer.id, how=AnsweredBy.LINK, by=None)


def check_whole(session: Session, offer: Offer, waits: Appointment) -> None:
    """The person has one time, the ledger has it confirmed, and nothing else is kept."""
    live = session.scalars(
        sa.select(Appointment).where(
            Appointment.referral_id == waits.referral_id,
            Appointment.state == AppointmentState.BOOKED,
        )
    ).one()
    state = session.get_one(Offer, offer.id).state
    assert (live.slot_id == offer.slot_id) == (state is OfferState.ACCEPTED)
    uses = session.execute(
        sa.select(Allocation.appointment_id, Allocation.state).where(
            Allocation.level == "visit", Allocation.state != AllocationState.RELEASED
        )
    ).all()
    assert sum(one[0] == live.id for one in uses) == 3
    assert all(one[1] is AllocationState.CONFIRMED for one in uses)


def test_link_pressed_many_times_at_once_is_accepted_once(committed_sessions: Sessions) -> None:
    offer, waits, _ = an_offer(committed_sessions)

    results = at_once(
        6, lambda _: outcome(committed_sessions, lambda session: accept(session, offer))
    )

    assert sorted(results) == ["conflict"] * 5 + ["done"]
    with committed_sessions() as session:
        check_whole(session, offer, waits)


def test_yes_by_link_and_no_by_telephone_at_once_are_one_answer(
    committed_sessions: Sessions,
) -> None:
    offer, waits, clerk = an_offer(committed_sessions)

    def act(n: int) -> str:
        def answer(session: Session) -> object:
            if n % 2:
                return accept(session, offer)
            return offer_answers.decline(
                session,
                offer_id=offer.id,
                how=AnsweredBy.PHONE,
                by=session.merge(clerk, load=False),
            )

        return outcome(committed_sessions, answer)

    assert sorted(at_once(6, act)) == ["conflict"] * 5 + ["done"]
    with committed_sessions() as session:
        check_whole(session, offer, waits)


def test_acceptance_against_running_out_and_a_clerk_is_one_of_them(
    committed_sessions: Sessions,
) -> None:
    """The offer has lapsed: it is swept, somebody else is booked there, it is never accepted."""
    offer, waits, clerk = an_offer(committed_sessions)
    with committed_sessions() as session:
        past = clock.now() - timedelta(seconds=1)
        for table in (Offer, holds.Hold):
            session.execute(sa.update(table).values(expires_at=past))
        held = Allocation.state == AllocationState.HELD
        session.execute(sa.update(Allocation).where(held).values(expires_at=past))
        other = make.referral(session).id
        session.commit()

    def act(n: int) -> str:
        def do(session: Session) -> object:
            if n == 0:
                return offer_answers.settle(session, offer_id=offer.id)
            if n == 1:
                return appointments.book(
                    session,
                    slot_id=offer.slot_id,
                    referral_id=other,
                    by=session.merge(clerk, load=False),
                )
            return accept(session, offer)

        return outcome(committed_sessions, do)

    results = at_once(5, act)

    assert results[:2] == ["done", "done"]
    assert results[2:] == ["conflict"] * 3
    with committed_sessions() as session:
        check_whole(session, offer, waits)
        assert session.get_one(Offer, offer.id).state is OfferState.EXPIRED


def test_acceptance_against_clerks_who_book_the_same_time(committed_sessions: Sessions) -> None:
    offer, waits, clerk = an_offer(committed_sessions)
    with committed_sessions() as session:
        others = [make.referral(session).id for _ in range(5)]
        session.commit()

    def act(n: int) -> str:
        def do(session: Session) -> object:
            if n == 0:
                return accept(session, offer)
            by = session.merge(clerk, load=False)
            return appointments.book(
                session, slot_id=offer.slot_id, referral_id=others[n - 1], by=by
            )

        return outcome(committed_sessions, do)

    assert at_once(6, act) == ["done"] + ["conflict"] * 5
    with committed_sessions() as session:
        check_whole(session, offer, waits)


def test_many_rounds_at_once_make_one_offer_of_a_time_and_to_a_person(
    committed_sessions: Sessions,
) -> None:
    with committed_sessions() as session:
        soon, late = clock.now() + timedelta(days=7), clock.now() + timedelta(days=21)
        slots = [make.slot(session, starts_at=soon + timedelta(hours=n)) for n in range(2)]
        for slot in slots:
            slot.freed_at = clock.now()
        for n in range(2):
            there = make.slot(session, starts_at=late + timedelta(days=n))
            make.appointment(session, slot=there)
        ids = [slot.id for slot in slots]
        session.commit()

    results = at_once(
        6, lambda n: outcome(committed_sessions, lambda session: next_offer(session, ids[n % 2]))
    )

    assert set(results) <= {"done", "conflict"}
    with committed_sessions() as session:
        offers = session.scalars(sa.select(Offer)).all()
        assert {one.slot_id for one in offers} <= set(ids)
        assert len(offers) == len({one.slot_id for one in offers})
        assert len(offers) == len({one.patient_id for one in offers})
        assert offers
