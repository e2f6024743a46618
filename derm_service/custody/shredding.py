"""Shredding one photograph: its keys go at once, whatever copies of its bytes lie anywhere."""

import uuid

from sqlalchemy.orm import Session

from derm_service.custody import doubt
from derm_service.errors import Conflict, Invalid, NotAllowed, NotFound
from derm_service.imaging import filing, trail
from derm_service.imaging.codes import CaptureState
from derm_service.imaging.filing import Leftover
from derm_service.imaging.models import Capture
from derm_service.people import Action, User, may

ERASED = (
    "A photograph was erased from this record. Read the lesion again without it, and ask for a "
    "retake where too little is left."
)
IN_DOUBT = "a photograph it was read from was erased"


def shred(session: Session, *, capture_id: uuid.UUID, reason: str, by: User) -> list[Leftover]:
    """Erase a photograph now; the objects it returns may be deleted after the commit.

    Whether the law allows it is the lead's decision: a photograph is part of the health record.
    """
    if not may(by, Action.MOVE_IMAGES):
        raise NotAllowed("Only a lead may have a photograph erased.")
    if not reason.strip():
        raise Invalid({"reason": "Say why it is erased"}, "Say why it is erased.")
    capture = session.get(Capture, capture_id, with_for_update=True)
    if capture is None:
        raise NotFound("There is no photograph of that number.")
    if capture.state is CaptureState.ERASED:
        raise Conflict("This photograph was erased before.")
    was_read = capture.state is CaptureState.FILED
    trail.record(session, capture, "shredded capture", by=by, reason=reason.strip())
    leftovers = filing.erase(session, capture)
    if was_read:
        lesion = capture.image_set.lesion
        doubt.taken_off(session, lesion, capture, note=ERASED, why=IN_DOUBT, by=by)
    return leftovers
