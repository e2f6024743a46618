"""Where an upload stands: the capture, its visit, and how much of it has come, in one query."""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Self

import sqlalchemy as sa
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value

from derm_service.booking.models import Appointment
from derm_service.db import Columns, UtcDateTime
from derm_service.errors import NotFound
from derm_service.imaging import elsewhere
from derm_service.imaging.announcing import GIVEN_UP
from derm_service.imaging.codes import CaptureState
from derm_service.imaging.models import Capture, Chunk, ImageSet, SealedObject, Visit
from derm_service.imaging.shutter import CELLS, IMAGES, LESION, Sight
from derm_service.referrals.models import Consent, Lesion, Patient, Referral

UNFINISHED_FOR = timedelta(days=7)  # how long an upload waits for its next piece
RECEIVES = (CaptureState.ANNOUNCED, CaptureState.RECEIVING)
NOT_THERE = "The service does not know this upload. Choose the photograph again."

CAPTURE = Columns(
    Capture,
    "id image_set_id view state sha256 size_bytes announced_at received_at set_aside_at "
    "set_aside_reason taken_by_id",
)


@dataclass(frozen=True)
class Standing:
    """An upload at one moment."""

    capture: Capture
    bytes_kept: int  # in its pieces
    pieces: int
    last_at: datetime | None  # when the last of them came
    consent: Consent | None = None  # the answer in force to photographs for the record
    twin_id: uuid.UUID | None = None  # a capture of the same bytes on another person's record

    @classmethod
    def at_first(cls, capture: Capture) -> Self:
        """That of an upload nothing has come of."""
        return cls(capture, 0, 0, None)

    @property
    def is_open(self) -> bool:
        """Whether more is waited for."""
        return self.capture.state in RECEIVES

    @property
    def is_gone(self) -> bool:
        """Whether it was stopped or ran out of time: there is nothing to resume."""
        capture = self.capture
        return capture.set_aside_reason in GIVEN_UP or (
            capture.state is CaptureState.ERASED and capture.received_at is None
        )

    @property
    def offset(self) -> int:
        """How many bytes are safe; all of them once the capture was received."""
        return self.capture.size_bytes if self.capture.received_at else self.bytes_kept

    @property
    def expires_at(self) -> datetime | None:
        """Until when the next piece must come; None once all have come."""
        if not self.is_open:
            return None
        return (self.last_at or self.capture.announced_at) + UNFINISHED_FOR


def _how_it_stands() -> sa.Select[Any]:
    mine = Chunk.capture_id == Capture.id
    length = sa.select(sa.func.coalesce(sa.func.sum(Chunk.length), 0)).where(mine)
    count = sa.select(sa.func.count()).select_from(Chunk).where(mine)
    last = (
        sa.select(sa.func.max(SealedObject.created_at, type_=UtcDateTime()))
        .join(Chunk, Chunk.sealed_object_id == SealedObject.id)
        .where(mine)
    )
    twin = elsewhere.twin_of(Capture.sha256, Capture.id, Appointment.patient_id)
    return (
        sa.select(
            *CELLS,
            LESION.cell.label("lesion"),
            IMAGES.cell.label("images"),
            CAPTURE.cell.label("capture"),
            length.scalar_subquery().label("kept"),
            count.scalar_subquery().label("pieces"),
            last.scalar_subquery().label("last_at"),
            twin.label("twin_id"),
        )
        .select_from(Capture)
        .join(ImageSet, ImageSet.id == Capture.image_set_id)
        .join(Lesion, Lesion.id == ImageSet.lesion_id)
        .join(Visit, Visit.id == ImageSet.visit_id)
        .join(Appointment, Appointment.id == Visit.appointment_id)
        .join(Referral, Referral.id == Appointment.referral_id)
        .join(Patient, Patient.id == Referral.patient_id)
        .where(Capture.id == sa.bindparam("capture_id", type_=sa.Uuid()))
    )


# Bytes of one hash come one at a time, so that of two twins the second is seen.
_ONE_AT_A_TIME = sa.func.pg_advisory_xact_lock(sa.func.hashtextextended(Capture.sha256, 0))
_HOLD = (
    sa.select(Capture.id, _ONE_AT_A_TIME)
    .where(Capture.id == sa.bindparam("capture_id", type_=sa.Uuid()))
    .with_for_update()
)
_STANDING = _how_it_stands()  # built once: to compose it takes longer than to run it


def of(session: Session, capture_id: uuid.UUID) -> Standing:
    """How an upload stands now, whatever this session read before; NotFound without one."""
    session.flush()
    found = session.connection().execute(_STANDING, {"capture_id": capture_id}).one_or_none()
    if found is None:
        raise NotFound(NOT_THERE)
    capture, seen = CAPTURE.row(session, found.capture), Sight.of(session, found)
    set_committed_value(capture, "image_set", seen.images)
    return Standing(
        capture, int(found.kept), found.pieces, found.last_at, seen.consent, found.twin_id
    )


def hold(session: Session, capture_id: uuid.UUID) -> Standing:
    """The same, its row held: what others have just committed is seen, and they wait."""
    session.connection().execute(_HOLD, {"capture_id": capture_id})
    return of(session, capture_id)
