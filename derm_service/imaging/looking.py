"""Looking at images: who may, and the audit row that is written before a byte leaves."""

import uuid
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from derm_service.errors import NotAllowed, NotFound
from derm_service.imaging import trail
from derm_service.imaging.codes import CaptureState, RenditionSize, SetAsideReason
from derm_service.imaging.models import Capture, Rendition, SealedObject
from derm_service.people import Action, User, may

INTIMATE = (
    "This photograph is of an intimate site and your account may not see those. "
    "Ask a colleague who may, or your administrator."
)
NO_IMAGE = "There is no such photograph. Reload the page you came from."
NO_CONSENT = "The person said no to photographs, so this one is shown to nobody."
ERASED = "This photograph was erased and cannot be shown."


@dataclass(frozen=True)
class Image:
    """What may now be sent: the sealed bytes and how to name them."""

    sealed: SealedObject
    media_type: str
    file_name: str


def look(session: Session, *, capture_id: uuid.UUID, size: RenditionSize, by: User) -> Image:
    """A rendition for this person's eyes; the caller commits before it sends a byte."""
    capture = _visible(session, capture_id, by)
    rendition = session.scalar(
        sa.select(Rendition).where(Rendition.capture_id == capture.id, Rendition.size == size)
    )
    if rendition is None:
        raise NotFound(NO_IMAGE)
    trail.record(session, capture, "looked at image", by=by, size=size.value)
    return Image(rendition.sealed, "image/jpeg", f"{capture.id}-{size.value}.jpg")


def take_original(session: Session, *, capture_id: uuid.UUID, by: User) -> Image:
    """The original, byte for byte, for governance; the caller commits before it sends a byte."""
    capture = _visible(session, capture_id, by)
    if not may(by, Action.SEE_ORIGINALS):
        raise NotAllowed("Originals are for governance only. Ask them if you need one.")
    if capture.original is None:
        raise NotFound("This photograph has no original on the record.")
    trail.record(session, capture, "took original", by=by, sha256=capture.sha256)
    return Image(capture.original, "application/octet-stream", f"{capture.id}.original")


def record_refusal(session: Session, *, capture_id: uuid.UUID, by: User) -> None:
    """A try to see what this person may not see is on record too; the caller commits."""
    capture = session.get(Capture, capture_id)
    if capture is not None:
        trail.record(session, capture, "was refused image", by=by)


def may_see(capture: Capture, by: User) -> bool:
    """Whether this person may see what this photograph shows."""
    return not capture.image_set.lesion.intimate or may(by, Action.SEE_INTIMATE)


def _visible(session: Session, capture_id: uuid.UUID, by: User) -> Capture:
    capture = session.get(Capture, capture_id)
    if capture is None:
        raise NotFound(NO_IMAGE)
    if capture.state is CaptureState.ERASED:
        raise NotFound(ERASED)
    if capture.set_aside_reason is SetAsideReason.CONSENT_REFUSED:
        raise NotAllowed(NO_CONSENT)
    if not may_see(capture, by):
        raise NotAllowed(INTIMATE)
    return capture
