"""Whether the referral's clock may stop, and on which day: every lesion ended and told."""

import uuid

from sqlalchemy.orm import Session

from derm_service import clock
from derm_service.people import User
from derm_service.referrals import closing
from derm_service.referrals.codes import LesionState
from derm_service.referrals.models import Referral
from derm_service.review import outcomes, standing
from derm_service.review.models import Opinion, Told


def settle(session: Session, referral: Referral, *, reason: str, by: User) -> None:
    """Stop the clock on the day the last lesion was told, or let it run on.

    `reason` says why it runs again where it had stopped.
    """
    session.flush()
    told = _told_by_lesion(session, referral)
    if told is None:
        closing.restart_clock(session, referral, reason=reason, by=by)
        return
    on = max(clock.london(each.told_at).date() for each in told)
    closing.stop_clock(session, referral, on=on, by=by)
    closing.settle(session, referral, by=by)


def _told_by_lesion(session: Session, referral: Referral) -> list[Told] | None:
    """How each lesion was told, or None while one keeps the clock running."""
    newest: dict[uuid.UUID, Opinion] = {}
    for each in standing.all_of(session, [lesion.id for lesion in referral.lesions]):
        newest.setdefault(each.lesion_id, each)
    rows: list[Told] = []
    for lesion in referral.lesions:
        opinion = newest.get(lesion.id)
        told = standing.told_of(session, opinion.id) if opinion else None
        if opinion is None or told is None or lesion.state is not LesionState.TOLD:
            return None
        if not outcomes.ends_clock(standing.outcome_of(opinion)):
            return None
        rows.append(told)
    return rows or None
