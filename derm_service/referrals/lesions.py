"""A lesion's way from the referral to the patient being told."""

import uuid

from sqlalchemy.orm import Session

from derm_service import audit
from derm_service.errors import Conflict, Invalid
from derm_service.people import User
from derm_service.referrals import body_sites, closing, queries
from derm_service.referrals.codes import Laterality, LesionState, UnphotographedReason
from derm_service.referrals.models import Lesion
from derm_service.referrals.rules import check_move, check_open


def move(session: Session, lesion: Lesion, to: LesionState, *, by: User | None) -> None:
    """Move a lesion along the allowed moves; moving to where it stands changes nothing.

    The referral closes with the last lesion told and opens again when one is no longer told.
    """
    if lesion.state is to:
        return
    check_open(lesion.referral.state)
    check_move(lesion.state, to)
    was, lesion.state = lesion.state, to
    if to is LesionState.AWAITING_IMAGES:
        lesion.unphotographed_reason, lesion.unphotographed_note = None, ""
    audit.record(
        session,
        by=by,
        did="moved lesion",
        subject=lesion,
        patient_id=lesion.referral.patient_id,
        detail={"state": [was, to]},
    )
    closing.settle(session, lesion.referral, by=by)


def add_found(
    session: Session,
    *,
    referral_id: uuid.UUID,
    site_code: str,
    laterality: Laterality,
    reason: str,
    by: User,
    site_note: str = "",
) -> Lesion:
    """Add a lesion nobody referred, found at the visit; `reason` is shown to the reader."""
    referral = queries.referral(session, referral_id, lock=True)
    check_open(referral.state)
    site = body_sites.site(site_code)
    found: dict[str, str] = {}
    if site is None:
        found["site_code"] = "Choose where on the body it is"
    elif wrong := body_sites.why_side_is_wrong(site_code, laterality):
        found["laterality"] = wrong
    if not reason.strip():
        found["reason"] = "Enter why this lesion should be looked at"
    if found or site is None:
        raise Invalid(found)
    lesion = Lesion(
        referral=referral,
        number=max((each.number for each in referral.lesions), default=0) + 1,
        site_code=site_code,
        laterality=laterality,
        site_note=site_note.strip(),
        intimate=site.is_intimate,
        is_referred=False,
        added_reason=reason.strip(),
        added_by_id=by.id,
    )
    session.add(lesion)
    session.flush()
    audit.record(
        session,
        by=by,
        did="added lesion found at visit",
        subject=lesion,
        patient_id=referral.patient_id,
        detail={"site_code": site_code, "laterality": laterality},
    )
    closing.settle(session, referral, by=by)
    return lesion


def close_unphotographed(
    session: Session,
    *,
    lesion_id: uuid.UUID,
    reason: UnphotographedReason,
    note: str,
    by: User,
) -> Lesion:
    """Close a lesion without photographs; it goes to the reader, who decides what follows.

    A lesion never ends here: "not found" or "declined" is an answer the dermatologist signs.
    """
    lesion = queries.lesion(session, lesion_id, lock=True)
    if lesion.state is not LesionState.AWAITING_IMAGES:
        raise Conflict("This lesion is no longer waiting for photographs. Load the page again.")
    lesion.unphotographed_reason = reason
    lesion.unphotographed_note = note.strip()
    audit.record(
        session,
        by=by,
        did="closed lesion unphotographed",
        subject=lesion,
        patient_id=lesion.referral.patient_id,
        detail={"reason": reason},
    )
    move(session, lesion, LesionState.AWAITING_REVIEW, by=by)
    return lesion
