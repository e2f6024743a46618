"""What a visit is for: the lesions that wait for photographs, and what a reader asked for again."""

import sqlalchemy as sa
from sqlalchemy.orm import Session

from derm_service.messages.codes import WorkKind
from derm_service.messages.models import WorkItem
from derm_service.referrals import body_sites
from derm_service.referrals.codes import LesionState
from derm_service.referrals.models import Referral


def of_visit(session: Session, referral: Referral) -> list[str]:
    """A line for each lesion that waits: what was asked for again, or its number and place.

    What was asked for again stands in the row of the Work page that asked for the booking.
    """
    waiting = [each for each in referral.lesions if each.state is LesionState.AWAITING_IMAGES]
    items = session.scalars(
        sa.select(WorkItem)
        .where(
            WorkItem.kind == WorkKind.RETAKE_TO_BOOK,
            WorkItem.subject_id.in_([lesion.id for lesion in waiting]),
        )
        .order_by(WorkItem.id)  # made in the order of time
    )
    asked = {item.subject_id: item.note for item in items}
    return [
        asked.get(lesion.id)
        or f"Lesion {lesion.number}, {body_sites.label(lesion.site_code, lesion.laterality)}"
        for lesion in waiting
    ]
