"""Two or more people want the same: one gets it, the others read why, nothing is half done."""

from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session, sessionmaker

from derm_service.booking import appointments, clinics, ledger, queries
from derm_service.booking.codes import AppointmentState, CancelReason
from derm_service.booking.models import Allocation, Appointment
from derm_service.people import User
from tests import make
from tests.racing import at_once, outcome

CLERKS = 8


def person(session: Session, user: User) -> User:
    return session.merge(user, load=False)


def test_one_of_many_clerks_gets_a_slot(committed_sessions: sessionmaker[Session]) -> None:
    with committed_sessions() as session:
        slot, clerk = make.slot(session), make.user(session)
        referrals = [make.referral(session) for _ in range(CLERKS)]
        session.commit()

    def act(n: int) -> str:
        return outcome(
            committed_sessions,
            lambda session: appointments.book(
                session,
                slot_id=slot.id,
                referral_id=referrals[n].id,
                by=person(session, clerk),
            ),
        )

    results = at_once(CLERKS, act)

    assert sorted(results) == ["conflict"] * (CLERKS - 1) + ["done"]
    with committed_sessions() as session:
        [booked] = session.scalars(sa.select(Appointment)).all()
        visits = sa.select(Allocation.appointment_id).where(Allocation.clinic_id.is_(None))
        assert session.scalars(visits).all() == [booked.id] * 3


def test_one_person_booked_by_many_clerks_at_once_is_in_one_place(
    committed_sessions: sessionmaker[Session],
) -> None:
    with committed_sessions() as session:
        first = make.clinic(session)
        slots = [first.slots[0].id] + [
            make.clinic(session, starts_at=first.starts_at).slots[0].id for _ in range(3)
        ]
        patient, clerk = make.patient(session), make.user(session)
        referrals = [make.referral(session, patient=patient).id for _ in range(4)]
        session.commit()

    def act(n: int) -> str:
        return outcome(
            committed_sessions,
            lambda session: appointments.book(
                session, slot_id=slots[n], referral_id=referrals[n], by=person(session, clerk)
            ),
        )

    assert sorted(at_once(4, act)) == ["conflict"] * 3 + ["done"]


def test_people_who_swap_times_at_once_neither_deadlock_nor_lose_their_own(
    committed_sessions: sessionmaker[Session],
) -> None:
    with committed_sessions() as session:
        clinic, clerk = make.clinic(session), make.user(session)
        wanted = clinic.slots[5]
        mine = [make.appointment(session, slot=clinic.slots[n]).id for n in range(5)]
        session.commit()

    def act(n: int) -> str:
        return outcome(
            committed_sessions,
            lambda session: appointments.move(
                session, appointment_id=mine[n], slot_id=wanted.id, by=person(session, clerk)
            ),
        )

    assert sorted(at_once(5, act)) == ["conflict"] * 4 + ["done"]
    with committed_sessions() as session:
        live = session.scalars(
            sa.select(Appointment).where(Appointment.state == AppointmentState.BOOKED)
        ).all()
        assert len({one.slot_id for one in live}) == len(live) == 5
        rows = session.execute(
            sa.select(Allocation.appointment_id, sa.func.count())
            .where(Allocation.clinic_id.is_(None), Allocation.state.in_(ledger.LIVE))
            .group_by(Allocation.appointment_id)
        ).all()
        assert {row[0]: row[1] for row in rows} == {one.id: 3 for one in live}


def test_one_appointment_is_cancelled_once_however_many_press(
    committed_sessions: sessionmaker[Session],
) -> None:
    with committed_sessions() as session:
        appointment, clerk = make.appointment(session), make.user(session)
        session.commit()

    def act(_n: int) -> str:
        return outcome(
            committed_sessions,
            lambda session: appointments.cancel(
                session,
                appointment_id=appointment.id,
                reason=CancelReason.PATIENT_ILL,
                by=person(session, clerk),
            ),
        )

    assert sorted(at_once(4, act)) == ["conflict"] * 3 + ["done"]


def test_a_clinic_is_cancelled_or_booked_but_never_both(
    committed_sessions: sessionmaker[Session],
) -> None:
    with committed_sessions() as session:
        slot, lead = make.slot(session), make.user(session)
        referral = make.referral(session)
        session.commit()

    def act(n: int) -> str:
        if n:
            return outcome(
                committed_sessions,
                lambda session: appointments.book(
                    session,
                    slot_id=slot.id,
                    referral_id=referral.id,
                    by=person(session, lead),
                ),
            )
        return outcome(
            committed_sessions,
            lambda session: clinics.cancel_clinic(
                session, clinic_id=slot.clinic_id, reason="ill", by=person(session, lead)
            ),
        )

    assert sorted(at_once(2, act)) == ["conflict", "done"]
    with committed_sessions() as session:
        booked = queries.waiting_appointment(session, referral.id)
        clinic = queries.clinic(session, slot.clinic_id)
        assert (clinic.state == "cancelled") is (booked is None)


def test_one_room_is_opened_for_one_clinic_at_a_time(
    committed_sessions: sessionmaker[Session],
) -> None:
    with committed_sessions() as session:
        place, lead = make.location(session), make.user(session)
        ids = [one.id for one in make.resources(session, place)]
        start = make.clinic(session).starts_at
        session.commit()

    def act(n: int) -> str:
        return outcome(
            committed_sessions,
            lambda session: clinics.open_clinic(
                session,
                location_id=place.id,
                starts_at=start,
                ends_at=start + timedelta(hours=1),
                slot_minutes=20,
                resource_ids=ids,
                by=person(session, lead),
            ),
        )

    assert sorted(at_once(4, act)) == ["conflict"] * 3 + ["done"]
