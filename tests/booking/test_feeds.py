"""Calendar feeds: what is in one, who can read it, and how its secret address is kept."""

import logging
import re
from datetime import UTC, date, datetime, time, timedelta

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from icalendar import Calendar, Event
from sqlalchemy.orm import Session

from derm_service import clock
from derm_service.audit import AuditEntry
from derm_service.booking import clinics, feeds, ics, rules
from derm_service.booking.codes import ResourceKind
from derm_service.booking.guessing import Guesses
from derm_service.booking.models import CalendarFeed, Clinic, Resource
from derm_service.errors import Conflict
from derm_service.people import Role, User
from tests import make
from tests.surf import post, sign_in_as

ADDRESS = re.compile(r"<code>https?://[^/]+(/calendar/[\w-]{43}\.ics)</code>")


def photographer(session: Session) -> tuple[User, Resource]:
    user = make.user(session, Role.PHOTOGRAPHER, name="Lena Marsh")
    return user, make.resource(session, ResourceKind.PHOTOGRAPHER, user_id=user.id)


def clinic_of(session: Session, who: Resource, **given: object) -> Clinic:
    place = make.location(session)
    holds = [make.resource(session, ResourceKind.ROOM, location_id=place.id), who]
    return make.clinic(session, location=place, holds=holds, **given)


def events(body: bytes) -> list[Event]:
    found = Calendar.from_ical(body).walk("VEVENT")
    return [each for each in found if isinstance(each, Event)]


def address_of(client: FlaskClient, session: Session, user: User) -> str:
    sign_in_as(client, session, user)
    found = ADDRESS.search(post(client, "/account/calendar/make").text)
    assert found is not None
    return found.group(1)


def test_a_feed_holds_the_clinics_of_its_person_and_nobody_who_comes_to_them(
    client: FlaskClient, session: Session
) -> None:
    user, who = photographer(session)
    clinic = clinic_of(session, who, note="Mrs Okafor comes early")
    booked = make.appointment(session, slot=clinic.slots[0])
    make.clinic(session)
    address = address_of(client, session, user)
    client.delete_cookie("derm")

    answer = client.get(address)

    [event] = events(answer.data)
    assert answer.mimetype == "text/calendar"
    assert event["uid"] == f"{clinic.id}@derm-service"
    assert event.decoded("dtstart") == clinic.starts_at
    assert event.decoded("dtend") == clinic.ends_at
    assert clinic.location.name in event["summary"]
    assert event["status"] == "CONFIRMED"
    for secret in (booked.patient.family_name, booked.patient.nhs_number, "Okafor comes"):
        assert str(secret).lower() not in answer.text.lower()


def test_a_changed_clinic_has_a_higher_number_and_a_lost_or_cancelled_one_stays_as_cancelled(
    session: Session,
) -> None:
    user, who = photographer(session)
    colleague = make.resource(session, ResourceKind.PHOTOGRAPHER)
    lead = make.user(session, Role.LEAD)
    kept, given_away, cancelled = (
        clinic_of(session, who, starts_at=clock.now().replace(microsecond=0) + timedelta(days=n))
        for n in (3, 4, 5)
    )
    for clinic, photographer_id in ((kept, who.id), (given_away, colleague.id)):
        room = session.scalars(
            sa.select(Resource.id).where(Resource.location_id == clinic.location_id)
        ).one()
        clinics.change_clinic(
            session,
            clinic_id=clinic.id,
            starts_at=clinic.starts_at,
            ends_at=clinic.ends_at - timedelta(minutes=20),
            resource_ids=[room, photographer_id],
            by=lead,
        )
    clinics.cancel_clinic(session, clinic_id=cancelled.id, reason="Snow", by=lead)

    found = events(ics.calendar("Clinics", feeds.shifts(session, user)))

    assert [each["status"] for each in found] == ["CONFIRMED", "CANCELLED", "CANCELLED"]
    assert [each["sequence"] for each in found] == [1, 1, 1]
    assert found[0].decoded("dtend") == kept.ends_at


@pytest.mark.parametrize(
    ("on", "offset"),
    [
        (date(2027, 3, 27), 0),
        (date(2027, 3, 29), 1),
        (date(2027, 10, 30), 1),
        (date(2027, 11, 1), 0),
    ],
)
def test_times_of_a_feed_are_right_around_both_changes_of_the_clocks(
    session: Session, on: date, offset: int
) -> None:
    _user, who = photographer(session)
    clinic = clinic_of(session, who, starts_at=rules.moment(on, time(9)))

    body = ics.calendar("Clinics", [ics.Shift(clinic, is_on=True)])

    [event] = events(body)
    wanted = datetime(on.year, on.month, on.day, 9 - offset, tzinfo=UTC)
    assert event.decoded("dtstart") == wanted
    assert f"DTSTART:{wanted:%Y%m%dT%H%M%SZ}".encode() in body


