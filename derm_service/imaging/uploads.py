"""Receiving captures piece by piece; the chunk rows are the only truth about the offset."""

import uuid
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from derm_service import clock, crash, wording
from derm_service.crash import Point
from derm_service.db import conflict_on
from derm_service.errors import Conflict, Invalid, NotAllowed, NotFound
from derm_service.imaging import aside, elsewhere, filing_tasks, looking, trail, visit_queries
from derm_service.imaging.announcing import GIVEN_UP
from derm_service.imaging.codes import CaptureState, SetAsideReason
from derm_service.imaging.models import Capture, Chunk, SealedObject
from derm_service.imaging.vault import Place, Vault
from derm_service.jobs import defer
from derm_service.messages import work
from derm_service.messages.codes import WorkKind
from derm_service.people import Role, User

PIECE = 4 * 1024 * 1024  # plain bytes held in memory and sealed at a time
READS = (16 * 1024, 256 * 1024)  # what a break may cost, and what a good line is read by
MOST_PIECES = 1000  # 60 MB in pieces of 256 KiB are 240; the rest is for lines that break
UNFINISHED_FOR = timedelta(days=7)  # how long an upload waits for its next piece
RECEIVES = (CaptureState.ANNOUNCED, CaptureState.RECEIVING)
NOT_THERE = "The service does not know this upload. Choose the photograph again."
MOVED_ON = (
    "The upload stands at another place than this piece. Ask where it stands, and go on from there."
)
TOO_SMALL = (
    f"This photograph has come in {MOST_PIECES} pieces, which is the most there may be. "
    "Stop this upload and send the file again in pieces of 256 KiB or more."
)
LOST_ON_THE_WAY = (
    "A photograph has not arrived in full for a week, so it is no longer waited for. "
    "Ask the photographer whether it is still on the device."
)
ARRIVED = (
    "This photograph has arrived, so its sending cannot be stopped any more. "
    "Set it aside on the capture page."
)


def capture(session: Session, capture_id: uuid.UUID) -> Capture:
    """The capture of an upload, or NotFound."""
    found = session.get(Capture, capture_id)
    if found is None:
        raise NotFound(NOT_THERE)
    return found


def is_gone(capture: Capture) -> bool:
    """Whether the upload was stopped or ran out of time: there is nothing to resume."""
    return capture.set_aside_reason in GIVEN_UP or (
        capture.state is CaptureState.ERASED and capture.received_at is None
    )


def offset(session: Session, capture: Capture) -> int:
    """How many bytes are safe; all of them once the capture was received."""
    if capture.state not in RECEIVES:
        return capture.size_bytes
    return (
        session.scalar(
            sa.select(sa.func.coalesce(sa.func.sum(Chunk.length), 0)).where(
                Chunk.capture_id == capture.id
            )
        )
        or 0
    )


def expires_at(session: Session, capture: Capture) -> datetime | None:
    """Until when the next piece must come; None once all have come."""
    if capture.state not in RECEIVES:
        return None
    last = session.scalar(
        sa.select(sa.func.max(SealedObject.created_at))
        .join(Chunk, Chunk.sealed_object_id == SealedObject.id)
        .where(Chunk.capture_id == capture.id)
    )
    return (last or capture.announced_at) + UNFINISHED_FOR


def check_offset(session: Session, capture: Capture, start: int, length: int | None) -> None:
    """Refuse a piece that does not begin where the upload stands or goes beyond its end.

    It is refused too once the shutter is shut: somebody who takes back their consent while a
    photograph is on its way has not agreed to it.
    """
    if capture.set_aside_reason is SetAsideReason.CONSENT_REFUSED:
        raise NotAllowed(looking.NO_CONSENT)
    if capture.state not in RECEIVES or start != offset(session, capture):
        raise Conflict(MOVED_ON)
    images = capture.image_set
    closed = visit_queries.shutter(session, visit_id=images.visit_id, lesion_id=images.lesion_id)
    if closed:
        raise NotAllowed(closed)  # a Conflict would make the device ask again and again
    if length is not None and start + length > capture.size_bytes:
        raise Invalid({"length": "This piece goes beyond the announced length."})
    count = sa.select(sa.func.count()).select_from(Chunk).where(Chunk.capture_id == capture.id)
    if (session.scalar(count) or 0) >= MOST_PIECES:
        raise NotAllowed(TOO_SMALL)


