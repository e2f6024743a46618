"""The outbox: what is written to patients and GPs, and how far each message has come."""

import uuid
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from derm_service import audit, clock
from derm_service.db import new_id
from derm_service.errors import Conflict, NotFound
from derm_service.messages import work
from derm_service.messages.codes import Addressee, MessageKind, MessageState, WorkKind
from derm_service.messages.models import Message
from derm_service.messages.rules import STOPPABLE, check_move, next_working_day
from derm_service.people import Role, User
from derm_service.referrals.codes import Channel, ReferralState
from derm_service.referrals.models import Referral

CARRIED = frozenset({Channel.LETTER})
"""The channels somebody carries today; anything else is written as a letter, never dropped."""


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
    by: User | None,
) -> Message:
    """Put a message in the outbox once per `once_key`; with a `lock_reason` it waits locked.

    `content` holds to (address lines), date, greeting, subject, paragraphs, sign_off, reference.
    Nothing goes out once the patient has died, nor about a withdrawn referral but the news that
    its appointment is cancelled: such a message is kept, stopped.
    """
    now = clock.now()
    written = session.scalar(
        insert(Message)
        .values(
            id=new_id(),
            referral_id=referral.id,
            kind=kind,
            addressee=addressee,
            channel=channel if channel in CARRIED else Channel.LETTER,
            state=_first_state(referral, kind, lock_reason),
            content=content,
            once_key=once_key,
            lock_reason=lock_reason,
            override_reason="",
            created_at=now,
            changed_at=now,
        )
        .on_conflict_do_nothing(index_elements=["once_key"])
        .returning(Message)
    )
    if written is None:
        return session.scalars(sa.select(Message).where(Message.once_key == once_key)).one()
    message: Message = written
    audit.record(
        session,
        by=by,
        did="wrote message",
        subject=message,
        patient_id=referral.patient_id,
        detail={"kind": kind, "addressee": addressee, "state": message.state},
    )
    _raise_posting(session, message, by=by)
    return message


def lock(session: Session, *, message_id: uuid.UUID, reason: str, by: User | None) -> Message:
    """Hold a letter that has not gone out, until `unlock`; its posting leaves the Work page."""
    message = _for_change(session, message_id)
    message.lock_reason = reason
    _move(session, message, MessageState.LOCKED, by=by, did="locked message", reason=reason)
    _posting_done(session, message, how="Locked for now", by=by)
    return message


def unlock(
    session: Session, *, message_id: uuid.UUID, override_reason: str = "", by: User | None
) -> Message:
    """Release a locked letter: the patient was spoken to, or a clinician gives a coded reason."""
    message = _for_change(session, message_id)
    message.override_reason = override_reason
    _move(session, message, MessageState.READY, by=by, did="unlocked message")
    _raise_posting(session, message, by=by)
    return message


def mark_printed(session: Session, *, message_id: uuid.UUID, by: User) -> Message:
    """The letter was printed; it may be printed again until it is posted."""
    message = _for_change(session, message_id)
    _move(session, message, MessageState.PRINTED, by=by, did="printed letter")
    return message


def mark_sent(session: Session, *, message_id: uuid.UUID, by: User) -> Message:
    """The letter was posted."""
    message = _for_change(session, message_id)
    _move(session, message, MessageState.SENT, by=by, did="posted letter")
    _posting_done(session, message, how="Posted", by=by)
    return message


def mark_not_sent(session: Session, *, message_id: uuid.UUID, by: User) -> Message:
    """The letter was recorded as posted and lies here after all."""
    message = _for_change(session, message_id)
    _move(session, message, MessageState.PRINTED, by=by, did="took back posting")
    _raise_posting(session, message, by=by)
    return message


def mark_returned(
    session: Session, *, message_id: uuid.UUID, by: User, reason: str = ""
) -> Message:
    """The letter came back: somebody has to find another way."""
    message = _for_change(session, message_id)
    _move(session, message, MessageState.RETURNED, by=by, did="recorded returned letter")
    _raise(session, message, WorkKind.LETTER_RETURNED, note=reason, by=by)
    return message


