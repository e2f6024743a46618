"""Announcing a capture: everything that can be refused is refused before a byte is sent."""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value

from derm_service import clock
from derm_service.db import UtcDateTime, add, conflicts, together
from derm_service.errors import Conflict, Invalid, NotAllowed
from derm_service.imaging import elsewhere, trail, visits
from derm_service.imaging.codes import (
    CaptureState,
    Contact,
    Immersion,
    Polarisation,
    SetAsideReason,
    View,
)
from derm_service.imaging.elsewhere import FiledElsewhere
from derm_service.imaging.models import Capture, ImageSet, Visit
from derm_service.people import User

MOST_PER_VISIT = 120  # captures, those taken again among them
MOST_PER_DAY = 20 * 1024**3  # bytes one person may announce in 24 hours
DAY = timedelta(hours=24)
GIVEN_UP = frozenset(
    {SetAsideReason.STOPPED, SetAsideReason.NEVER_ARRIVED, SetAsideReason.REFERRAL_ENDED}
)
"""Why a capture may never have all its bytes; nothing more is taken for it."""

SAME_ID_OTHER_BYTES = (
    "Another photograph was sent under this number. Choose the file again, "
    "so that it gets a number of its own."
)
TOO_MANY = (
    f"This visit has {MOST_PER_VISIT} photographs already, which is the most one visit may have. "
    "Finish it, and ring the office if more are needed."
)
QUOTA_USED = (
    f"You have sent {MOST_PER_DAY // 1024**3} GB in 24 hours, which is the most one person may. "
    "Keep the photographs on the device and ring the service desk."
)
STOPPED_BEFORE = (
    "Sending this photograph was stopped, or its referral ended or a week passed meanwhile. "
    "Choose the file again, so that it gets a number of its own."
)


_CAPTURE = sa.bindparam("capture_id", type_=sa.Uuid())


def _sent_before() -> sa.Select[int, int, uuid.UUID, uuid.UUID]:
    """What was announced before: how many captures of the visit, how many bytes by the person.

    Both without this capture; then whether itself was, and its bytes of somebody else.
    """
    another = Capture.id != _CAPTURE
    at_visit = (
        sa.select(sa.func.count())
        .select_from(Capture)
        .join(ImageSet)
        .where(ImageSet.visit_id == sa.bindparam("visit_id", type_=sa.Uuid()), another)
    )
    of_the_day = sa.select(sa.func.coalesce(sa.func.sum(Capture.size_bytes), 0)).where(
        Capture.taken_by_id == sa.bindparam("by_id", type_=sa.Uuid()),
        Capture.announced_at > sa.bindparam("since", type_=UtcDateTime()),
        another,
    )
    twin = elsewhere.twin_of(
        sa.bindparam("sha256", type_=sa.Text()),
        _CAPTURE,
        sa.bindparam("patient_id", type_=sa.Uuid()),
    )
    itself = sa.select(Capture.id).where(Capture.id == _CAPTURE)
    return sa.select(
        at_visit.scalar_subquery(), of_the_day.scalar_subquery(), itself.scalar_subquery(), twin
    )


_SENT_BEFORE = _sent_before()  # built once: to compose it takes longer than to run it
_KNOWN = sa.select(Capture.id).where(Capture.id == _CAPTURE)
_VISIT = sa.select(Visit.id).where(
    Visit.appointment_id == sa.bindparam("appointment_id", type_=sa.Uuid())
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
    """Open an upload; the same capture with the same hash is answered the same again.

    Raises `elsewhere.FiledElsewhere`, whose alert the caller commits, when the bytes are on the
    record of another person.
    """
    return known(session, announcement) or open_upload(session, announcement, by=by)


def known(session: Session, announcement: Announcement) -> Capture | None:
    """The capture if it was announced before; Conflict where it is another, or was given up."""
    if session.scalar(_KNOWN, {"capture_id": announcement.capture_id}) is None:
        return None  # most are new: a whole row is not asked for
    found = session.get_one(Capture, announcement.capture_id)
    images = found.image_set
    same_bytes = (found.sha256, found.size_bytes) == (announcement.sha256, announcement.size_bytes)
    is_of = (images.visit.appointment_id, images.lesion_id, found.view)
    if not same_bytes or is_of != (
        announcement.appointment_id,
        announcement.lesion_id,
        announcement.view,
    ):
        raise Conflict(SAME_ID_OTHER_BYTES)
    if found.set_aside_reason in GIVEN_UP:
        raise Conflict(STOPPED_BEFORE)
    return found


def open_upload(session: Session, announcement: Announcement, *, by: User) -> Capture:
    """Announce a capture that was not known just now."""
    check_context(announcement)
    visit_id = session.scalar(_VISIT, {"appointment_id": announcement.appointment_id})
    if visit_id is None:
        raise Conflict("This person is not checked in. Check them in on the day list first.")
    images = visits.open_shutter(
        session, visit_id=visit_id, lesion_id=announcement.lesion_id, by=by
    )
    before = _before(session, images, announcement, by)
    if before.known_id and (earlier := known(session, announcement)):
        return earlier  # the same device a moment ago
    _check_limits(before, announcement)
    made = _capture(announcement, images, by)
    if before.twin_id is not None:
        elsewhere.alert(session, first_id=before.twin_id, second=made, images=images, by=by)
        raise FiledElsewhere(elsewhere.ELSEWHERE)
    with conflicts(capture_pkey=SAME_ID_OTHER_BYTES), together(session):
        add(session, made)
        facts = {"view": made.view.value, "sha256": made.sha256, "lesion": str(images.lesion_id)}
        trail.record(session, made, "announced capture", by=by, **facts)
    return made


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


class _Before(NamedTuple):
    """What `_SENT_BEFORE` finds."""

    captures: int
    bytes_of_day: int
    known_id: uuid.UUID | None
    twin_id: uuid.UUID | None


def _before(session: Session, images: ImageSet, announcement: Announcement, by: User) -> _Before:
    asked = {
        "visit_id": images.visit_id,
        "by_id": by.id,
        "since": clock.now() - DAY,
        "capture_id": announcement.capture_id,
        "sha256": announcement.sha256,
        "patient_id": images.visit.appointment.patient_id,
    }
    return _Before(*session.execute(_SENT_BEFORE, asked).one())


def _check_limits(before: _Before, announcement: Announcement) -> None:
    """Refuse with 403, not 409: a program that asks again is told the same."""
    if before.captures >= MOST_PER_VISIT:
        raise NotAllowed(TOO_MANY)
    if before.bytes_of_day + announcement.size_bytes > MOST_PER_DAY:
        raise NotAllowed(QUOTA_USED)


def _capture(announcement: Announcement, images: ImageSet, by: User) -> Capture:
    dermoscopic = announcement.view is View.DERMOSCOPIC
    made = Capture(
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
        received_at=None,
        set_aside_reason=None,
        kept_note="",
        media_type="",
        camera={},
    )
    set_committed_value(made, "image_set", images)
    return made
