"""Which opinion on a lesion holds now, what it says after its addenda, and its locks."""

import uuid
from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session, selectinload

from derm_service.errors import Conflict, NotFound
from derm_service.people import Action, User, may
from derm_service.referrals import queries as referral_queries
from derm_service.referrals.codes import LesionState
from derm_service.referrals.models import Lesion
from derm_service.review.codes import Outcome
from derm_service.review.models import Opinion, Told

SUPERSEDED = "A newer opinion on this lesion holds. Load the case again."


def locked_lesion(session: Session, lesion_id: uuid.UUID) -> Lesion:
    """A lesion held, its referral first, so that two acts on one case follow one another."""
    referral_id = session.scalar(sa.select(Lesion.referral_id).where(Lesion.id == lesion_id))
    if referral_id is None:
        raise NotFound("There is no such lesion. Go back to the case.")
    referral_queries.referral(session, referral_id, lock=True)
    return referral_queries.lesion(session, lesion_id, lock=True)


def locked_opinion(session: Session, opinion_id: uuid.UUID) -> Opinion:
    """The opinion that holds on its lesion, with the lesion held; Conflict when it is old."""
    opinion = by_id(session, opinion_id)
    locked_lesion(session, opinion.lesion_id)
    held = of_lesion(session, opinion.lesion_id)
    if held is None or held.id != opinion_id:
        raise Conflict(SUPERSEDED)
    session.refresh(held, ["addenda"])  # one may have been signed while we waited
    return held


def by_id(session: Session, opinion_id: uuid.UUID) -> Opinion:
    """One opinion, or NotFound."""
    opinion = session.get(Opinion, opinion_id)
    if opinion is None:
        raise NotFound("There is no such opinion. Go back to the referral.")
    return opinion


def all_of(session: Session, lesion_ids: Sequence[uuid.UUID]) -> Sequence[Opinion]:
    """Every opinion on these lesions with its addenda, the newest first."""
    return session.scalars(
        sa.select(Opinion)
        .where(Opinion.lesion_id.in_(lesion_ids))
        .order_by(Opinion.lesion_id, Opinion.number.desc())
        .options(selectinload(Opinion.addenda), selectinload(Opinion.signed_by))
        .execution_options(populate_existing=True)
    ).all()


def of_lesion(session: Session, lesion_id: uuid.UUID) -> Opinion | None:
    """The newest opinion on a lesion."""
    return next(iter(all_of(session, [lesion_id])), None)


def is_current(session: Session, opinion: Opinion) -> bool:
    """Whether no newer opinion on the lesion has taken its place."""
    held = of_lesion(session, opinion.lesion_id)
    return held is not None and held.id == opinion.id


def waits_for(session: Session, referral_id: uuid.UUID, by: User) -> bool:
    """Whether a lesion of the case awaits this reader: their own questions await another."""
    waiting = session.scalars(
        sa.select(Lesion).where(
            Lesion.referral_id == referral_id, Lesion.state == LesionState.AWAITING_REVIEW
        )
    ).all()
    return any(
        may_be_seen(each, by) and not is_own_question(of_lesion(session, each.id), by)
        for each in waiting
    )


def may_be_seen(lesion: Lesion, by: User) -> bool:
    """Whether this reader may see the lesion's images, without which they cannot sign."""
    return not lesion.intimate or may(by, Action.SEE_INTIMATE)


def is_own_question(opinion: Opinion | None, by: User) -> bool:
    """Whether this reader asked for the second opinion that is still awaited."""
    return (
        opinion is not None
        and opinion.outcome is Outcome.SECOND_OPINION
        and opinion.signed_by_id == by.id
    )


def outcome_of(opinion: Opinion) -> Outcome:
    """The outcome that holds: the last addendum that changed it, or the opinion's own."""
    changed = [each.outcome for each in opinion.addenda if each.outcome is not None]
    return changed[-1] if changed else opinion.outcome


def texts_of(opinion: Opinion) -> tuple[str, str]:
    """The text for the patient and the text for the GP that hold now."""
    last = opinion.addenda[-1] if opinion.addenda else opinion
    return last.text_for_patient, last.text_for_gp


def told_of(session: Session, opinion_id: uuid.UUID) -> Told | None:
    """How the patient was told this opinion, unless that was taken back."""
    return session.scalar(
        sa.select(Told).where(Told.opinion_id == opinion_id, Told.taken_back_at.is_(None))
    )
