"""Taking a referral off the suspected cancer clock, which only the referrer can agree to."""

import uuid
from datetime import date

from sqlalchemy.orm import Session

from derm_service import audit, clock
from derm_service.errors import Conflict, Invalid
from derm_service.people import User
from derm_service.referrals import queries
from derm_service.referrals.codes import Priority
from derm_service.referrals.models import Referral
from derm_service.referrals.rules import check_open
from derm_service.review import outcomes, standing
from derm_service.review.codes import Outcome

NOT_YET = (
    "This referral can only be downgraded once every lesion has an opinion and none of them is "
    "urgent."
)


def downgrade(
    session: Session, *, referral_id: uuid.UUID, agreed_with: str, agreed_on: date, by: User
) -> Referral:
    """Make a suspected cancer referral routine; the 18-week clock counts from the same day 0.

    `agreed_with` names the referrer who agreed, `agreed_on` the London date they did.
    """
    referral = queries.referral(session, referral_id, lock=True)
    check_open(referral.state)
    if not may_downgrade(session, referral):
        raise Conflict(NOT_YET)
    wrong: dict[str, str] = {}
    if not agreed_with.strip():
        wrong["agreed_with"] = "Enter who agreed for the referrer"
    if not referral.clock_started_on <= agreed_on <= clock.today():
        wrong["agreed_on"] = "The date must lie between the day of referral and today"
    if wrong:
        raise Invalid(wrong)
    was, referral.priority = referral.priority, Priority.ROUTINE
    session.flush()
    audit.record(
        session,
        by=by,
        did="downgraded referral",
        subject=referral,
        detail={
            "priority": [was.value, referral.priority.value],
            "agreed_with": agreed_with.strip(),
            "agreed_on": agreed_on.isoformat(),
        },
    )
    return referral


def may_downgrade(session: Session, referral: Referral) -> bool:
    """Whether the opinions leave room for a downgrade."""
    if referral.priority is not Priority.URGENT_SUSPECTED_CANCER:
        return False
    newest: dict[uuid.UUID, Outcome | None] = {lesion.id: None for lesion in referral.lesions}
    for opinion in reversed(standing.all_of(session, list(newest))):
        newest[opinion.lesion_id] = standing.outcome_of(opinion)
    return outcomes.allows_downgrade(newest.values())
