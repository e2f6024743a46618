"""Sending: through GOV.UK Notify's own client, once each, and what follows when it fails."""

import os
import signal
import subprocess
import sys
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
import time_machine
from sqlalchemy.orm import Session, sessionmaker

from derm_service import clock
from derm_service.config import Settings
from derm_service.messages import notify, outbox, overdue, receipt_tasks, sending_tasks, texts
from derm_service.messages.carriers import Closed
from derm_service.messages.codes import Addressee, MessageKind, MessageState, WorkKind
from derm_service.messages.models import Message, WorkItem
from derm_service.messages.quiet import is_quiet, when_awake
from derm_service.messages.sending_tasks import Post
from derm_service.referrals import closing
from derm_service.referrals.codes import Channel
from tests import make
from tests.messages.notify_server import EMAIL_TEMPLATE, SMS_TEMPLATE, NotifyServer, notify_server

MIDDAY = datetime(2026, 8, 3, 11, tzinfo=UTC)
LETTER = {
    "to": ["A"],
    "subject": "Your appointment",
    "paragraphs": ["Come on Thursday."],
    "text": "An NHS appointment is booked: Thursday.",
    "email": ["An NHS appointment is booked: Thursday."],
    "note": "Tell them.",
}


@pytest.fixture
def server() -> Iterator[NotifyServer]:
    with notify_server() as server:
        yield server


def post_to(server: NotifyServer, **settings: Any) -> Post:
    chosen = Settings(**(server.settings | settings))
    carrier = notify.of_settings(chosen)
    assert carrier is not None
    return Post(carrier, texts.sender_of(chosen), timedelta(minutes=2))


def written(session: Session, **given: Any) -> Message:
    channel, to = given.get("channel", Channel.SMS), given.get("send_to", "+447700900111")
    asked = make.patient(session, contact_by=channel, mobile=to, email=to)
    referral = given.pop("referral", None) or make.referral(session, patient=asked)
    message = outbox.write(
        session,
        **{
            "referral": referral,
            "kind": MessageKind.APPOINTMENT,
            "addressee": Addressee.PATIENT,
            "channel": Channel.SMS,
            "content": LETTER,
            "once_key": f"appointment:{uuid.uuid4()}:sms",
            "send_to": "+447700900111",
            "subject_id": uuid.uuid4(),
            "by": None,
            **given,
        },
    )
    session.commit()
    return message


def failures(session: Session) -> list[WorkItem]:
    return list(
        session.scalars(sa.select(WorkItem).where(WorkItem.kind == WorkKind.MESSAGE_FAILED))
    )


@time_machine.travel(MIDDAY, tick=False)
def test_text_goes_out_once_with_our_words_and_our_reference(
    session: Session, joined_sessions: sessionmaker[Session], server: NotifyServer
) -> None:
    message = written(session)

    sending_tasks.send_waiting(joined_sessions, post_to(server))
    sending_tasks.send_waiting(joined_sessions, post_to(server))

    session.refresh(message)
    [taken] = server.taken
    assert (message.state, message.carrier_id) == (MessageState.SENT, taken["id"])
    assert taken["phone_number"] == "+447700900111"
    assert (taken["template_id"], taken["reference"]) == (SMS_TEMPLATE, str(message.id))
    assert taken["personalisation"] == {
        "body": "NHS community appointments: An NHS appointment is booked: Thursday. "
        "Questions? Ring 01632 960 001."
    }


@time_machine.travel(MIDDAY, tick=False)
def test_email_has_a_subject_and_paragraphs(
    session: Session, joined_sessions: sessionmaker[Session], server: NotifyServer
) -> None:
    written(session, channel=Channel.EMAIL, send_to="a@example.com")

    sending_tasks.send_waiting(joined_sessions, post_to(server))

    [taken] = server.taken
    assert (taken["email_address"], taken["template_id"]) == ("a@example.com", EMAIL_TEMPLATE)
    assert taken["personalisation"]["subject"] == "Your appointment"
    assert taken["personalisation"]["body"].startswith(
        "An NHS appointment is booked: Thursday.\n\n"
    )


