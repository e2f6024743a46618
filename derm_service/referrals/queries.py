"""Reads of patients, referrals and lesions."""

import uuid
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Session, selectinload

from derm_service.errors import NotFound
from derm_service.referrals.models import Lesion, Patient, Referral


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


def people_like(
    session: Session, *, numbers: set[str], born_on: set[date], postcodes: set[str]
) -> list[Patient]:
    """Patients who share an NHS number, a birth date or a postcode: candidates for matching."""
    return list(
        session.scalars(
            sa.select(Patient).where(
                Patient.nhs_number.in_(numbers)
                | Patient.born_on.in_(born_on)
                | Patient.postcode.in_(postcodes - {""})
            )
        )
    )


def references_here(session: Session, source: str, references: set[str]) -> dict[str, uuid.UUID]:
    """Which of these references of a source are here, with their referral's id."""
    rows = session.execute(
        sa.select(Referral.source_reference, Referral.id).where(
            Referral.source == source, Referral.source_reference.in_(references)
        )
    )
    return {str(reference): referral_id for reference, referral_id in rows}


def patient_for_change(session: Session, patient_id: uuid.UUID) -> Patient:
    """One patient, held until the transaction ends."""
    found = session.get(Patient, patient_id, with_for_update=True, populate_existing=True)
    if found is None:
        raise NotFound("There is no such patient. Search again.")
    return found
