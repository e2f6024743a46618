"""What comes of an offer: accepted, declined, run out or overtaken; nothing else touches it."""

import uuid
from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from derm_service import audit, clock
from derm_service.booking import (
    appointments,
    holds,
    ledger,
    offer_queries,
    offer_telling,
    queries,
)
from derm_service.booking.codes import AnsweredBy, DeclineReason, OfferState
from derm_service.booking.models import Appointment, Hold
from derm_service.booking.offer_models import Offer
from derm_service.booking.offer_rules import STATE_WORDS
from derm_service.errors import Conflict
from derm_service.people import User
from derm_service.wording import day_time

CHANGED = "This has changed just now. Load the page again to see where it stands."

NOT_THEIRS = "This number or address is not the person’s any more. Nothing was changed."


class Late(Conflict):
    """The offer can no longer be answered; what the person has already stands."""


def accept(
    session: Session,
    *,
    offer_id: uuid.UUID,
    how: AnsweredBy,
    note: str | None = None,
    by: User | None,
) -> Appointment:
    """Give the person the offered time; an old one is let go only now, in the same transaction.

    Late when it was answered, ran out or was overtaken. `note` and Invalid as in `appointments`.
    """
    offer = _locked(session, offer_id)
    _check_open(session, offer, how)
    waiting = queries.waiting_appointment(session, offer.referral_id)
    if waiting is None:
        new = appointments.book(
            session,
            slot_id=offer.slot_id,
            referral_id=offer.referral_id,
            slots=offer.slots,
            note=note or "",
            hold_id=offer.hold_id,
            by=by,
        )
    else:
        new = appointments.move(
            session,
            appointment_id=waiting.id,
            slot_id=offer.slot_id,
            slots=offer.slots,
            note=note,
            hold_id=offer.hold_id,
            by=by,
        )
    offer.appointment_id = new.id
    _end(session, offer, OfferState.ACCEPTED, how=how, by=by)
    return new


def decline(
    session: Session,
    *,
    offer_id: uuid.UUID,
    how: AnsweredBy,
    reason: DeclineReason = DeclineReason.NOT_SAID,
    by: User | None,
) -> Offer:
    """Record a no: the time goes to the next, what the person has stands. Late as `accept`."""
    offer = _locked(session, offer_id)
    _check_open(session, offer, how)
    offer.decline_reason = reason
    _end(session, offer, OfferState.DECLINED, how=how, by=by)
    return offer


def nobody_reached(session: Session, *, offer_id: uuid.UUID, by: User) -> Offer:
    """Let the time go to the next person, because this one was not reached. Late as `accept`."""
    offer = _locked(session, offer_id)
    _check_open(session, offer, AnsweredBy.PHONE)
    _end(session, offer, OfferState.EXPIRED, why="Nobody was reached", by=by)
    return offer


def settle(session: Session, *, offer_id: uuid.UUID) -> None:
    """End an open offer that has run out, or whose time or person is no longer there for it."""
    offer = _locked(session, offer_id)
    if offer.id not in offer_queries.over(session):
        return
    if offer.expires_at <= clock.now():
        _end(session, offer, OfferState.EXPIRED, why="No answer in time", by=None)
    else:
        _end(session, offer, OfferState.ENDED, why="Overtaken", by=None)


def end_for_referrals(
    session: Session, referral_ids: Sequence[uuid.UUID], *, why: str, by: User | None
) -> None:
    """End the open offers of these referrals; call it under their patients' locks."""
    open_ones = session.scalars(
        sa.select(Offer).where(Offer.referral_id.in_(referral_ids), Offer.state == OfferState.OPEN)
    ).all()
    for offer in open_ones:
        _end(session, offer, OfferState.ENDED, why=why, by=by)


def what_stands(session: Session, offer: Offer) -> str:
    """What the person has whatever becomes of the offer, as a sentence."""
    waiting = queries.waiting_appointment(session, offer.referral_id)
    if waiting is None:
        return "Nothing else was changed."
    return f"The appointment on {day_time(waiting.slot.starts_at)} stands."


def _locked(session: Session, offer_id: uuid.UUID) -> Offer:
    """The offer, its time, its person and all they use, locked and read afresh."""
    offer = offer_queries.offer(session, offer_id)
    before = queries.waiting_appointment(session, offer.referral_id)
    ledger.lock(
        session,
        slots=[offer.slot_id],
        referrals=[offer.referral_id],
        appointments=[before.id] if before else [],
    )
    session.refresh(offer)
    after = queries.waiting_appointment(session, offer.referral_id)
    if after is not before:
        raise Conflict(CHANGED)
    return offer


def _check_open(session: Session, offer: Offer, how: AnsweredBy) -> None:
    kept = offer.hold_id and holds.standing(session, offer.hold_id)
    if how is not AnsweredBy.PHONE and offer_queries.went_astray(session, offer.id):
        raise Late(NOT_THEIRS)
    if offer.state is OfferState.OPEN and kept:
        return
    if offer.state in (OfferState.OPEN, OfferState.EXPIRED) and offer.expires_at <= clock.now():
        ended = f"This offer ended on {day_time(offer.expires_at)}."
    elif offer.state is OfferState.OPEN:
        ended = "This time is no longer free."
    else:
        ended = f"This offer is over: {STATE_WORDS[offer.state].lower()}."
    raise Late(f"{ended} {what_stands(session, offer)}")


def _end(
    session: Session,
    offer: Offer,
    state: OfferState,
    *,
    how: AnsweredBy | None = None,
    why: str = "",
    by: User | None,
) -> None:
    offer.state, offer.answered_by = state, how
    offer.ended_at, offer.ended_why = clock.now(), why
    hold = session.get(Hold, offer.hold_id) if offer.hold_id else None
    if hold is not None:
        holds.give_up(session, [hold])
    offer.hold_id = None
    session.flush()
    audit.record(
        session,
        by=by,
        did=f"offer {state}",
        subject=offer,
        detail={"answered_by": how, "why": offer.decline_reason or why},
        system=f"patient by {how}" if how else audit.SYSTEM,
    )
    said = STATE_WORDS[state]
    offer_telling.forget(session, offer, answered_by=how, how=said, by=by)