@time_machine.travel(MIDDAY, tick=False)
def test_number_that_does_not_exist_fails_and_a_letter_goes_instead(
    session: Session, joined_sessions: sessionmaker[Session], server: NotifyServer
) -> None:
    message = written(session, not_after=clock.now() + timedelta(days=20))
    sending_tasks.send_waiting(joined_sessions, post_to(server))
    server.statuses[server.taken[0]["id"]] = "permanent-failure"

    receipt_tasks.ask(joined_sessions, post_to(server).carrier)

    session.refresh(message)
    [failed] = failures(session)
    assert message.state is MessageState.FAILED
    assert failed.note == "The number or address does not exist. A letter is written instead."
    instead = sa.select(Message).where(Message.channel == Channel.LETTER)
    assert session.scalars(instead).one().once_key == message.once_key.removesuffix(":sms")


@time_machine.travel(MIDDAY, tick=False)
def test_text_refused_when_no_letter_would_come_in_time_becomes_a_call(
    session: Session, joined_sessions: sessionmaker[Session], server: NotifyServer
) -> None:
    server.refuse = (400, "phone_number Not a valid number")
    message = written(session, not_after=clock.now() + timedelta(days=2))

    sending_tasks.send_waiting(joined_sessions, post_to(server))

    session.refresh(message)
    assert (message.state, server.taken) == (MessageState.FAILED, [])
    assert "Not a valid number" in message.problem
    calls = sa.select(WorkItem).where(WorkItem.kind == WorkKind.CALL_PATIENT)
    assert session.scalars(calls).one().subject_id == message.subject_id


@time_machine.travel(MIDDAY, tick=False)
def test_delivered_text_is_asked_after_no_more(
    session: Session, joined_sessions: sessionmaker[Session], server: NotifyServer
) -> None:
    message = written(session)
    sending_tasks.send_waiting(joined_sessions, post_to(server))
    server.statuses[server.taken[0]["id"]] = "delivered"

    asked = [receipt_tasks.ask(joined_sessions, post_to(server).carrier) for _ in range(2)]

    session.refresh(message)
    assert (message.state, asked) == (MessageState.DELIVERED, [1, 0])


@time_machine.travel(MIDDAY, tick=False)
def test_refused_key_keeps_every_message_waiting_and_fails_the_job(
    session: Session, joined_sessions: sessionmaker[Session], server: NotifyServer
) -> None:
    server.refuse = (403, "Invalid token")
    message = written(session)

    with pytest.raises(Closed):
        sending_tasks.send_waiting(joined_sessions, post_to(server))

    session.refresh(message)
    assert (message.state, failures(session)) == (MessageState.READY, [])


def test_unanswered_text_is_looked_for_before_it_is_sent_again(
    session: Session, joined_sessions: sessionmaker[Session], server: NotifyServer
) -> None:
    with time_machine.travel(MIDDAY, tick=False):
        message = written(session)
        server.refuse = (503, "Busy")
        sending_tasks.send_waiting(joined_sessions, post_to(server))
        server.refuse = None
        found = server.take("sms", {"reference": str(message.id)})  # it had arrived after all
    with time_machine.travel(MIDDAY + timedelta(hours=1), tick=False):
        sending_tasks.send_waiting(joined_sessions, post_to(server))

    session.refresh(message)
    assert (message.state, message.carrier_id) == (MessageState.SENT, found["id"])
    assert len(server.taken) == 1


@time_machine.travel(MIDDAY, tick=False)
def test_carrier_that_does_not_answer_is_asked_once_a_round(
    session: Session, joined_sessions: sessionmaker[Session], server: NotifyServer
) -> None:
    messages = [written(session) for _ in range(3)]
    server.refuse = (503, "Busy")

    sending_tasks.send_waiting(joined_sessions, post_to(server))

    for message in messages:
        session.refresh(message)
    assert sorted(message.attempts for message in messages) == [0, 0, 1]


