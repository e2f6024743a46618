"""Booking, moving, cancelling, coming and not coming."""

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from derm_service import clock
from derm_service.audit import AuditEntry
from derm_service.booking import appointments, clinics, free, ledger, queries
from derm_service.booking.codes import (
    AppointmentState,
    CancelReason,
    Level,
    NotAttendedReason,
)
from derm_service.booking.models import Allocation, Appointment
from derm_service.errors import Conflict, NotFound
from derm_service.messages.codes import WorkKind
from derm_service.messages.models import WorkItem
from derm_service.referrals.codes import LesionState, ReferralState
from tests import make


def used(session: Session, appointment: Appointment) -> int:
    """How many resources the ledger keeps for an appointment."""
    query = sa.select(sa.func.count()).where(
        Allocation.appointment_id == appointment.id, Allocation.state.in_(ledger.LIVE)
    )
    return session.scalar(query) or 0


def open_work(session: Session, kind: WorkKind) -> list[WorkItem]:
    query = sa.select(WorkItem).where(WorkItem.kind == kind, WorkItem.done_at.is_(None))
    return list(session.scalars(query))


def did(session: Session, subject: Appointment) -> list[str]:
    query = sa.select(AuditEntry.did).where(AuditEntry.subject_id == str(subject.id))
    return list(session.scalars(query.order_by(AuditEntry.id)))


def test_booking_takes_everything_the_clinic_holds_for_the_visit(session: Session) -> None:
    slot, clerk = make.slot(session), make.user(session)

    booked = appointments.book(
        session, slot_id=slot.id, referral_id=make.referral(session).id, by=clerk
    )

    assert booked.state is AppointmentState.BOOKED
    rows = session.scalars(
        sa.select(Allocation).where(Allocation.appointment_id == booked.id)
    ).all()
    assert len(rows) == 3
    assert {(row.level, row.during.lower, row.during.upper) for row in rows} == {
        (Level.VISIT, slot.starts_at, slot.ends_at)
    }
    assert did(session, booked) == ["booked appointment"]


def test_a_second_booking_of_a_slot_is_a_conflict_that_leaves_nothing(session: Session) -> None:
    slot, clerk = make.slot(session), make.user(session)
    appointments.book(session, slot_id=slot.id, referral_id=make.referral(session).id, by=clerk)
    second = make.referral(session)

    with pytest.raises(Conflict, match="just been taken"):
        appointments.book(session, slot_id=slot.id, referral_id=second.id, by=clerk)

    assert queries.waiting_appointment(session, second.id) is None
    assert session.scalar(sa.select(sa.func.count()).select_from(Appointment)) == 1


def test_a_booked_slot_is_not_offered_and_its_neighbour_is(session: Session) -> None:
    clinic = make.clinic(session)
    make.appointment(session, slot=clinic.slots[0])

    assert [one.id for one in free.free_slots(session)] == [one.id for one in clinic.slots[1:]]


def test_one_referral_cannot_wait_for_two_appointments(session: Session) -> None:
    clinic, clerk = make.clinic(session), make.user(session)
    referral = make.referral(session)
    appointments.book(session, slot_id=clinic.slots[0].id, referral_id=referral.id, by=clerk)

    with pytest.raises(Conflict, match="already has an appointment"):
        appointments.book(session, slot_id=clinic.slots[1].id, referral_id=referral.id, by=clerk)


def test_one_person_with_two_referrals_cannot_be_in_two_places(session: Session) -> None:
    here = make.clinic(session)
    there = make.clinic(session, starts_at=here.starts_at + timedelta(minutes=10))
    person, clerk = make.patient(session), make.user(session)
    first, second = (make.referral(session, patient=person) for _ in range(2))
    appointments.book(session, slot_id=here.slots[0].id, referral_id=first.id, by=clerk)

    with pytest.raises(Conflict, match="already has an appointment at that time"):
        appointments.book(session, slot_id=there.slots[0].id, referral_id=second.id, by=clerk)

    offered = free.free_slots(session, patient_id=person.id)
    assert there.slots[0].id not in [one.id for one in offered]


@pytest.mark.parametrize("state", [ReferralState.CLOSED, ReferralState.WITHDRAWN])
def test_an_ended_referral_cannot_be_booked(session: Session, state: ReferralState) -> None:
    ended_at = clock.now() if state is ReferralState.WITHDRAWN else None
    referral = make.referral(session, state=state, withdrawn_at=ended_at)

    with pytest.raises(Conflict, match="Nothing can be booked"):
        appointments.book(
            session,
            slot_id=make.slot(session).id,
            referral_id=referral.id,
            by=make.user(session),
        )


