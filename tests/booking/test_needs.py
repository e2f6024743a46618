"""A visit is confirmed when every need has its resource, or somebody answers for it."""

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from derm_service.booking import appointments, free, holds, ledger, overbooking
from derm_service.booking.codes import CancelReason, Level, ResourceKind
from derm_service.booking.models import Allocation, Appointment, Resource
from derm_service.errors import Invalid, NotAllowed
from derm_service.people import Role
from derm_service.referrals.codes import Laterality, Mobility
from derm_service.referrals.models import Referral
from tests import make


def polish_speaker(session: Session) -> Referral:
    who = make.patient(session, language="pl", interpreter_needed=True)
    return make.referral(session, patient=who)


def interpreter(session: Session, language: str) -> Resource:
    return make.resource(session, ResourceKind.INTERPRETER, language=language)


def used_by(session: Session, appointment: Appointment) -> set[object]:
    query = sa.select(Allocation.resource_id).where(
        Allocation.appointment_id == appointment.id, Allocation.state.in_(ledger.LIVE)
    )
    return set(session.scalars(query))


def test_an_interpreter_of_the_language_comes_to_the_visit(session: Session) -> None:
    interpreter(session, "ar")
    anna = interpreter(session, "pl")

    booked = appointments.book(
        session,
        slot_id=make.slot(session).id,
        referral_id=polish_speaker(session).id,
        by=make.user(session),
    )

    assert anna.id in used_by(session, booked)
    assert len(used_by(session, booked)) == 4
    assert booked.unmet == []


def test_one_interpreter_is_not_in_two_places(session: Session) -> None:
    interpreter(session, "pl")
    first = make.slot(session)
    second = make.slot(session, starts_at=first.starts_at)
    clerk = make.user(session)
    appointments.book(session, slot_id=first.id, referral_id=polish_speaker(session).id, by=clerk)

    with pytest.raises(Invalid, match="There is a problem") as refused:
        appointments.book(
            session, slot_id=second.id, referral_id=polish_speaker(session).id, by=clerk
        )

    assert "interpreter (Polish)" in refused.value.fields["note"]
    assert second in free.free_slots(session)


def test_somebody_who_answers_for_a_need_is_kept_with_the_reason(session: Session) -> None:
    booked = appointments.book(
        session,
        slot_id=make.slot(session).id,
        referral_id=polish_speaker(session).id,
        note="Telephone interpreter, reference 4711",
        by=make.user(session),
    )

    assert booked.unmet == ["interpreter:pl"]
    assert booked.note == "Telephone interpreter, reference 4711"


def test_the_interpreter_moves_with_the_appointment(session: Session) -> None:
    clinic, anna, clerk = make.clinic(session), interpreter(session, "pl"), make.user(session)
    old = appointments.book(
        session, slot_id=clinic.slots[0].id, referral_id=polish_speaker(session).id, by=clerk
    )

    new = appointments.move(session, appointment_id=old.id, slot_id=clinic.slots[4].id, by=clerk)

    assert anna.id in used_by(session, new)
    assert used_by(session, old) == set()


def test_somebody_elses_hold_keeps_the_interpreter(session: Session) -> None:
    interpreter(session, "pl")
    clerk, first = make.user(session), make.slot(session)
    second = make.slot(session, starts_at=first.starts_at)
    holds.hold(session, slot_id=first.id, referral_id=polish_speaker(session).id, by=clerk)

    with pytest.raises(Invalid, match="There is a problem"):
        appointments.book(
            session, slot_id=second.id, referral_id=polish_speaker(session).id, by=clerk
        )


def test_an_interpreter_in_another_clinic_is_not_free(session: Session) -> None:
    anna, clerk, slot = interpreter(session, "pl"), make.user(session), make.slot(session)
    make.clinic(session, starts_at=slot.starts_at, holds=[anna])

    with pytest.raises(Invalid, match="There is a problem"):
        appointments.book(
            session, slot_id=slot.id, referral_id=polish_speaker(session).id, by=clerk
        )


def test_cancelling_lets_the_interpreter_go(session: Session) -> None:
    anna, clerk = interpreter(session, "pl"), make.user(session)
    booked = appointments.book(
        session,
        slot_id=make.slot(session).id,
        referral_id=polish_speaker(session).id,
        by=clerk,
    )

    appointments.cancel(
        session, appointment_id=booked.id, reason=CancelReason.PATIENT_ILL, by=clerk
    )

    assert anna.id not in used_by(session, booked)


