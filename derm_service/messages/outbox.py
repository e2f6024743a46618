"""The outbox: what is written to patients and GPs, and how far each message has come."""

import uuid
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from derm_service import audit, clock
from derm_service.db import insert_once, new_id, once
from derm_service.errors import Conflict, NotFound
from derm_service.messages import channels, errands, work
from derm_service.messages.channels import Way
from derm_service.messages.codes import Addressee, MessageKind, MessageState, WorkKind
from derm_service.messages.models import Message
from derm_service.messages.rules import check_move, go_on
from derm_service.people import User
from derm_service.referrals.codes import Channel, ReferralState
from derm_service.referrals.models import Referral

_ONCE = once(Message, "once_key")


def write(
    session: Session,
    *,
    referral: Referral,
    kind: MessageKind,
    addressee: Addressee,
    channel: Channel,
    content: dict[str, Any],
    once_key: str,
    lock_reason: str = "",
    subject_id: uuid.UUID | None = None,
    send_to: str = "",
    not_before: datetime | None = None,
    not_after: datetime | None = None,
    call: WorkKind = WorkKind.CALL_PATIENT,
    by: User | None,
) -> Message:
    """Put a message in the outbox once per `once_key`; with a `lock_reason` it waits locked.

    `content` holds to (address lines), date, greeting, subject, paragraphs, sign_off, reference
    of a letter, `text` of an SMS to `send_to`, `subject` and `email` of an email, or the `note`
    for whoever rings: a call is a row of kind `call` about `subject_id` on the Work page.
    Nothing goes out once the patient has died, nor about a withdrawn referral but what goes on
    (`rules.go_on`) and the news that its appointment is cancelled: such a message is kept, stopped.
    """
    now = clock.now()
    values = {
        "id": new_id(),
        "referral_id": referral.id,
        "kind": kind,
        "addressee": addressee,
        "channel": channel,
        "state": _first_state(referral, kind, lock_reason),
        "content": content,
        "once_key": once_key,
        "lock_reason": lock_reason,
        "override_reason": "",
        "created_at": now,
        "changed_at": now,
        "subject_id": subject_id,
        "send_to": send_to,
        "not_before": not_before,
        "not_after": not_after,
        "attempts": 0,
        "carrier_id": "",
        "problem": "",
    }
    message = insert_once(session, _ONCE, Message, values)
    if message is None:
        return session.scalars(sa.select(Message).where(Message.once_key == once_key)).one()
    audit.record(
        session,
        by=by,
        did="wrote message",
        subject=message,
        patient_id=referral.patient_id,
        detail={"kind": kind, "addressee": addressee, "state": message.state},
    )
    errands.put_out(session, message, call=call, by=by)
    return message


def tell(
    session: Session,
    *,
    way: Way,
    referral: Referral,
    kind: MessageKind,
    content: dict[str, Any],
    once_key: str,
    subject_id: uuid.UUID,
    not_before: datetime | None = None,
    not_after: datetime | None = None,
    call: WorkKind = WorkKind.CALL_PATIENT,
    by: User | None,
) -> list[Message]:
    """Write a message the way a person is told (`channels.way`), and the letter that goes too.

    `content` holds the words for every channel; why somebody rings is put after its `note`.
    """
    note = " ".join(part for part in (content.get("note", ""), way.why) if part)
    ways = [way.channel, *([Channel.LETTER] if way.letter_too else [])]
    return [
        write(
            session,
            referral=referral,
            kind=kind,
            addressee=way.addressee,
            channel=channel,
            content=content | {"note": note},
            once_key=once_key if channel is Channel.LETTER else f"{once_key}:{channel}",
            subject_id=subject_id,
            send_to=way.send_to if channel is way.channel else "",
            not_before=not_before,
            not_after=not_after,
            call=call,
            by=by,
        )
        for channel in ways
    ]


def lock(session: Session, *, message_id: uuid.UUID, reason: str, by: User | None) -> Message:
    """Hold a letter that has not gone out, until `unlock`; its posting leaves the Work page."""
    message = for_change(session, message_id)
    message.lock_reason = reason
    move(session, message, MessageState.LOCKED, by=by, did="locked message", reason=reason)
    errands.done(session, message, how="Locked for now", by=by)
    return message


def unlock(
    session: Session, *, message_id: uuid.UUID, override_reason: str = "", by: User | None
) -> Message:
    """Release a locked letter: the patient was spoken to, or a clinician gives a coded reason."""
    message = for_change(session, message_id)
    message.override_reason = override_reason
    move(session, message, MessageState.READY, by=by, did="unlocked message")
    errands.put_out(session, message, by=by)
    return message


