"""Answers by text: recorded beside the appointment; what asks for anything goes to a clerk."""

import uuid
from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from derm_service import audit, clock
from derm_service.booking import offer_replies, texts
from derm_service.booking.codes import AppointmentState
from derm_service.booking.models import Appointment, Slot
from derm_service.db import new_id
from derm_service.messages import answers, work
from derm_service.messages.channels import uk_mobile
from derm_service.messages.codes import Meaning, MessageKind, MessageState, WorkKind
from derm_service.messages.models import Message, Reply
from derm_service.people import Role

WENT_OUT = (MessageState.SENDING, MessageState.SENT, MessageState.DELIVERED)
MEANINGS: dict[Meaning, str] = {
    Meaning.CONFIRM: "Confirms",
    Meaning.CHANGE: "Wants another time",
    Meaning.CANCEL: "Wants to cancel",
    Meaning.UNCLEAR: "It is not clear what they want",
}
OFFER_WORDS = {"yes": True, "no": False}
OFFER_SAID = {True: "yes", False: "no", None: Meaning.UNCLEAR}
NOT_CLEAR = f"{MEANINGS[Meaning.UNCLEAR]}. Nothing was changed."
NOTHING_DONE = "Nothing was changed: ring them, then change or cancel the appointment here."
UNKNOWN = "A text came from a number that we wrote to about no appointment that is to come."
SEVERAL = "This number hears of several appointments or offers: which is meant is not clear."


def receive(session: Session, *, carrier_id: str, sent_from: str, text: str) -> Reply:
    """Keep a text that came in, once, and see to it; nothing is booked, moved or cancelled."""
    number = uk_mobile(sent_from) or sent_from
    about, offers = _appointments(session, number), _offers(session, number)
    is_offer = len(offers) == 1 and _one_person(offers[0], about)
    one = about[0] if len(about) == 1 and not offers else None
    means = answers.meaning(text)
    reply_id = session.scalar(
        insert(Reply)
        .values(
            id=new_id(),
            carrier_id=carrier_id,
            sent_from=number,
            text=text,
            meaning=means,
            referral_id=one.referral_id if one else None,
            subject_id=one.id if one else None,
            received_at=clock.now(),
        )
        .on_conflict_do_nothing(index_elements=["carrier_id"])
        .returning(Reply.id)
    )
    if reply_id is None:
        return session.scalars(sa.select(Reply).where(Reply.carrier_id == carrier_id)).one()
    reply = session.get_one(Reply, reply_id)
    wants = OFFER_WORDS.get(text.strip(" .!\n").casefold())
    if is_offer and (wants is not None or not about):
        _answer_offer(session, reply, offers[0], wants=wants)
    else:
        _see_to(session, reply, about)
    return reply


def of(session: Session, appointment_id: uuid.UUID) -> Sequence[Reply]:
    """What people answered about an appointment, the newest first."""
    return session.scalars(
        sa.select(Reply)
        .where(Reply.subject_id == appointment_id)
        .order_by(Reply.received_at.desc(), Reply.id.desc())
    ).all()


def _appointments(session: Session, number: str) -> Sequence[Appointment]:
    """The booked appointments to come that a number was written to about."""
    written = sa.select(Message.subject_id).where(
        Message.send_to == number, Message.state.in_(WENT_OUT)
    )
    return session.scalars(
        sa.select(Appointment)
        .join(Appointment.slot)
        .where(
            Appointment.id.in_(written),
            Appointment.state == AppointmentState.BOOKED,
            Slot.starts_at > clock.now(),
        )
        .order_by(Slot.starts_at)
    ).all()


def _offers(session: Session, number: str) -> Sequence[Message]:
    """What offers a time to that number just now: a yes may be meant for any of them.

    Without one it is the offer that was the last they heard: a late yes confirms nothing else.
    """
    heard = sa.select(Message).where(Message.send_to == number, Message.state.in_(WENT_OUT))
    lasts = sa.or_(Message.not_after.is_(None), Message.not_after > clock.now())
    offered = heard.where(Message.kind == MessageKind.OFFER, lasts).order_by(Message.id)
    open_ones = session.scalars(offered).all()
    last = session.scalar(heard.order_by(Message.created_at.desc(), Message.id.desc()).limit(1))
    if open_ones or last is None or last.kind is not MessageKind.OFFER:
        return open_ones
    return [last]


def _one_person(offered: Message, about: Sequence[Appointment]) -> bool:
    """Whether the number hears of nobody but the person who was offered a time."""
    return all(each.patient_id == offered.referral.patient_id for each in about)


def _answer_offer(session: Session, reply: Reply, message: Message, *, wants: bool | None) -> None:
    """Take a yes or no to an offer; what could not be taken goes to a clerk, with why."""
    referral = message.referral
    reply.referral_id, reply.message_id = referral.id, message.id
    audit.record(
        session,
        by=None,
        did="received text",
        subject=reply,
        patient_id=referral.patient_id,
        detail={"meaning": OFFER_SAID[wants]},
    )
    why = (
        NOT_CLEAR if wants is None else offer_replies.answer(session, message=message, wants=wants)
    )
    if why:
        work.raise_item(
            session,
            kind=WorkKind.PATIENT_REPLIED,
            role=Role.CLERK,
            due_on=clock.today(),
            referral_id=referral.id,
            subject_id=reply.id,
            note=f"Ring them about the time that was offered: {why}\n{_wrote(reply)}",
        )


def _see_to(session: Session, reply: Reply, about: Sequence[Appointment]) -> None:
    patient_id = about[0].patient_id if reply.subject_id else None
    audit.record(
        session,
        by=None,
        did="received text",
        subject=reply,
        patient_id=patient_id,
        detail={"meaning": reply.meaning},
    )
    if reply.subject_id and reply.meaning is Meaning.CONFIRM:
        return
    work.raise_item(
        session,
        kind=WorkKind.PATIENT_REPLIED,
        role=Role.CLERK,
        due_on=clock.today(),
        not_after=clock.london(about[0].slot.starts_at).date() if reply.subject_id else None,
        referral_id=reply.referral_id,
        subject_id=reply.id,
        note=_note(reply, about),
    )


def _wrote(reply: Reply) -> str:
    return f"{reply.sent_from} wrote: “{reply.text}”"


def _note(reply: Reply, about: Sequence[Appointment]) -> str:
    wrote = _wrote(reply)
    if reply.subject_id:
        said = f"{MEANINGS[reply.meaning]}: the appointment on {texts.when(about[0])}."
        return f"{said} {NOTHING_DONE}\n{wrote}"
    return f"{SEVERAL if about else UNKNOWN}\n{wrote}"
