"""The clerk's pages over HTTP."""

import re
from datetime import timedelta
from uuid import uuid4

import pytest
import sqlalchemy as sa
import time_machine
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from derm_service import clock, wording
from derm_service.booking import appointments, free, ledger, queries
from derm_service.booking.codes import AppointmentState, CancelReason, ResourceKind
from derm_service.booking.models import Appointment, Clinic, Location, MobileUnit, Resource
from derm_service.errors import Conflict
from derm_service.people import Role, User
from derm_service.referrals.codes import Mobility, ReferralState
from tests import make
from tests.surf import post, sign_in_as


@pytest.fixture
def clerk(client: FlaskClient, session: Session) -> User:
    who = make.user(session, Role.CLERK)
    sign_in_as(client, session, who)
    return who


@pytest.fixture
def lead(client: FlaskClient, session: Session) -> User:
    who = make.user(session, Role.LEAD)
    sign_in_as(client, session, who)
    return who


@pytest.mark.usefixtures("clerk")
def test_waiting_list_shows_the_earliest_breach_first(
    client: FlaskClient, session: Session
) -> None:
    later = make.referral(session, days_ago=2).patient
    sooner = make.referral(session, days_ago=20).patient
    make.appointment(session)  # somebody who is expected does not wait

    page = client.get("/waiting-list").text

    assert page.index(sooner.family_name.upper()) < page.index(later.family_name.upper())
    assert "2 referrals wait" in page
    assert "Day 20 of 28" in page


@pytest.mark.usefixtures("clerk")
def test_waiting_list_is_filtered_by_codes_that_name_nobody(
    client: FlaskClient, session: Session
) -> None:
    walks = make.referral(session).patient
    rolls = make.referral(
        session, patient=make.patient(session, mobility=Mobility.WHEELCHAIR)
    ).patient

    page = client.get("/waiting-list?mobility=wheelchair&priority=nonsense").text

    assert rolls.family_name.upper() in page
    assert walks.family_name.upper() not in page


@pytest.mark.usefixtures("clerk")
def test_a_slot_is_found_confirmed_and_booked(client: FlaskClient, session: Session) -> None:
    referral, slot = make.referral(session), make.slot(session)

    found = client.get(f"/referrals/{referral.id}/book")
    assert "Day 10 of 28" in found.text  # seven days on

    address = f"/referrals/{referral.id}/book/{slot.id}"
    chosen = re.findall(r'name="slot" value="([0-9a-f-]+)"', found.text)[0]
    kept = post(client, f"/referrals/{referral.id}/book", slot=chosen)
    assert kept.location == address
    assert "Book this appointment" in client.get(address).text
    answer = post(client, address)

    booked = queries.waiting_appointment(session, referral.id)
    assert booked is not None
    assert answer.status_code == 303
    assert answer.location == f"/appointments/{booked.id}"
    shown = client.get(answer.location).text
    assert "Booked" in shown
    assert "Letter (appointment): ready" in shown


@pytest.mark.usefixtures("clerk")
def test_what_is_lacking_begins_small_and_keeps_its_names(
    client: FlaskClient, session: Session
) -> None:
    patient = make.patient(session, interpreter_needed=True, language="vi")
    referral = make.referral(session, patient=patient)
    make.slot(session)

    page = client.get(f"/referrals/{referral.id}/book").text

    assert "No interpreter (Vietnamese)<" in page


@pytest.mark.usefixtures("clerk")
def test_a_place_that_does_not_fit_asks_what_was_arranged(
    client: FlaskClient, session: Session
) -> None:
    patient = make.patient(
        session, mobility=Mobility.WHEELCHAIR, interpreter_needed=True, language="pl"
    )
    referral = make.referral(session, patient=patient)
    slot = make.slot(session, location=make.location(session, features=[]))
    address = f"/referrals/{referral.id}/book/{slot.id}"

    refused = post(client, address)
    booked = post(client, address, note="Ramp asked for; interpreter booked.")

    assert refused.status_code == 422
    assert "has no step-free access" in refused.text
    assert "interpreter (Polish)" in refused.text
    assert booked.status_code == 303
    appointment = queries.waiting_appointment(session, referral.id)
    assert appointment is not None
    assert appointment.note == "Ramp asked for; interpreter booked."


