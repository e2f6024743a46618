"""A time that fell free is offered to one person at a time, who keeps what they have meanwhile."""

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from derm_service import clock
from derm_service.audit import AuditEntry
from derm_service.booking import (
    appointments,
    clinics,
    endings,
    holds,
    ledger,
    offer_answers,
    offer_queries,
    offering,
    rehoming,
)
from derm_service.booking.codes import (
    AnsweredBy,
    AppointmentState,
    CancelReason,
    DeclineReason,
    OfferState,
    ResourceKind,
)
from derm_service.booking.models import Allocation, Appointment, Slot
from derm_service.booking.offer_answers import Late
from derm_service.booking.offer_models import Offer
from derm_service.booking.offer_rules import Notice
from derm_service.errors import Invalid
from derm_service.messages.codes import WorkKind
from derm_service.messages.models import WorkItem
from derm_service.people import User
from derm_service.referrals.codes import Channel, Mobility, Need, Priority, WithdrawnReason
from derm_service.referrals.models import Patient
from derm_service.referrals.postcodes import Postcode
from tests import make

PHONE = AnsweredBy.PHONE


def freed_slot(session: Session, days: int = 7, **given: Any) -> Slot:
    """A time so many days ahead that somebody gave up just now, and was withdrawn for good."""
    slot = make.slot(session, starts_at=in_days(days), **given)
    slot.freed_at = clock.now()
    session.flush()
    return slot


def in_days(days: float) -> Any:
    """Ten in the morning (UTC), so many days from now."""
    return clock.now().replace(hour=10, minute=0, second=0, microsecond=0) + timedelta(days=days)


def offer_next(session: Session, slot: Slot, by: User | None = None) -> Offer | None:
    return offering.offer_next(
        session, slot_id=slot.id, notice=Notice(), address="https://derm.example", by=by
    )


def offered(session: Session, slot: Slot) -> Offer:
    """The offer of a time; the test fails where nobody is offered it."""
    made = offer_next(session, slot)
    assert made is not None
    return made


def booked_later(session: Session, days: int = 20, **given: Any) -> Appointment:
    """Somebody whose appointment is so many days ahead."""
    slot = make.slot(session, starts_at=in_days(days))
    return make.appointment(session, slot=slot, referral=make.referral(session, **given))


def lapse(session: Session, offer: Offer) -> None:
    """Let the time to answer run out."""
    past = clock.now() - timedelta(seconds=1)
    offer.expires_at = past
    session.execute(
        sa.update(Allocation).where(Allocation.hold_id == offer.hold_id).values(expires_at=past)
    )
    hold = session.get_one(holds.Hold, offer.hold_id)
    hold.expires_at = past
    session.flush()


def uses(session: Session, slot: Slot) -> list[Any]:
    """What stands in the ledger of the slot's time for visits: held or confirmed."""
    return list(
        session.scalars(
            sa.select(Allocation.state).where(
                Allocation.level == "visit",
                Allocation.state.in_(ledger.LIVE),
                Allocation.resource_id.in_(ledger.resources_of_clinic(session, slot.clinic_id)),
            )
        )
    )


@pytest.fixture
def clerk(session: Session) -> User:
    return make.user(session)


def test_cancelled_time_is_offered_to_who_is_booked_later_and_kept_in_the_ledger(
    session: Session, clerk: User
) -> None:
    slot = make.slot(session, starts_at=in_days(7))
    leaving = make.appointment(session, slot=slot)
    later = booked_later(session)
    appointments.cancel(
        session, appointment_id=leaving.id, reason=CancelReason.PATIENT_ILL, by=clerk
    )
    freed = offer_queries.freed(session, before=clock.now(), least=timedelta(hours=24))

    offer = offered(session, slot)

    assert [one.id for one in freed] == [slot.id]
    assert offer.referral_id == later.referral_id
    assert offer.instead_of_id == later.id
    assert uses(session, slot) == ["held"] * 3
    with pytest.raises(ledger.Taken):
        appointments.book(session, slot_id=slot.id, referral_id=make.referral(session).id, by=clerk)
    assert later.state is AppointmentState.BOOKED


