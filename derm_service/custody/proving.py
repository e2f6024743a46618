"""The proof of one photograph: from the hash its device made to the object read back now."""

import hashlib
import uuid
from collections.abc import Iterator

import sqlalchemy as sa
from sqlalchemy.orm import Session

from derm_service import audit, wording
from derm_service.audit import AuditEntry
from derm_service.custody import agreeing, sealer, verifying
from derm_service.custody.agreeing import Link
from derm_service.custody.anchors import Anchor, Anchors
from derm_service.custody.chain import BEFORE_THE_FIRST, digest
from derm_service.errors import NotFound, Unavailable
from derm_service.imaging import filing, trail
from derm_service.imaging.codes import CaptureState
from derm_service.imaging.models import Capture, SealedObject
from derm_service.imaging.vault import Vault
from derm_service.people import User

LOOKS = "looked at image"
SERVICE = "proof"
HASHED = (agreeing.ANNOUNCED, agreeing.FILED)


def prove(
    session: Session, vault: Vault, anchors: Anchors, *, capture_id: uuid.UUID
) -> Iterator[Link]:
    """Every link in the order of time; reading the bytes is recorded. The caller commits."""
    capture = session.get(Capture, capture_id)
    if capture is None:
        raise NotFound("There is no photograph of that number.")
    yield Link(
        "The device",
        f"SHA-256 {capture.sha256} over {capture.size_bytes:,} bytes, announced "
        f"{wording.day_time(capture.announced_at)}",
        True,
    )
    held = sorted(anchors.all(), key=lambda each: each.number)
    looks, entries = 0, _entries(session, capture)
    for entry, who in entries:
        if entry.did == LOOKS:
            looks += 1
        else:
            yield _entry(session, held, capture, entry, who)
    yield Link("Looks", f"{wording.count(looks, 'look')} at it on record", True)
    yield _trail(session, anchors)
    acts = [entry for entry, _who in entries]
    yield from agreeing.links(capture, acts)
    yield _bytes(session, vault, capture)
    if capture.renditions:
        yield _copies(vault, capture, agreeing.copies_on_record(acts))
    trail.record(session, capture, "proved capture", by=None, system=SERVICE)


def _entries(session: Session, capture: Capture) -> list[tuple[AuditEntry, str]]:
    rows = session.execute(
        sa.select(AuditEntry, User.name)
        .outerjoin(User, User.id == AuditEntry.by_id)
        .where(AuditEntry.subject_kind == "capture", AuditEntry.subject_id == str(capture.id))
        .order_by(AuditEntry.id)
    )
    return [(entry, name or entry.by_system or audit.SYSTEM) for entry, name in rows]


def _trail(session: Session, anchors: Anchors) -> Link:
    """All of the trail: an act or a look that was taken out of it leaves a gap nowhere else."""
    verified = verifying.verify(session, anchors)
    adds_up = f"adds up, {wording.count(verified.rows, 'row')}"
    return Link("The audit trail", verified.trouble or adds_up, verified.is_sound)


def _entry(
    session: Session, held: list[Anchor], capture: Capture, entry: AuditEntry, who: str
) -> Link:
    step = f"{entry.did.capitalize()}, {wording.day_time(entry.at)}, {who}"
    hashed = entry.detail.get("sha256")
    if entry.did in HASHED and hashed != capture.sha256:
        return Link(step, "the audit row names another SHA-256 than the capture", False)
    if entry.number is None:
        return Link(step, "audit row not numbered yet: ask again in some seconds", False)
    anchor = next((each for each in held if each.number >= (entry.number or 0)), None)
    if anchor is None:
        return Link(step, f"audit row {entry.number}, not anchored yet: ask again", False)
    if not _vouched(session, entry.number, anchor):
        return Link(step, f"audit row {entry.number} does not fit its chain: verify it", False)
    same = " with the device's SHA-256" if hashed == capture.sha256 else ""
    return Link(
        step,
        f"audit row {entry.number}{same}, anchored {wording.day_time(anchor.at)} by row "
        f"{anchor.number}",
        True,
    )


def _vouched(session: Session, number: int, anchor: Anchor) -> bool:
    """Whether the chain from this row to the anchor adds up and ends in the anchor's hash."""
    before = session.scalar(sa.select(AuditEntry.hash).where(AuditEntry.number == number - 1))
    found = before or BEFORE_THE_FIRST
    rows = session.scalars(
        sa.select(AuditEntry)
        .where(AuditEntry.number.between(number, anchor.number))
        .order_by(AuditEntry.number)
    )
    for entry in rows:
        found = digest(found, sealer.facts(entry))
        if found != entry.hash:
            return False
    return found == anchor.hash


def _bytes(session: Session, vault: Vault, capture: Capture) -> Link:
    if capture.state is CaptureState.ERASED:
        return Link("The bytes", "shredded: their keys are deleted", True)
    found, size = hashlib.sha256(), 0
    try:
        for piece in filing.bytes_now(session, vault, capture):
            found.update(piece)
            size += len(piece)
    except Unavailable as problem:
        return Link("The bytes", problem.message, False)
    where = f"object {capture.original.key}" if capture.original else "its received pieces"
    same = found.hexdigest() == capture.sha256
    return Link(
        "The bytes",
        f"read back now from {where}: {size:,} bytes, SHA-256 {found.hexdigest()}"
        + (", the device's" if same else ", NOT the device's"),
        same,
    )


def _copies(vault: Vault, capture: Capture, on_record: dict[str, str]) -> Link:
    """What readers are shown is what was drawn from this photograph, and nothing else."""
    if capture.original is None:
        return Link("The copies", "a preview for the photographer, no more", True)
    try:
        found = {copy.size.value: _sha256(vault, copy.sealed) for copy in capture.renditions}
    except Unavailable as problem:
        return Link("The copies", problem.message, False)
    same = found == on_record
    copies = wording.count(len(found), "copy", "copies")
    said = "each as it was drawn" if same else "NOT those drawn from this photograph"
    return Link("The copies", f"{copies} read back now, {said}", same)


def _sha256(vault: Vault, sealed: SealedObject) -> str:
    found = hashlib.sha256()
    for piece in vault.open(sealed):
        found.update(piece)
    return found.hexdigest()