def test_a_slot_just_taken_says_so_and_offers_others_with_what_was_typed(
    client: FlaskClient, session: Session, clerk: User
) -> None:
    clinic = make.clinic(session)
    patient = make.patient(session, mobility=Mobility.HOIST)
    referral = make.referral(session, patient=patient)
    appointments.book(
        session,
        slot_id=clinic.slots[0].id,
        referral_id=make.referral(session).id,
        by=clerk,
    )

    answer = post(
        client, f"/referrals/{referral.id}/book/{clinic.slots[0].id}", note="Hoist on loan"
    )

    assert answer.status_code == 409
    assert "just been taken" in answer.text
    offered = re.findall(rf'action="/referrals/{referral.id}/book/([0-9a-f-]+)"', answer.text)
    assert offered == [str(slot.id) for slot in clinic.slots[1:6]]
    assert 'name="note" value="Hoist on loan"' in answer.text
    again = post(client, f"/referrals/{referral.id}/book/{offered[0]}", note="Hoist on loan")
    assert again.status_code == 303


def test_a_chosen_time_is_kept_while_it_is_confirmed_and_a_lapsed_one_says_so(
    client: FlaskClient, session: Session, clerk: User
) -> None:
    slot = make.slot(session)
    make.resource(session, ResourceKind.INTERPRETER, name="Ewa", language="pl")
    person = make.patient(session, language="pl", interpreter_needed=True, needs=("transport",))
    referral = make.referral(session, patient=person)
    rival = make.referral(session).id
    finding = f"/referrals/{referral.id}/book"
    address = f"{finding}/{slot.id}"

    with time_machine.travel(clock.now(), tick=False) as now:
        chosen = post(client, finding, slot=str(slot.id))
        until = wording.time(clock.now() + timedelta(minutes=5))
        confirming, others = client.get(address).text, client.get(finding).text
        with pytest.raises(Conflict, match="taken"):
            appointments.book(session, slot_id=slot.id, referral_id=rival, by=clerk)
        now.shift(timedelta(minutes=6))
        lapsed = client.get(address).text
        appointments.book(session, slot_id=slot.id, referral_id=rival, by=clerk)
        gone = post(client, address, note="Car ordered")
        again = post(client, finding, slot=str(slot.id))

    assert (chosen.status_code, chosen.location) == (303, address)
    assert f"The time is kept for this person until {until}." in confirming
    assert "Will be booked with the visit: Ewa." in confirming
    assert f"Kept for this person until {until}" in others
    assert f"The time was kept until {until}. Book it soon" in lapsed
    assert gone.status_code == 409
    assert f"was kept for you until {until} and has gone since" in gone.text
    assert "Car ordered" in gone.text
    assert again.status_code == 409


@pytest.mark.usefixtures("clerk")
def test_a_note_as_long_as_a_book_gets_its_sentence_and_books_nothing(
    client: FlaskClient, session: Session
) -> None:
    referral, slot = make.referral(session), make.slot(session)
    step = {"step": "book", "referral_id": str(referral.id), "choice": str(slot.id)}

    answers = [
        post(client, f"/referrals/{referral.id}/book/{slot.id}", note="😀" * 2001),
        post(client, "/phone", note="😀" * 2001, **step),
    ]

    assert [each.status_code for each in answers] == [422, 422]
    assert all("arranged in 2,000 characters at most" in each.text for each in answers)
    assert queries.waiting_appointment(session, referral.id) is None


@pytest.mark.usefixtures("clerk")
def test_whoever_books_reads_that_only_a_call_is_safe_and_who_hears_for_somebody(
    client: FlaskClient, session: Session
) -> None:
    unsafe = make.patient(session, safe_contact=True, contact_note="Ring on Tuesdays only")
    heard_for = make.patient(session, proxy=make.proxy().kept())
    finding = [
        client.get(f"/referrals/{make.referral(session, patient=one).id}/book").text
        for one in (unsafe, heard_for)
    ]

    assert "Safe contact only" in finding[0]
    assert "Note: Ring on Tuesdays only." in finding[0]
    assert "Ring Mary Okafor (daughter) on" in finding[1]