def test_whoever_gave_the_time_up_is_not_offered_it_again(session: Session, clerk: User) -> None:
    leaving = make.appointment(session, slot=make.slot(session, starts_at=in_days(7)))
    appointments.cancel(
        session, appointment_id=leaving.id, reason=CancelReason.PATIENT_CANNOT_COME, by=clerk
    )

    assert offer_next(session, leaving.slot) is None
    assert leaving.slot.freed_at is None  # it simply stays free


def test_person_who_is_rung_stands_on_the_work_page_until_they_answered(
    session: Session, clerk: User
) -> None:
    slot = freed_slot(session)
    booked_later(session)

    offer = offered(session, slot)

    assert offer.channel is Channel.PHONE
    item = session.scalars(sa.select(WorkItem).where(WorkItem.subject_id == offer.id)).one()
    assert item.kind is WorkKind.OFFER_CALL
    assert "The appointment they have stands unless they accept." in item.note
    offer_answers.decline(session, offer_id=offer.id, how=PHONE, by=clerk)
    assert item.done_at is not None


def test_acceptance_moves_through_the_ledger_and_the_old_time_is_offered_in_turn(
    session: Session, clerk: User
) -> None:
    slot = freed_slot(session)
    later = booked_later(session)
    offer = offered(session, slot)

    new = offer_answers.accept(session, offer_id=offer.id, how=PHONE, by=clerk)

    assert (offer.state, offer.appointment_id) == (OfferState.ACCEPTED, new.id)
    assert (later.state, later.moved_to_id) == (AppointmentState.MOVED, new.id)
    assert new.slot_id == slot.id
    assert uses(session, slot) == ["confirmed"] * 3
    assert uses(session, later.slot) == []
    session.refresh(later.slot)
    assert later.slot.freed_at is not None


def test_somebody_without_an_appointment_is_booked_on_acceptance(
    session: Session, clerk: User
) -> None:
    slot = freed_slot(session)
    waiting = make.referral(session)

    offer = offered(session, slot)
    new = offer_answers.accept(session, offer_id=offer.id, how=PHONE, by=clerk)

    assert offer.instead_of_id is None
    assert (new.referral_id, new.state) == (waiting.id, AppointmentState.BOOKED)


@pytest.mark.parametrize("end", ["declined", "expired", "not_reached"])
def test_no_or_no_answer_never_touches_what_the_person_has_and_the_next_is_asked(
    session: Session, clerk: User, end: str
) -> None:
    slot = freed_slot(session)
    first, second = booked_later(session, days_ago=20), booked_later(session, days_ago=3)
    offer = offered(session, slot)

    if end == "declined":
        offer_answers.decline(
            session, offer_id=offer.id, how=PHONE, reason=DeclineReason.TOO_SOON, by=clerk
        )
    elif end == "expired":
        lapse(session, offer)
        offer_answers.settle(session, offer_id=offer.id)
    else:
        offer_answers.nobody_reached(session, offer_id=offer.id, by=clerk)
    after = offered(session, slot)

    assert offer.referral_id == first.referral_id
    assert first.state is AppointmentState.BOOKED
    assert uses(session, first.slot) == ["confirmed"] * 3
    assert after.referral_id == second.referral_id
    assert uses(session, slot) == ["held"] * 3


def test_late_acceptance_says_so_and_keeps_the_appointment(session: Session, clerk: User) -> None:
    slot = freed_slot(session)
    later = booked_later(session)
    offer = offered(session, slot)
    lapse(session, offer)

    with pytest.raises(Late, match=r"This offer ended on .* The appointment on .* stands\."):
        offer_answers.accept(session, offer_id=offer.id, how=PHONE, by=clerk)

    assert later.state is AppointmentState.BOOKED
    assert slot.freed_at is not None


