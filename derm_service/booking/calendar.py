"""The calendar of clinics: which are held on which day, and how full each is; no patients in it."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from derm_service import clock, wording
from derm_service.booking import days, open_slots, queries
from derm_service.booking.codes import ClinicState, Level, ResourceKind
from derm_service.booking.ledger import LIVE
from derm_service.booking.models import Allocation, Appointment, Clinic, Location, Resource, Slot
from derm_service.wording import count


@dataclass(frozen=True)
class Fill:
    """How full a clinic is: times, those still free, people, and those of them above capacity."""

    times: int = 0
    free: int = 0
    people: int = 0
    above: int = 0


@dataclass(frozen=True)
class Entry:
    """One clinic as the calendar shows it."""

    clinic: Clinic
    fill: Fill
    photographers: list[str]
    others: list[str]  # room, van, kit and helpers

    @property
    def is_open(self) -> bool:
        """Whether it is held."""
        return self.clinic.state is ClinicState.OPEN

    @property
    def is_to_come(self) -> bool:
        """Whether it can still be changed or cancelled."""
        return self.is_open and self.clinic.ends_at > clock.now()

    @property
    def full(self) -> str:
        """How full it is in words: 7 of 10 times free, 3 people."""
        people = count(self.fill.people, "person", "people")
        if not self.is_to_come:
            return f"{count(self.fill.times, 'time')}, {people}"
        return f"{self.fill.free} of {count(self.fill.times, 'time')} free, {people}"


@dataclass(frozen=True)
class Day:
    """One London day with its clinics in order of time and place."""

    on: date
    notes: list[str]
    entries: list[Entry]


@dataclass(frozen=True)
class Wanted:
    """Which clinics to show; None is any."""

    location_id: uuid.UUID | None = None
    photographer_id: uuid.UUID | None = None


def read(session: Session, on: Sequence[date], wanted: Wanted) -> list[Day]:
    """Each of these consecutive London days with its clinics."""
    found = _clinics(session, on[0], on[-1], wanted)
    fills = _fills(session, [one.id for one in found])
    resources = queries.resources_in(session, found)
    held: dict[date, list[Entry]] = {day: [] for day in on}
    for one in found:
        entry = _entry(one, fills.get(one.id, Fill()), resources.get(one.id, []))
        held[clock.london(one.starts_at).date()].append(entry)
    return [Day(day, days.notes(day), entries) for day, entries in held.items()]


def by_place(shown: Sequence[Day]) -> list[tuple[Location, list[list[Entry]]]]:
    """The same clinics place by place, in order of name: for each place its clinics of each day."""
    places = {one.clinic.location for day in shown for one in day.entries}
    return [
        (place, [[one for one in day.entries if one.clinic.location is place] for day in shown])
        for place in sorted(places, key=lambda each: wording.name_key(each.name))
    ]


def _entry(clinic: Clinic, fill: Fill, resources: Sequence[Resource]) -> Entry:
    people = [each for each in resources if each.kind is ResourceKind.PHOTOGRAPHER]
    others = [each.name for each in resources if each not in people]
    return Entry(clinic, fill, [each.name for each in people], others)


def _clinics(session: Session, first: date, last: date, wanted: Wanted) -> list[Clinic]:
    query = (
        sa.select(Clinic)
        .join(Clinic.location)
        .where(
            Clinic.starts_at >= queries.london_day(first)[0],
            Clinic.starts_at < queries.london_day(last)[1],
        )
        .options(joinedload(Clinic.location), joinedload(Clinic.mobile_unit))
        .order_by(Clinic.starts_at, Location.name)
    )
    if wanted.location_id is not None:
        query = query.where(Clinic.location_id == wanted.location_id)
    if wanted.photographer_id is not None:
        query = query.where(_works_in(wanted.photographer_id))
    return list(session.scalars(query))


def _works_in(photographer_id: uuid.UUID) -> sa.ColumnElement[bool]:
    """What a clinic held is given back when it is cancelled: then it is who was to work there."""
    return sa.exists().where(
        Allocation.clinic_id == Clinic.id,
        Allocation.resource_id == photographer_id,
        sa.or_(Allocation.state.in_(LIVE), Clinic.state == ClinicState.CANCELLED),
    )


def _fills(session: Session, clinic_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, Fill]:
    """How full each clinic is, in three queries however many there are."""
    if not clinic_ids:
        return {}
    now = clock.now()
    free = sa.and_(*open_slots.is_open(Slot, now), Slot.starts_at > now)
    times = session.execute(
        sa.select(
            Slot.clinic_id,
            sa.func.count().filter(Slot.withdrawn.is_(False)),
            sa.func.count().filter(free),
        )
        .where(Slot.clinic_id.in_(clinic_ids))
        .group_by(Slot.clinic_id)
    )
    in_clinic = (
        sa.select(Slot.clinic_id, sa.func.count(sa.distinct(Appointment.id)))
        .join(Appointment.slot)
        .where(Slot.clinic_id.in_(clinic_ids), Appointment.state.in_(queries.IN_A_SLOT))
        .group_by(Slot.clinic_id)
    )
    people = _counted(session, in_clinic)
    above = _counted(
        session,
        in_clinic.join(Allocation, Allocation.appointment_id == Appointment.id).where(
            Allocation.level == Level.VISIT, Allocation.state.in_(LIVE), Allocation.reason != ""
        ),
    )
    return {
        clinic_id: Fill(slots, open_, people.get(clinic_id, 0), above.get(clinic_id, 0))
        for clinic_id, slots, open_ in times
    }


def _counted(session: Session, query: sa.Select[uuid.UUID, int]) -> dict[uuid.UUID, int]:
    return {row[0]: row[1] for row in session.execute(query)}