def mark_printed(session: Session, *, message_id: uuid.UUID, by: User) -> Message:
    """The letter was printed; it may be printed again until it is posted."""
    message = for_change(session, message_id)
    _check_way(message)
    move(session, message, MessageState.PRINTED, by=by, did="printed letter")
    return message


def mark_sent(session: Session, *, message_id: uuid.UUID, by: User) -> Message:
    """The letter was posted."""
    message = for_change(session, message_id)
    _check_way(message)
    move(session, message, MessageState.SENT, by=by, did="posted letter")
    errands.done(session, message, how="Posted", by=by)
    return message


def mark_not_sent(session: Session, *, message_id: uuid.UUID, by: User) -> Message:
    """The letter was recorded as posted and lies here after all."""
    message = for_change(session, message_id)
    move(session, message, MessageState.PRINTED, by=by, did="took back posting")
    errands.put_out(session, message, by=by)
    return message


def mark_returned(
    session: Session, *, message_id: uuid.UUID, by: User, reason: str = ""
) -> Message:
    """The letter came back: somebody has to find another way."""
    message = for_change(session, message_id)
    move(session, message, MessageState.RETURNED, by=by, did="recorded returned letter")
    errands.ask(session, message, WorkKind.LETTER_RETURNED, note=reason, by=by)
    return message


def mark_failed(
    session: Session, *, message_id: uuid.UUID, by: User | None, reason: str = ""
) -> Message:
    """The message could not be delivered; it stands on the Work page until somebody acts."""
    message = for_change(session, message_id)
    message.problem = reason
    move(session, message, MessageState.FAILED, by=by, did="recorded failed message", reason=reason)
    errands.done(session, message, how="Failed", by=by)
    errands.ask(session, message, WorkKind.MESSAGE_FAILED, note=reason, by=by)
    return message


def retry(session: Session, *, message_id: uuid.UUID, by: User) -> Message:
    """Make a failed letter ready again; a locked one has `unlock` alone."""
    message = for_change(session, message_id)
    if message.channel is not Channel.LETTER:
        raise Conflict("Only a letter can be made ready again. Ring the patient instead.")
    if message.state is not MessageState.FAILED:
        raise Conflict("This message did not fail. Load the page again to see where it stands.")
    move(session, message, MessageState.READY, by=by, did="made message ready again")
    work.finish(
        session, kind=WorkKind.MESSAGE_FAILED, subject_id=message.id, how="Tried again", by=by
    )
    errands.put_out(session, message, by=by)
    return message


def stop(session: Session, message: Message, *, reason: str, by: User | None) -> None:
    """Stop a message that has not gone out."""
    move(session, message, MessageState.STOPPED, by=by, did="stopped message", reason=reason)
    errands.done(session, message, how=f"Stopped: {reason}", by=by)
    how = f"Stopped: {reason}"
    work.finish(session, kind=WorkKind.MESSAGE_FAILED, subject_id=message.id, how=how, by=by)


def _first_state(referral: Referral, kind: MessageKind, lock_reason: str) -> MessageState:
    if referral.patient.deceased_on is not None:
        return MessageState.STOPPED
    if referral.state is ReferralState.WITHDRAWN:
        goes = {MessageKind.APPOINTMENT_CANCELLED} | go_on(referral.withdrawn_reason)
        if kind not in goes:
            return MessageState.STOPPED
    return MessageState.LOCKED if lock_reason else MessageState.READY


def for_change(session: Session, message_id: uuid.UUID) -> Message:
    """A message, held and read afresh."""
    message = session.get(Message, message_id, with_for_update=True, populate_existing=True)
    if message is None:
        raise NotFound("There is no such message. Go back to the letters.")
    return message


def move(
    session: Session,
    message: Message,
    to: MessageState,
    *,
    by: User | None,
    did: str,
    reason: str = "",
) -> None:
    """Change how far a message has come, where its state allows it; nothing goes to the dead."""
    check_move(message.state, to)
    if message.referral.patient.deceased_on and _goes_out(message.state, to):
        raise Conflict("This patient has died, so no message or letter goes out.")
    was, message.state = message.state, to
    message.changed_at = clock.now()
    session.flush()
    detail = {"state": [was, to], "override_reason": message.override_reason, "reason": reason}
    audit.record(
        session,
        by=by,
        did=did,
        subject=message,
        patient_id=message.referral.patient_id,
        detail={key: value for key, value in detail.items() if value},
    )


def _check_way(message: Message) -> None:
    if why := channels.forbids(message, clock.today()):
        raise Conflict(f"This letter must not go. {why}")


def _goes_out(now: MessageState, to: MessageState) -> bool:
    """Whether that lets it go; what the carrier took already is on record as it is."""
    if now is MessageState.SENDING:
        return False
    return to in (MessageState.READY, MessageState.SENDING, MessageState.SENT)
