"""Taking in a referral: one action for the page, the file import and demonstration data."""

import uuid
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime, time

from sqlalchemy.orm import Session

from derm_service import audit, clock
from derm_service.db import conflict_on
from derm_service.errors import Conflict, Invalid
from derm_service.people import User
from derm_service.referrals import body_sites, contacts, queries, seven_point
from derm_service.referrals.codes import Need
from derm_service.referrals.inputs import (
    LesionInput,
    PatientInput,
    ReferralInput,
    lesion_problems,
    patient_problems,
    referral_problems,
)
from derm_service.referrals.models import AccessNeed, Lesion, Patient, Referral
from derm_service.referrals.proxy import Heard

NUMBER_TAKEN = (
    "Another patient has this NHS number. Choose them if they are the same person. If not, one "
    "of the numbers is wrong: find out which, or enter this person without a number."
)
ALREADY_HERE = "A referral with this reference is here already. Nothing was changed."


def refer(
    session: Session,
    *,
    patient: PatientInput | uuid.UUID,
    referral: ReferralInput,
    lesions: Sequence[LesionInput],
    heard: Heard = Heard(),  # noqa: B008 (frozen)
    by: User | None,
    source: str = "entered",
) -> Referral:
    """Take in one referral for a new patient, or for one we know by id.

    `heard` is how the person may be reached (`contacts.add`). Raises Invalid by field, Conflict
    where the reference is here already or the NHS number belongs to somebody else.
    """
    today = clock.today()
    if isinstance(patient, PatientInput):
        if found := patient_problems(patient, today=today):
            raise Invalid(found)
        person = _add_patient(session, patient, by=by)
    else:
        person = queries.patient(session, patient)
        if person.deceased_on is not None:
            raise Conflict("This patient is recorded as having died. Check that it is they.")
    found = referral_problems(referral, today=today, born_on=person.born_on)
    if found := found | lesion_problems(lesions):
        raise Invalid(found)
    contacts.add(session, person, heard, by=by)
    made = _add_referral(session, person, referral, source=source, by=by)
    for number, lesion in enumerate(lesions, start=1):
        made.lesions.append(_lesion(number, lesion))
    session.flush()
    audit.record(
        session,
        by=by,
        did="took in referral",
        subject=made,
        detail={"priority": made.priority, "source": source, "lesions": len(made.lesions)},
    )
    return made


def needs_of(needs: Sequence[Need], note: str) -> list[AccessNeed]:
    """The rows for a list of needs; a note makes one of them "other" and stands there."""
    wanted = dict.fromkeys([*needs, Need.OTHER] if note else needs)
    return [AccessNeed(need=need, note=note if need is Need.OTHER else "") for need in wanted]


def _add_patient(session: Session, patient: PatientInput, *, by: User | None) -> Patient:
    values = asdict(patient)
    needs, note = values.pop("needs"), values.pop("needs_note")
    made = Patient(**values, created_at=clock.now())
    made.needs = needs_of(needs, note)
    with conflict_on(session, "patient_nhs_number_key", NUMBER_TAKEN):
        session.add(made)
    audit.record(session, by=by, did="added patient", subject=made)
    return made


def _add_referral(
    session: Session, person: Patient, referral: ReferralInput, *, source: str, by: User | None
) -> Referral:
    made = Referral(
        patient_id=person.id,
        source=source,
        source_reference=referral.source_reference,
        priority=referral.priority,
        received_at=_moment(referral),
        clock_started_on=referral.received_on,
        referrer_name=referral.referrer_name,
        referrer_organisation=referral.referrer_organisation,
        referrer_phone=referral.referrer_phone,
        history=asdict(referral.history),
        created_by_id=by.id if by else None,
        created_at=clock.now(),
    )
    with conflict_on(session, "referral_source_reference_key", ALREADY_HERE):
        session.add(made)
    session.expire(person, ["referrals"])
    return made


def _moment(referral: ReferralInput) -> datetime:
    """Midday in London of an earlier day, or now for one received today."""
    if referral.received_on == clock.today():
        return clock.now()
    return datetime.combine(referral.received_on, time(12), tzinfo=clock.LONDON)


def _lesion(number: int, lesion: LesionInput) -> Lesion:
    return Lesion(
        number=number,
        site_code=lesion.site_code,
        laterality=lesion.laterality,
        site_note=lesion.site_note,
        intimate=body_sites.BY_CODE[lesion.site_code].is_intimate,
        question=lesion.question,
        duration=lesion.duration,
        seven_point=lesion.seven_point,
        seven_point_score=seven_point.score(lesion.seven_point) if lesion.seven_point else None,
        largest_diameter_mm=lesion.largest_diameter_mm,
    )
