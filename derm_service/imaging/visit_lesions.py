"""Lesions during a visit: closed without photographs, opened again, or found there."""

import uuid

from sqlalchemy.orm import Session

from derm_service.errors import Conflict
from derm_service.imaging import visit_queries
from derm_service.imaging.codes import CaptureState
from derm_service.imaging.models import Visit
from derm_service.imaging.visits import identity_first, record, unfinished
from derm_service.people import User
from derm_service.referrals import lesions
from derm_service.referrals.codes import (
    Laterality,
    LesionState,
    ReferralState,
    UnphotographedReason,
)
from derm_service.referrals.models import Lesion

GONE = (CaptureState.SET_ASIDE, CaptureState.ERASED)


def close_lesion(
    session: Session,
    *,
    visit_id: uuid.UUID,
    lesion_id: uuid.UUID,
    reason: UnphotographedReason,
    note: str,
    by: User,
) -> Lesion:
    """Close one lesion of the visit without photographs; it goes to the reader, who decides."""
    visit = unfinished(session, visit_id)
    identity_first(visit)
    lesion = visit_queries.lesion_of(session, visit, lesion_id)
    if has_photographs(session, visit, lesion.id):
        raise Conflict(
            "This lesion has photographs already. On “Check and finish” you can say why "
            "the other views are missing."
        )
    lesions.close_unphotographed(session, lesion_id=lesion.id, reason=reason, note=note, by=by)
    record(
        session,
        visit,
        "closed lesion without photographs",
        by=by,
        detail={"lesion_id": str(lesion.id), "reason": reason},
    )
    return lesion


def reopen_lesion(
    session: Session, *, visit_id: uuid.UUID, lesion_id: uuid.UUID, by: User
) -> Lesion:
    """Take back a closing without photographs, as long as the reader has not signed."""
    visit = unfinished(session, visit_id)
    identity_first(visit)
    lesion = visit_queries.lesion_of(session, visit, lesion_id)
    if lesion.state is not LesionState.AWAITING_REVIEW or lesion.unphotographed_reason is None:
        raise Conflict("This lesion is not closed without photographs. Reload the page.")
    lesions.move(session, lesion, LesionState.AWAITING_IMAGES, by=by)
    detail = {"lesion_id": str(lesion.id)}
    record(session, visit, "opened lesion again", by=by, detail=detail)
    return lesion


def add_lesion(
    session: Session,
    *,
    visit_id: uuid.UUID,
    site_code: str,
    laterality: Laterality,
    reason: str,
    site_note: str = "",
    by: User,
) -> Lesion:
    """Add a lesion nobody referred to this visit; the reader sees that it is unreferred."""
    visit = unfinished(session, visit_id)
    identity_first(visit)
    if visit.appointment.referral.state is not ReferralState.OPEN:
        raise Conflict(
            "This referral is closed or withdrawn, so no lesion can be added. "
            "Ring the office if you are not sure why."
        )
    return lesions.add_found(
        session,
        referral_id=visit.appointment.referral_id,
        site_code=site_code,
        laterality=laterality,
        reason=reason,
        site_note=site_note,
        by=by,
    )


def has_photographs(session: Session, visit: Visit, lesion_id: uuid.UUID) -> bool:
    """Whether a capture of this lesion at this visit is, or is on its way to, the record."""
    images = visit_queries.set_of(session, visit.id, lesion_id)
    if images is None:
        return False
    session.refresh(images, ["captures"])
    return any(capture.state not in GONE for capture in images.captures)
