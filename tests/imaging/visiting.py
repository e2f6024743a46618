"""Builders for visits: a person checked in, and the steps up to an open shutter."""

import hashlib
from collections.abc import Iterable
from datetime import UTC, timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from derm_service import clock
from derm_service.booking.codes import AppointmentState
from derm_service.booking.models import Appointment
from derm_service.db import new_id
from derm_service.imaging import visits
from derm_service.imaging.codes import CaptureState, SetAsideReason, View
from derm_service.imaging.consent import ConsentTaken
from derm_service.imaging.models import Capture, ImageSet, SealedObject, Visit
from derm_service.people import Role, User
from derm_service.referrals.codes import ConsentBy
from derm_service.referrals.models import Referral
from tests import make

YES = ConsentTaken(given_by=ConsentBy.PATIENT, record=True)
NO = ConsentTaken(given_by=ConsentBy.PATIENT, record=False)
THREE = ["name", "born_on", "nhs_number"]


def photographer(session: Session) -> User:
    return make.user(session, Role.PHOTOGRAPHER)


def appointment_now(
    session: Session,
    *,
    referral: Referral | None = None,
    state: AppointmentState = AppointmentState.BOOKED,
) -> Appointment:
    """An appointment in a clinic of today that began half an hour ago, or at midnight."""
    now = clock.london(clock.now())
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    starts_at = max(now - timedelta(minutes=30), midnight).astimezone(UTC)
    clinic = make.clinic(session, starts_at=starts_at)
    return make.appointment(
        session,
        slot=clinic.slots[0],
        referral=referral or make.referral(session),
        state=state,
    )


def visit(session: Session, *, referral: Referral | None = None, by: User) -> Visit:
    """A visit just begun: the person is checked in and nothing else is done."""
    appointment = appointment_now(session, referral=referral, state=AppointmentState.CHECKED_IN)
    return visits.begin(session, appointment_id=appointment.id, by=by)


def known(session: Session, *, referral: Referral | None = None, by: User) -> Visit:
    """A visit at which the person's identity is confirmed."""
    begun = visit(session, referral=referral, by=by)
    return visits.confirm_identity(session, visit_id=begun.id, identifiers=THREE, by=by)


def consented(session: Session, *, referral: Referral | None = None, by: User) -> Visit:
    """A visit with identity confirmed and consent to record."""
    begun = known(session, referral=referral, by=by)
    return visits.record_consent(session, visit_id=begun.id, taken=YES, by=by)


def ready(session: Session, *, referral: Referral | None = None, by: User) -> Visit:
    """A visit at which the site of every lesion is confirmed too."""
    begun = consented(session, referral=referral, by=by)
    for lesion in begun.appointment.referral.lesions:
        visits.confirm_site(session, visit_id=begun.id, lesion_id=lesion.id, by=by)
    return begun


def lesion_id(visit: Visit, number: int = 1) -> UUID:
    return visit.appointment.referral.lesions[number - 1].id


def capture(
    session: Session,
    images: ImageSet,
    view: View,
    *,
    by: User,
    state: CaptureState = CaptureState.FILED,
) -> Capture:
    """A capture in any state, its bytes a row only."""
    made = Capture(
        id=new_id(),
        image_set_id=images.id,
        view=view,
        state=state,
        sha256=hashlib.sha256(new_id().bytes).hexdigest(),
        size_bytes=1000,
        taken_by_id=by.id,
        announced_at=clock.now(),
        original=sealed() if state is CaptureState.FILED else None,
        set_aside_reason=SetAsideReason.RETAKEN if state is CaptureState.SET_ASIDE else None,
    )
    session.add(made)
    session.flush()
    return made


def photograph(
    session: Session, visit: Visit, *, by: User, views: Iterable[View] = tuple(View)
) -> None:
    """File the given views of every lesion of the visit."""
    for lesion in visit.appointment.referral.lesions:
        images = visits.image_set(session, visit_id=visit.id, lesion_id=lesion.id, by=by)
        for view in views:
            capture(session, images, view, by=by)


def sealed() -> SealedObject:
    """A row about bytes that are nowhere."""
    return SealedObject(
        bucket="record",
        key=str(new_id()),
        wrapped_keyset=b"wrapped",
        key_encryption_key="test",
        sha256_plain="0" * 64,
        sha256_cipher="1" * 64,
        size_plain=1000,
        size_cipher=1040,
        created_at=clock.now(),
    )