@pytest.mark.usefixtures("clerk")
def test_the_time_an_appointment_is_to_move_to_is_kept_too(
    client: FlaskClient, session: Session
) -> None:
    clinic = make.clinic(session)
    booked = make.appointment(session, slot=clinic.slots[0])
    address = f"/appointments/{booked.id}/move"

    chosen = post(client, address, slot=str(clinic.slots[1].id))
    moved = post(client, chosen.location)

    assert chosen.location == f"{address}/{clinic.slots[1].id}"
    assert moved.status_code == 303
    assert booked.state == "moved"


@pytest.mark.usefixtures("clerk")
def test_a_referral_with_an_appointment_is_sent_to_it(
    client: FlaskClient, session: Session
) -> None:
    booked = make.appointment(session)

    answer = client.get(f"/referrals/{booked.referral_id}/book")

    assert answer.status_code == 303
    assert answer.location == f"/appointments/{booked.id}"


@pytest.mark.usefixtures("clerk")
def test_an_appointment_is_moved(client: FlaskClient, session: Session) -> None:
    clinic = make.clinic(session)
    old = make.appointment(session, slot=clinic.slots[0])
    address = f"/appointments/{old.id}/move"

    assert str(clinic.slots[3].id) in client.get(address).text
    assert client.get(f"{address}/{clinic.slots[3].id}").status_code == 200
    answer = post(client, f"{address}/{clinic.slots[3].id}")

    assert answer.status_code == 303
    assert old.state is AppointmentState.MOVED
    assert answer.location == f"/appointments/{old.moved_to_id}"
    assert "See the new appointment" in client.get(f"/appointments/{old.id}").text


@pytest.mark.usefixtures("clerk")
def test_a_cancellation_needs_its_reason(client: FlaskClient, session: Session) -> None:
    booked = make.appointment(session)
    address = f"/appointments/{booked.id}/cancel"

    refused = post(client, address)
    done = post(client, address, reason=CancelReason.PATIENT_ILL.value)

    assert refused.status_code == 422
    assert "Choose why the appointment is cancelled" in refused.text
    assert done.status_code == 303
    assert booked.cancel_reason is CancelReason.PATIENT_ILL


@pytest.mark.usefixtures("clerk")
def test_withdrawing_says_what_ends_with_it_and_ends_it(
    client: FlaskClient, session: Session
) -> None:
    booked = make.appointment(session)
    address = f"/referrals/{booked.referral_id}/withdraw"

    asked = client.get(address).text
    refused = post(client, address)
    done = post(client, address, reason="patient_wish")

    assert "is cancelled" in asked
    assert refused.status_code == 422
    assert done.status_code == 303
    assert booked.state is AppointmentState.CANCELLED
    assert booked.referral.state is ReferralState.WITHDRAWN


@pytest.mark.usefixtures("clerk")
def test_a_death_is_recorded_with_its_date(client: FlaskClient, session: Session) -> None:
    booked = make.appointment(session)
    address = f"/patients/{booked.patient_id}/death"
    tomorrow, today = clock.today() + timedelta(days=1), clock.today()

    def parts(day: object) -> dict[str, str]:
        year, month, number = str(day).split("-")
        return {"on-day": number, "on-month": month, "on-year": year}

    assert client.get(address).status_code == 200
    assert post(client, address).status_code == 422
    assert post(client, address, **parts(tomorrow)).status_code == 422
    assert post(client, address, **parts(today)).status_code == 303

    assert booked.patient.deceased_on == today
    assert booked.cancel_reason is CancelReason.PATIENT_DIED
    assert "Take back the death" in client.get(address).text
    assert post(client, f"{address}/take-back").status_code == 303
    assert booked.patient.deceased_on is None
    assert booked.referral.state is ReferralState.OPEN