def pieces(read: Callable[[int], bytes], most: int, *, body: int) -> Iterator[bytes]:
    """At most `most` bytes in pieces to be sealed; what came before a break is a piece too.

    A device on a poor line sends small bodies: those are read in small steps, since the step that
    a reset connection interrupts is lost.
    """
    least, largest = READS
    step = max(least, min(largest, body // 16))
    left, piece = most, bytearray()
    while left > 0:
        some = read(min(step, left))
        if not some:
            break
        left -= len(some)
        piece += some
        if len(piece) >= PIECE:
            yield bytes(piece)
            piece.clear()
    if piece:
        yield bytes(piece)


def seal(vault: Vault, piece: bytes) -> SealedObject:
    """Put one piece into quarantine; until `keep` adds its row it does not count."""
    return vault.put(Place.QUARANTINE, [piece])


def keep(
    session: Session, capture: Capture, start: int, sealed: Sequence[SealedObject], *, by: User
) -> int:
    """Write the rows of pieces sealed before, one after the other from `start`; the new offset.

    Of two pieces for one place the database lets one in, the other is a Conflict. The last one
    makes the capture received, and defers its examination, in the same transaction.
    """
    session.refresh(capture, with_for_update=True)
    check_offset(session, capture, start, sum(each.size_plain for each in sealed))
    with conflict_on(session, "chunk_pkey", MOVED_ON):
        session.add_all(sealed)
        session.flush()
        for each in sealed:
            session.add(
                Chunk(
                    capture_id=capture.id,
                    start=start,
                    length=each.size_plain,
                    sealed_object_id=each.id,
                )
            )
            start += each.size_plain
    capture.state = CaptureState.RECEIVING
    if start == capture.size_bytes:
        _receive(session, capture, by=by)
    return start


def stop(session: Session, capture: Capture, *, by: User) -> None:
    """Give an upload up at the device's wish; what came of it is kept sealed for 30 days."""
    session.refresh(capture, with_for_update=True)
    if is_gone(capture):
        return
    if capture.state not in RECEIVES:
        raise NotAllowed(ARRIVED)
    aside.put(session, capture, SetAsideReason.STOPPED, by=by)


def expire(session: Session) -> list[Capture]:
    """Give up uploads whose next piece did not come for a week; which they are."""
    waiting = session.scalars(
        sa.select(Capture)
        .where(Capture.state.in_(RECEIVES), Capture.announced_at < clock.now() - UNFINISHED_FOR)
        .with_for_update(skip_locked=True)
    )
    expired = [each for each in waiting if (expires_at(session, each) or clock.now()) < clock.now()]
    for each in expired:
        aside.put(session, each, SetAsideReason.NEVER_ARRIVED, by=None)
        work.raise_item(
            session,
            kind=WorkKind.IMAGE_TROUBLE,
            role=Role.LEAD,
            due_on=clock.today(),
            referral_id=each.image_set.lesion.referral_id,
            subject_id=each.id,
            note=f"{LOST_ON_THE_WAY} It was announced on {wording.day_time(each.announced_at)}.",
        )
    return expired


def _receive(session: Session, capture: Capture, *, by: User) -> None:
    """All bytes are here: they are this person's photograph unless another person has them."""
    capture.state = CaptureState.RECEIVED
    capture.received_at = clock.now()
    trail.record(session, capture, "received capture", by=by, bytes=capture.size_bytes)
    elsewhere.lock(session, capture.sha256)
    first = elsewhere.twin(session, capture, capture.image_set)
    if first is None:
        defer(session, filing_tasks.examine, capture_id=str(capture.id))
        crash.here(Point.RECEIVED)
        return
    aside.put(session, capture, SetAsideReason.FILED_ELSEWHERE, by=by)
    elsewhere.alert(session, first=first, second=capture, images=capture.image_set, by=by)