def test_offer_answered_once_cannot_be_answered_again(session: Session, clerk: User) -> None:
    booked_later(session)
    offer = offered(session, freed_slot(session))
    offer_answers.accept(session, offer_id=offer.id, how=PHONE, by=clerk)

    with pytest.raises(Late, match="This offer is over: accepted"):
        offer_answers.decline(session, offer_id=offer.id, how=PHONE, by=clerk)


def test_person_booked_otherwise_meanwhile_ends_the_offer(session: Session, clerk: User) -> None:
    slot = freed_slot(session)
    waiting = make.referral(session)
    offer = offered(session, slot)
    elsewhere = make.slot(session, starts_at=in_days(5))
    appointments.book(session, slot_id=elsewhere.id, referral_id=waiting.id, by=clerk)
    session.refresh(offer)

    with pytest.raises(Late, match="no longer free"):
        offer_answers.accept(session, offer_id=offer.id, how=PHONE, by=clerk)
    offer_answers.settle(session, offer_id=offer.id)

    assert offer.state is OfferState.ENDED
    assert uses(session, slot) == []


@pytest.mark.parametrize("how", ["withdrawn", "died", "clinic"])
def test_what_an_offer_rests_on_ends_it(session: Session, clerk: User, how: str) -> None:
    slot = freed_slot(session)
    later = booked_later(session)
    offer = offered(session, slot)

    if how == "withdrawn":
        endings.withdraw_referral(
            session, referral_id=later.referral_id, reason=WithdrawnReason.PATIENT_WISH, by=clerk
        )
    elif how == "died":
        endings.record_death(session, patient_id=later.patient_id, on=clock.today(), by=clerk)
    else:
        rehoming.cancel(session, clinic_id=slot.clinic_id, choices={}, reason="Ill", by=clerk)
        session.refresh(offer)
        offer_answers.settle(session, offer_id=offer.id)

    assert offer.state is OfferState.ENDED
    assert (
        session.scalars(
            sa.select(WorkItem.id).where(
                WorkItem.kind == WorkKind.OFFER_CALL, WorkItem.done_at.is_(None)
            )
        ).all()
        == []
    )
    assert offer_queries.over(session) == []


def test_time_is_offered_only_where_it_fits_by_the_searchs_own_judge(session: Session) -> None:
    plain = make.location(session, features=[])
    slot = freed_slot(session, location=plain)
    wheelchair = make.patient(session, mobility=Mobility.WHEELCHAIR)
    booked_later(session, patient=wheelchair, days_ago=27)
    speaks = make.patient(session, language="pl", interpreter_needed=True)
    booked_later(session, patient=speaks, days_ago=26)
    at_home = make.patient(session, mobility=Mobility.HOUSEBOUND)
    booked_later(session, patient=at_home, days_ago=25)
    fits = booked_later(session, days_ago=3)

    assert offered(session, slot).referral_id == fits.referral_id


def test_interpreter_is_kept_with_the_time_and_somebody_who_needs_one_is_rung(
    session: Session, clerk: User
) -> None:
    make.resource(session, ResourceKind.INTERPRETER, language="pl")
    slot = freed_slot(session)
    patient = make.patient(session, language="pl", interpreter_needed=True, contact_by=Channel.SMS)
    booked_later(session, patient=patient)

    offer = offered(session, slot)

    assert offer.channel is Channel.PHONE
    kept = session.scalars(sa.select(Allocation).where(Allocation.hold_id == offer.hold_id)).all()
    assert ResourceKind.INTERPRETER in {one.resource.kind for one in kept}


def test_double_time_goes_to_who_needs_it_before_others_equally_at_risk(session: Session) -> None:
    slot = freed_slot(session)
    booked_later(session, days_ago=7)
    slow = make.patient(session, needs=(Need.LONGER_APPOINTMENT,))
    double = booked_later(session, patient=slow, days_ago=3)

    offer = offered(session, slot)

    assert (offer.referral_id, offer.slots) == (double.referral_id, 2)


