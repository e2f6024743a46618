"""What a photographer decides about a capture: keep it with a reason, or set it aside."""

import uuid

from sqlalchemy.orm import Session

from derm_service.errors import Conflict, Invalid, NotFound
from derm_service.imaging import aside, filing_tasks, trail, visits
from derm_service.imaging.codes import CaptureState, KeptReason, SetAsideReason
from derm_service.imaging.gate.report import Verdict
from derm_service.imaging.models import Capture
from derm_service.imaging.rules import check_move
from derm_service.jobs import defer
from derm_service.people import User

NOT_KEEPABLE = (
    "This file cannot be shown safely, so it cannot be kept. Set it aside and take the "
    "photograph again."
)


def keep_with_reason(
    session: Session, *, capture_id: uuid.UUID, reason: KeptReason, note: str = "", by: User
) -> Capture:
    """Put a capture the gate would retake on the record all the same; nobody is trapped."""
    capture = changeable(session, capture_id)
    if capture.state is CaptureState.FILED or capture.kept_reason is not None:
        return capture  # a second press of the same button
    check_move(capture.state, CaptureState.FILED)
    if capture.verdict == Verdict.REJECT:
        raise Conflict(NOT_KEEPABLE)
    if reason is KeptReason.GATE_WRONG and not note.strip():
        raise Invalid({"note": "Say what the quality check got wrong"})
    capture.kept_reason = reason
    capture.kept_note = note.strip()
    trail.record(session, capture, "kept capture", by=by, reason=reason.value)
    defer(session, filing_tasks.file_kept, capture_id=str(capture.id))
    return capture


def set_aside(
    session: Session,
    *,
    capture_id: uuid.UUID,
    reason: SetAsideReason = SetAsideReason.RETAKEN,
    by: User,
) -> Capture:
    """Take a capture out of its image set; its bytes stay sealed for 30 days, then are shredded."""
    capture = changeable(session, capture_id)
    if capture.state is CaptureState.SET_ASIDE:
        return capture
    why = aside.taken_again(capture) if reason is SetAsideReason.RETAKEN else reason
    aside.put(session, capture, why, by=by)
    return capture


def changeable(session: Session, capture_id: uuid.UUID) -> Capture:
    """The capture, its visit and its row held; Conflict once the visit is finished."""
    found = session.get(Capture, capture_id)
    if found is None:
        raise NotFound("There is no such photograph. Reload the page.")
    visits.unfinished(session, found.image_set.visit_id)
    session.refresh(found, with_for_update=True)
    return found
