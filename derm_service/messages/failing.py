"""When a message did not reach somebody: it stands on the Work page, and another way is taken."""

import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Session

from derm_service import clock
from derm_service.messages import channels, outbox
from derm_service.messages.codes import MessageKind
from derm_service.messages.models import Message
from derm_service.messages.rules import letter_arrives
from derm_service.referrals import proxy
from derm_service.referrals.codes import Channel, ReferralState

FALLS_BACK = frozenset(
    {
        MessageKind.APPOINTMENT,
        MessageKind.APPOINTMENT_MOVED,
        MessageKind.APPOINTMENT_CANCELLED,
        MessageKind.APPOINTMENT_REMINDER,
    }
)
"""What a person hears another way; who made an offer looks after it."""
NEWS = FALLS_BACK - {MessageKind.APPOINTMENT_REMINDER}
INSTEAD = {
    Channel.LETTER: "A letter is written instead.",
    Channel.PHONE: "Ring them instead: a call is on the Work page.",
}
CALL = "{problem} The text or email did not reach them."


def fail(session: Session, message: Message, *, reason: str) -> None:
    """Record that it failed, with its row on the Work page, and tell them another way."""
    other = None if stale(session, message) else _other(message)
    said = f"{reason} {INSTEAD[other]}" if other else reason
    outbox.mark_failed(session, message_id=message.id, by=None, reason=said)
    if other:
        tell_instead(session, message, other, why=CALL.format(problem=reason))


def hold_back(session: Session, message: Message, *, why: str) -> None:
    """Stop what may go this way no longer; somebody rings where it still has to be told."""
    if message.kind not in FALLS_BACK:
        fail(session, message, reason=why)
        return
    is_over = stale(session, message)
    outbox.stop(session, message, reason=why, by=None)
    if not is_over:
        tell_instead(session, message, Channel.PHONE, why=why)


def stale(session: Session, message: Message) -> str:
    """Why it must not be told any more, whichever way; "" where it still holds."""
    referral, cancels = message.referral, message.kind is MessageKind.APPOINTMENT_CANCELLED
    if referral.patient.deceased_on is not None:
        return "The patient has died."
    if referral.state is ReferralState.WITHDRAWN and not cancels:
        return "The referral was withdrawn."
    if message.not_after is not None and message.not_after <= clock.now():
        return "Its day has passed."
    if message.kind in FALLS_BACK and session.scalar(_newer(message, cancels=cancels)):
        return "Something newer was said since."
    return ""


def _newer(message: Message, *, cancels: bool) -> sa.Select[uuid.UUID]:
    """News of the same referral; of a cancellation only what gives the same time back."""
    another = Message.subject_id.is_distinct_from(message.subject_id)
    return (
        sa.select(Message.id)
        .where(
            Message.referral_id == message.referral_id,
            Message.kind.in_(NEWS),
            Message.created_at > message.created_at,
            ~another if cancels else sa.true(),
            sa.or_(another, Message.kind != message.kind),
        )
        .limit(1)
    )


def tell_instead(session: Session, message: Message, channel: Channel, *, why: str) -> Message:
    """Write the same news for a letter or a call, once."""
    key = message.once_key.removesuffix(f":{message.channel}")
    note = f"{message.content.get('note', '')} {why}".strip()
    return outbox.write(
        session,
        referral=message.referral,
        kind=message.kind,
        addressee=message.addressee,
        channel=channel,
        content=message.content | {"note": note, "date": clock.today().isoformat()},
        once_key=key if channel is Channel.LETTER else f"{key}:{channel}",
        subject_id=message.subject_id,
        not_after=message.not_after,
        by=None,
    )


def _other(message: Message) -> Channel | None:
    """A letter where it would come in time to a person who may have one, else a call."""
    if message.kind not in FALLS_BACK or message.content.get("paragraphs") is None:
        return None
    patient, today = message.referral.patient, clock.today()
    until = clock.london(message.not_after).date() if message.not_after else None
    in_time = until is None or letter_arrives(today, until)
    heard_by = proxy.of(patient, today) or patient
    by_letter = in_time and channels.has_address(heard_by) and not patient.safe_contact
    return Channel.LETTER if by_letter else Channel.PHONE
