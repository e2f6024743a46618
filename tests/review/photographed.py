"""Builders of a case as it lies before a reader: lesions with filed captures of a past visit."""

import hashlib
import itertools
import uuid
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from derm_service import clock
from derm_service.audit import AuditEntry
from derm_service.booking.codes import AppointmentState
from derm_service.db import new_id
from derm_service.imaging.codes import CaptureState, RenditionSize, View
from derm_service.imaging.models import Capture, ImageSet, Rendition, SealedObject, Visit
from derm_service.people import Role, User
from derm_service.referrals import lesions
from derm_service.referrals.codes import LesionState
from derm_service.referrals.models import Lesion, Referral
from derm_service.review import claims, opinions, viewing
from derm_service.review.codes import Outcome
from derm_service.review.models import Opinion
from derm_service.review.opinions import Wording
from tests import make

_count = itertools.count(1)
ALL_VIEWS = tuple(View)
PAIR = ((make.CHEEK, make.Laterality.LEFT), (make.BACK, make.Laterality.MIDLINE))


def reader(session: Session, **given: Any) -> User:
    """A dermatologist who may see intimate images."""
    return make.user(session, Role.DERMATOLOGIST, **{"intimate_images": True, **given})


def visit(session: Session, referral: Referral, **given: Any) -> Visit:
    """A finished visit of a referral."""
    n = next(_count)
    starts = clock.now().replace(hour=9, minute=0, second=0, microsecond=0) - timedelta(days=n)
    place = make.slot(session, starts_at=starts)
    appointment = make.appointment(
        session, slot=place, referral=referral, state=AppointmentState.COMPLETED
    )
    made = Visit(**{"appointment_id": appointment.id, "finished_at": clock.now(), **given})
    session.add(made)
    session.flush()
    return made


def image_set(
    session: Session,
    lesion: Lesion,
    *,
    views: tuple[View, ...] = ALL_VIEWS,
    visit: Visit | None = None,
    state: CaptureState = CaptureState.FILED,
) -> ImageSet:
    """The captures of one lesion at one visit, with rows for their bytes but no bytes."""
    made = ImageSet(
        visit=visit or _visit(session, lesion.referral), lesion=lesion, created_at=clock.now()
    )
    session.add(made)
    session.flush()
    for view in views:
        capture(session, made, view=view, state=state)
    return made


def capture(
    session: Session, images: ImageSet, *, view: View, state: CaptureState = CaptureState.FILED
) -> Capture:
    """One capture, filed with its renditions unless said otherwise."""
    is_filed = state is CaptureState.FILED
    made = Capture(
        id=new_id(),
        image_set=images,
        view=view,
        state=state,
        sha256=hashlib.sha256(str(next(_count)).encode()).hexdigest(),
        size_bytes=1000,
        taken_by_id=make.user(session, Role.PHOTOGRAPHER).id,
        announced_at=clock.now(),
        filed_at=clock.now() if is_filed else None,
        verdict="accept" if is_filed else None,
        original_id=sealed(session).id if is_filed else None,
        renditions=[],
    )
    session.add(made)
    for size, side in ((RenditionSize.SMALL, 1024), (RenditionSize.FULL, 4000)) * is_filed:
        made.renditions.append(
            Rendition(size=size, width=side, height=side, sealed_object_id=sealed(session).id)
        )
    session.flush()
    return made


def sealed(session: Session) -> SealedObject:
    """A row for an object that the store does not have."""
    made = SealedObject(
        bucket="record",
        key=str(uuid.uuid4()),
        wrapped_keyset=b"",
        key_encryption_key="test",
        sha256_plain="0" * 64,
        sha256_cipher="0" * 64,
        size_plain=1,
        size_cipher=1,
        created_at=clock.now(),
    )
    session.add(made)
    session.flush()
    return made


def photograph(session: Session, lesion: Lesion, **given: Any) -> ImageSet:
    """Photograph a lesion that waits for it; it waits for a reader then."""
    images = image_set(session, lesion, **given)
    lesions.move(session, lesion, LesionState.AWAITING_REVIEW, by=None)
    session.flush()
    return images


def case(session: Session, **given: Any) -> Referral:
    """A referral whose every lesion was photographed and waits for a reader."""
    referral = make.referral(session, **given)
    visit = _visit(session, referral)
    for lesion in referral.lesions:
        photograph(session, lesion, visit=visit)
    return referral


def open_all(session: Session, lesion: Lesion, by: User) -> None:
    """Have a reader open every filed image of the current set."""
    for each in viewing.filed(viewing.current_set(session, lesion.id)):
        viewing.opened(session, capture_id=each.id, by=by)


def words(outcome: Outcome = Outcome.REASSURE) -> Wording:
    """What a reader might write."""
    return Wording(outcome, text_for_patient="Here is our answer.", text_for_gp="Seen and judged.")


def sign(
    session: Session,
    lesion: Lesion,
    outcome: Outcome = Outcome.REASSURE,
    *,
    by: User,
    **given: Any,
) -> Opinion:
    """Claim the case, open the images and sign."""
    claims.claim(session, referral_id=lesion.referral_id, by=by)
    open_all(session, lesion, by)
    return opinions.sign(
        session,
        **{
            "lesion_id": lesion.id,
            "wording": words(outcome),
            "site_confirmed": True,
            "by": by,
            **given,
        },
    )


def dids(session: Session, referral: Referral) -> list[str]:
    """What the audit says was done on a referral, in order."""
    rows = sa.select(AuditEntry.did).where(AuditEntry.referral_id == referral.id)
    return list(session.scalars(rows.order_by(AuditEntry.id)))


_visit = visit