def test_a_person_who_has_died_cannot_be_booked(session: Session) -> None:
    referral = make.referral(session, patient=make.patient(session, deceased_on=clock.today()))

    with pytest.raises(Conflict, match="has died"):
        appointments.book(
            session,
            slot_id=make.slot(session).id,
            referral_id=referral.id,
            by=make.user(session),
        )


def test_a_referral_whose_lesions_are_all_photographed_cannot_be_booked(session: Session) -> None:
    referral = make.referral(session)
    referral.lesions[0].state = LesionState.AWAITING_REVIEW

    with pytest.raises(Conflict, match="No lesion"):
        appointments.book(
            session,
            slot_id=make.slot(session).id,
            referral_id=referral.id,
            by=make.user(session),
        )


def test_a_time_that_has_passed_cannot_be_booked(session: Session) -> None:
    slot = make.slot(session, starts_at=clock.now() - timedelta(minutes=1))

    with pytest.raises(Conflict, match="already passed"):
        appointments.book(
            session, slot_id=slot.id, referral_id=make.referral(session).id, by=make.user(session)
        )


def test_a_slot_nobody_knows_is_not_found(session: Session) -> None:
    referral = make.referral(session)

    with pytest.raises(NotFound):
        appointments.book(
            session, slot_id=referral.id, referral_id=referral.id, by=make.user(session)
        )


def test_a_slot_of_a_cancelled_clinic_cannot_be_booked(session: Session) -> None:
    slot, lead = make.slot(session), make.user(session)
    clinics.cancel_clinic(session, clinic_id=slot.clinic_id, reason="van broken", by=lead)

    with pytest.raises(Conflict, match="no longer takes people"):
        appointments.book(session, slot_id=slot.id, referral_id=make.referral(session).id, by=lead)
    assert not free.free_slots(session)


def test_a_slot_at_midnight_is_booked_like_any_other(session: Session) -> None:
    midnight = datetime(clock.today().year + 1, 7, 1, 23, tzinfo=UTC)  # 2 July, 0:00 in London
    slot = make.slot(session, starts_at=midnight)

    booked = appointments.book(
        session, slot_id=slot.id, referral_id=make.referral(session).id, by=make.user(session)
    )

    day = clock.london(midnight).date()
    days = queries.clinics_of_day(session, day, make.user(session))
    assert days[0].rows[0].appointment == booked
    assert not queries.clinics_of_day(session, day - timedelta(days=1), make.user(session))


def test_a_day_list_shows_a_person_at_their_own_clinic_only(session: Session) -> None:
    slot = make.slot(session)
    make.slot(session, starts_at=slot.starts_at)  # another clinic at the same time
    booked = appointments.book(
        session, slot_id=slot.id, referral_id=make.referral(session).id, by=make.user(session)
    )

    days = queries.clinics_of_day(session, clock.london(slot.starts_at).date(), make.user(session))

    assert len(days) == 2
    assert [row.appointment for day in days for row in day.rows if row.appointment] == [booked]


def test_cancelling_frees_the_slot_and_puts_the_person_back_on_the_list(session: Session) -> None:
    slot, clerk = make.slot(session), make.user(session)
    referral = make.referral(session)
    booked = appointments.book(session, slot_id=slot.id, referral_id=referral.id, by=clerk)

    appointments.cancel(
        session, appointment_id=booked.id, reason=CancelReason.NO_TRANSPORT, by=clerk
    )

    assert used(session, booked) == 0
    assert slot.id in [one.id for one in free.free_slots(session)]
    assert [item.referral_id for item in open_work(session, WorkKind.REBOOK)] == [referral.id]
    again = appointments.book(session, slot_id=slot.id, referral_id=referral.id, by=clerk)
    assert again.id != booked.id
    assert not open_work(session, WorkKind.REBOOK)


def test_a_cancelled_appointment_cannot_be_cancelled_again(session: Session) -> None:
    cancelled = make.appointment(session, state=AppointmentState.CANCELLED)

    with pytest.raises(Conflict, match="This appointment is cancelled"):
        appointments.cancel(
            session,
            appointment_id=cancelled.id,
            reason=CancelReason.PATIENT_ILL,
            by=make.user(session),
        )


