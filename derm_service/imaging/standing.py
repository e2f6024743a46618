"""Where an upload stands: the capture, its visit, and how much of it has come, in one query."""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from derm_service.errors import NotFound
from derm_service.imaging import shutter
from derm_service.imaging.announcing import GIVEN_UP
from derm_service.imaging.codes import CaptureState
from derm_service.imaging.models import Capture, Chunk, ImageSet, SealedObject

UNFINISHED_FOR = timedelta(days=7)  # how long an upload waits for its next piece
RECEIVES = (CaptureState.ANNOUNCED, CaptureState.RECEIVING)
NOT_THERE = "The service does not know this upload. Choose the photograph again."

_VISIT = joinedload(Capture.image_set, innerjoin=True).options(
    joinedload(ImageSet.lesion, innerjoin=True).options(shutter.OF_LESION),
    joinedload(ImageSet.visit, innerjoin=True).options(*shutter.OF_VISIT),
)


@dataclass(frozen=True)
class Standing:
    """An upload at one moment."""

    capture: Capture
    bytes_kept: int  # in its pieces
    pieces: int
    last_at: datetime | None  # when the last of them came

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


def _how_it_stands() -> sa.Select[Capture, int, int, datetime | None]:
    asked = sa.bindparam("capture_id", type_=sa.Uuid())
    mine = Chunk.capture_id == asked
    length = sa.select(sa.func.coalesce(sa.func.sum(Chunk.length), 0)).where(mine)
    count = sa.select(sa.func.count()).select_from(Chunk).where(mine)
    last = (
        sa.select(sa.func.max(SealedObject.created_at))
        .join(Chunk, Chunk.sealed_object_id == SealedObject.id)
        .where(mine)
    )
    return (
        sa.select(
            Capture, length.scalar_subquery(), count.scalar_subquery(), last.scalar_subquery()
        )
        .where(Capture.id == asked)
        .options(_VISIT)
        .execution_options(populate_existing=True)
    )


_HOLD = (
    sa.select(Capture.id)
    .where(Capture.id == sa.bindparam("capture_id", type_=sa.Uuid()))
    .with_for_update()
)
_STANDING = _how_it_stands()  # built once: to compose it takes longer than to run it


def of(session: Session, capture_id: uuid.UUID) -> Standing:
    """How an upload stands now, whatever this session read before; NotFound without one."""
    found = session.execute(_STANDING, {"capture_id": capture_id}).one_or_none()
    if found is None:
        raise NotFound(NOT_THERE)
    capture, kept, pieces, last_at = found
    return Standing(capture, int(kept), pieces, last_at)


def hold(session: Session, capture_id: uuid.UUID) -> Standing:
    """The same, its row held: what others have just committed is seen, and they wait."""
    session.execute(_HOLD, {"capture_id": capture_id})
    return of(session, capture_id)
