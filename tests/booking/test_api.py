"""The JSON API of booking: finds, keeps, books and refuses; a key repeats nothing."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy.orm import Session, sessionmaker
from werkzeug.test import TestResponse

from derm_service import clock
from derm_service.accounts.sign_in import make_token
from derm_service.api import idempotency
from derm_service.api.models import ApiRequest
from derm_service.app import create_app
from derm_service.booking.codes import AppointmentState
from derm_service.booking.models import Appointment, Hold
from derm_service.config import Settings
from derm_service.imaging.models import Visit
from derm_service.messages import work
from derm_service.people import Role
from tests import make
from tests.racing import at_once

NO_ID = "018f0000-0000-7000-8000-000000000000"


class Program:
    """A program with a bearer token."""

    def __init__(self, client: FlaskClient, session: Session, *roles: Role) -> None:
        self.client = client
        self.user = make.user(session, *roles)
        self.token = make_token(session, user=self.user, label="test", by=None)

    def __call__(self, method: str, path: str, key: str = "", **sent: Any) -> TestResponse:
        headers = {"Authorization": f"Bearer {self.token}"}
        if key:
            headers["Idempotency-Key"] = key
        return self.client.open(f"/api/v1{path}", method=method, headers=headers, **sent)


@pytest.fixture
def clerk(client: FlaskClient, session: Session) -> Program:
    return Program(client, session, Role.CLERK, Role.LEAD)


def count(session: Session, table: type = Appointment) -> int:
    return session.scalar(sa.select(sa.func.count()).select_from(table)) or 0


def test_slots_say_why_they_fit(clerk: Program, session: Session) -> None:
    clinic, referral = make.clinic(session), make.referral(session)

    answer = clerk("GET", f"/slots?referral_id={referral.id}")

    assert answer.status_code == 200
    first = answer.json["slots"][0]
    assert first["slot_id"] == str(clinic.slots[0].id)
    assert first["why"] == ["day 10 of 28"]
    assert first["in_time"] is True
    assert "postcode" in answer.json["notes"][0]


def test_slot_is_held_and_booked_by_its_hold(clerk: Program, session: Session) -> None:
    slot, referral = make.slot(session), make.referral(session)
    asked = {"slot_id": str(slot.id), "referral_id": str(referral.id)}

    held = clerk("POST", "/holds", json=asked | {"minutes": 10})
    booked = clerk("POST", "/appointments", json=asked | {"hold_id": held.json["id"]})

    assert (held.status_code, booked.status_code) == (201, 201)
    assert booked.json["state"] == "booked"
    assert count(session, Hold) == 0


def test_hold_is_let_go_once_or_twice(clerk: Program, session: Session) -> None:
    slot, referral = make.slot(session), make.referral(session)
    held = clerk("POST", "/holds", json={"slot_id": str(slot.id), "referral_id": str(referral.id)})

    answers = [clerk("DELETE", f"/holds/{held.json['id']}") for _ in range(2)]

    assert [each.status_code for each in answers] == [204, 204]
    assert count(session, Hold) == 0


@pytest.mark.parametrize("path", ["/holds", "/appointments"])
def test_taken_slot_is_refused_with_the_next_free_ones(
    clerk: Program, session: Session, path: str
) -> None:
    clinic, referral = make.clinic(session), make.referral(session)
    make.appointment(session, slot=clinic.slots[0])

    asked = {"slot_id": str(clinic.slots[0].id), "referral_id": str(referral.id)}
    answer = clerk("POST", path, json=asked)

    assert answer.status_code == 409
    assert "Choose another time" in answer.json["error"]
    named = [each["slot_id"] for each in answer.json["next_free"]]
    assert named == [str(each.id) for each in clinic.slots[1:4]]


def test_appointment_is_moved_cancelled_and_seen(clerk: Program, session: Session) -> None:
    clinic, appointment = make.clinic(session), make.appointment(session)

    moved = clerk(
        "POST", f"/appointments/{appointment.id}/move", json={"slot_id": str(clinic.slots[0].id)}
    )
    cancelled = clerk(
        "POST", f"/appointments/{moved.json['id']}/cancel", json={"reason": "patient_ill"}
    )
    again = clerk(
        "POST", f"/appointments/{moved.json['id']}/cancel", json={"reason": "patient_ill"}
    )
    old = clerk("GET", f"/appointments/{appointment.id}")

    assert (moved.status_code, cancelled.status_code, again.status_code) == (201, 200, 409)
    assert cancelled.json["cancel_reason"] == "patient_ill"
    assert cancelled.json["ers_reason"] == "PATIENT_ILL"
    assert (old.json["state"], old.json["moved_to_id"]) == ("moved", moved.json["id"])


def test_check_in_begins_the_visit_once(clerk: Program, session: Session) -> None:
    start = clock.now().replace(microsecond=0) - timedelta(minutes=1)
    appointment = make.appointment(session, slot=make.slot(session, starts_at=start))

    first = clerk("POST", f"/appointments/{appointment.id}/check-in")
    second = clerk("POST", f"/appointments/{appointment.id}/check-in")

    assert (first.status_code, second.status_code) == (200, 409)
    assert count(session, Visit) == 1


@pytest.mark.parametrize("act", ["check-in", "did-not-attend"])
def test_program_of_a_photographer_reaches_no_visit_its_pages_hide(
    client: FlaskClient, session: Session, act: str
) -> None:
    photographer = Program(client, session, Role.PHOTOGRAPHER)
    past = clock.now().replace(microsecond=0) - timedelta(days=40)
    appointment = make.appointment(session, slot=make.slot(session, starts_at=past))

    answer = photographer("POST", f"/appointments/{appointment.id}/{act}", json={})

    assert answer.status_code == 404
    assert "not on your day list" in answer.json["error"]
    assert (appointment.state, count(session, Visit)) == (AppointmentState.BOOKED, 0)


def test_somebody_who_did_not_come_is_recorded(clerk: Program, session: Session) -> None:
    start = clock.now().replace(microsecond=0) - timedelta(minutes=30)
    appointment = make.appointment(session, slot=make.slot(session, starts_at=start))

    answer = clerk(
        "POST",
        f"/appointments/{appointment.id}/did-not-attend",
        json={"reason": "forgot", "next_step": "ask_referrer"},
    )

    assert (answer.status_code, answer.json["state"]) == (200, "not_attended")
    assert answer.json["ers_reason"] == "PATIENT_FORGOT"
    [item] = work.open_items(session, make.user(session))
    assert "Ask the referrer" in item.note


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"json": {"referral_id": NO_ID}}, "slot_id"),
        ({"json": {"slot_id": "next tuesday", "referral_id": NO_ID}}, "slot_id"),
        ({"json": {"slot_id": NO_ID, "referral_id": NO_ID, "lane": 2}}, "lane"),
        ({"json": {"slot_id": NO_ID, "referral_id": NO_ID, "note": "x" * 2001}}, "note"),
        ({"json": {"slot_id": NO_ID, "referral_id": NO_ID, "note": "a\0b"}}, "note"),
        ({"data": b'{"slot_id": "\xff"'}, "body"),
        ({"data": b"[" * 100_000}, "body"),
        ({"json": [1]}, "body"),
        ({}, "body"),
    ],
)
def test_what_cannot_be_taken_is_named_by_field(
    clerk: Program, session: Session, sent: dict[str, Any], field: str
) -> None:
    answer = clerk("POST", "/appointments", **sent)

    assert answer.status_code == 422
    assert field in answer.json["fields"]
    assert answer.json["fields"][field].endswith(".")
    assert "nput" not in answer.json["fields"][field]  # no words of the library


def test_half_a_character_is_refused_in_a_sentence(clerk: Program, session: Session) -> None:
    text = f'{{"slot_id": "{NO_ID}", "referral_id": "{NO_ID}", "note": "\\ud83d"}}'

    answer = clerk("POST", "/appointments", data=text)

    assert "unicode" in answer.json["fields"]["note"]


@pytest.mark.parametrize(
    "asked",
    [
        "",
        f"?referral_id={NO_ID}&limit=0",
        f"?referral_id={NO_ID}&after=2026-01-01T00:00:00",
        f"?referral_id={NO_ID}&after=0001-01-01T00:00:00Z",
        f"?referral_id={NO_ID}&after=2027-01-02T00:00:00Z&before=2027-01-01T00:00:00Z",
        f"?referral_id={NO_ID}&postcode=AN1",
    ],
)
def test_search_that_makes_no_sense_is_refused(clerk: Program, asked: str) -> None:
    answer = clerk("GET", f"/slots{asked}")

    assert answer.status_code == 422
    assert answer.json["fields"]


def test_what_does_not_exist_is_not_found(clerk: Program, session: Session) -> None:
    asked = {"slot_id": NO_ID, "referral_id": str(make.referral(session).id)}

    assert clerk("POST", "/appointments", json=asked).status_code == 404
    assert clerk("GET", f"/slots?referral_id={NO_ID}").status_code == 404
    assert clerk("GET", f"/appointments/{NO_ID}").status_code == 404


def test_without_a_token_there_is_no_answer(client: FlaskClient) -> None:
    answers = [
        client.post("/api/v1/appointments", json={}),
        client.post("/api/v1/holds", json={}, headers={"Authorization": "Bearer wrong"}),
        client.get("/api/v1/openapi.json"),
    ]

    assert [each.status_code for each in answers] == [401, 401, 401]


def test_photographer_may_not_book(client: FlaskClient, session: Session) -> None:
    photographer = Program(client, session, Role.PHOTOGRAPHER)

    assert photographer("POST", "/appointments", json={}).status_code == 403


def test_reason_that_is_no_word_is_named(clerk: Program, session: Session) -> None:
    appointment = make.appointment(session)

    answer = clerk("POST", f"/appointments/{appointment.id}/cancel", json={"reason": ["x"]})

    assert answer.status_code == 422
    assert answer.json is not None
    assert list(answer.json["fields"]) == ["reason"]


def test_same_key_books_once_and_answers_the_same(clerk: Program, session: Session) -> None:
    slot, referral = make.slot(session), make.referral(session)
    asked = {"slot_id": str(slot.id), "referral_id": str(referral.id)}

    first = clerk("POST", "/appointments", key="k1", json=asked)
    again = clerk("POST", "/appointments", key="k1", json=asked)

    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json == again.json
    assert count(session) == 1


def test_refusal_is_answered_the_same_although_the_slot_is_free_again(
    clerk: Program, session: Session
) -> None:
    appointment, referral = make.appointment(session), make.referral(session)
    asked = {"slot_id": str(appointment.slot_id), "referral_id": str(referral.id)}
    first = clerk("POST", "/appointments", key="k1", json=asked)
    clerk("POST", f"/appointments/{appointment.id}/cancel", json={"reason": "patient_ill"})

    again = clerk("POST", "/appointments", key="k1", json=asked)
    new = clerk("POST", "/appointments", key="k2", json=asked)

    assert (first.status_code, again.status_code, new.status_code) == (409, 409, 201)
    assert first.json == again.json


@pytest.mark.parametrize("other", ["body", "path"])
def test_key_of_another_request_is_refused(clerk: Program, session: Session, other: str) -> None:
    slot, referral = make.slot(session), make.referral(session)
    asked = {"slot_id": str(slot.id), "referral_id": str(referral.id)}
    clerk("POST", "/holds", key="k1", json=asked)

    path = "/appointments" if other == "path" else "/holds"
    answer = clerk("POST", path, key="k1", json=asked | ({"minutes": 9} if other == "body" else {}))

    assert answer.status_code == 422
    assert "another request" in answer.json["fields"]["Idempotency-Key"]


@pytest.mark.parametrize("key", ["x" * 201, "schlüssel"])
def test_key_that_is_none_is_refused(clerk: Program, key: str) -> None:
    answer = clerk("POST", "/holds", key=key, json={"slot_id": NO_ID, "referral_id": NO_ID})

    assert answer.status_code == 422
    assert "printable" in answer.json["fields"]["Idempotency-Key"]


def test_same_key_of_two_programs_are_two_keys(client: FlaskClient, session: Session) -> None:
    clinic = make.clinic(session)
    programs = [Program(client, session, Role.CLERK) for _ in range(2)]

    answers = [
        each(
            "POST",
            "/appointments",
            key="same",
            json={"slot_id": str(slot.id), "referral_id": str(make.referral(session).id)},
        )
        for each, slot in zip(programs, clinic.slots[:2], strict=True)
    ]

    assert [each.status_code for each in answers] == [201, 201]


def test_keys_are_forgotten_after_a_day(clerk: Program, session: Session) -> None:
    clerk("POST", "/holds", key="k1", json={"slot_id": NO_ID, "referral_id": NO_ID})
    session.execute(sa.update(ApiRequest).values(asked_at=clock.now() - timedelta(hours=25)))

    idempotency.forget_old(session)

    assert count(session, ApiRequest) == 0


def test_same_key_sent_by_many_at_once_books_once_and_answers_all_the_same(
    settings: Settings, database_url: str, committed_sessions: sessionmaker[Session]
) -> None:
    app = create_app(settings.model_copy(update={"database_url": database_url}))
    app.testing = True
    with committed_sessions() as session:
        slot, referral = make.slot(session), make.referral(session)
        token = make_token(session, user=make.user(session), label="test", by=None)
        asked = {"slot_id": str(slot.id), "referral_id": str(referral.id)}
        session.commit()
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": str(uuid.uuid4())}

    def send(_n: int) -> str:
        answer = app.test_client().post("/api/v1/appointments", json=asked, headers=headers)
        return f"{answer.status_code} {answer.json['id'] if answer.status_code == 201 else ''}"

    answers = at_once(6, send)

    assert len(set(answers)) == 1
    assert answers[0].startswith("201")
    with committed_sessions() as session:
        assert count(session) == 1
    app.extensions["derm.sessions"].kw["bind"].dispose()


def test_document_names_every_operation_and_its_answers(clerk: Program) -> None:
    document = clerk("GET", "/openapi.json").json

    operations = {f"{method} {path}" for path, item in document["paths"].items() for method in item}
    assert operations == {
        "get /api/v1/slots",
        "post /api/v1/holds",
        "delete /api/v1/holds/{hold_id}",
        "post /api/v1/appointments",
        "get /api/v1/appointments/{appointment_id}",
        "post /api/v1/appointments/{appointment_id}/move",
        "post /api/v1/appointments/{appointment_id}/cancel",
        "post /api/v1/appointments/{appointment_id}/check-in",
        "post /api/v1/appointments/{appointment_id}/did-not-attend",
    }
    booked = document["paths"]["/api/v1/appointments"]["post"]
    assert set(booked["responses"]) == {"201", "401", "403", "404", "409", "422", "503"}
