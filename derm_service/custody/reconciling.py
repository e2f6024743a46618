"""Reconciling store, rows and states: mends what it safely can, asks people about the rest."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from derm_service import clock, wording
from derm_service.custody.inventory import Inventory
from derm_service.imaging import filing_tasks, sweeping, trail
from derm_service.imaging.codes import CaptureState, SetAsideReason
from derm_service.imaging.filing import Leftover
from derm_service.imaging.models import Capture, Chunk, Rendition, SealedObject
from derm_service.jobs import defer
from derm_service.messages import work
from derm_service.messages.codes import WorkKind
from derm_service.messages.models import WorkItem
from derm_service.people import Role

SERVICE = "reconciliation"
ARRIVES_WITHIN = timedelta(hours=24)
DECIDED_WITHIN = timedelta(hours=24)
ORIGINAL_LOST = (
    "The original of a photograph is missing in the image store, or is damaged there. Ring the "
    "service desk: it has to come back from the store's other copy or its backup. The row "
    "leaves this list when it is whole again."
)
PIECE_LOST = (
    "A photograph that was received is missing in the image store before it was checked. "
    "The device that took it still has it: send it again, or take it again."
)
NOT_ARRIVED = (
    "A photograph was announced by a device a day ago and has not arrived. Open the capture page "
    "on that device and let it send what is left, or set the photograph aside."
)
NOT_DECIDED = (
    "A photograph has waited for a day to be kept or taken again, so its visit is not finished."
)
OPEN = (CaptureState.ANNOUNCED, CaptureState.RECEIVING)
LATE = {NOT_ARRIVED: OPEN, NOT_DECIDED: (CaptureState.CHECKED,)}


@dataclass(frozen=True)
class Finding:
    """One thing that was not as it should be, and what became of it."""

    what: str
    is_mended: bool


def reconcile(session: Session, inventory: Inventory) -> tuple[list[Finding], list[Leftover]]:
    """Mend and raise what an inventory and the states show; safe to call any number of times.

    The objects it returns belong to nobody: they may be deleted after the commit.
    """
    findings = [
        *_lost(session, inventory),
        *_unjudged(session),
        *_late(session),
        *_unknown(inventory),
    ]
    _settle(session, inventory)
    session.flush()
    return findings, inventory.unknown


def _lost(session: Session, inventory: Inventory) -> Iterator[Finding]:
    """Every object whose bytes cannot be had, by what it is to its capture."""
    lost = {row.id for row in inventory.lost}
    redrawn: set[uuid.UUID] = set()
    for row in inventory.lost:
        capture = _whose(session, row)
        if capture is None:
            continue  # no photograph needs it
        if capture.original_id == row.id:
            yield _raise(session, capture, ORIGINAL_LOST, about=row.id)
        elif row.id in _copies(session, capture):
            if capture.id not in redrawn and capture.original_id not in lost:
                defer(session, filing_tasks.redraw, capture_id=str(capture.id))
                redrawn.add(capture.id)
                yield Finding(f"A copy of photograph {capture.id} is lost: drawn again.", True)
        elif capture.state in OPEN:
            yield _send_again(session, capture, row)
        elif _is_done_with(capture, row):
            yield Finding(f"A piece of photograph {capture.id}, set aside, is not needed.", True)
        else:
            yield _raise(session, capture, PIECE_LOST, about=row.id)


def _whose(session: Session, row: SealedObject) -> Capture | None:
    """The photograph a sealed object belongs to, as original, copy or piece."""
    chunk = sa.select(Chunk.capture_id).where(Chunk.sealed_object_id == row.id)
    copy = sa.select(Rendition.capture_id).where(Rendition.sealed_object_id == row.id)
    return session.scalar(
        sa.select(Capture).where(
            (Capture.original_id == row.id) | Capture.id.in_(chunk) | Capture.id.in_(copy)
        )
    )


def _is_done_with(capture: Capture, row: SealedObject) -> bool:
    """Whether it is a piece of a photograph that was set aside before it was on the record.

    Nobody has to send it again, unless a lead has still to find out whose it is.
    """
    return (
        capture.state is CaptureState.SET_ASIDE
        and capture.original_id != row.id
        and capture.set_aside_reason is not SetAsideReason.FILED_ELSEWHERE
    )


def _copies(session: Session, capture: Capture) -> set[uuid.UUID]:
    query = sa.select(Rendition.sealed_object_id).where(Rendition.capture_id == capture.id)
    return set(session.scalars(query))


def _send_again(session: Session, capture: Capture, row: SealedObject) -> Finding:
    """Set an upload back to where its bytes are whole; the device sends the rest once more."""
    session.refresh(capture, with_for_update=True)
    start = session.scalar(sa.select(Chunk.start).where(Chunk.sealed_object_id == row.id))
    if start is not None and capture.state in OPEN:
        gone = sa.select(Chunk).where(Chunk.capture_id == capture.id, Chunk.start >= start)
        for chunk in session.scalars(gone).all():
            session.delete(chunk)
        trail.record(session, capture, "set upload back", by=None, system=SERVICE, to=start)
    return Finding(f"A piece of photograph {capture.id} is lost: its device sends it again.", True)


def _unjudged(session: Session) -> Iterator[Finding]:
    """What was received or kept and is not on the record, without a job that will do it."""
    for capture_id in sweeping.not_examined(session):
        defer(session, filing_tasks.examine, capture_id=str(capture_id))
        yield Finding(f"Photograph {capture_id} was not checked: queued again.", True)
    for capture_id in sweeping.kept_not_filed(session):
        defer(session, filing_tasks.file_kept, capture_id=str(capture_id))
        yield Finding(f"Photograph {capture_id} was kept and not filed: queued again.", True)


def _late(session: Session) -> Iterator[Finding]:
    """What a device announced and never sent, and what nobody decided about."""
    now = clock.now()
    announced = sa.select(Capture).where(
        Capture.state.in_(OPEN), Capture.announced_at < now - ARRIVES_WITHIN
    )
    for capture in session.scalars(announced):
        yield _raise(session, capture, NOT_ARRIVED, about=capture.id, role=Role.PHOTOGRAPHER)
    undecided = sa.select(Capture).where(
        Capture.state == CaptureState.CHECKED,
        Capture.kept_reason.is_(None),
        Capture.checked_at < now - DECIDED_WITHIN,
    )
    for capture in session.scalars(undecided):
        yield _raise(session, capture, NOT_DECIDED, about=capture.id, role=Role.PHOTOGRAPHER)


def _unknown(inventory: Inventory) -> Iterator[Finding]:
    if inventory.unknown:
        objects = wording.count(len(inventory.unknown), "object")
        yield Finding(f"{objects} that no row has known for a week: deleted.", True)


def _raise(
    session: Session, capture: Capture, note: str, *, about: uuid.UUID, role: Role = Role.LEAD
) -> Finding:
    work.raise_item(
        session,
        kind=WorkKind.IMAGE_TROUBLE,
        role=role,
        due_on=clock.today(),
        referral_id=capture.image_set.lesion.referral_id,
        subject_id=about,
        note=note,
        urgent=role is Role.LEAD,
    )
    return Finding(f"Photograph {capture.id}: {note}", False)


def _settle(session: Session, inventory: Inventory) -> None:
    """Take from the Work page what has come right by itself."""
    lost = {row.id: row for row in inventory.lost}
    waiting = sa.select(WorkItem).where(
        WorkItem.kind == WorkKind.IMAGE_TROUBLE, WorkItem.done_at.is_(None)
    )
    for item in session.scalars(waiting).all():
        if item.note in (ORIGINAL_LOST, PIECE_LOST):
            row = lost.get(item.subject_id) if item.subject_id else None
            capture = _whose(session, row) if row else None
            is_over = row is None or capture is None or _is_done_with(capture, row)
        elif item.note in LATE:
            capture = session.get(Capture, item.subject_id)
            is_over = capture is None or capture.state not in LATE[item.note]
        else:
            continue
        if is_over:
            work.finish(session, item_id=item.id, how="It has come right by itself", by=None)
