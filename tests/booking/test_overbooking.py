"""Two people in one slot: who is above capacity and why is seen wherever a clinic is shown."""

import re
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from derm_service import clock
from derm_service.booking import appointments, free, overbooking, queries
from derm_service.booking.codes import (
    AppointmentState,
    CancelReason,
    ClinicState,
    NotAttendedReason,
)
from derm_service.booking.models import Appointment, Slot
from derm_service.people import Role, User
from tests import make
from tests.surf import post, sign_in_as

WHY = "Bleeding since yesterday, cannot wait"


@pytest.fixture
def lead(client: FlaskClient, session: Session) -> User:
    who = make.user(session, Role.LEAD)
    sign_in_as(client, session, who)
    return who


def overbooked(session: Session, slot: Slot, by: User) -> tuple[Appointment, Appointment]:
    """Somebody in the slot, and somebody above its capacity."""
    first = make.appointment(session, slot=slot)
    second = appointments.book(
        session,
        slot_id=slot.id,
        referral_id=make.referral(session).id,
        above=WHY,
        by=by,
    )
    return first, second


def slot_of_today(session: Session) -> Slot:
    return make.slot(session, starts_at=clock.now() - timedelta(minutes=5))


def rows(page: str) -> list[str]:
    """The words of each row of the tables of a page."""
    found = re.findall(r'<tr class="nhsuk-table__row">(.*?)</tr>', page, re.DOTALL)
    return [" ".join(re.sub(r"<[^>]+>", " ", row).split()) for row in found]


def test_clinic_page_shows_both_people_of_a_slot_and_why_one_is_above(
    client: FlaskClient, session: Session, lead: User
) -> None:
    first, second = overbooked(session, make.slot(session), lead)

    shown = rows(client.get(f"/clinics/{first.slot.clinic_id}").text)

    with_one = [row for row in shown if first.patient.family_name.upper() in row]
    with_other = [row for row in shown if second.patient.family_name.upper() in row]
    assert (len(with_one), len(with_other)) == (1, 1)
    assert "Above capacity" not in with_one[0]
    assert f"Above capacity {WHY}" in with_other[0]


def test_day_list_has_a_line_for_each_of_two_people_in_a_slot(
    client: FlaskClient, session: Session, lead: User
) -> None:
    slot = slot_of_today(session)
    first = make.appointment(session, slot=slot)
    second = make.appointment(session, slot=make.slot(session))
    second = appointments.move(
        session, appointment_id=second.id, slot_id=slot.clinic.slots[1].id, by=lead
    )
    third = appointments.book(
        session,
        slot_id=slot.clinic.slots[1].id,
        referral_id=make.referral(session).id,
        above=WHY,
        by=lead,
    )

    page = client.get(f"/clinic-day?on={clock.london(slot.starts_at).date()}").text

    names = [one.patient.family_name.upper() for one in (first, second, third)]
    assert [sum(name in row for row in rows(page)) for name in names] == [1, 1, 1]
    assert f"Above capacity {WHY}" in next(row for row in rows(page) if names[2] in row)
    assert "3 people in 6 slots" in page


def test_day_list_names_who_takes_two_slots_once_with_both_ends(
    client: FlaskClient, session: Session, lead: User
) -> None:
    slot = slot_of_today(session)
    booked = appointments.book(
        session,
        slot_id=slot.clinic.slots[1].id,
        referral_id=make.referral(session).id,
        slots=2,
        by=lead,
    )

    page = client.get(f"/clinic-day?on={clock.london(slot.starts_at).date()}").text

    assert sum(booked.patient.family_name.upper() in row for row in rows(page)) == 1
    assert "1 person in 6 slots" in page


def test_somebody_who_did_not_attend_stays_beside_who_took_the_slot(session: Session) -> None:
    slot, clerk = slot_of_today(session), make.user(session)
    missed = make.appointment(session, slot=slot)
    appointments.not_attended(
        session, appointment_id=missed.id, reason=NotAttendedReason.FORGOT, by=clerk
    )
    taken = make.appointment(session, slot=slot)

    found = queries.rows_of(session, [slot.clinic])[slot.clinic_id]

    assert [row.appointment for row in found if row.slot == slot] == [taken, missed]
    assert missed.state is AppointmentState.NOT_ATTENDED


def test_a_slot_that_was_withdrawn_is_not_shown_as_free(session: Session) -> None:
    clinic = make.clinic(session)
    clinic.slots[5].withdrawn = True
    session.flush()

    found = queries.rows_of(session, [clinic])[clinic.id]

    assert clinic.state is ClinicState.OPEN
    assert [row.slot for row in found] == clinic.slots[:5]


