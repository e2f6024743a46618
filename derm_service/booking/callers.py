"""Who is on the telephone: found by two things, told apart from look-alikes, confirmed by three."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from derm_service import audit
from derm_service.booking import offer_queries, queries
from derm_service.booking.models import Appointment
from derm_service.booking.offer_models import Offer
from derm_service.errors import Invalid
from derm_service.people import User
from derm_service.referrals.codes import LesionState, ReferralState
from derm_service.referrals.matching import plain
from derm_service.referrals.models import Patient, Referral
from derm_service.referrals.queries import people_like

IDENTIFIERS: dict[str, str] = {
    "name": "Full name",
    "born_on": "Date of birth",
    "address": "First line of the address and postcode",
    "phone": "Telephone number",
    "nhs_number": "NHS number",
}
NEEDED = 3
ASK = "Tick three things the caller said themselves and that match the record"


@dataclass(frozen=True)
class Bookable:
    """One open referral of a person, and the appointment it has already."""

    referral: Referral
    appointment: Appointment | None


@dataclass(frozen=True)
class Candidate:
    """Somebody the caller may be."""

    patient: Patient
    is_look_alike: bool  # not what was typed, but easily taken for it
    referrals: list[Bookable]
    offer: Offer | None  # the time they are offered just now, which they may ring about


def candidates(session: Session, found: Sequence[Patient]) -> list[Candidate]:
    """Who was found, and beside them who shares the family name and the home or the birthday."""
    names = {plain(one.family_name) for one in found}
    near = people_like(
        session,
        numbers=set(),
        born_on={one.born_on for one in found},
        postcodes={one.postcode for one in found},
    )
    known = {one.id for one in found}
    alike = [one for one in near if one.id not in known and plain(one.family_name) in names]
    alike.sort(key=lambda one: (one.family_name, one.given_name, one.born_on))
    return [
        Candidate(
            one,
            one.id not in known,
            _bookable(session, one),
            offer_queries.open_of_patient(session, one.id),
        )
        for one in (*found, *alike)
    ]


def confirm(
    session: Session, *, referral_id: uuid.UUID, identifiers: Sequence[str], by: User
) -> Referral:
    """Record by what a caller proved who they are; Invalid with fewer than three things."""
    referral = queries.referral(session, referral_id)
    said = [each for each in IDENTIFIERS if each in identifiers]
    if len(said) < NEEDED:
        raise Invalid({"identifiers": ASK})
    audit.record(
        session,
        by=by,
        did="confirmed who rang",
        subject=referral,
        detail={"identifiers": said},
    )
    return referral


def _bookable(session: Session, patient: Patient) -> list[Bookable]:
    if patient.deceased_on is not None:
        return []
    return [
        Bookable(each, queries.waiting_appointment(session, each.id))
        for each in patient.referrals
        if each.state is ReferralState.OPEN
        and any(one.state is LesionState.AWAITING_IMAGES for one in each.lesions)
    ]