def test_far_away_time_is_not_offered_where_the_days_are_not_worth_the_way(
    session: Session,
) -> None:
    for code, latitude in (("AN8 1AA", 53.0), ("AN8 2BB", 53.02), ("AN8 3CC", 54.5)):
        session.merge(Postcode(code=code, latitude=latitude, longitude=-1.6))
    near, far = (
        make.location(session, postcode="AN8 2BB"),
        make.location(session, postcode="AN8 3CC"),
    )
    patient = make.patient(session, postcode="AN8 1AA")
    referral = make.referral(session, patient=patient, priority=Priority.ROUTINE)
    make.appointment(
        session, slot=make.slot(session, starts_at=in_days(20), location=near), referral=referral
    )

    assert offer_next(session, freed_slot(session, location=far)) is None
    assert offer_next(session, freed_slot(session, location=near)) is not None


def test_somebody_who_waits_is_not_offered_what_is_worse_than_other_free_times(
    session: Session,
) -> None:
    slot = freed_slot(session, days=14)
    make.slot(session, starts_at=in_days(5))  # free to be booked at once
    make.referral(session)

    assert offer_next(session, slot) is None


def test_within_three_days_only_who_would_come_at_short_notice_is_asked(session: Session) -> None:
    slot = freed_slot(session, days=2)
    by_text = {"contact_by": Channel.SMS}  # somebody rung is reached on working days only
    booked_later(session, patient=make.patient(session, **by_text), days_ago=20)
    ready = make.patient(session, short_notice=True, **by_text)
    willing = booked_later(session, patient=ready, days_ago=3)

    offer = offered(session, slot)

    assert offer.referral_id == willing.referral_id
    assert offer.expires_at <= slot.starts_at - timedelta(hours=24)


def test_nothing_is_offered_within_the_set_hours(session: Session) -> None:
    patient = make.patient(session, short_notice=True)
    booked_later(session, patient=patient)
    slot = freed_slot(session, days=1)
    far = Notice({Channel.PHONE: 72})

    made = offering.offer_next(session, slot_id=slot.id, notice=far, address="", by=None)

    assert made is None
    assert offer_queries.freed(session, before=clock.now(), least=far.least) == []


def test_nobody_is_asked_too_often_nor_after_asking_not_to_be(
    session: Session, clerk: User
) -> None:
    often, never = booked_later(session), booked_later(session)
    for _ in range(3):
        offer = make_offer_to(session, often, freed_slot(session))
        offer_answers.decline(session, offer_id=offer.id, how=PHONE, by=clerk)
    offer = make_offer_to(session, never, freed_slot(session))
    offer_answers.decline(
        session, offer_id=offer.id, how=PHONE, reason=DeclineReason.NO_MORE, by=clerk
    )

    assert offer_next(session, freed_slot(session)) is None


def make_offer_to(session: Session, appointment: Appointment, slot: Slot) -> Offer:
    """An offer to this very person: nobody else may be asked meanwhile."""
    others = session.scalars(sa.select(Patient).where(Patient.id != appointment.patient_id)).all()
    before = {one.id: one.phone for one in others}
    for one in others:
        one.phone = one.mobile = ""
    made = offered(session, slot)
    for one in others:
        one.phone = before[one.id]
    session.flush()
    assert made.referral_id == appointment.referral_id
    return made


def test_people_on_the_telephone_or_before_a_lead_are_not_asked(
    session: Session, clerk: User
) -> None:
    talking = booked_later(session)
    holds.hold(
        session,
        slot_id=make.slot(session, starts_at=in_days(9)).id,
        referral_id=talking.referral_id,
        by=clerk,
    )
    at_risk = booked_later(session)
    session.add(
        WorkItem(
            kind=WorkKind.SAFETY_ALERT,
            role="lead",
            referral_id=at_risk.referral_id,
            once_key=f"safety:{at_risk.id}",
            due_on=clock.today(),
            opened_at=clock.now(),
        )
    )
    session.flush()

    assert offer_next(session, freed_slot(session)) is None