def test_nothing_new_is_answered_with_304_until_a_clinic_changes(
    client: FlaskClient, session: Session
) -> None:
    user, who = photographer(session)
    clinic = clinic_of(session, who)
    address = address_of(client, session, user)
    first = client.get(address)
    seen = {"If-None-Match": first.headers["ETag"]}

    again = client.get(address, headers=seen)
    clinics.cancel_clinic(
        session, clinic_id=clinic.id, reason="Snow", by=make.user(session, Role.LEAD)
    )
    after = client.get(address, headers=seen)

    assert again.status_code == 304
    assert not again.data
    assert "no-store" not in first.headers["Cache-Control"]
    assert "private" in first.headers["Cache-Control"]
    assert after.status_code == 200
    assert events(after.data)[0]["status"] == "CANCELLED"


def test_an_address_is_kept_as_its_hash_shown_once_and_ends_when_revoked_or_made_anew(
    client: FlaskClient, session: Session
) -> None:
    user, _who = photographer(session)
    old = address_of(client, session, user)
    kept = session.scalars(sa.select(CalendarFeed)).one()

    assert kept.token_sha256 not in old
    assert len(kept.token_sha256) == 64
    assert "/calendar/" not in client.get("/account/calendar").text.replace("/account/calendar", "")
    new = address_of(client, session, user)
    assert [client.get(each).status_code for each in (old, new)] == [404, 200]
    assert post(client, "/account/calendar/revoke").status_code == 303
    assert client.get(new).status_code == 404
    assert post(client, "/account/calendar/revoke").status_code == 409
    did = session.scalars(sa.select(AuditEntry.did).where(AuditEntry.by_id == user.id)).all()
    assert did.count("made calendar address") == 2
    assert did.count("revoked calendar address") == 1


def test_an_administrator_ends_an_address_and_a_person_who_left_has_none(
    client: FlaskClient, session: Session
) -> None:
    user, _who = photographer(session)
    first = address_of(client, session, user)
    sign_in_as(client, session, make.user(session, Role.ADMINISTRATOR))
    person = f"/people/{user.id}/calendar"

    assert "made on" in client.get(person).text
    assert post(client, f"{person}/revoke").status_code == 303
    assert client.get(first).status_code == 404
    made = ADDRESS.search(post(client, f"{person}/make").text)
    assert made is not None
    assert client.get(made.group(1)).status_code == 200
    user.disabled_at = clock.now()
    assert client.get(made.group(1)).status_code == 404


def test_somebody_without_clinics_is_given_no_address(session: Session) -> None:
    clerk = make.user(session, Role.CLERK)

    with pytest.raises(Conflict, match="does not work in clinics"):
        feeds.make(session, user=clerk, by=clerk)


def test_wrong_addresses_are_not_found_and_many_of_them_are_not_listened_to(
    client: FlaskClient,
) -> None:
    sender = {"REMOTE_ADDR": "192.0.2.77"}
    tries = [
        client.get(f"/calendar/{'x' * 42}{n % 10}.ics", environ_overrides=sender) for n in range(22)
    ]

    assert {each.status_code for each in tries[:20]} == {404}
    assert {each.status_code for each in tries[20:]} == {429}
    assert tries[-1].headers["Retry-After"] == "60"
    assert client.get("/calendar/x.ics").status_code == 404  # somebody else is heard


def test_guesses_are_forgotten_after_a_while_and_of_the_oldest_sender_first() -> None:
    guesses = Guesses(most=2, during=timedelta(minutes=1), senders=2)
    now = datetime(2027, 6, 1, 9, tzinfo=UTC)
    for sender in ("a", "a", "b", "b", "c"):
        guesses.count(sender, now)

    assert not guesses.too_many("a", now)  # forgotten: there were two others since
    assert guesses.too_many("b", now)
    assert not guesses.too_many("c", now)
    assert not guesses.too_many("b", now + timedelta(minutes=1))


def test_the_secret_of_an_address_is_in_no_log(
    client: FlaskClient, session: Session, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    user, _who = photographer(session)
    address = address_of(client, session, user)

    client.get(address)
    client.get(address.replace(".ics", "x.ics"))

    assert "/calendar/<token>.ics" in caplog.text
    assert address.removeprefix("/calendar/").removesuffix(".ics") not in caplog.text
