"""Builders with defaults: each makes one valid row, flushed, and takes what a test cares about."""

import itertools
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import nhs_number
from sqlalchemy.orm import Session

from derm_service import clock
from derm_service.booking import ledger, rules
from derm_service.booking.codes import LIVE, AppointmentState, CancelReason, Level, ResourceKind
from derm_service.booking.models import (
    Appointment,
    Clinic,
    Hold,
    Location,
    MobileUnit,
    Resource,
    Slot,
)
from derm_service.db import new_id
from derm_service.people import Role, User
from derm_service.referrals import body_sites
from derm_service.referrals.codes import Channel, ConsentBy, Laterality, Mobility, Priority
from derm_service.referrals.models import AccessNeed, Lesion, Patient, Referral
from derm_service.referrals.proxy import Proxy

_count = itertools.count(1)
CHEEK, BACK, GROIN = "36141000", "66643007", "280387007"


def nhs_number_of(n: int) -> str:
    """The nth valid NHS number of the 999 range, which is never given to a person."""
    while True:
        first_nine = f"999{n % 1_000_000:06d}"
        check = nhs_number.calculate_checksum(first_nine)
        if check is not None and check != 10:
            return f"{first_nine}{check}"
        n += 500_009  # this one has no check digit: take another that is far away


def user(session: Session, *roles: Role, **given: Any) -> User:
    """A member of staff, by default a clerk; nobody can sign in with this password hash."""
    n = next(_count)
    made = User(
        **{
            "email": f"person{n}@example.nhs.uk",
            "name": f"Person {n}",
            "roles": [role.value for role in roles or (Role.CLERK,)],
            "password_hash": "!",
            "created_at": clock.now(),
            **given,
        }
    )
    session.add(made)
    session.flush()
    return made


def patient(session: Session, *, needs: tuple[str, ...] = (), **given: Any) -> Patient:
    """A person of 66 with an address, a GP and a valid test NHS number."""
    n = next(_count)
    made = Patient(
        **{
            "nhs_number": nhs_number_of(n),
            "family_name": f"Okafor{n}",
            "given_name": "Adaeze",
            "born_on": date(1960, 3, 14),
            "sex": "female",
            "address_lines": ["12 Mill Lane", "Anytown"],
            "postcode": "AN1 2BC",
            "phone": "01632 960111",
            "mobile": "07700 900111",
            "mobility": Mobility.INDEPENDENT,
            "gp_name": "Dr S Patel",
            "gp_practice_code": "C81001",
            "gp_address_lines": ["Mill Surgery", "1 Mill Lane", "Anytown", "AN1 2AA"],
            "created_at": clock.now(),
            **given,
        }
    )
    made.needs = [AccessNeed(need=need) for need in needs]
    session.add(made)
    session.flush()
    return made


def proxy(**given: Any) -> Proxy:
    """A daughter who hears for somebody by telephone, with their consent of today."""
    return Proxy(
        **{
            "name": "Mary Okafor",
            "relation": "daughter",
            "channel": Channel.PHONE,
            "consent_by": ConsentBy.PATIENT,
            "consented_on": clock.today(),
            "consent_note": "To me, by telephone",
            "phone": "01632 960222",
            **given,
        }
    )


def referral(
    session: Session,
    *,
    patient: Patient | None = None,
    priority: Priority = Priority.URGENT_SUSPECTED_CANCER,
    days_ago: int = 3,
    sites: tuple[tuple[str, Laterality], ...] = ((CHEEK, Laterality.LEFT),),
    **given: Any,
) -> Referral:
    """An open referral received `days_ago`, with one lesion for each of `sites`."""
    received_on = clock.today() - timedelta(days=days_ago)
    made = Referral(
        **{
            "patient": patient or _patient(session),
            "priority": priority,
            "received_at": datetime(
                received_on.year, received_on.month, received_on.day, 9, tzinfo=UTC
            ),
            "clock_started_on": received_on,
            "referrer_name": "Dr S Patel",
            "referrer_organisation": "Mill Surgery",
            "created_at": clock.now(),
            **given,
        }
    )
    session.add(made)
    for site_code, laterality in sites:
        lesion(session, referral=made, site_code=site_code, laterality=laterality)
    session.flush()
    return made


def lesion(
    session: Session,
    *,
    referral: Referral,
    site_code: str = CHEEK,
    laterality: Laterality = Laterality.LEFT,
    **given: Any,
) -> Lesion:
    """One more lesion of a referral, numbered after its others."""
    site = body_sites.BY_CODE[site_code]
    made = Lesion(
        **{
            "referral": referral,
            "number": len(referral.lesions) + 1,
            "site_code": site_code,
            "laterality": laterality,
            "intimate": site.is_intimate,
            "question": "Growing for three months. Is this a melanoma?",
            **given,
        }
    )
    session.add(made)
    session.flush()
    return made


