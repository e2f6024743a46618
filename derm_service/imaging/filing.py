"""From received bytes to the record: the hash compared, the gate's verdict kept, all sealed."""

import hashlib
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, replace

import sqlalchemy as sa
from sqlalchemy.orm import Session

from derm_service import clock, crash
from derm_service.crash import Point
from derm_service.imaging import aside, sandbox, seen_before, trail
from derm_service.imaging.codes import CaptureState, RenditionSize, SetAsideReason
from derm_service.imaging.examined import Copy, Examined
from derm_service.imaging.gate import duplicate
from derm_service.imaging.gate.report import Verdict
from derm_service.imaging.models import Capture, Chunk, Rendition, SealedObject
from derm_service.imaging.rules import check_move
from derm_service.imaging.vault import Place, Vault
from derm_service.messages import work
from derm_service.messages.codes import WorkKind

SERVICE = "filing"


@dataclass(frozen=True)
class Leftover:
    """An object whose row is deleted; it may go once that is committed."""

    place: Place
    key: str


class ChangedOnTheWay(Exception):
    """The bytes received are not those the device hashed."""


def examine(session: Session, vault: Vault, *, capture_id: uuid.UUID) -> list[Leftover]:
    """Judge a received capture and file it when it is good; safe to call any number of times.

    The objects it returns may be deleted after the commit.
    """
    capture = _locked(session, capture_id)
    if capture.state is not CaptureState.RECEIVED:
        return []
    try:
        examined = sandbox.examine(_received_bytes(session, vault, capture), view=capture.view)
    except ChangedOnTheWay:
        _refuse_changed(session, capture)
        return []
    crash.here(Point.JUDGED)
    report = duplicate.judged(examined.report, seen_before.known(session, capture))
    examined = replace(examined, report=report)
    _keep_report(session, capture, examined)
    if examined.report.verdict in (Verdict.ACCEPT, Verdict.ADVISE):
        leftovers = _file(session, vault, capture, examined)
        aside.replaced_by(session, capture, system=SERVICE)
        return leftovers
    _keep_preview(session, vault, capture, examined)
    return []


def file_kept(session: Session, vault: Vault, *, capture_id: uuid.UUID) -> list[Leftover]:
    """File what the photographer kept with a reason; safe to call any number of times."""
    capture = _locked(session, capture_id)
    if capture.state is not CaptureState.CHECKED or capture.kept_reason is None:
        return []
    examined = sandbox.examine(_received_bytes(session, vault, capture), view=capture.view)
    return _file(session, vault, capture, examined)


def redraw(session: Session, vault: Vault, *, capture_id: uuid.UUID) -> list[Leftover]:
    """Draw the copies of a photograph again from its own bytes, for one of them was lost."""
    capture = _locked(session, capture_id)
    lost = {copy.size: copy for copy in capture.renditions}
    if not lost:
        return []
    examined = sandbox.examine(_received_bytes(session, vault, capture), view=capture.view)
    leftovers = []
    for copy in examined.copies:
        if copy.size in lost:
            old = lost[copy.size].sealed
            lost[copy.size].sealed = vault.put(Place(old.bucket), [copy.data])
            session.flush()
            session.delete(old)
            leftovers.append(Leftover(Place(old.bucket), old.key))
    session.flush()
    hashes = {size: of for size, of in _hashes(examined).items() if size in lost}
    trail.record(session, capture, "drew copies again", by=None, system=SERVICE, copies=hashes)
    return leftovers


def _locked(session: Session, capture_id: uuid.UUID) -> Capture:
    """The capture, its row held: of several deliveries of one job one does the work."""
    return session.get_one(Capture, capture_id, with_for_update=True, populate_existing=True)


def _chunks(session: Session, capture: Capture) -> list[Chunk]:
    return list(
        session.scalars(
            sa.select(Chunk).where(Chunk.capture_id == capture.id).order_by(Chunk.start)
        )
    )


def bytes_now(session: Session, vault: Vault, capture: Capture) -> Iterator[bytes]:
    """The photograph's own bytes as they lie in the store at this moment, compared by nobody."""
    if capture.original is not None:
        yield from vault.open(capture.original)
        return
    for chunk in _chunks(session, capture):
        yield from vault.open(chunk.sealed)


def _received_bytes(session: Session, vault: Vault, capture: Capture) -> Iterator[bytes]:
    """All chunks one after the other; ChangedOnTheWay at the end when the hash differs."""
    found = hashlib.sha256()
    for piece in bytes_now(session, vault, capture):
        found.update(piece)
        yield piece
    capture.sha256_received = found.hexdigest()
    if capture.sha256_received != capture.sha256:
        raise ChangedOnTheWay


