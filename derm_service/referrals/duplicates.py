"""Finds patients who are likely the person a referral is about; the clerk decides."""

import sqlalchemy as sa
from sqlalchemy.orm import Session

from derm_service.referrals import queries
from derm_service.referrals.inputs import PatientInput
from derm_service.referrals.matching import Match, Person, matches
from derm_service.referrals.models import Patient

_SAVING = 4_174
"""The first half of the key under which those who save a person wait for each other."""


def person_of(patient: Patient) -> Person:
    """What a patient is told apart by."""
    return Person(
        patient.id,
        patient.nhs_number,
        patient.family_name,
        patient.given_name,
        patient.born_on,
        patient.postcode,
    )


def person_in(patient: PatientInput, key: int | None = None) -> Person:
    """The same of somebody who was typed in, or stands on line `key` of a file."""
    return Person(
        key,
        patient.nhs_number,
        patient.family_name,
        patient.given_name,
        patient.born_on,
        patient.postcode,
    )


def one_at_a_time(session: Session, patient: PatientInput) -> None:
    """Wait for others who save a person born on the same day: they are seen by `likely` then.

    Held to the end of the transaction. Without it a button pressed twice makes two records where
    no NHS number is there to forbid the second.
    """
    session.execute(sa.select(sa.func.pg_advisory_xact_lock(_SAVING, patient.born_on.toordinal())))


def likely(session: Session, patient: PatientInput) -> list[Match]:
    """Everybody here who may be this person, the most likely first."""
    known = queries.people_like(
        session,
        numbers={patient.nhs_number} if patient.nhs_number else set(),
        born_on={patient.born_on},
        postcodes={patient.postcode},
    )
    return matches(person_in(patient), [person_of(each) for each in known])
