"""Claiming a case: one reader at a time, and nobody's absence holds a case for long."""

import uuid
from collections.abc import Iterable
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from derm_service import audit, clock
from derm_service.errors import Conflict, NotFound
from derm_service.people import User
from derm_service.referrals.codes import LesionState, ReferralState
from derm_service.referrals.models import Lesion, Referral
from derm_service.review import standing
from derm_service.review.models import Claim

STALE_AFTER = timedelta(minutes=60)
NOT_YOURS = "Claim this case first. Nothing was saved."


def is_stale(claim: Claim) -> bool:
    """Whether a claim is so old that another reader may take the case over."""
    return clock.now() - claim.claimed_at >= STALE_AFTER


def claim(session: Session, *, referral_id: uuid.UUID, by: User) -> Claim:
    """Take a case for reading; the referral's row lock lets one of two readers win."""
    referral = session.scalar(
        sa.select(Referral).where(Referral.id == referral_id).with_for_update()
    )
    if referral is None:
        raise NotFound("There is no such case. Go back to the worklist.")
    if referral.state is not ReferralState.OPEN or not _awaits_review(session, referral_id):
        raise Conflict("No lesion of this case waits for a reader now. Choose another case.")
    return _take(session, referral, by)


def claim_next(session: Session, *, referral_ids: Iterable[uuid.UUID], by: User) -> Claim | None:
    """Take the first of these cases that nobody holds; None when there is none left.

    `referral_ids` come in the worklist's order. A case that another reader is claiming at this
    moment is passed over, not waited for.
    """
    for referral_id in referral_ids:
        referral = session.scalar(
            sa.select(Referral)
            .where(Referral.id == referral_id, Referral.state == ReferralState.OPEN)
            .with_for_update(skip_locked=True)
        )
        if referral is None or not _awaits_review(session, referral_id):
            continue
        held = _held(session, referral_id)
        if held is None or held.reader_id == by.id or is_stale(held):
            return _take(session, referral, by)
    return None


def release(session: Session, *, referral_id: uuid.UUID, by: User) -> None:
    """Give a claimed case back to the worklist."""
    held = needed(session, referral_id=referral_id, by=by)
    session.delete(held)
    session.flush()
    _record(session, "released case", held, by)


def release_when_read(session: Session, *, referral_id: uuid.UUID, by: User) -> None:
    """Give the case back once none of its lesions waits for this reader any more."""
    held = _held(session, referral_id)
    if held is None or standing.waits_for(session, referral_id, by):
        return
    session.delete(held)
    session.flush()
    _record(session, "finished case", held, by)


def needed(session: Session, *, referral_id: uuid.UUID, by: User) -> Claim:
    """This reader's claim on the case, renewed; a Conflict says who has it otherwise.

    Whoever asks must hold the referral's or a lesion's lock until the transaction ends.
    """
    held = session.scalar(
        sa.select(Claim)
        .where(Claim.referral_id == referral_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if held is None:
        raise Conflict(NOT_YOURS)
    if held.reader_id != by.id:
        raise Conflict(f"{_who(held)} Nothing was saved.")
    held.claimed_at = clock.now()
    session.flush()
    return held


def _take(session: Session, referral: Referral, by: User) -> Claim:
    held = _held(session, referral.id)
    if held is None:
        held = Claim(referral_id=referral.id, reader_id=by.id, claimed_at=clock.now())
        session.add(held)
        session.flush()
        _record(session, "claimed case", held, by)
    elif held.reader_id == by.id:
        held.claimed_at = clock.now()
    elif is_stale(held):
        before = held.reader_id
        held.reader_id, held.reader, held.claimed_at = by.id, by, clock.now()
        session.flush()
        _record(session, "took over case", held, by, taken_from=str(before))
    else:
        raise Conflict(f"{_who(held)} Choose another case.")
    return held


def _who(held: Claim) -> str:
    since = clock.london(held.claimed_at)
    return f"{held.reader.name} has been reading this case since {since:%H:%M}."


def _held(session: Session, referral_id: uuid.UUID) -> Claim | None:
    return session.scalar(
        sa.select(Claim)
        .where(Claim.referral_id == referral_id)
        .execution_options(populate_existing=True)
    )


def _awaits_review(session: Session, referral_id: uuid.UUID) -> bool:
    waiting = sa.select(Lesion.id).where(
        Lesion.referral_id == referral_id, Lesion.state == LesionState.AWAITING_REVIEW
    )
    return session.scalar(waiting.limit(1)) is not None


def _record(session: Session, did: str, held: Claim, by: User, **detail: str) -> None:
    referral = session.get_one(Referral, held.referral_id)
    audit.record(session, by=by, did=did, subject=referral, detail=dict(detail))