@pytest.mark.usefixtures("lead")
def test_a_place_is_furnished_and_a_clinic_opened_in_it(
    client: FlaskClient, session: Session
) -> None:
    photographer = make.user(session, Role.PHOTOGRAPHER)
    place = {"name": "Dale Hospital", "kind": "hospital", "address": "1 Dale Road\nAnytown"}
    assert post(client, "/places/add", **place, postcode="an1 1aa").status_code == 303
    assert post(client, "/places/add", **place).status_code == 409
    assert post(client, "/places/add").status_code == 422
    long = post(client, "/places/add", **place | {"name": "Dale" * 2000})
    assert "This must be 200 characters or fewer." in long.text
    location = session.scalars(sa.select(Location)).one()
    room = {"kind": "room", "name": "Room 1", "capacity": "1", "location_id": str(location.id)}
    assert post(client, "/places/resources/add", **room).status_code == 303
    nowhere = post(client, "/places/resources/add", **room | {"location_id": str(uuid4())})
    assert nowhere.status_code == 422
    added = post(client, "/places/photographers/add", user_id=str(photographer.id))
    assert added.status_code == 303
    assert "Room 1" in client.get("/places").text
    by_kind = {each.kind: each for each in session.scalars(sa.select(Resource))}
    day = clock.today() + timedelta(days=7)
    wanted = {
        "location_id": str(location.id),
        "place_id": str(by_kind[ResourceKind.ROOM].id),
        "photographer_id": str(by_kind[ResourceKind.PHOTOGRAPHER].id),
        "on-day": str(day.day),
        "on-month": str(day.month),
        "on-year": str(day.year),
        "starts": "9:00",
        "ends": "12.30",
        "slot_minutes": "20",
        "views": ["overview", "close_up", "dermoscopic"],
    }

    opened = post(client, "/clinics/open", **wanted)

    assert opened.status_code == 303
    [clinic] = session.scalars(sa.select(Clinic)).all()
    assert len(clinic.slots) == 10
    assert "Dale Hospital" in client.get(opened.location).text
    assert "10 of 10 times free" in client.get(f"/clinics?on={day.isoformat()}").text
    again = post(client, "/clinics/open", **wanted)
    assert again.status_code == 409
    assert "already in use at that time" in again.text


@pytest.mark.usefixtures("lead")
@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("starts", "noon", "24-hour clock"),
        ("ends", "8:00", "must end after it starts"),
        ("slot_minutes", "1", "5 to 240"),
        ("slot_minutes", "½", "whole number"),
        ("slot_minutes", "240", "Not one slot"),
        ("on-year", "2020", "must not be over already"),
        ("photographer_id", "", "Choose a photographer"),
        ("place_id", "x", "Choose a room or a van"),
        ("location_id", "x", "Choose a place"),
        ("on-day", "31", "must be a real date"),
        ("note", "😀" * 501, "Enter the note in 500 characters at most"),
    ],
)
def test_a_clinic_that_cannot_be_gets_its_sentence_at_its_field(
    client: FlaskClient, session: Session, field: str, value: str, sentence: str
) -> None:
    place = make.location(session)
    room, photographer, _kit = make.resources(session, place)
    wanted = {
        "location_id": str(place.id),
        "place_id": str(room.id),
        "photographer_id": str(photographer.id),
        "on-day": "30",
        "on-month": "6",
        "on-year": str(clock.today().year + 1),
        "starts": "9:00",
        "ends": "12:00",
        "slot_minutes": "20",
        "views": ["overview", "close_up", "dermoscopic"],
    }

    answer = post(client, "/clinics/open", **{**wanted, field: value})

    assert answer.status_code == 422
    assert sentence in answer.text
    assert not session.scalars(sa.select(Clinic)).all()


@pytest.mark.usefixtures("lead")
def test_a_clinic_is_cancelled_only_when_nobody_is_booked(
    client: FlaskClient, session: Session
) -> None:
    booked = make.appointment(session)
    address = f"/clinics/{booked.slot.clinic_id}/cancel"

    refused = post(client, address, reason="Boiler broken")
    assert refused.status_code == 409
    assert booked.patient.family_name.upper() in refused.text
    assert post(client, address).status_code == 422
    post(client, f"/appointments/{booked.id}/cancel", reason="clinic_cancelled")
    assert post(client, address, reason="Boiler broken").status_code == 303

    assert not free.free_slots(session)
    assert not ledger.resources_of_clinic(session, booked.slot.clinic_id)