def test_person_has_one_open_offer_at_a_time(session: Session) -> None:
    booked_later(session)
    first = offered(session, freed_slot(session))

    assert offer_next(session, freed_slot(session)) is None
    assert first.state is OfferState.OPEN


def test_call_with_other_times_does_not_take_the_offered_one_away(
    session: Session, clerk: User
) -> None:
    later = booked_later(session)
    offer = offered(session, freed_slot(session))
    for days in (9, 10, 11, 12):
        holds.hold(
            session,
            slot_id=make.slot(session, starts_at=in_days(days)).id,
            referral_id=later.referral_id,
            by=clerk,
        )

    offer_answers.accept(session, offer_id=offer.id, how=PHONE, by=clerk)

    assert offer.state is OfferState.ACCEPTED


def test_what_nobody_can_arrange_is_asked_of_the_clerk_before_the_time_is_given(
    session: Session, clerk: User
) -> None:
    patient = make.patient(session, needs=(Need.TRANSPORT,), contact_by=Channel.SMS)
    referral = make.referral(session, patient=patient)
    offer = offered(session, freed_slot(session))

    assert offer.channel is Channel.PHONE
    with pytest.raises(Invalid):
        offer_answers.accept(session, offer_id=offer.id, how=PHONE, by=clerk)
    assert (
        session.scalars(sa.select(Appointment).where(Appointment.referral_id == referral.id)).all()
        == []
    )
    offer_answers.accept(
        session, offer_id=offer.id, how=PHONE, note="Taxi ordered for 9am", by=clerk
    )


def test_clinic_made_longer_offers_its_new_times(session: Session, clerk: User) -> None:
    clinic = make.clinic(session, starts_at=in_days(7))
    place = clinic.location
    [room, photographer, dermatoscope] = make.resources(session, place)

    clinics.change_clinic(
        session,
        clinic_id=clinic.id,
        starts_at=clinic.starts_at,
        ends_at=clinic.ends_at + timedelta(hours=1),
        resource_ids=[room.id, photographer.id, dermatoscope.id],
        by=clerk,
    )
    session.flush()

    freed = offer_queries.freed(session, before=clock.now(), least=timedelta(hours=24))
    assert len(freed) == 3
    assert all(one.starts_at >= clinic.ends_at - timedelta(hours=1) for one in freed)


def test_every_step_is_audited_with_who_and_how(session: Session, clerk: User) -> None:
    booked_later(session)
    offer = offered(session, freed_slot(session))
    offer_answers.accept(session, offer_id=offer.id, how=AnsweredBy.LINK, by=None)

    rows = session.scalars(
        sa.select(AuditEntry).where(AuditEntry.subject_id == str(offer.id)).order_by(AuditEntry.id)
    ).all()

    assert [(one.did, one.by_system) for one in rows] == [
        ("offered a freed time", "system"),
        ("offer accepted", "patient by link"),
    ]


def test_offers_past_count_for_nothing_in_the_order(session: Session, clerk: User) -> None:
    first = booked_later(session, days_ago=20)
    offer = offered(session, freed_slot(session))
    offer_answers.decline(session, offer_id=offer.id, how=PHONE, by=clerk)
    booked_later(session, days_ago=3)

    assert offered(session, freed_slot(session)).referral_id == first.referral_id


def test_referral_is_ranked_by_its_own_clock(session: Session) -> None:
    make_late = booked_later(session, days=26, days_ago=5)  # would breach where it is
    booked_later(session, days=20, days_ago=6)

    assert offered(session, freed_slot(session)).referral_id == make_late.referral_id
