"""Asking for new photographs of named views; the clock runs on and other lesions are not held."""

import uuid
from collections.abc import Collection

import sqlalchemy as sa
from sqlalchemy.orm import Session

from derm_service import audit, clock
from derm_service.booking import waiting
from derm_service.db import conflict_on
from derm_service.errors import Conflict, Invalid
from derm_service.imaging import retake_words
from derm_service.imaging.codes import RetakeReason, View
from derm_service.imaging.models import Capture, ImageSet, Retake
from derm_service.people import User
from derm_service.referrals.codes import LesionState
from derm_service.referrals.models import Lesion
from derm_service.review import claims, standing, viewing

ALREADY = "New photographs of this lesion have been asked for already."


def ask(
    session: Session,
    *,
    lesion_id: uuid.UUID,
    views: Collection[View],
    reason: RetakeReason,
    note: str = "",
    capture_id: uuid.UUID | None = None,
    by: User,
) -> Retake:
    """Send a lesion back to the waiting list for new captures of `views`.

    `capture_id` is the image that failed: the photographer sees it with reason and note. Without
    it that is the newest image of the named views.
    """
    lesion = standing.locked_lesion(session, lesion_id)
    if lesion.state is not LesionState.AWAITING_REVIEW:
        raise Conflict("This lesion does not wait for a reader any more. Load the case again.")
    claims.needed(session, referral_id=lesion.referral_id, by=by)
    _check(session, lesion, views, reason, note, capture_id)
    _answer_earlier(session, lesion)
    retake = _add(session, lesion, views, reason, note, capture_id, by)
    waiting.reopen(session, lesion_id=lesion.id, reason=retake_words.to_book(retake), by=by)
    claims.release_when_read(session, referral_id=lesion.referral_id, by=by)
    return retake


def _answer_earlier(session: Session, lesion: Lesion) -> None:
    """Whatever was asked before is answered: the lesion came back to a reader."""
    earlier = session.scalars(
        sa.select(Retake).where(Retake.lesion_id == lesion.id, Retake.done_at.is_(None))
    )
    for retake in earlier:
        retake.done_at = clock.now()
    session.flush()


def _check(
    session: Session,
    lesion: Lesion,
    views: Collection[View],
    reason: RetakeReason,
    note: str,
    capture_id: uuid.UUID | None,
) -> None:
    wrong: dict[str, str] = {}
    if not views:
        wrong["views"] = "Choose which views to take again"
    if reason is RetakeReason.OTHER and not note.strip():
        wrong["note"] = "Enter what the photographer should do differently"
    if capture_id is not None:
        capture = session.get(Capture, capture_id)
        if capture is None or capture.image_set.lesion_id != lesion.id:
            wrong["capture_id"] = "Choose one of the images of this lesion"
    if wrong:
        raise Invalid(wrong)


def _newest(image_set: ImageSet | None, views: Collection[View]) -> uuid.UUID | None:
    shown = [each for each in viewing.filed(image_set) if each.view in views]
    return shown[-1].id if shown else None


def _add(
    session: Session,
    lesion: Lesion,
    views: Collection[View],
    reason: RetakeReason,
    note: str,
    capture_id: uuid.UUID | None,
    by: User,
) -> Retake:
    image_set = viewing.current_set(session, lesion.id)
    retake = Retake(
        lesion_id=lesion.id,
        image_set_id=image_set.id if image_set else None,
        capture_id=capture_id or _newest(image_set, views),
        views=[view.value for view in View if view in views],
        reason=reason,
        note=note.strip(),
        asked_by_id=by.id,
        asked_at=clock.now(),
    )
    with conflict_on(session, "retake_one_open_per_lesion", ALREADY):
        session.add(retake)
    failed = session.get(Capture, retake.capture_id) if retake.capture_id else None
    audit.record(
        session,
        by=by,
        did="asked for new photographs",
        subject=retake,
        referral_id=lesion.referral_id,
        patient_id=lesion.referral.patient_id,
        detail={
            "lesion": lesion.number,
            "views": retake.views,
            "reason": reason.value,
            **({"gate_verdict": failed.verdict} if failed else {}),
        },
    )
    return retake
