"""Receiving captures piece by piece; the chunk rows are the only truth about the offset."""

import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

import sqlalchemy as sa
from sqlalchemy.orm import Session

from derm_service import clock, crash, wording
from derm_service.crash import Point
from derm_service.db import add, conflicts, together
from derm_service.errors import Conflict, Invalid, NotAllowed
from derm_service.imaging import (
    aside,
    elsewhere,
    filing_tasks,
    looking,
    standing,
    trail,
    visit_queries,
)
from derm_service.imaging.codes import CaptureState, SetAsideReason
from derm_service.imaging.models import Capture, Chunk, ImageSet, SealedObject
from derm_service.imaging.rules import shutter_closed_because
from derm_service.imaging.standing import RECEIVES, UNFINISHED_FOR, Standing
from derm_service.imaging.vault import Place, Vault
from derm_service.jobs import defer
from derm_service.messages import work
from derm_service.messages.codes import WorkKind
from derm_service.people import Role, User
from derm_service.referrals.codes import ReferralState
from derm_service.referrals.models import Lesion, Referral

PIECE = 4 * 1024 * 1024  # bytes sealed as one object; its ciphertext is held in memory
READ = 256 * 1024  # at most so much of what has come is taken at a time
MOST_PIECES = 1000  # 60 MB in pieces of 256 KiB are 240; the rest is for lines that break
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


class MovedOn(Conflict):
    """The piece does not begin where the upload stands."""


def check_shutter(now: Standing) -> None:
    """Refuse a piece once the shutter is shut.

    Somebody who takes back their consent while a photograph is on its way has not agreed to it.
    """
    if now.capture.set_aside_reason is SetAsideReason.CONSENT_REFUSED:
        raise NotAllowed(looking.NO_CONSENT)
    if not now.is_open:
        raise MovedOn(MOVED_ON)
    images = now.capture.image_set
    closed = shutter_closed_because(
        visit_queries.facts_of(images.visit, now.consent, images.lesion, images)
    )
    if closed:
        raise NotAllowed(closed)  # a Conflict would make the device ask again and again


def check_place(now: Standing, start: int, length: int | None) -> None:
    """Refuse a piece that does not begin where the upload stands or goes beyond its end."""
    if not now.is_open or start != now.offset:
        raise MovedOn(MOVED_ON)
    if length is not None and start + length > now.capture.size_bytes:
        raise Invalid({"length": "This piece goes beyond the announced length."})
    if now.pieces >= MOST_PIECES:
        raise NotAllowed(TOO_SMALL)


def pieces(read: Callable[[int], bytes], most: int) -> Iterator[Iterator[bytes]]:
    """At most `most` bytes in pieces to be sealed while they come; each before the next.

    What came before a break is a piece too.
    """
    steps = _steps(read, most)
    for first in steps:
        yield _one_piece(first, steps)


def _steps(read: Callable[[int], bytes], most: int) -> Iterator[bytes]:
    left = most
    while left > 0 and (some := read(min(READ, left))):
        left -= len(some)
        yield some


def _one_piece(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    size = len(first)
    yield first
    while size < PIECE and (some := next(rest, b"")):
        size += len(some)
        yield some


def seal(vault: Vault, piece: Iterable[bytes]) -> SealedObject:
    """Put one piece into quarantine; until `keep` adds its row it does not count."""
    return vault.put(Place.QUARANTINE, piece)


def keep(
    session: Session,
    capture_id: uuid.UUID,
    start: int,
    sealed: Sequence[SealedObject],
    *,
    by: User,
) -> Standing:
    """Write the rows of pieces sealed before, one after the other from `start`; how it stands then.

    Of two pieces for one place the capture's row lets one in, the other is a Conflict. The last
    one makes the capture received, and defers its examination, in the same transaction.
    """
    before = standing.hold(session, capture_id)
    capture, reached = before.capture, start
    check_shutter(before)
    check_place(before, start, sum(each.size_plain for each in sealed))
    with conflicts(chunk_pkey=MOVED_ON), together(session):
        for each in sealed:
            place = {"capture_id": capture.id, "start": reached, "length": each.size_plain}
            add(session, each)
            add(session, Chunk(**place, sealed_object_id=each.id))
            reached += each.size_plain
        is_whole = reached == capture.size_bytes
        capture.state = CaptureState.RECEIVED if is_whole else CaptureState.RECEIVING
        capture.received_at = clock.now() if is_whole else None
        if is_whole:
            trail.record(session, capture, "received capture", by=by, bytes=capture.size_bytes)
    if is_whole:
        _receive(session, before, by=by)
    return replace(
        before,
        bytes_kept=reached,
        pieces=before.pieces + len(sealed),
        last_at=sealed[-1].created_at,
    )


def stop(session: Session, capture_id: uuid.UUID, *, by: User) -> None:
    """Give an upload up at the device's wish; what came of it is kept sealed for 30 days."""
    found = standing.hold(session, capture_id)
    if found.capture.received_at is not None:
        raise NotAllowed(ARRIVED)
    if not found.is_open:
        return  # put away before it was whole: nothing more is waited for
    aside.put(session, found.capture, SetAsideReason.STOPPED, by=by)


def expire(session: Session) -> list[Capture]:
    """Give up uploads whose next piece did not come for a week; which they are."""
    waiting = session.scalars(
        sa.select(Capture)
        .where(Capture.state.in_(RECEIVES), Capture.announced_at < clock.now() - UNFINISHED_FOR)
        .with_for_update(skip_locked=True)
    )
    now = clock.now()
    expired = [each for each in waiting if (standing.of(session, each.id).expires_at or now) < now]
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


def end_unwanted(session: Session) -> None:
    """End uploads whose referral was withdrawn or whose person has died.

    Nothing more of them is taken: nobody is asked to send the rest.
    """
    unwanted = session.scalars(
        sa.select(Capture)
        .join(ImageSet)
        .join(Lesion)
        .join(Referral)
        .where(Capture.state.in_(RECEIVES), Referral.state == ReferralState.WITHDRAWN)
        .with_for_update(of=Capture, skip_locked=True)
    ).all()
    for each in unwanted:
        aside.put(session, each, SetAsideReason.REFERRAL_ENDED, by=None)


def _receive(session: Session, held: Standing, *, by: User) -> None:
    """All bytes are here: they are this person's photograph unless another person has them."""
    capture, twin_id = held.capture, held.twin_id
    if twin_id is None:
        defer(session, filing_tasks.examine, capture_id=str(capture.id))
        crash.here(Point.RECEIVED)
        return
    aside.put(session, capture, SetAsideReason.FILED_ELSEWHERE, by=by)
    elsewhere.alert(session, first_id=twin_id, second=capture, images=capture.image_set, by=by)