_patient = patient


def location(session: Session, **given: Any) -> Location:
    """A community hospital with step-free access."""
    n = next(_count)
    made = Location(
        **{
            "name": f"Mill Road Hospital {n}",
            "kind": "hospital",
            "address_lines": ["Mill Road", "Anytown"],
            "postcode": "AN2 3CD",
            "directions": "Bus 7 stops outside. Park in car park B.",
            "features": ["step_free", "accessible_toilet"],
            **given,
        }
    )
    session.add(made)
    session.flush()
    return made


def van(session: Session, **given: Any) -> MobileUnit:
    """A van without its resource row."""
    made = MobileUnit(**{"name": f"Van {next(_count)}", **given})
    session.add(made)
    session.flush()
    return made


def resource(session: Session, kind: ResourceKind = ResourceKind.ROOM, **given: Any) -> Resource:
    """Something that cannot be in two places."""
    made = Resource(**{"kind": kind, "name": f"{kind.capitalize()} {next(_count)}", **given})
    session.add(made)
    session.flush()
    return made


def resources(session: Session, location: Location) -> list[Resource]:
    """A room of the place, a photographer and a dermatoscope."""
    return [
        resource(session, ResourceKind.ROOM, location_id=location.id),
        resource(session, ResourceKind.PHOTOGRAPHER),
        resource(session, ResourceKind.DERMATOSCOPE),
    ]


def _in_a_week() -> datetime:
    """Nine in the morning in a week: no test of a clinic may depend on the hour it runs at."""
    day = clock.today() + timedelta(days=7)
    return datetime.combine(day, time(9), clock.london(clock.now()).tzinfo).astimezone(UTC)


def clinic(
    session: Session,
    *,
    starts_at: datetime | None = None,
    hours: float = 2,
    slot_minutes: int = 20,
    location: Location | None = None,
    holds: list[Resource] | None = None,
    **given: Any,
) -> Clinic:
    """An open clinic in a week with its staff and kit in the ledger; may lie in the past."""
    place = location or _location(session)
    start = starts_at or _in_a_week()
    end = start + timedelta(hours=hours)
    made = Clinic(
        **{
            "id": new_id(),
            "location": place,
            "starts_at": start,
            "ends_at": end,
            "slot_minutes": slot_minutes,
            "slots": [
                Slot(id=new_id(), starts_at=one, ends_at=other)
                for one, other in rules.cut(start, end, slot_minutes)
            ],
            **given,
        }
    )
    session.add(made)
    session.flush()
    held = holds if holds is not None else resources(session, place)
    ledger.take(
        session,
        [one.id for one in held],
        level=Level.CLINIC,
        during=ledger.span(start, end),
        clinic_id=made.id,
    )
    return made


def slot(session: Session, **given: Any) -> Slot:
    """The first slot of a clinic of its own."""
    return clinic(session, **given).slots[0]


def hold(session: Session, *, expires_at: datetime, **given: Any) -> Hold:
    """The bare row of a hold; `holds.hold` also writes the ledger."""
    made = Hold(
        **{
            "slot_id": _slot(session).id,
            "expires_at": expires_at,
            "held_by_id": user(session).id,
            **given,
        }
    )
    session.add(made)
    session.flush()
    return made


def appointment(
    session: Session,
    *,
    slot: Slot | None = None,
    referral: Referral | None = None,
    state: AppointmentState = AppointmentState.BOOKED,
    by: User | None = None,
    **given: Any,
) -> Appointment:
    """A referral in a slot, in the ledger while it is live; `booking.book` without its letters."""
    place = slot or _slot(session)
    who = referral or _referral(session)
    cancelled = state is AppointmentState.CANCELLED
    made = Appointment(
        **{
            "id": new_id(),
            "slot": place,
            "referral": who,
            "patient": who.patient,
            "during": ledger.span(place.starts_at, place.ends_at),
            "state": state,
            "cancel_reason": CancelReason.PATIENT_ILL if cancelled else None,
            "booked_by_id": (by or user(session)).id,
            "booked_at": clock.now(),
            "checked_in_at": clock.now() if state is AppointmentState.CHECKED_IN else None,
            **given,
        }
    )
    session.add(made)
    session.flush()
    if state in LIVE:
        ledger.take(
            session,
            ledger.resources_of_clinic(session, place.clinic_id),
            level=Level.VISIT,
            during=made.during,
            appointment_id=made.id,
        )
    return made


_location, _slot, _referral = location, slot, referral
