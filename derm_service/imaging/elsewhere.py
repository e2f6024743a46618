"""The same bytes on two people's records: one of the two is wrong, and nobody knows which."""

import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from derm_service import audit, clock, wording
from derm_service.booking.models import Appointment
from derm_service.errors import Conflict
from derm_service.imaging.codes import CaptureState
from derm_service.imaging.models import Capture, ImageSet, Visit
from derm_service.messages import work
from derm_service.messages.codes import WorkKind
from derm_service.people import Role, User
from derm_service.referrals.models import Referral

HERE = frozenset({CaptureState.RECEIVED, CaptureState.CHECKED, CaptureState.FILED})
"""The states in which the service holds a capture's bytes as somebody's photograph."""

ELSEWHERE = (
    "This photograph is already filed elsewhere, on the record of another person. "
    "Photograph again. A lead has been asked to look at both."
)


class FiledElsewhere(Conflict):
    """Refused; the alert it left behind in the session must be committed all the same."""


def twin_of(
    sha256: sa.SQLColumnExpression[str],
    capture_id: sa.SQLColumnExpression[uuid.UUID],
    patient_id: sa.SQLColumnExpression[uuid.UUID],
) -> sa.ScalarSelect[uuid.UUID]:
    """The id of a capture with the same bytes that is, or is about to be, on another's record."""
    twin, images = aliased(Capture), aliased(ImageSet)
    visit, appointment = aliased(Visit), aliased(Appointment)
    return (
        sa.select(twin.id)
        .join(images, images.id == twin.image_set_id)
        .join(visit, visit.id == images.visit_id)
        .join(appointment, appointment.id == visit.appointment_id)
        .where(
            twin.sha256 == sha256,
            twin.id != capture_id,
            twin.state.in_(HERE),
            appointment.patient_id != patient_id,
        )
        .order_by(twin.received_at)
        .limit(1)
        .scalar_subquery()
    )


def alert(
    session: Session, *, first_id: uuid.UUID, second: Capture, images: ImageSet, by: User | None
) -> None:
    """One urgent row on the lead's Work page for each of the two records, naming the other."""
    first = session.get_one(Capture, first_id)
    older, newer = first.image_set.visit.appointment, images.visit.appointment
    on_both = f"The first was taken at the visit on {_when(older)}, the second on {_when(newer)}."
    _raise(
        session,
        second,
        newer.referral,
        f"A photograph sent for this person is already on the record of {_who(older)}, so it was "
        f"not taken. {on_both} Find out whose it is: the first may be the wrong one.",
        by,
    )
    _raise(
        session,
        first,
        older.referral,
        f"The same photograph was sent for {_who(newer)}, and was not taken there. "
        f"{on_both} Find out whose it is: the one on this record may be the wrong one.",
        by,
    )
    audit.record(
        session,
        by=by,
        did="refused capture filed elsewhere",
        subject=first,
        referral_id=newer.referral_id,
        patient_id=newer.patient_id,
        detail={"refused": str(second.id), "sha256": second.sha256},
    )


def _raise(
    session: Session, subject: Capture, referral: Referral, note: str, by: User | None
) -> None:
    work.raise_item(
        session,
        kind=WorkKind.SAFETY_ALERT,
        role=Role.LEAD,
        due_on=clock.today(),
        referral_id=referral.id,
        subject_id=subject.id,
        note=note,
        urgent=True,
        by=by,
    )


def _who(appointment: Appointment) -> str:
    patient = appointment.patient
    return wording.full_name(patient.given_name, patient.family_name)


def _when(appointment: Appointment) -> str:
    return wording.day(appointment.slot.starts_at)