def _refuse_changed(session: Session, capture: Capture) -> None:
    reason = SetAsideReason.CHANGED_ON_THE_WAY
    aside.put(session, capture, reason, by=None, system=SERVICE)


def _keep_report(session: Session, capture: Capture, examined: Examined) -> None:
    check_move(capture.state, CaptureState.CHECKED)
    capture.state = CaptureState.CHECKED
    capture.checked_at = clock.now()
    capture.verdict = examined.report.verdict.value
    capture.report = examined.report.to_json()
    capture.media_type = examined.media_type
    capture.width, capture.height = examined.width, examined.height
    capture.camera = examined.facts
    trouble = WorkKind.IMAGE_TROUBLE
    work.finish(session, kind=trouble, subject_id=capture.id, how="Checked after all", by=None)
    trail.record(
        session,
        capture,
        "checked capture",
        by=None,
        system=SERVICE,
        verdict=capture.verdict,
        issues=[issue.code.value for issue in examined.report.issues],
    )


def _keep_preview(session: Session, vault: Vault, capture: Capture, examined: Examined) -> None:
    """Let the photographer see what is to be taken again; the record holds nothing of it yet."""
    for copy in examined.copies:
        if copy.size is RenditionSize.SMALL:
            _add_rendition(session, vault, Place.QUARANTINE, capture, copy)


def _file(session: Session, vault: Vault, capture: Capture, examined: Examined) -> list[Leftover]:
    """Bytes first, rows second; what the rows leave behind is deleted last, by the caller."""
    original = vault.put(Place.RECORD, _received_bytes(session, vault, capture))
    crash.here(Point.ORIGINAL_STORED)
    leftovers = _drop_received(session, capture)
    for copy in examined.copies:
        _add_rendition(session, vault, Place.RECORD, capture, copy)
    crash.here(Point.COPIES_STORED)
    check_move(capture.state, CaptureState.FILED)
    session.add(original)
    session.flush()
    capture.original = original
    capture.state = CaptureState.FILED
    capture.filed_at = clock.now()
    hashes = {"sha256": capture.sha256, "copies": _hashes(examined)}
    trail.record(session, capture, "filed capture", by=None, system=SERVICE, **hashes)
    return leftovers


def _hashes(examined: Examined) -> dict[str, str]:
    """What the copies for eyes are, for the audit: a copy of another photograph is none of them."""
    return {copy.size.value: hashlib.sha256(copy.data).hexdigest() for copy in examined.copies}


def _add_rendition(
    session: Session, vault: Vault, place: Place, capture: Capture, copy: Copy
) -> None:
    sealed = vault.put(place, [copy.data])
    session.add(sealed)
    session.flush()
    session.add(
        Rendition(
            capture_id=capture.id,
            size=copy.size,
            width=copy.width,
            height=copy.height,
            sealed_object_id=sealed.id,
        )
    )
    session.flush()


def _drop_received(
    session: Session, capture: Capture, *, also: uuid.UUID | None = None
) -> list[Leftover]:
    """Delete the rows of chunks and copies; without them nothing can open their objects."""
    sealed_ids = list(
        session.scalars(
            sa.union_all(
                sa.select(Chunk.sealed_object_id).where(Chunk.capture_id == capture.id),
                sa.select(Rendition.sealed_object_id).where(Rendition.capture_id == capture.id),
            )
        )
    )
    session.execute(sa.delete(Chunk).where(Chunk.capture_id == capture.id))
    session.execute(sa.delete(Rendition).where(Rendition.capture_id == capture.id))
    gone = session.execute(
        sa.delete(SealedObject)
        .where(SealedObject.id.in_([*sealed_ids, *([also] if also else [])]))
        .returning(SealedObject.bucket, SealedObject.key)
    )
    return [Leftover(Place(bucket), key) for bucket, key in gone]


def erase(session: Session, capture: Capture) -> list[Leftover]:
    """Shred a capture: its keys go, its row and audit stay."""
    check_move(capture.state, CaptureState.ERASED)
    original_id, capture.original = capture.original_id, None
    capture.state = CaptureState.ERASED
    capture.set_aside_reason = None
    session.flush()
    leftovers = _drop_received(session, capture, also=original_id)
    trail.record(session, capture, "erased capture", by=None, system=SERVICE)
    return leftovers