def test_lead_books_a_full_time_above_capacity_with_a_reason(
    client: FlaskClient, session: Session, lead: User
) -> None:
    full = make.appointment(session)
    referral = make.referral(session)
    day = clock.london(full.slot.starts_at).date()

    found = client.get(f"/referrals/{referral.id}/overbook?from={day.isoformat()}")
    address = f"/referrals/{referral.id}/overbook/{full.slot_id}"
    asked = client.get(address)
    without = post(client, address, above=" ")
    too_long = post(client, address, above="x" * 501)
    done = post(client, address, above=WHY)

    assert address in found.text
    assert full.patient.family_name.upper() in found.text
    assert full.patient.family_name.upper() in asked.text
    assert (without.status_code, too_long.status_code, done.status_code) == (422, 422, 303)
    assert "Enter why this person is booked above capacity" in without.text
    booked = queries.waiting_appointment(session, referral.id)
    assert booked is not None
    assert overbooking.reasons(session, [booked.id]) == {booked.id: WHY}
    assert WHY in client.get(f"/appointments/{booked.id}").text
    said = sa.text("SELECT detail ->> 'above_capacity' FROM audit_entry WHERE subject_id = :id")
    assert WHY in set(session.scalars(said, {"id": str(booked.id)}))


def test_lead_moves_somebody_into_a_full_time_with_a_reason(
    client: FlaskClient, session: Session, lead: User
) -> None:
    full = make.appointment(session)
    moving = make.appointment(session, slot=full.slot.clinic.slots[1])
    day = clock.london(full.slot.starts_at).date()

    offered = client.get(f"/appointments/{moving.id}/move").text
    found = client.get(f"/appointments/{moving.id}/overbook?from={day.isoformat()}").text
    address = f"/appointments/{moving.id}/overbook/{full.slot_id}"
    without = post(client, address, above=" ")
    done = post(client, address, above=WHY)

    assert f"/appointments/{moving.id}/overbook" in offered
    assert address in found
    assert "Their time now" in found
    assert f"/appointments/{moving.id}/overbook/{moving.slot_id}" not in found
    assert (without.status_code, done.status_code) == (422, 303)
    session.refresh(moving)
    assert moving.state is AppointmentState.MOVED
    now = queries.waiting_appointment(session, moving.referral_id)
    assert now is not None
    assert now.slot_id == full.slot_id
    assert overbooking.reasons(session, [now.id]) == {now.id: WHY}


def test_a_time_that_is_above_capacity_already_takes_nobody_more(
    client: FlaskClient, session: Session, lead: User
) -> None:
    first, _ = overbooked(session, make.slot(session), lead)
    referral = make.referral(session)
    day = clock.london(first.slot.starts_at).date()

    page = client.get(f"/referrals/{referral.id}/overbook?from={day.isoformat()}").text
    answer = post(client, f"/referrals/{referral.id}/overbook/{first.slot_id}", above=WHY)

    assert "Above capacity already" in page
    assert answer.status_code == 409
    assert "The next free times" in answer.text


def test_a_free_time_is_booked_on_the_ordinary_page(
    client: FlaskClient, session: Session, lead: User
) -> None:
    slot, referral = make.slot(session), make.referral(session)

    answer = client.get(f"/referrals/{referral.id}/overbook/{slot.id}")

    assert answer.status_code == 303
    assert answer.location.endswith(f"/referrals/{referral.id}/book/{slot.id}")


def test_clerk_neither_sees_nor_may_book_above_capacity(
    client: FlaskClient, session: Session
) -> None:
    sign_in_as(client, session, make.user(session))
    full, referral = make.appointment(session), make.referral(session)
    booked = make.appointment(session)
    make.slot(session)

    pages = [client.get(f"/referrals/{referral.id}/book").text]
    pages.append(client.get(f"/appointments/{booked.id}/move").text)
    addresses = (f"/referrals/{referral.id}/overbook", f"/appointments/{booked.id}/overbook")

    assert not any("above capacity" in page for page in pages)
    for address in addresses:
        assert client.get(address).status_code == 403
        assert post(client, f"{address}/{full.slot_id}", above=WHY).status_code == 403
    assert booked.state is AppointmentState.BOOKED
    assert queries.waiting_appointment(session, referral.id) is None


def test_whoever_is_above_capacity_moves_up_when_the_other_cancels(
    session: Session, lead: User
) -> None:
    first, second = overbooked(session, make.slot(session), lead)

    appointments.cancel(session, appointment_id=first.id, reason=CancelReason.PATIENT_ILL, by=lead)

    assert overbooking.reasons(session, [second.id]) == {}
    assert first.slot not in free.free_slots(session)
    appointments.cancel(session, appointment_id=second.id, reason=CancelReason.PATIENT_ILL, by=lead)
    assert first.slot in free.free_slots(session)


def test_whoever_is_above_capacity_moves_up_when_the_other_is_moved(
    session: Session, lead: User
) -> None:
    first, second = overbooked(session, make.slot(session), lead)

    appointments.move(
        session, appointment_id=first.id, slot_id=first.slot.clinic.slots[1].id, by=lead
    )

    assert overbooking.reasons(session, [second.id]) == {}
