"""The outbox: written once, locked, posted, returned, stopped."""

import uuid
from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from derm_service import clock
from derm_service.audit import AuditEntry
from derm_service.errors import Conflict
from derm_service.messages import calls, outbox, stopping
from derm_service.messages.codes import Addressee, MessageKind, MessageState, WorkKind
from derm_service.messages.models import Message, WorkItem
from derm_service.referrals import closing
from derm_service.referrals.codes import Channel, WithdrawnReason
from tests import make


def written(session: Session, **given: Any) -> Message:
    referral = given.pop("referral", None) or make.referral(session)
    return outbox.write(
        session,
        **{
            "referral": referral,
            "kind": MessageKind.OUTCOME_PATIENT,
            "addressee": Addressee.PATIENT,
            "channel": Channel.LETTER,
            "content": {"to": ["A"], "paragraphs": ["Good news."]},
            "once_key": f"outcome:{referral.id}",
            "by": make.user(session),
            **given,
        },
    )


def open_work(session: Session, kind: WorkKind) -> list[WorkItem]:
    return list(
        session.scalars(
            sa.select(WorkItem).where(WorkItem.kind == kind, WorkItem.done_at.is_(None))
        )
    )


def test_letter_is_written_once_when_the_same_fact_is_told_twice(session: Session) -> None:
    referral = make.referral(session)

    first = written(session, referral=referral)
    second = written(session, referral=referral, content={"paragraphs": ["Other."]})

    assert second.id == first.id
    assert second.content["paragraphs"] == ["Good news."]


def test_ready_letter_waits_on_the_work_page_until_it_is_posted(session: Session) -> None:
    letter = written(session)
    waiting = open_work(session, WorkKind.POST_LETTER)
    clerk = make.user(session)

    outbox.mark_printed(session, message_id=letter.id, by=clerk)
    outbox.mark_sent(session, message_id=letter.id, by=clerk)

    assert [item.subject_id for item in waiting] == [letter.id]
    assert letter.state is MessageState.SENT
    assert open_work(session, WorkKind.POST_LETTER) == []


@pytest.mark.parametrize(
    ("addressee", "note"), [(Addressee.PATIENT, "To the patient."), (Addressee.GP, "To the GP.")]
)
def test_letter_to_post_says_whom_it_goes_to(
    session: Session, addressee: Addressee, note: str
) -> None:
    written(session, addressee=addressee)

    waiting = open_work(session, WorkKind.POST_LETTER)

    assert [item.note for item in waiting] == [note]


def test_locked_letter_cannot_be_posted_before_it_is_unlocked(session: Session) -> None:
    letter = written(session, lock_reason="Tell the patient in person first")
    clerk = make.user(session)

    with pytest.raises(Conflict, match="locked"):
        outbox.mark_sent(session, message_id=letter.id, by=clerk)
    outbox.unlock(session, message_id=letter.id, override_reason="not_reachable", by=clerk)

    assert letter.state is MessageState.READY
    assert letter.override_reason == "not_reachable"
    assert len(open_work(session, WorkKind.POST_LETTER)) == 1


def test_returned_letter_asks_somebody_to_find_another_way(session: Session) -> None:
    letter = written(session)
    clerk = make.user(session)
    outbox.mark_sent(session, message_id=letter.id, by=clerk)

    outbox.mark_returned(session, message_id=letter.id, by=clerk, reason="Gone away")

    (item,) = open_work(session, WorkKind.LETTER_RETURNED)
    assert item.note == "Gone away"
    assert item.due_on > clock.today()


def test_failed_message_can_be_made_ready_again(session: Session) -> None:
    letter = written(session)
    outbox.mark_failed(session, message_id=letter.id, by=None, reason="No printer")
    failed = open_work(session, WorkKind.MESSAGE_FAILED)

    outbox.retry(session, message_id=letter.id, by=make.user(session))

    assert len(failed) == 1
    assert open_work(session, WorkKind.MESSAGE_FAILED) == []
    assert letter.state is MessageState.READY


def test_locked_letter_is_not_released_by_trying_again(session: Session) -> None:
    letter = written(session, lock_reason="Speak first")

    with pytest.raises(Conflict, match="did not fail"):
        outbox.retry(session, message_id=letter.id, by=make.user(session))

    assert letter.state is MessageState.LOCKED
    assert open_work(session, WorkKind.POST_LETTER) == []


