"""Everything the service holds about one referral or one patient, read for the record pages."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session, contains_eager, joinedload, selectinload

from derm_service.booking.models import Appointment, Clinic, Slot
from derm_service.imaging.codes import CaptureState
from derm_service.imaging.models import Capture, ImageSet, Retake
from derm_service.messages.codes import WorkKind
from derm_service.messages.models import Message, WorkItem
from derm_service.referrals.models import Consent, Lesion, Patient, Referral
from derm_service.review.models import Opinion, Told

ARRANGED = (
    WorkKind.CALL_PATIENT,
    WorkKind.TELL_PATIENT,
    WorkKind.ARRANGE_NEXT_STEP,
    WorkKind.LETTER_RETURNED,
    WorkKind.NEEDS_SOMEONE_TODAY,
)
"""Work whose end people ask about on the telephone: "When is my biopsy?"."""


@dataclass(frozen=True)
class LesionRecord:
    """One lesion with all that was made of it, oldest first."""

    lesion: Lesion
    captures: Sequence[Capture]
    retakes: Sequence[Retake]
    opinions: Sequence[Opinion]


@dataclass(frozen=True)
class ReferralRecord:
    """One referral with its lesions, appointments, consents, letters and tellings."""

    referral: Referral
    lesions: Sequence[LesionRecord]
    appointments: Sequence[Appointment]
    consents: Sequence[Consent]
    messages: Sequence[Message]
    told: Sequence[Told]
    arranged: Sequence[WorkItem]  # calls and arrangements, made or still to make


def patient_referrals(session: Session, patient: Patient) -> Sequence[Referral]:
    """All referrals of a patient, newest first."""
    return session.scalars(
        sa.select(Referral)
        .where(Referral.patient_id == patient.id)
        .options(selectinload(Referral.lesions))
        .order_by(Referral.received_at.desc())
    ).all()


def referral_record(session: Session, referral: Referral) -> ReferralRecord:
    """Read one referral's whole record."""
    lesion_ids = [lesion.id for lesion in referral.lesions]
    captures = _captures(session, lesion_ids)
    retakes = session.scalars(
        sa.select(Retake).where(Retake.lesion_id.in_(lesion_ids)).order_by(Retake.asked_at)
    ).all()
    opinions = session.scalars(
        sa.select(Opinion)
        .where(Opinion.lesion_id.in_(lesion_ids))
        .options(selectinload(Opinion.addenda), joinedload(Opinion.signed_by))
        .order_by(Opinion.signed_at)
    ).all()
    return ReferralRecord(
        referral=referral,
        lesions=[
            LesionRecord(
                lesion=lesion,
                captures=[each for each in captures if each.image_set.lesion_id == lesion.id],
                retakes=[each for each in retakes if each.lesion_id == lesion.id],
                opinions=[each for each in opinions if each.lesion_id == lesion.id],
            )
            for lesion in referral.lesions
        ],
        appointments=_appointments(session, referral.id),
        consents=session.scalars(
            sa.select(Consent)
            .where(Consent.referral_id == referral.id)
            .order_by(Consent.recorded_at)
        ).all(),
        messages=session.scalars(
            sa.select(Message)
            .where(Message.referral_id == referral.id)
            .order_by(Message.created_at)
        ).all(),
        told=session.scalars(
            sa.select(Told)
            .join(Told.opinion)
            .where(Opinion.lesion_id.in_(lesion_ids))
            .order_by(Told.told_at)
        ).all(),
        arranged=session.scalars(
            sa.select(WorkItem)
            .where(WorkItem.referral_id == referral.id, WorkItem.kind.in_(ARRANGED))
            .order_by(WorkItem.opened_at)
        ).all(),
    )


def _captures(session: Session, lesion_ids: list[uuid.UUID]) -> Sequence[Capture]:
    return session.scalars(
        sa.select(Capture)
        .join(Capture.image_set)
        .where(ImageSet.lesion_id.in_(lesion_ids), Capture.state != CaptureState.ERASED)
        .options(joinedload(Capture.image_set))
        .order_by(Capture.announced_at)
    ).all()


def _appointments(session: Session, referral_id: uuid.UUID) -> Sequence[Appointment]:
    return session.scalars(
        sa.select(Appointment)
        .where(Appointment.referral_id == referral_id)
        .options(
            contains_eager(Appointment.slot).joinedload(Slot.clinic).joinedload(Clinic.location)
        )
        .join(Appointment.slot)
        .order_by(Slot.starts_at, Appointment.booked_at)
    ).all()