@pytest.mark.parametrize(
    "since", [MessageKind.APPOINTMENT_MOVED, MessageKind.APPOINTMENT_CANCELLED]
)
def test_news_that_no_longer_holds_is_told_neither_by_text_nor_instead_of_one(
    session: Session,
    joined_sessions: sessionmaker[Session],
    server: NotifyServer,
    since: MessageKind,
) -> None:
    referral = make.referral(session, patient=make.patient(session, contact_by=Channel.SMS))
    subject_id = uuid.uuid4()
    with time_machine.travel(MIDDAY, tick=False):
        sent = written(session, referral=referral, subject_id=subject_id)
        sending_tasks.send_waiting(joined_sessions, post_to(server))
        server.statuses[server.taken[0]["id"]] = "temporary-failure"
        waiting = written(
            session,
            referral=referral,
            subject_id=subject_id,
            kind=MessageKind.APPOINTMENT_REMINDER,
        )
    with time_machine.travel(MIDDAY + timedelta(hours=1), tick=False):
        newer = written(session, referral=referral, subject_id=uuid.uuid4(), kind=since)

        sending_tasks.send_waiting(joined_sessions, post_to(server))
        receipt_tasks.ask(joined_sessions, post_to(server).carrier)

    for message in (sent, waiting, newer):
        session.refresh(message)
    assert sent.state is MessageState.FAILED
    assert waiting.state is MessageState.STOPPED
    assert newer.state is MessageState.SENT
    assert [each["reference"] for each in server.taken] == [str(sent.id), str(newer.id)]
    letters = sa.select(Message).where(Message.channel == Channel.LETTER)
    assert session.scalars(letters).all() == []


@pytest.mark.parametrize(
    "changed", [("safe_contact", True), ("contact_by", Channel.PHONE), ("mobile", "07700 900999")]
)
@time_machine.travel(MIDDAY, tick=False)
def test_no_text_goes_to_somebody_who_may_be_rung_only_or_asked_otherwise(
    session: Session,
    joined_sessions: sessionmaker[Session],
    server: NotifyServer,
    changed: tuple[str, object],
) -> None:
    message = written(session)
    setattr(message.referral.patient, *changed)
    session.commit()

    sending_tasks.send_waiting(joined_sessions, post_to(server))

    assert server.taken == []
    calls = sa.select(WorkItem).where(WorkItem.kind == WorkKind.CALL_PATIENT)
    assert session.scalars(calls).one().subject_id == message.subject_id


@time_machine.travel(MIDDAY, tick=False)
def test_receipt_nobody_knows_of_keeps_no_other_waiting(
    session: Session, joined_sessions: sessionmaker[Session], server: NotifyServer
) -> None:
    messages = [written(session) for _ in range(2)]
    sending_tasks.send_waiting(joined_sessions, post_to(server))
    for message in messages:
        session.refresh(message)
    del server.statuses[messages[0].carrier_id]
    server.statuses[messages[1].carrier_id] = "delivered"

    receipt_tasks.ask(joined_sessions, post_to(server).carrier)

    for message in messages:
        session.refresh(message)
    assert [message.state for message in messages] == [MessageState.SENT, MessageState.DELIVERED]


@pytest.mark.parametrize(
    ("at", "goes"),
    [
        (datetime(2026, 3, 29, 6, 59, tzinfo=UTC), False),  # 7:59am, the clocks went forward
        (datetime(2026, 3, 29, 7, 0, tzinfo=UTC), True),
        (datetime(2026, 10, 25, 7, 59, tzinfo=UTC), False),  # and back
        (datetime(2026, 10, 25, 8, 0, tzinfo=UTC), True),
        (datetime(2026, 8, 3, 18, 59, tzinfo=UTC), True),
        (datetime(2026, 8, 3, 19, 0, tzinfo=UTC), False),
    ],
)
def test_texts_wait_out_the_night_and_emails_do_not(
    session: Session,
    joined_sessions: sessionmaker[Session],
    server: NotifyServer,
    at: datetime,
    goes: bool,
) -> None:
    with time_machine.travel(at, tick=False):
        written(session)
        written(session, channel=Channel.EMAIL, send_to="a@example.com")

        sending_tasks.send_waiting(joined_sessions, post_to(server))

    kinds = sorted(each["kind"] for each in server.taken)
    assert kinds == (["email", "sms"] if goes else ["email"])
    assert is_quiet(at) is not goes
    assert is_quiet(when_awake(at)) is False


