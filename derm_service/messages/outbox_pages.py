"""What the outbox page shows: which messages, page by page, and each as it goes out."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from derm_service.errors import NotFound
from derm_service.messages import texts
from derm_service.messages.codes import MessageState
from derm_service.messages.models import Message
from derm_service.messages.rules import KIND_WORDS, state_words
from derm_service.messages.texts import TextSender
from derm_service.referrals.codes import Channel
from derm_service.referrals.models import Referral

A_PAGE = 50
_S = MessageState
FILTERS: dict[str, tuple[str, tuple[MessageState, ...]]] = {
    "waiting": ("Waiting", (_S.READY, _S.PRINTED, _S.LOCKED)),
    "going": ("On the way", (_S.SENDING, _S.SENT)),
    "failed": ("Failed", (_S.FAILED, _S.RETURNED)),
    "delivered": ("Delivered", (_S.DELIVERED,)),
    "stopped": ("Stopped", (_S.STOPPED,)),
}
CHANNEL_WORDS: dict[Channel, str] = {
    Channel.LETTER: "Letter",
    Channel.SMS: "Text message",
    Channel.EMAIL: "Email",
    Channel.PHONE: "Telephone call",
}
TONES: dict[MessageState, str] = {
    _S.FAILED: "red",
    _S.RETURNED: "red",
    _S.DELIVERED: "green",
    _S.SENT: "blue",
    _S.SENDING: "blue",
    _S.STOPPED: "grey",
}


@dataclass(frozen=True)
class Row:
    """One message as the list and its own page show it."""

    message: Message
    about: str
    channel: str
    to: str
    state: str
    tone: str


@dataclass(frozen=True)
class Page:
    """One page of the list."""

    rows: list[Row]
    number: int
    has_more: bool
    counts: dict[str, int]


def page(session: Session, chosen: str, number: int) -> Page:
    """The messages of one filter, the newest first; `number` counts from 1."""
    found = session.scalars(
        sa.select(Message)
        .where(Message.state.in_(FILTERS[chosen][1]))
        .options(joinedload(Message.referral).joinedload(Referral.patient))
        .order_by(Message.created_at.desc(), Message.id.desc())
        .offset((number - 1) * A_PAGE)
        .limit(A_PAGE + 1)
    ).all()
    rows = [row(each) for each in found[:A_PAGE]]
    return Page(rows, number, len(found) > A_PAGE, _counts(session))


def by_id(session: Session, message_id: uuid.UUID) -> Message:
    """One message, or NotFound."""
    message = session.get(Message, message_id)
    if message is None:
        raise NotFound("There is no such message. Go back to the messages.")
    return message


def row(message: Message) -> Row:
    """A message in words."""
    return Row(
        message,
        about=KIND_WORDS[message.kind],
        channel=CHANNEL_WORDS[message.channel],
        to=message.send_to or ", ".join(message.content.get("to", [])[:1]),
        state=state_words(message.state, message.channel),
        tone=TONES.get(message.state, "yellow"),
    )


def words(message: Message, sender: TextSender) -> tuple[str, Sequence[str]]:
    """Subject and paragraphs as they go out, or as whoever rings is told; no link that answers."""
    content = texts.without_secrets(message.content)
    if message.channel is Channel.SMS:
        return "", [texts.sms(content, sender)]
    if message.channel is Channel.EMAIL:
        subject, body = texts.email(content, sender)
        return subject, body.split("\n\n")
    if message.channel is Channel.PHONE:
        return "", [content.get("note", "")]
    return content.get("subject", ""), content.get("paragraphs", [])


def _counts(session: Session) -> dict[str, int]:
    query = sa.select(Message.state, sa.func.count()).group_by(Message.state)
    by_state: dict[MessageState, int] = {row[0]: row[1] for row in session.execute(query)}
    return {
        name: sum(by_state.get(state, 0) for state in states)
        for name, (_, states) in FILTERS.items()
    }
