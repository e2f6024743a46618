"""How well the times of clinics are used: offered, booked, used, missed, by place and period."""

import uuid
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from derm_service import clock, wording
from derm_service.booking import queries
from derm_service.booking.codes import AppointmentState, ClinicState
from derm_service.booking.models import Appointment, Clinic, Location, Slot

LONGEST_DAYS = 731
CAME = frozenset({AppointmentState.CHECKED_IN, AppointmentState.COMPLETED})


class Split(StrEnum):
    """Into which periods the days are cut."""

    WHOLE = "whole"
    MONTH = "month"
    WEEK = "week"


@dataclass(frozen=True)
class Row:
    """Times, counted as slots: one person in two slots counts two, two people in one count two."""

    place: str
    first: date
    last: date
    offered: int
    booked: int
    used: int
    missed: int

    @property
    def booked_percent(self) -> int | None:
        """Of the times offered; above 100 where people were booked above capacity."""
        return round(100 * self.booked / self.offered) if self.offered else None


@dataclass(frozen=True)
class _Held:
    """One clinic with its counts."""

    place: str
    on: date
    counts: Counter[str]


def read(
    session: Session,
    first: date,
    last: date,
    *,
    split: Split = Split.WHOLE,
    location_id: uuid.UUID | None = None,
) -> list[Row]:
    """One row for each place and period with clinics between two London days, both included.

    Cancelled clinics and withdrawn slots offered nothing. Booked is everybody who was to come,
    used who came, missed who did not.
    """
    clinics = _clinics(session, first, last, location_id)
    cut = _cut(split, first, last)
    rows: dict[tuple[str, tuple[date, date]], Counter[str]] = {}
    for one in clinics:
        rows.setdefault((one.place, cut(one.on)), Counter()).update(one.counts)
    return [
        Row(place, *days, counts["offered"], counts["booked"], counts["used"], counts["missed"])
        for (place, days), counts in sorted(
            rows.items(), key=lambda row: (wording.name_key(row[0][0]), row[0][1])
        )
    ]


def total(rows: Iterable[Row], first: date, last: date) -> Row:
    """All places and periods together."""
    counted = [(each.offered, each.booked, each.used, each.missed) for each in rows]
    return Row("All places", first, last, *map(sum, zip(*counted, strict=True)))


def _cut(split: Split, first: date, last: date) -> Callable[[date], tuple[date, date]]:
    """From a day to the period it is in, kept within the days asked for."""

    def period(day: date) -> tuple[date, date]:
        if split is Split.WHOLE:
            return first, last
        if split is Split.WEEK:
            start = day - timedelta(days=day.weekday())
            end = start + timedelta(days=6)
        else:
            start = day.replace(day=1)
            end = (start + timedelta(days=31)).replace(day=1) - timedelta(days=1)
        return max(start, first), min(end, last)

    return period


def _clinics(
    session: Session, first: date, last: date, location_id: uuid.UUID | None
) -> list[_Held]:
    held = [
        Clinic.state == ClinicState.OPEN,
        Clinic.starts_at >= queries.london_day(first)[0],
        Clinic.starts_at < queries.london_day(last)[1],
        Slot.withdrawn.is_(False),
    ]
    if location_id is not None:
        held.append(Clinic.location_id == location_id)
    offered = session.execute(
        sa.select(Clinic.id, Clinic.starts_at, Location.name, sa.func.count())
        .join(Clinic.slots)
        .join(Clinic.location)
        .where(*held)
        .group_by(Clinic.id, Location.name)
    )
    found = {
        clinic_id: _Held(name, clock.london(starts_at).date(), Counter(offered=slots))
        for clinic_id, starts_at, name, slots in offered
    }
    begun = aliased(Slot)  # where a visit begins; it may go on in slots after it
    taken = session.execute(
        sa.select(Slot.clinic_id, Appointment.state, sa.func.count())
        .join(Slot.clinic)
        .join(begun, begun.clinic_id == Slot.clinic_id)
        .join(Appointment, Appointment.slot_id == begun.id)
        .where(
            *held,
            Appointment.state.in_(queries.IN_A_SLOT),
            Appointment.during.op("@>")(Slot.starts_at),
        )
        .group_by(Slot.clinic_id, Appointment.state)
    )
    for clinic_id, state, slots in taken:
        counts = found[clinic_id].counts
        counts["booked"] += slots
        counts["used"] += slots if state in CAME else 0
        counts["missed"] += slots if state is AppointmentState.NOT_ATTENDED else 0
    return list(found.values())
