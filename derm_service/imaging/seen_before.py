"""Photographs that a new one may be the same as: of its own set, and of today's other patients."""

from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from derm_service import clock
from derm_service.booking.models import Appointment
from derm_service.imaging.codes import CaptureState
from derm_service.imaging.gate.duplicate import Known
from derm_service.imaging.models import Capture, ImageSet, Visit
from derm_service.referrals.models import Referral

WHILE = timedelta(hours=24)  # a photograph is filed to the wrong patient on the day, or not at all


def known(session: Session, capture: Capture) -> list[Known]:
    """Fingerprints to compare a capture with; of other patients only what came in today."""
    fingerprint = Capture.report["fingerprint"].astext
    patient_id = session.scalar(
        _with_patient(sa.select(Referral.patient_id)).where(Capture.id == capture.id)
    )
    is_own = Capture.image_set_id == capture.image_set_id
    is_others = (Referral.patient_id != patient_id) & (Capture.received_at > clock.now() - WHILE)
    rows = session.execute(
        _with_patient(
            sa.select(fingerprint, Referral.patient_id == patient_id, Capture.sha256)
        ).where(
            Capture.id != capture.id,
            Capture.state != CaptureState.SET_ASIDE,
            fingerprint.is_not(None),
            is_own | is_others,
        )
    )
    return [Known(found, own, sha256 == capture.sha256) for found, own, sha256 in rows]


def _with_patient(query: sa.Select[Any]) -> sa.Select[Any]:
    return (
        query.select_from(Capture)
        .join(ImageSet, Capture.image_set_id == ImageSet.id)
        .join(Visit, ImageSet.visit_id == Visit.id)
        .join(Appointment, Visit.appointment_id == Appointment.id)
        .join(Referral, Appointment.referral_id == Referral.id)
    )
