"""Captures with real bytes: received in pieces and, where wanted, filed on the record."""

import hashlib

from sqlalchemy.orm import Session

from derm_service.db import new_id
from derm_service.imaging import announcing, filing, uploads
from derm_service.imaging.announcing import Announcement
from derm_service.imaging.codes import CaptureState, View
from derm_service.imaging.models import Capture, Visit
from derm_service.imaging.vault import Vault
from derm_service.people import User
from tests.imaging import files, visiting

GOOD = files.with_camera_data(files.skin(1200, 900))


def announced(
    session: Session,
    *,
    data: bytes | None = None,
    visit: Visit | None = None,
    by: User | None = None,
) -> Capture:
    """A capture the device has named and not sent."""
    person, data = by or visiting.photographer(session), data or files.of_its_own(GOOD)
    at = visit or visiting.ready(session, by=person)
    return announcing.announce(
        session,
        Announcement(
            capture_id=new_id(),
            sha256=hashlib.sha256(data).hexdigest(),
            size_bytes=len(data),
            appointment_id=at.appointment_id,
            lesion_id=visiting.lesion_id(at),
            view=View.CLOSE_UP,
        ),
        by=person,
    )


def received(
    session: Session,
    vault: Vault,
    *,
    data: bytes | None = None,
    visit: Visit | None = None,
    by: User | None = None,
) -> Capture:
    """A capture whose bytes have all come, in two pieces."""
    person, data = by or visiting.photographer(session), data or files.of_its_own(GOOD)
    capture = announced(session, data=data, visit=visit, by=person)
    half, at = len(data) // 2, 0
    for piece in (data[:half], data[half:]):
        uploads.keep(session, capture.id, at, [uploads.seal(vault, [piece])], by=person)
        at += len(piece)
    return capture


def filed(
    session: Session,
    vault: Vault,
    *,
    data: bytes | None = None,
    visit: Visit | None = None,
    by: User | None = None,
) -> Capture:
    """A capture on the record, its pieces deleted."""
    capture = received(session, vault, data=data, visit=visit, by=by)
    session.commit()
    leftovers = filing.examine(session, vault, capture_id=capture.id)
    session.commit()
    for leftover in leftovers:
        vault.delete(leftover.place, leftover.key)
    assert capture.state is CaptureState.FILED
    return capture