def test_text_is_not_sent_again_by_hand(session: Session) -> None:
    text = written(session, channel=Channel.SMS)
    outbox.mark_failed(session, message_id=text.id, by=None, reason="No such number")

    with pytest.raises(Conflict, match="Only a letter"):
        outbox.retry(session, message_id=text.id, by=make.user(session))

    assert text.state is MessageState.FAILED


@pytest.mark.parametrize("addressee", list(Addressee))
def test_nothing_is_sent_when_the_patient_has_died(session: Session, addressee: Addressee) -> None:
    referral = make.referral(session, patient=make.patient(session, deceased_on=date(2026, 1, 2)))

    letter = written(session, referral=referral, addressee=addressee)

    assert letter.state is MessageState.STOPPED
    assert open_work(session, WorkKind.POST_LETTER) == []


def test_death_stops_what_waits_and_leaves_what_went_out(session: Session) -> None:
    referral = make.referral(session)
    clerk = make.user(session)
    posted = written(session, referral=referral, once_key="posted")
    outbox.mark_sent(session, message_id=posted.id, by=clerk)
    ready = written(session, referral=referral, once_key="ready")
    locked = written(session, referral=referral, once_key="locked", lock_reason="Speak first")
    closing.mark_deceased(session, patient_id=referral.patient_id, on=clock.today(), by=clerk)

    stopped = stopping.for_patient(
        session, patient_id=referral.patient_id, reason="patient died", by=clerk
    )

    assert stopped == 2
    assert [posted.state, ready.state, locked.state] == [
        MessageState.SENT,
        MessageState.STOPPED,
        MessageState.STOPPED,
    ]


def test_withdrawn_referral_still_tells_that_the_appointment_is_cancelled(
    session: Session,
) -> None:
    referral = make.referral(session)
    closing.withdraw(
        session,
        referral_id=referral.id,
        reason=WithdrawnReason.PATIENT_WISH,
        by=make.user(session),
    )

    cancelled = written(
        session, referral=referral, kind=MessageKind.APPOINTMENT_CANCELLED, once_key="cancelled"
    )
    outcome = written(session, referral=referral, once_key="outcome")

    assert cancelled.state is MessageState.READY
    assert outcome.state is MessageState.STOPPED


def test_every_step_of_a_letter_is_in_the_audit(session: Session) -> None:
    letter = written(session)
    clerk = make.user(session)

    outbox.mark_printed(session, message_id=letter.id, by=clerk)
    outbox.mark_sent(session, message_id=letter.id, by=clerk)

    did = session.scalars(
        sa.select(AuditEntry.did)
        .where(AuditEntry.subject_kind == "message", AuditEntry.subject_id == str(letter.id))
        .order_by(AuditEntry.id)
    ).all()
    assert did == ["wrote message", "printed letter", "posted letter"]


def test_text_waits_for_a_carrier_and_asks_nobody_to_post_it(session: Session) -> None:
    message = written(session, channel=Channel.SMS, send_to="+447700900111")

    assert (message.channel, message.state) == (Channel.SMS, MessageState.READY)
    assert open_work(session, WorkKind.POST_LETTER) == []


def test_call_is_delivered_when_somebody_was_spoken_to(session: Session) -> None:
    about, clerk = uuid.uuid4(), make.user(session)
    content = {"note": "Tell them about the appointment."}
    message = written(session, channel=Channel.PHONE, subject_id=about, content=content)
    [call] = open_work(session, WorkKind.CALL_PATIENT)

    calls.reached(session, item_id=call.id, how="Spoke to her", by=clerk)

    assert (call.subject_id, call.note) == (about, "Tell them about the appointment.")
    assert message.state is MessageState.DELIVERED


def test_call_that_was_made_is_not_asked_for_again(session: Session) -> None:
    referral, about = make.referral(session), uuid.uuid4()
    given = {"channel": Channel.PHONE, "subject_id": about, "referral": referral}
    written(session, **given)
    [call] = open_work(session, WorkKind.CALL_PATIENT)
    calls.reached(session, item_id=call.id, how="Spoke to her", by=make.user(session))

    written(session, **given)

    assert open_work(session, WorkKind.CALL_PATIENT) == []


def test_stopped_call_leaves_the_work_page(session: Session) -> None:
    message = written(session, channel=Channel.PHONE, subject_id=uuid.uuid4())

    outbox.stop(session, message, reason="Moved", by=None)

    assert open_work(session, WorkKind.CALL_PATIENT) == []
