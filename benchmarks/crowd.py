"""Made-up people, clinics and slots in bulk, for benchmarks that need thousands."""

import uuid
from datetime import UTC, date, datetime, time, timedelta

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from derm_service import clock
from derm_service.booking.codes import AllocationState, Level, LocationKind, ResourceKind
from derm_service.booking.models import Allocation, Clinic, Location, Resource, Slot
from derm_service.booking.rules import cut
from derm_service.db import new_id
from derm_service.people import Role, User
from derm_service.referrals.codes import Laterality, Priority
from derm_service.referrals.models import Lesion, Patient, Referral

KINDS = (ResourceKind.ROOM, ResourceKind.PHOTOGRAPHER, ResourceKind.DERMATOSCOPE)
OPENS, CLOSES, MINUTES = time(8), time(18), 10


def add_clerk(session: Session) -> uuid.UUID:
    """Somebody to book for; the id."""
    clerk = User(
        id=new_id(),
        email=f"{uuid.uuid4().hex}@example.nhs.uk",
        name="Clerk",
        roles=[Role.CLERK.value],
        password_hash="!",
        created_at=clock.now(),
    )
    session.add(clerk)
    session.flush()
    return clerk.id


def add_referrals(session: Session, count: int) -> list[uuid.UUID]:
    """So many people with an open referral and one lesion each; the referrals' ids."""
    now, received_on = clock.now(), clock.today() - timedelta(days=3)
    people = [new_id() for _ in range(count)]
    referrals = [new_id() for _ in range(count)]
    _insert(
        session,
        Patient,
        [
            {
                "id": one,
                "family_name": f"Okafor{n}",
                "given_name": "Adaeze",
                "born_on": date(1960, 3, 14),
                "sex": "female",
                "address_lines": ["12 Mill Lane", "Anytown"],
                "postcode": "AN1 2BC",
                "created_at": now,
            }
            for n, one in enumerate(people)
        ],
    )
    _insert(
        session,
        Referral,
        [
            {
                "id": one,
                "patient_id": who,
                "priority": Priority.URGENT_SUSPECTED_CANCER,
                "received_at": now - timedelta(days=3),
                "clock_started_on": received_on,
                "created_at": now,
            }
            for one, who in zip(referrals, people, strict=True)
        ],
    )
    _insert(
        session,
        Lesion,
        [
            {
                "id": new_id(),
                "referral_id": one,
                "number": 1,
                "site_code": "36141000",
                "laterality": Laterality.LEFT,
            }
            for one in referrals
        ],
    )
    return referrals


def add_slots(session: Session, count: int, *, rooms: int = 16) -> list[uuid.UUID]:
    """So many slots of ten minutes in clinics with a room, a photographer and a dermatoscope.

    Each of `rooms` places has a clinic from 8 to 6 UTC on every day until there are enough.
    """
    sets = [_room(session) for _ in range(rooms)]
    first = clock.today() + timedelta(days=20)
    slots: list[uuid.UUID] = []
    day = 0
    while len(slots) < count:
        for location_id, resources in sets:
            on = first + timedelta(days=day)
            slots += _clinic(session, on, location_id, resources)
        day += 1
    session.flush()
    return slots[:count]


def _room(session: Session) -> tuple[uuid.UUID, list[uuid.UUID]]:
    place = Location(
        id=new_id(),
        name=f"Hospital {uuid.uuid4().hex[:8]}",
        kind=LocationKind.HOSPITAL.value,
        address_lines=["Mill Road", "Anytown"],
        features=["step_free"],
    )
    made = [Resource(id=new_id(), kind=kind, name=kind.capitalize()) for kind in KINDS]
    session.add_all([place, *made])
    session.flush()
    return place.id, [each.id for each in made]


def _clinic(
    session: Session, on: date, location_id: uuid.UUID, resources: list[uuid.UUID]
) -> list[uuid.UUID]:
    start, end = (datetime.combine(on, at, tzinfo=UTC) for at in (OPENS, CLOSES))
    clinic_id = new_id()
    values = {"id": clinic_id, "location_id": location_id, "starts_at": start, "ends_at": end}
    _insert(session, Clinic, [{**values, "slot_minutes": MINUTES}])
    rows = [
        {"id": new_id(), "clinic_id": clinic_id, "starts_at": one, "ends_at": other}
        for one, other in cut(start, end, MINUTES)
    ]
    _insert(session, Slot, rows)
    _insert(
        session,
        Allocation,
        [
            {
                "id": new_id(),
                "resource_id": each,
                "level": Level.CLINIC,
                "during": Range(start, end, bounds="[)"),
                "state": AllocationState.CONFIRMED,
                "clinic_id": clinic_id,
            }
            for each in resources
        ],
    )
    return [row["id"] for row in rows]


def _insert(session: Session, table: type, rows: list[dict[str, object]]) -> None:
    for start in range(0, len(rows), 1000):
        session.execute(sa.insert(table), rows[start : start + 1000])