@time_machine.travel(MIDDAY, tick=False)
def test_nothing_goes_to_somebody_who_has_died(
    session: Session, joined_sessions: sessionmaker[Session], server: NotifyServer
) -> None:
    referral = make.referral(session)
    message = written(session, referral=referral)
    closing.mark_deceased(
        session, patient_id=referral.patient_id, on=clock.today(), by=make.user(session)
    )
    message.state = MessageState.SENDING  # claimed by a sender that died before the call
    message.attempts, message.attempted_at = 1, clock.now() - timedelta(hours=1)
    session.commit()

    sending_tasks.send_waiting(joined_sessions, post_to(server))

    session.refresh(message)
    assert (message.state, server.taken) == (MessageState.FAILED, [])


@time_machine.travel(MIDDAY, tick=False)
def test_letter_that_lies_here_too_long_becomes_a_call(session: Session) -> None:
    soon = written(
        session, channel=Channel.LETTER, send_to="", not_after=clock.now() + timedelta(days=2)
    )
    later = written(
        session, channel=Channel.LETTER, send_to="", not_after=clock.now() + timedelta(days=8)
    )

    overdue.sweep(session, carried=True)

    assert (soon.state, later.state) == (MessageState.STOPPED, MessageState.READY)
    calls = sa.select(WorkItem).where(WorkItem.kind == WorkKind.CALL_PATIENT)
    assert session.scalars(calls).one().subject_id == soon.subject_id


@pytest.mark.parametrize(
    ("carried", "state"), [(True, MessageState.FAILED), (False, MessageState.READY)]
)
def test_text_nobody_carries_is_told_another_way_outside_a_demonstration(
    session: Session, carried: bool, state: MessageState
) -> None:
    with time_machine.travel(MIDDAY, tick=False):
        message = written(session)
    with time_machine.travel(MIDDAY + timedelta(days=1), tick=False):
        overdue.sweep(session, carried=carried)

    assert message.state is state


WORKER = """
import sys
from datetime import timedelta
from pydantic import SecretStr
from derm_service.config import Settings
from derm_service.db import make_engine, make_sessions
from derm_service.messages import notify, sending_tasks, texts

settings = Settings()
post = sending_tasks.Post(notify.of_settings(settings), texts.sender_of(settings), timedelta(0))
sending_tasks.send_waiting(make_sessions(make_engine(settings.database_url, pool_size=1)), post)
"""


def worker(url: str, server: NotifyServer, crash_file: Path) -> subprocess.Popen[bytes]:
    environment = {
        **os.environ,
        "DERM_DATABASE_URL": url,
        "DERM_DEMONSTRATION": "true",
        "DERM_CRASH_FILE": str(crash_file),
        "DERM_NOTIFY_KEY": server.settings["notify_key"].get_secret_value(),
        "DERM_NOTIFY_URL": server.url,
        "DERM_NOTIFY_SMS_TEMPLATE": SMS_TEMPLATE,
        "DERM_NOTIFY_EMAIL_TEMPLATE": EMAIL_TEMPLATE,
    }
    return subprocess.Popen([sys.executable, "-c", WORKER], env=environment)


@pytest.mark.parametrize("when", ["message_claimed", "during", "message_taken"])
def test_worker_killed_at_any_point_leaves_each_message_sent_exactly_once(
    committed_sessions: sessionmaker[Session],
    database_url: str,
    server: NotifyServer,
    tmp_path: Path,
    when: str,
) -> None:
    crash_file = tmp_path / "crash"
    with committed_sessions() as session:
        ids = {str(written(session, channel=Channel.EMAIL, send_to=f"{n}@a.uk").id) for n in "ab"}
    if when == "during":
        server.silent.set()
    else:
        crash_file.write_text(when)

    with worker(database_url, server, crash_file) as first:
        if when == "during":
            assert server.heard.wait(60)
            first.kill()
        assert first.wait(60) == -signal.SIGKILL
    server.silent.clear()
    with worker(database_url, server, crash_file) as second:
        assert second.wait(60) == 0

    assert sorted(each["reference"] for each in server.taken) == sorted(ids)
    with committed_sessions() as session:
        states = session.scalars(sa.select(Message.state)).all()
    assert states == [MessageState.SENT, MessageState.SENT]
