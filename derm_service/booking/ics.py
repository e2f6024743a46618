"""Clinics as an iCalendar file (RFC 5545): pure; times in UTC, no patients, no free text."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from icalendar import Calendar, Event

from derm_service.booking.models import Clinic

PRODUCT = "-//Community dermatology photography//Clinics//EN"
ASK_EVERY = timedelta(hours=1)


@dataclass(frozen=True)
class Shift:
    """One clinic of somebody's feed, and whether they (still) work in it."""

    clinic: Clinic
    is_on: bool


def calendar(name: str, shifts: Sequence[Shift]) -> bytes:
    """The file; the same clinics give the same bytes, so that it can carry an ETag."""
    made = Calendar()
    made.add("prodid", PRODUCT)
    made.add("version", "2.0")
    made.add("method", "PUBLISH")
    made.add("x-wr-calname", name)
    made.add("refresh-interval", ASK_EVERY, parameters={"VALUE": "DURATION"})
    for shift in shifts:
        made.add_component(_event(shift))
    return bytes(made.to_ical())


def _event(shift: Shift) -> Event:
    clinic = shift.clinic
    event = Event()
    event.add("uid", f"{clinic.id}@derm-service")
    event.add("dtstamp", clinic.changed_at)
    event.add("last-modified", clinic.changed_at)
    event.add("sequence", clinic.changes)
    event.add("dtstart", clinic.starts_at)
    event.add("dtend", clinic.ends_at)
    event.add("summary", f"Clinic, {clinic.location.name}")
    event.add("location", ", ".join(_address(clinic)))
    event.add("description", _description(clinic))
    event.add("status", "CONFIRMED" if shift.is_on else "CANCELLED")
    return event


def _address(clinic: Clinic) -> list[str]:
    place = clinic.location
    return [each for each in (place.name, *place.address_lines, place.postcode) if each]


def _description(clinic: Clinic) -> str:
    """The clinic's own note is left out: a colleague may have named somebody in it."""
    said = [f"Van: {clinic.mobile_unit.name}"] if clinic.mobile_unit else []
    said += [clinic.location.directions] if clinic.location.directions else []
    return "\n".join(said)
