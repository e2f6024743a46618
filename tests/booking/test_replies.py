"""Answers by text: what is understood, where it is recorded, and who sees to it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from pydantic import SecretStr
from sqlalchemy.orm import Session

from derm_service import clock
from derm_service.booking import appointments, replies
from derm_service.booking.codes import AppointmentState
from derm_service.booking.models import Appointment
from derm_service.messages import outbox
from derm_service.messages.answers import meaning
from derm_service.messages.codes import Addressee, Meaning, MessageKind, MessageState, WorkKind
from derm_service.messages.models import Message, Reply, WorkItem
from derm_service.referrals.codes import Channel
from tests import make
from tests.surf import sign_in_as

MONDAY = datetime(2026, 8, 3, 10, tzinfo=UTC)
TOKEN = "a token of forty characters for tests only"


def told_by_text(session: Session, *, mobile: str = "07700 900111") -> Appointment:
    patient = make.patient(session, contact_by=Channel.SMS, mobile=mobile)
    appointment = appointments.book(
        session,
        slot_id=make.slot(session, starts_at=clock.now() + timedelta(days=10)).id,
        referral_id=make.referral(session, patient=patient).id,
        by=make.user(session),
    )
    message = session.scalars(sa.select(Message).where(Message.subject_id == appointment.id)).one()
    message.state = MessageState.SENT
    session.flush()
    return appointment


def receive(session: Session, text: str, **given: Any) -> Reply:
    return replies.receive(
        session, **{"carrier_id": "one", "sent_from": "447700900111", "text": text, **given}
    )


def work_rows(session: Session) -> list[WorkItem]:
    kind = WorkItem.kind == WorkKind.PATIENT_REPLIED
    return list(session.scalars(sa.select(WorkItem).where(kind)))


@pytest.mark.parametrize(
    ("text", "means"),
    [
        ("1", Meaning.CONFIRM),
        (" Yes, thank you! ", Meaning.CONFIRM),
        ("2", Meaning.CHANGE),
        ("Please change it", Meaning.CHANGE),
        ("3.", Meaning.CANCEL),
        ("CANCEL my appointment please", Meaning.CANCEL),
        ("don't cancel", Meaning.UNCLEAR),
        ("1 or 2", Meaning.UNCLEAR),
        ("no", Meaning.UNCLEAR),
        ("yes but I need a lift", Meaning.UNCLEAR),
        ("STOP", Meaning.UNCLEAR),
        ("", Meaning.UNCLEAR),
        ("👍", Meaning.UNCLEAR),
    ],
)
def test_only_what_is_beyond_doubt_is_understood(text: str, means: Meaning) -> None:
    assert meaning(text) is means


def test_confirmation_stands_on_the_appointment_and_asks_nobody(session: Session) -> None:
    appointment = told_by_text(session)

    receive(session, "1")

    [reply] = replies.of(session, appointment.id)
    assert (reply.meaning, work_rows(session)) == (Meaning.CONFIRM, [])


@pytest.mark.parametrize("text", ["2", "3", "what time?"])
def test_anything_else_goes_to_a_clerk_and_changes_nothing(session: Session, text: str) -> None:
    appointment = told_by_text(session)

    receive(session, text)

    [row] = work_rows(session)
    assert row.referral_id == appointment.referral_id
    assert f"“{text}”" in row.note
    assert "Nothing was changed" in row.note
    assert appointment.state is AppointmentState.BOOKED


def test_text_told_of_twice_is_kept_once(session: Session) -> None:
    told_by_text(session)

    assert receive(session, "3").id == receive(session, "3").id
    assert len(work_rows(session)) == 1


def test_unknown_number_and_one_that_hears_of_two_people_go_to_a_clerk(session: Session) -> None:
    told_by_text(session)
    told_by_text(session)

    of_two = receive(session, "1")
    unknown = receive(session, "1", carrier_id="two", sent_from="447700900999")

    assert (of_two.subject_id, unknown.subject_id) == (None, None)
    notes = [row.note for row in work_rows(session)]
    assert "several appointments" in notes[0]
    assert "+447700900999 wrote" in notes[1]


def test_yes_that_may_be_meant_for_an_offer_confirms_nothing(session: Session) -> None:
    appointment = told_by_text(session)
    offer = outbox.write(
        session,
        referral=appointment.referral,
        kind=MessageKind.OFFER,
        addressee=Addressee.PATIENT,
        channel=Channel.SMS,
        content={"text": "A time fell free."},
        once_key="offer:1",
        send_to="+447700900111",
        by=None,
    )
    offer.state = MessageState.SENT

    reply = receive(session, "yes")

    assert reply.subject_id is None
    assert "the time that was offered" in work_rows(session)[0].note


@pytest.fixture
def told(app: Flask) -> Flask:
    """The app with a token for whoever tells of texts."""
    settings = app.extensions["derm.settings"]
    with_token = settings.model_copy(update={"notify_callback_token": SecretStr(TOKEN)})
    app.extensions["derm.settings"] = with_token
    return app


def tell(client: FlaskClient, token: str = TOKEN, **given: Any) -> int:
    text = {"id": "one", "source_number": "447700900111", "message": "1", **given}
    return client.post(
        "/notify/texts", json=text, headers={"Authorization": f"Bearer {token}"}
    ).status_code


@time_machine.travel(MONDAY, tick=False)
def test_notify_tells_of_a_text_and_the_appointment_shows_it(
    told: Flask, client: FlaskClient, session: Session
) -> None:
    appointment = told_by_text(session)

    answers = [tell(client), tell(client)]
    sign_in_as(client, session, make.user(session))
    page = client.get(f"/appointments/{appointment.id}").text

    assert answers == [204, 204]
    assert "Confirms, 3 August 2026 at 11am: “1”" in page


@pytest.mark.parametrize("token", ["", "another token", TOKEN[:-1], TOKEN + " "])
def test_wrong_token_is_refused_and_nothing_is_kept(
    told: Flask, client: FlaskClient, session: Session, token: str
) -> None:
    assert tell(client, token=token) == 401
    assert session.scalars(sa.select(Reply)).all() == []


def test_without_a_token_in_the_settings_nobody_may_tell(client: FlaskClient) -> None:
    assert tell(client, token="") == 401


@pytest.mark.parametrize(
    "given",
    [
        {"message": None},
        {"id": ""},
        {"message": "x" * 6000},
        {"source_number": 4},
        {"source_number": "\0 "},
    ],
)
def test_broken_text_is_refused(told: Flask, client: FlaskClient, given: dict[str, Any]) -> None:
    assert tell(client, **given) == 400
