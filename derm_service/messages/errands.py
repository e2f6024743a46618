"""What a message asks somebody to do: post it, ring, or find another way."""

import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Session

from derm_service import clock
from derm_service.messages import work
from derm_service.messages.codes import Addressee, MessageState, WorkKind
from derm_service.messages.models import Message
from derm_service.messages.rules import CALLS, STOPPABLE, next_working_day
from derm_service.people import Role, User
from derm_service.referrals.codes import Channel

TO = {
    Addressee.PATIENT: "the patient",
    Addressee.PROXY: "whoever hears for the patient",
    Addressee.GP: "the GP",
}


def put_out(
    session: Session,
    message: Message,
    *,
    call: WorkKind = WorkKind.CALL_PATIENT,
    by: User | None,
) -> None:
    """Put a letter to post or a call to make on the Work page; carriers take the rest."""
    if message.state not in (MessageState.READY, MessageState.PRINTED):
        return
    if message.channel is Channel.LETTER:
        ask(session, message, WorkKind.POST_LETTER, note=f"To {TO[message.addressee]}.", by=by)
    elif message.channel is Channel.PHONE:
        _ring(session, message, call, by=by)


def put_out_again(session: Session, *, referral_id: uuid.UUID, by: User | None) -> None:
    """Put out what still waits of a referral whose rows on the Work page were all finished."""
    waiting = sa.select(Message).where(
        Message.referral_id == referral_id, Message.state.in_(STOPPABLE)
    )
    for each in session.scalars(waiting).all():
        put_out(session, each, by=by)


def done(session: Session, message: Message, *, how: str, by: User | None) -> None:
    """Take the posting or the call off the Work page."""
    if message.channel is Channel.LETTER:
        work.finish(session, kind=WorkKind.POST_LETTER, subject_id=message.id, how=how, by=by)
    elif message.channel is Channel.PHONE and message.subject_id is not None:
        for kind in CALLS:
            work.finish(session, kind=kind, subject_id=message.subject_id, how=how, by=by)


def ask(session: Session, message: Message, kind: WorkKind, *, note: str, by: User | None) -> None:
    """Ask the office to look after a message by the next working day."""
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


def _ring(session: Session, message: Message, call: WorkKind, *, by: User | None) -> None:
    """Today where it is of no use after the next working day, else on that day."""
    today = clock.today()
    last = clock.london(message.not_after).date() if message.not_after else None
    soon = next_working_day(today)
    work.raise_item(
        session,
        kind=call,
        role=Role.CLERK,
        due_on=today if last and last <= soon else soon,
        not_after=max(last, today) if last else None,
        referral_id=message.referral_id,
        subject_id=message.subject_id or message.id,
        note=str(message.content.get("note", "")),
        by=by,
    )