def test_keeping_a_slot_keeps_the_interpreter_too(session: Session) -> None:
    anna, clerk, slot = interpreter(session, "pl"), make.user(session), make.slot(session)
    referral = polish_speaker(session)

    kept = holds.hold(session, slot_id=slot.id, referral_id=referral.id, by=clerk)

    held = sa.select(Allocation.resource_id).where(Allocation.hold_id == kept.id)
    assert anna.id in session.scalars(held).all()
    booked = appointments.book(session, slot_id=slot.id, referral_id=referral.id, by=clerk)
    assert anna.id in used_by(session, booked)


def test_a_need_for_time_takes_two_slots(session: Session) -> None:
    clinic, clerk = make.clinic(session), make.user(session)
    who = make.patient(session, needs=("longer_appointment",))

    booked = appointments.book(
        session,
        slot_id=clinic.slots[0].id,
        referral_id=make.referral(session, patient=who).id,
        slots=2,
        by=clerk,
    )

    assert booked.unmet == []
    assert booked.during == ledger.span(clinic.slots[0].starts_at, clinic.slots[1].ends_at)
    assert clinic.slots[1] not in free.free_slots(session)
    assert clinic.slots[2] in free.free_slots(session)


def test_where_one_slot_must_do_somebody_answers_for_the_time(session: Session) -> None:
    clinic, clerk = make.clinic(session), make.user(session)
    who = make.patient(session, needs=("longer_appointment",))
    referral = make.referral(session, patient=who)

    with pytest.raises(Invalid, match="There is a problem"):
        appointments.book(session, slot_id=clinic.slots[0].id, referral_id=referral.id, by=clerk)
    booked = appointments.book(
        session,
        slot_id=clinic.slots[0].id,
        referral_id=referral.id,
        note="One small lesion only",
        by=clerk,
    )

    assert booked.unmet == ["longer"]


def test_a_hoist_is_met_by_the_place_or_by_a_hoist_that_comes(session: Session) -> None:
    who = make.patient(session, mobility=Mobility.HOIST)
    hoist = make.resource(session, ResourceKind.HOIST)

    booked = appointments.book(
        session,
        slot_id=make.slot(session).id,
        referral_id=make.referral(session, patient=who).id,
        slots=2,
        by=make.user(session),
    )

    assert hoist.id in used_by(session, booked)
    assert booked.unmet == []


def test_an_intimate_place_takes_a_chaperone(session: Session) -> None:
    chaperone = make.resource(session, ResourceKind.CHAPERONE)
    referral = make.referral(session, sites=((make.GROIN, Laterality.LEFT),))

    booked = appointments.book(
        session,
        slot_id=make.slot(session).id,
        referral_id=referral.id,
        by=make.user(session),
    )

    assert chaperone.id in used_by(session, booked)


def test_a_lead_books_above_capacity_with_a_reason_that_is_seen(session: Session) -> None:
    slot, lead = make.slot(session), make.user(session, Role.LEAD)
    make.appointment(session, slot=slot)

    booked = appointments.book(
        session,
        slot_id=slot.id,
        referral_id=make.referral(session).id,
        above="Bleeding since yesterday, cannot wait",
        by=lead,
    )

    assert overbooking.reasons(session, [booked.id]) == {
        booked.id: "Bleeding since yesterday, cannot wait"
    }
    lanes = sa.select(Allocation.lane).where(
        Allocation.appointment_id == booked.id, Allocation.level == Level.VISIT
    )
    assert set(session.scalars(lanes)) == {2}


def test_there_is_one_lane_above_capacity_and_no_second(session: Session) -> None:
    slot, lead = make.slot(session), make.user(session, Role.LEAD)
    make.appointment(session, slot=slot)
    for _ in range(1):
        appointments.book(
            session,
            slot_id=slot.id,
            referral_id=make.referral(session).id,
            above="Urgent",
            by=lead,
        )

    with pytest.raises(ledger.Taken):
        appointments.book(
            session,
            slot_id=slot.id,
            referral_id=make.referral(session).id,
            above="Urgent",
            by=lead,
        )


def test_a_clerk_cannot_book_above_capacity(session: Session) -> None:
    slot, clerk = make.slot(session), make.user(session)
    make.appointment(session, slot=slot)

    with pytest.raises(NotAllowed, match="Only a lead"):
        appointments.book(
            session,
            slot_id=slot.id,
            referral_id=make.referral(session).id,
            above="Please",
            by=clerk,
        )


def test_a_reason_without_need_of_it_leaves_the_visit_in_its_own_lane(session: Session) -> None:
    slot, lead = make.slot(session), make.user(session, Role.LEAD)

    booked = appointments.book(
        session, slot_id=slot.id, referral_id=make.referral(session).id, above="Urgent", by=lead
    )

    assert overbooking.reasons(session, [booked.id]) == {}
