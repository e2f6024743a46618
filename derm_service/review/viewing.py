"""Which images a reader has to see before signing, and which of them they opened."""

import uuid
from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from derm_service import audit, clock
from derm_service.errors import NotAllowed, NotFound
from derm_service.imaging.codes import CaptureState
from derm_service.imaging.models import Capture, ImageSet
from derm_service.people import Action, User, may
from derm_service.referrals.models import Lesion
from derm_service.review.models import ImageOpened

ON_THE_WAY = (
    CaptureState.ANNOUNCED,
    CaptureState.RECEIVING,
    CaptureState.RECEIVED,
    CaptureState.CHECKED,
)
INTIMATE_HIDDEN = (
    "This lesion is at an intimate site. You do not have the right to see its images, so another "
    "reader has to take it."
)


def opened(session: Session, *, capture_id: uuid.UUID, by: User) -> Capture:
    """Record that this reader had a filed capture open; opening it again changes nothing."""
    capture = session.get(Capture, capture_id)
    if capture is None or capture.state is not CaptureState.FILED:
        raise NotFound("There is no such image on the record. Load the case again.")
    lesion = capture.image_set.lesion
    if lesion.intimate and not may(by, Action.SEE_INTIMATE):
        raise NotAllowed(INTIMATE_HIDDEN)
    row = insert(ImageOpened).values(capture_id=capture_id, reader_id=by.id, opened_at=clock.now())
    new = session.scalar(row.on_conflict_do_nothing().returning(ImageOpened.capture_id))
    if new is None:
        return capture
    audit.record(
        session,
        by=by,
        did="opened image for review",
        subject=capture,
        referral_id=lesion.referral_id,
        patient_id=lesion.referral.patient_id,
        detail={"lesion": lesion.number, "view": capture.view.value},
    )
    return capture


def sets_of(session: Session, lesion_id: uuid.UUID) -> Sequence[ImageSet]:
    """Every image set of a lesion, the newest first."""
    return session.scalars(
        sa.select(ImageSet)
        .where(ImageSet.lesion_id == lesion_id)
        .order_by(ImageSet.created_at.desc(), ImageSet.id.desc())
        .execution_options(populate_existing=True)
    ).all()


def current_of(sets: Sequence[ImageSet]) -> ImageSet | None:
    """The set an opinion is about: the newest that holds a photograph, filed or on its way."""
    live = {CaptureState.FILED, *ON_THE_WAY}
    with_images = (each for each in sets if any(c.state in live for c in each.captures))
    return next(with_images, sets[0] if sets else None)


def current_set(session: Session, lesion_id: uuid.UUID) -> ImageSet | None:
    """The set the next opinion on this lesion is about; None when nothing was photographed."""
    return current_of(sets_of(session, lesion_id))


def filed(image_set: ImageSet | None) -> list[Capture]:
    """The captures of a set that are on the record."""
    captures = image_set.captures if image_set else []
    return [capture for capture in captures if capture.state is CaptureState.FILED]


def named(captures: Sequence[Capture]) -> str:
    """What a page showed, for the form it sends back."""
    return " ".join(str(capture.id) for capture in captures)


def unopened(session: Session, image_set: ImageSet | None, *, by: User) -> list[Capture]:
    """The filed captures of a set that this reader has not had open."""
    captures = filed(image_set)
    seen = set(
        session.scalars(
            sa.select(ImageOpened.capture_id).where(
                ImageOpened.reader_id == by.id,
                ImageOpened.capture_id.in_([capture.id for capture in captures]),
            )
        )
    )
    return [capture for capture in captures if capture.id not in seen]


def why_not_seen(session: Session, lesion: Lesion, *, by: User) -> str | None:
    """A sentence where the reader has not seen all there is to see; None when they have."""
    image_set = current_set(session, lesion.id)
    captures = filed(image_set)
    if not captures:
        return "There are no photographs on the record for this lesion."
    missing = unopened(session, image_set, by=by)
    if missing:
        return f"You have opened {len(captures) - len(missing)} of {len(captures)} images."
    return None
