"""Receiving captures piece by piece; the chunk rows are the only truth about the offset."""

import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from derm_service import clock
from derm_service.db import conflict_on
from derm_service.errors import Conflict, Invalid, NotAllowed, NotFound
from derm_service.imaging import filing_tasks, trail, visit_queries, visits
from derm_service.imaging.codes import CaptureState, Contact, Immersion, Polarisation, View
from derm_service.imaging.models import Capture, Chunk, ImageSet
from derm_service.imaging.vault import Place, Vault
from derm_service.jobs import defer
from derm_service.people import User

PIECE = 4 * 1024 * 1024  # plain bytes held in memory and sealed at a time
READ = 64 * 1024
RECEIVES = (CaptureState.ANNOUNCED, CaptureState.RECEIVING)
SAME_ID_OTHER_BYTES = (
    "Another photograph was sent under this number. Choose the file again, "
    "so that it gets a number of its own."
)
NOT_THERE = "The service does not know this upload. Choose the photograph again."
MOVED_ON = (
    "The upload stands at another place than this piece. Ask where it stands, and go on from there."
)


@dataclass(frozen=True)
class Announcement:
    """What a device says of a capture before it sends a byte."""

    capture_id: uuid.UUID
    sha256: str
    size_bytes: int
    appointment_id: uuid.UUID
    lesion_id: uuid.UUID
    view: View
    file_name: str = ""
    captured_at: datetime | None = None
    polarisation: Polarisation | None = None
    contact: Contact | None = None
    immersion: Immersion | None = None


def announce(session: Session, announcement: Announcement, *, by: User) -> Capture:
    """Open an upload; the same capture with the same hash is answered the same again."""
    known = session.get(Capture, announcement.capture_id)
    if known is not None:
        return _same(known, announcement)
    check_context(announcement)
    visit = visit_queries.visit_of(session, announcement.appointment_id)
    if visit is None:
        raise Conflict("This person is not checked in. Check them in on the day list first.")
    images = visits.open_shutter(
        session, visit_id=visit.id, lesion_id=announcement.lesion_id, by=by
    )
    known = session.get(Capture, announcement.capture_id)  # the visit's lock is ours now
    if known is not None:
        return _same(known, announcement)
    capture = _new_capture(announcement, images, by)
    with conflict_on(session, "capture_pkey", SAME_ID_OTHER_BYTES):
        session.add(capture)
    facts = {"view": capture.view.value, "sha256": capture.sha256}
    trail.record(session, capture, "announced capture", by=by, **facts)
    return capture


def check_context(announcement: Announcement) -> None:
    """Refuse dermoscopic captures that do not say how they were taken; Invalid per field."""
    if announcement.view is not View.DERMOSCOPIC:
        return
    missing = {}
    if announcement.polarisation is None:
        missing["polarisation"] = "Say whether the light was polarised."
    if announcement.contact is None:
        missing["contact"] = "Say whether the dermatoscope touched the skin."
    if announcement.contact is Contact.CONTACT and announcement.immersion is None:
        missing["immersion"] = "Say what was between the dermatoscope and the skin."
    if missing:
        raise Invalid(missing, "Say how the dermoscopic photograph was taken.")


def capture(session: Session, capture_id: uuid.UUID) -> Capture:
    """The capture of an upload, or NotFound."""
    found = session.get(Capture, capture_id)
    if found is None:
        raise NotFound(NOT_THERE)
    return found


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


def check_offset(session: Session, capture: Capture, start: int, length: int | None) -> None:
    """Refuse a piece that does not begin where the upload stands or goes beyond its end.

    It is refused too once the shutter is shut: somebody who takes back their consent while a
    photograph is on its way has not agreed to it.
    """
    if capture.state not in RECEIVES or start != offset(session, capture):
        raise Conflict(MOVED_ON)
    images = capture.image_set
    closed = visit_queries.shutter(session, visit_id=images.visit_id, lesion_id=images.lesion_id)
    if closed:
        raise NotAllowed(closed)  # a Conflict would make the device ask again and again
    if length is not None and start + length > capture.size_bytes:
        raise Invalid({"length": "This piece goes beyond the announced length."})


def pieces(read: Callable[[int], bytes], most: int) -> Iterator[bytes]:
    """At most `most` bytes in pieces to be sealed; what came before a break is a piece too."""
    left, piece = most, bytearray()
    while left > 0:
        some = read(min(READ, left))
        if not some:
            break
        left -= len(some)
        piece += some
        if len(piece) >= PIECE:
            yield bytes(piece)
            piece.clear()
    if piece:
        yield bytes(piece)


def add_chunk(
    session: Session, vault: Vault, capture: Capture, start: int, data: bytes, *, by: User
) -> int:
    """Seal one piece into quarantine, then write its row; the offset after it.

    Of two pieces for one place the database lets one in, the other is a Conflict. The last one
    makes the capture received, and defers its examination, in the same transaction.
    """
    sealed = vault.put(Place.QUARANTINE, [data])
    session.refresh(capture, with_for_update=True)
    check_offset(session, capture, start, len(data))
    with conflict_on(session, "chunk_pkey", MOVED_ON):
        session.add(sealed)
        session.flush()
        session.add(
            Chunk(capture_id=capture.id, start=start, length=len(data), sealed_object_id=sealed.id)
        )
    capture.state = CaptureState.RECEIVING
    reached = start + len(data)
    if reached == capture.size_bytes:
        _receive(session, capture, by=by)
    return reached


def _receive(session: Session, capture: Capture, *, by: User) -> None:
    capture.state = CaptureState.RECEIVED
    capture.received_at = clock.now()
    trail.record(session, capture, "received capture", by=by, bytes=capture.size_bytes)
    defer(session, filing_tasks.examine, capture_id=str(capture.id))


def _same(known: Capture, announcement: Announcement) -> Capture:
    same = (known.sha256, known.size_bytes) == (announcement.sha256, announcement.size_bytes)
    if not same or known.image_set.lesion_id != announcement.lesion_id:
        raise Conflict(SAME_ID_OTHER_BYTES)
    return known


def _new_capture(announcement: Announcement, images: ImageSet, by: User) -> Capture:
    dermoscopic = announcement.view is View.DERMOSCOPIC
    return Capture(
        id=announcement.capture_id,
        image_set_id=images.id,
        view=announcement.view,
        state=CaptureState.ANNOUNCED,
        sha256=announcement.sha256,
        size_bytes=announcement.size_bytes,
        file_name=announcement.file_name,
        captured_at=announcement.captured_at,
        polarisation=announcement.polarisation if dermoscopic else None,
        contact=announcement.contact if dermoscopic else None,
        immersion=announcement.immersion if dermoscopic else None,
        taken_by_id=by.id,
        announced_at=clock.now(),
    )
