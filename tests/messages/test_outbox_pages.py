"""The outbox: every message as it would go, page by page, for those who tell patients."""

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
import time_machine
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from derm_service import clock
from derm_service.audit import AuditEntry
from derm_service.booking import appointments
from derm_service.booking.codes import CancelReason
from derm_service.discretion import is_discreet
from derm_service.messages import outbox, outbox_pages, texts
from derm_service.messages.codes import Addressee, MessageKind, MessageState
from derm_service.messages.models import Message
from derm_service.messages.texts import TextSender
from derm_service.people import Role
from derm_service.referrals import body_sites
from derm_service.referrals.codes import Channel
from tests import make
from tests.surf import sign_in_as

MONDAY = datetime(2026, 8, 3, 10, tzinfo=UTC)
SENDER = TextSender("NHS community appointments", "01632 960 001", hears=True)
PLAIN = frozenset({"in", "of", "or", "the", "to", "from"})


def by_text(session: Session, channel: Channel = Channel.SMS) -> Message:
    patient = make.patient(session, contact_by=channel, email="a@example.com")
    appointment = appointments.book(
        session,
        slot_id=make.slot(session, starts_at=clock.now() + timedelta(days=10)).id,
        referral_id=make.referral(session, patient=patient).id,
        by=make.user(session),
    )
    return session.scalars(sa.select(Message).where(Message.subject_id == appointment.id)).one()


@time_machine.travel(MONDAY, tick=False)
def test_text_is_shown_as_it_would_go_and_looking_is_audited(
    client: FlaskClient, session: Session
) -> None:
    message = by_text(session)
    clerk = make.user(session)
    sign_in_as(client, session, clerk)

    listed = client.get("/messages").text
    shown = client.get(f"/messages/{message.id}").text

    assert "No carrier is set up" in listed
    assert "+447700900111" in listed
    assert "Waiting to go out" in listed
    assert "NHS community appointments: An NHS appointment is booked: Thursday 13" in shown
    looked = sa.select(AuditEntry.did).where(AuditEntry.by_id == clerk.id)
    assert {"looked at messages", "opened message"} <= set(session.scalars(looked))


@pytest.mark.parametrize(
    ("chosen", "page"),
    [*((each, "1") for each in outbox_pages.FILTERS), ("nonsense", "nine"), ("failed", "9" * 14)],
)
def test_every_filter_and_page_answers(
    client: FlaskClient, session: Session, chosen: str, page: str
) -> None:
    by_text(session)
    sign_in_as(client, session, make.user(session))

    assert client.get(f"/messages?state={chosen}&page={page}").status_code == 200


def test_list_goes_on_page_by_page(client: FlaskClient, session: Session) -> None:
    referral = make.referral(session)
    for n in range(outbox_pages.A_PAGE + 1):
        outbox.write(
            session,
            referral=referral,
            kind=MessageKind.OUTCOME_GP,
            addressee=Addressee.GP,
            channel=Channel.LETTER,
            content={"to": ["Dr Patel"]},
            once_key=f"letter:{n}",
            by=None,
        )
    sign_in_as(client, session, make.user(session))

    first, second = (client.get(f"/messages?page={n}").text for n in (1, 2))

    assert (first.count("Outcome:"), second.count("Outcome:")) == (outbox_pages.A_PAGE, 1)
    assert "Older messages" in first
    assert "Newer messages" in second


def test_photographer_may_not_read_messages(client: FlaskClient, session: Session) -> None:
    sign_in_as(client, session, make.user(session, Role.PHOTOGRAPHER))

    assert client.get("/messages").status_code == 403


@time_machine.travel(MONDAY, tick=False)
@pytest.mark.parametrize("channel", [Channel.SMS, Channel.EMAIL, Channel.LETTER])
def test_no_text_email_or_envelope_says_what_it_is_about(
    session: Session, channel: Channel
) -> None:
    clerk = make.user(session)
    place = make.location(
        session, name="Skin Cancer Centre", directions="Follow the signs to dermatology."
    )
    patient = make.patient(session, contact_by=channel, email="a@example.com")
    slots = [
        make.slot(session, starts_at=MONDAY + timedelta(days=days), location=place)
        for days in (20, 21)
    ]
    referral = make.referral(session, patient=patient)
    booked = appointments.book(session, slot_id=slots[0].id, referral_id=referral.id, by=clerk)
    moved = appointments.move(session, appointment_id=booked.id, slot_id=slots[1].id, by=clerk)
    appointments.cancel(session, appointment_id=moved.id, reason=CancelReason.PATIENT_ILL, by=clerk)

    messages = session.scalars(sa.select(Message)).all()
    said = [_seen_by_others(message) for message in messages]

    assert len(said) == 3
    assert all(is_discreet(each) for each in said)
    sites = {word for site in body_sites.SITES for word in site.name.lower().split()} - PLAIN
    for each in said:
        words = set(each.lower().replace(",", " ").replace(".", " ").split())
        assert not words & sites


def _seen_by_others(message: Message) -> str:
    """What may be read over a shoulder, or on the envelope."""
    if message.channel is Channel.LETTER:
        return "\n".join(message.content["to"])
    return "\n".join((texts.sms(message.content, SENDER), *texts.email(message.content, SENDER)))


def test_stopped_message_is_no_longer_among_those_that_wait(
    client: FlaskClient, session: Session
) -> None:
    message = by_text(session)
    outbox.stop(session, message, reason="Moved", by=None)
    sign_in_as(client, session, make.user(session))

    assert str(message.id) not in client.get("/messages").text
    assert str(message.id) in client.get("/messages?state=stopped").text
    assert message.state is MessageState.STOPPED