@pytest.mark.usefixtures("lead")
def test_a_van_is_a_thing_that_cannot_be_in_two_places(
    client: FlaskClient, session: Session
) -> None:
    assert post(client, "/places/vans/add", name="Van Daisy").status_code == 303
    assert post(client, "/places/vans/add", name="Van Daisy").status_code == 409
    assert post(client, "/places/vans/add", name=" ").status_code == 422
    assert post(client, "/places/vans/add", name="Daisy" * 1600).status_code == 422

    van = session.scalars(sa.select(MobileUnit)).one()
    thing = session.scalars(sa.select(Resource)).one()
    assert (thing.kind, thing.mobile_unit_id) == (ResourceKind.VAN, van.id)


@pytest.mark.usefixtures("lead")
def test_a_place_is_changed_and_closed_once_no_clinic_is_to_come(
    client: FlaskClient, session: Session
) -> None:
    clinic = make.clinic(session)
    place = clinic.location
    address = f"/places/{place.id}"

    assert place.name in client.get(address).text
    form = {"name": "New name", "kind": "hospital", "address": "1 Road", "features": "hoist"}
    assert post(client, address, **form).status_code == 303
    assert (place.name, place.features) == ("New name", ["hoist"])
    assert post(client, f"{address}/close").status_code == 409
    post(client, f"/clinics/{clinic.id}/cancel", reason="moved")
    assert post(client, f"{address}/close").status_code == 303

    assert place.closed_at is not None


@pytest.mark.usefixtures("clerk")
@pytest.mark.parametrize(
    "address",
    [
        "/referrals/01890000-0000-7000-8000-000000000000/book",
        "/appointments/01890000-0000-7000-8000-000000000000",
        "/clinics/01890000-0000-7000-8000-000000000000",
    ],
)
def test_what_nobody_knows_is_not_found(client: FlaskClient, address: str) -> None:
    assert client.get(address).status_code == 404


@pytest.mark.usefixtures("clerk")
def test_looking_at_an_appointment_is_in_the_audit(client: FlaskClient, session: Session) -> None:
    booked = make.appointment(session)

    client.get(f"/appointments/{booked.id}")

    seen = sa.text("SELECT count(*) FROM audit_entry WHERE did = 'looked at appointment'")
    assert session.scalar(seen) == 1
    assert session.scalar(sa.select(sa.func.count()).select_from(Appointment)) == 1


@pytest.mark.usefixtures("clerk")
def test_pressing_book_twice_books_once_and_shows_it(client: FlaskClient, session: Session) -> None:
    referral, slot = make.referral(session), make.slot(session)
    address = f"/referrals/{referral.id}/book/{slot.id}"

    first, second = post(client, address), post(client, address)

    assert (first.status_code, second.status_code) == (303, 303)
    assert first.location == second.location


@pytest.mark.usefixtures("clerk")
def test_no_slots_are_shown_for_a_referral_that_cannot_be_booked(
    client: FlaskClient, session: Session
) -> None:
    ended = make.referral(session, state=ReferralState.WITHDRAWN, withdrawn_at=clock.now())

    answer = client.get(f"/referrals/{ended.id}/book")

    assert answer.status_code == 409
    assert "This referral is withdrawn" in answer.text


@pytest.mark.usefixtures("clerk")
def test_nobody_is_asked_to_confirm_what_cannot_be_booked(
    client: FlaskClient, session: Session
) -> None:
    slot = make.clinic(session).slots[0]
    ended = make.referral(session, state=ReferralState.WITHDRAWN, withdrawn_at=clock.now())

    answer = client.get(f"/referrals/{ended.id}/book/{slot.id}")

    assert answer.status_code == 409
    assert "This referral is withdrawn" in answer.text


@pytest.mark.usefixtures("clerk")
def test_an_appointment_nobody_recorded_the_end_of_is_not_forgotten(
    client: FlaskClient, session: Session
) -> None:
    forgotten = make.appointment(
        session, slot=make.slot(session, starts_at=clock.now() - timedelta(days=2))
    )

    page = client.get("/waiting-list").text

    assert "Appointments without an outcome" in page
    assert f"/appointments/{forgotten.id}" in page