def test_moving_takes_the_new_place_and_gives_the_old_one_back(session: Session) -> None:
    clinic, clerk = make.clinic(session), make.user(session)
    old = make.appointment(session, slot=clinic.slots[0], note="Interpreter booked")

    new = appointments.move(session, appointment_id=old.id, slot_id=clinic.slots[2].id, by=clerk)

    assert (old.state, old.moved_to_id) == (AppointmentState.MOVED, new.id)
    assert (new.state, new.note) == (AppointmentState.BOOKED, "Interpreter booked")
    assert (used(session, old), used(session, new)) == (0, 3)
    assert did(session, old) == ["moved appointment"]
    assert did(session, new) == ["booked appointment"]


def test_a_move_to_a_taken_time_leaves_the_old_appointment_as_it_was(session: Session) -> None:
    clinic, clerk = make.clinic(session), make.user(session)
    mine = make.appointment(session, slot=clinic.slots[0])
    make.appointment(session, slot=clinic.slots[1])

    with pytest.raises(Conflict, match="just been taken"):
        appointments.move(session, appointment_id=mine.id, slot_id=clinic.slots[1].id, by=clerk)

    session.refresh(mine)
    assert mine.state is AppointmentState.BOOKED
    assert used(session, mine) == 3


def test_an_appointment_can_move_to_a_time_that_overlaps_its_own(session: Session) -> None:
    here = make.clinic(session)
    there = make.clinic(session, starts_at=here.starts_at + timedelta(minutes=10))
    old = make.appointment(session, slot=here.slots[0])

    new = appointments.move(
        session, appointment_id=old.id, slot_id=there.slots[0].id, by=make.user(session)
    )

    assert (used(session, old), used(session, new)) == (0, 3)


def test_an_appointment_whose_time_has_passed_cannot_be_moved(session: Session) -> None:
    passed = make.appointment(
        session, slot=make.slot(session, starts_at=clock.now() - timedelta(hours=1))
    )

    with pytest.raises(Conflict, match="did not attend"):
        appointments.move(
            session,
            appointment_id=passed.id,
            slot_id=make.slot(session).id,
            by=make.user(session),
        )


def test_checking_in_before_the_day_is_refused(session: Session) -> None:
    later = make.appointment(session)

    with pytest.raises(Conflict, match="on a later day"):
        appointments.check_in(session, appointment_id=later.id, by=make.user(session))


def test_a_visit_is_checked_in_and_completed(session: Session) -> None:
    today = make.appointment(
        session, slot=make.slot(session, starts_at=clock.now() - timedelta(minutes=5))
    )
    photographer = make.user(session)

    appointments.check_in(session, appointment_id=today.id, by=photographer)
    appointments.complete(session, appointment_id=today.id, by=photographer)

    assert today.state is AppointmentState.COMPLETED
    assert today.checked_in_at is not None
    assert did(session, today) == ["checked in", "completed appointment"]
    assert used(session, today) == 3


def test_a_visit_that_leaves_a_lesion_without_photographs_asks_for_another(
    session: Session,
) -> None:
    today = make.appointment(session, state=AppointmentState.CHECKED_IN)

    appointments.complete(session, appointment_id=today.id, by=make.user(session))

    assert [item.referral_id for item in open_work(session, WorkKind.REBOOK)] == [today.referral_id]


def test_somebody_who_did_not_come_is_rung_and_never_discharged(session: Session) -> None:
    missed = make.appointment(
        session, slot=make.slot(session, starts_at=clock.now() - timedelta(hours=1))
    )

    appointments.not_attended(
        session,
        appointment_id=missed.id,
        reason=NotAttendedReason.NO_TRANSPORT,
        by=make.user(session),
    )

    assert missed.referral.state is ReferralState.OPEN
    [item] = open_work(session, WorkKind.REBOOK)
    assert item.urgent
    assert "Did not attend: transport did not come" in item.note
    assert used(session, missed) == 0


def test_nobody_has_missed_an_appointment_that_has_not_begun(session: Session) -> None:
    later = make.appointment(session)

    with pytest.raises(Conflict, match="has not begun"):
        appointments.not_attended(
            session,
            appointment_id=later.id,
            reason=NotAttendedReason.FORGOT,
            by=make.user(session),
        )
