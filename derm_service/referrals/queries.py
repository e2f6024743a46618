"""Reads of patients, referrals and lesions."""

import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Session, selectinload

from derm_service.errors import NotFound
from derm_service.referrals.codes import Purpose
from derm_service.referrals.models import Consent, Lesion, Patient, Referral


def patient(session: Session, patient_id: uuid.UUID) -> Patient:
    """One patient, or NotFound."""
    found = session.get(Patient, patient_id)
    if found is None:
        raise NotFound("There is no such patient. Search again.")
    return found


def referral(session: Session, referral_id: uuid.UUID, *, lock: bool = False) -> Referral:
    """One referral with its patient and lesions, or NotFound; `lock` holds the row."""
    query = (
        sa.select(Referral)
        .where(Referral.id == referral_id)
        .options(selectinload(Referral.patient), selectinload(Referral.lesions))
    )
    if lock:
        query = query.with_for_update(of=Referral).execution_options(populate_existing=True)
    found = session.scalar(query)
    if found is None:
        raise NotFound("There is no such referral. Search for the patient again.")
    return found


def lesion(session: Session, lesion_id: uuid.UUID, *, lock: bool = False) -> Lesion:
    """One lesion, or NotFound; `lock` holds the row until the transaction ends."""
    found = session.get(Lesion, lesion_id, with_for_update=lock, populate_existing=lock)
    if found is None:
        raise NotFound("There is no such lesion. Go back to the referral.")
    return found


def consent_history(session: Session, referral_id: uuid.UUID, purpose: Purpose) -> list[Consent]:
    """Every answer to one purpose, newest first."""
    return list(
        session.scalars(
            sa.select(Consent)
            .where(Consent.referral_id == referral_id, Consent.purpose == purpose)
            .order_by(Consent.recorded_at.desc(), Consent.id.desc())
        )
    )