def mark_failed(
    session: Session, *, message_id: uuid.UUID, by: User | None, reason: str = ""
) -> Message:
    """The message could not be delivered; it stands on the Work page until somebody acts."""
    message = _for_change(session, message_id)
    _move(session, message, MessageState.FAILED, by=by, did="recorded failed message")
    _posting_done(session, message, how="Failed", by=by)
    _raise(session, message, WorkKind.MESSAGE_FAILED, note=reason, by=by)
    return message


def retry(session: Session, *, message_id: uuid.UUID, by: User) -> Message:
    """Make a failed message ready again; a locked one has `unlock` alone."""
    message = _for_change(session, message_id)
    if message.state is not MessageState.FAILED:
        raise Conflict("This message did not fail. Load the page again to see where it stands.")
    _move(session, message, MessageState.READY, by=by, did="made message ready again")
    work.finish(
        session, kind=WorkKind.MESSAGE_FAILED, subject_id=message.id, how="Tried again", by=by
    )
    _raise_posting(session, message, by=by)
    return message


def stop(session: Session, message: Message, *, reason: str, by: User | None) -> None:
    """Stop a message that has not gone out."""
    _move(session, message, MessageState.STOPPED, by=by, did="stopped message", reason=reason)
    for kind in (WorkKind.POST_LETTER, WorkKind.MESSAGE_FAILED):
        work.finish(session, kind=kind, subject_id=message.id, how=f"Stopped: {reason}", by=by)


def stop_for_referral(
    session: Session, *, referral_id: uuid.UUID, reason: str, by: User | None
) -> int:
    """Stop everything of a referral that has not gone out; how many were stopped."""
    return _stop_all(session, Message.referral_id == referral_id, reason=reason, by=by)


def stop_for_patient(
    session: Session, *, patient_id: uuid.UUID, reason: str, by: User | None
) -> int:
    """Stop everything to or about a patient that has not gone out; how many were stopped."""
    theirs = sa.select(Referral.id).where(Referral.patient_id == patient_id)
    return _stop_all(session, Message.referral_id.in_(theirs), reason=reason, by=by)


def _first_state(referral: Referral, kind: MessageKind, lock_reason: str) -> MessageState:
    if referral.patient.deceased_on is not None:
        return MessageState.STOPPED
    cancels = kind is MessageKind.APPOINTMENT_CANCELLED
    if referral.state is ReferralState.WITHDRAWN and not cancels:
        return MessageState.STOPPED
    return MessageState.LOCKED if lock_reason else MessageState.READY


def _for_change(session: Session, message_id: uuid.UUID) -> Message:
    message = session.get(Message, message_id, with_for_update=True, populate_existing=True)
    if message is None:
        raise NotFound("There is no such message. Go back to the letters.")
    return message


def _move(
    session: Session,
    message: Message,
    to: MessageState,
    *,
    by: User | None,
    did: str,
    reason: str = "",
) -> None:
    check_move(message.state, to)
    if message.referral.patient.deceased_on and to in (MessageState.READY, MessageState.SENT):
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


def _stop_all(
    session: Session, which: sa.ColumnElement[bool], *, reason: str, by: User | None
) -> int:
    messages = session.scalars(
        sa.select(Message)
        .where(which, Message.state.in_(STOPPABLE))
        .order_by(Message.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    for message in messages:
        stop(session, message, reason=reason, by=by)
    return len(messages)


def _raise_posting(session: Session, message: Message, *, by: User | None) -> None:
    if message.state in (MessageState.READY, MessageState.PRINTED):
        to = "the GP" if message.addressee is Addressee.GP else "the patient"
        _raise(session, message, WorkKind.POST_LETTER, note=f"To {to}.", by=by)


def _posting_done(session: Session, message: Message, *, how: str, by: User | None) -> None:
    work.finish(session, kind=WorkKind.POST_LETTER, subject_id=message.id, how=how, by=by)


def _raise(
    session: Session, message: Message, kind: WorkKind, *, note: str, by: User | None
) -> None:
    work.raise_item(
        session,
        kind=kind,
        role=Role.CLERK,
        due_on=next_working_day(clock.today()),
        referral_id=message.referral_id,
        subject_id=message.id,
        note=note,
        by=by,
    )
