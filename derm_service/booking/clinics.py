"""Clinics: opened with their room or van, staff and kit, cut into slots; cancelled when empty."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from derm_service import audit, clock
from derm_service.booking import cutting, ledger, queries, rules
from derm_service.booking.codes import (
    ClinicState,
    Feature,
    Level,
    LocationKind,
    ResourceKind,
    View,
)
from derm_service.booking.models import Appointment, Clinic, Location, MobileUnit, Resource, Slot
from derm_service.db import new_id
from derm_service.errors import Conflict, Invalid
from derm_service.people import User
from derm_service.wording import count, full_name, time


@dataclass(frozen=True)
class Offered:
    """The photographs a clinic takes, and its access where that differs from its place's."""

    views: Sequence[str] = tuple(each.value for each in View)
    features: Sequence[str] | None = None


SLOT_MINUTES = range(5, 241)
LONGEST_HOURS = 14


def open_clinic(
    session: Session,
    *,
    location_id: uuid.UUID,
    starts_at: datetime,
    ends_at: datetime,
    slot_minutes: int,
    resource_ids: Sequence[uuid.UUID],
    mobile_unit_id: uuid.UUID | None = None,
    note: str = "",
    offered: Offered = Offered(),
    by: User,
) -> Clinic:
    """Open a clinic: everything it needs is taken for its hours, then its slots are cut.

    Invalid names the field; Conflict says what is in use elsewhere at that time.
    """
    _check_times(starts_at, ends_at, slot_minutes)
    location = session.get(Location, location_id)
    if location is None or location.closed_at is not None:
        raise Invalid({"location_id": "Choose a place that is open."})
    _check_resources(session, location, resource_ids, mobile_unit_id)
    _check_offered(offered)
    clinic = Clinic(
        id=new_id(),
        location_id=location.id,
        mobile_unit_id=mobile_unit_id,
        starts_at=starts_at,
        ends_at=ends_at,
        slot_minutes=slot_minutes,
        note=note,
        views=list(offered.views),
        features=None if offered.features is None else list(offered.features),
        slots=[
            Slot(id=new_id(), starts_at=start, ends_at=end)
            for start, end in rules.cut(starts_at, ends_at, slot_minutes)
        ],
    )
    with session.begin_nested():
        ledger.lock(session, also=resource_ids)
        session.add(clinic)
        session.flush()
        _take_for_hours(session, clinic, resource_ids, ledger.span(starts_at, ends_at))
        audit.record(
            session,
            by=by,
            did="opened clinic",
            subject=clinic,
            detail={"starts_at": starts_at.isoformat(), "slots": len(clinic.slots)},
        )
    return clinic


def cancel_clinic(session: Session, *, clinic_id: uuid.UUID, reason: str, by: User) -> Clinic:
    """Cancel a clinic nobody is booked into; Conflict names the people who are."""
    clinic = queries.clinic(session, clinic_id)
    ledger.lock(session, clinics=[clinic_id])
    session.refresh(clinic)
    if clinic.state is ClinicState.CANCELLED:
        raise Conflict("This clinic is already cancelled. Go back to the clinics.")
    people = queries.people_in_clinic(session, clinic_id)
    if people:
        raise Conflict(_who_is_booked(people))
    clinic.state = ClinicState.CANCELLED
    _changed(clinic)
    ledger.release(session, clinic_id=clinic.id)
    audit.record(session, by=by, did="cancelled clinic", subject=clinic, detail={"reason": reason})
    return clinic


def change_clinic(
    session: Session,
    *,
    clinic_id: uuid.UUID,
    starts_at: datetime,
    ends_at: datetime,
    resource_ids: Sequence[uuid.UUID],
    slot_minutes: int | None = None,
    offered: Offered | None = None,
    by: User,
) -> Clinic:
    """Give a clinic other hours, slots, staff or kit; Conflict names who would not fit in.

    Who stays keeps their time and takes the new staff and kit; slots outside the hours or of
    another length are withdrawn. None leaves the length, or what it offers, as it is.
    """
    ledger.lock(session, clinics=[clinic_id], also=resource_ids)
    clinic = queries.clinic(session, clinic_id)
    session.refresh(clinic)
    if clinic.state is ClinicState.CANCELLED:
        raise Conflict("This clinic is cancelled. Open another one.")
    minutes = clinic.slot_minutes if slot_minutes is None else slot_minutes
    _check_times(starts_at, ends_at, minutes)
    _check_resources(session, clinic.location, resource_ids, clinic.mobile_unit_id)
    staying = queries.people_in_clinic(session, clinic_id)
    outside = [one for one in staying if not stays(one, clinic, starts_at, ends_at, minutes)]
    if outside:
        raise Conflict(_who_is_booked(outside))
    was = ledger.resources_of_clinic(session, clinic_id)
    with session.begin_nested():
        ledger.release(session, clinic_id=clinic.id)
        clinic.starts_at, clinic.ends_at, clinic.slot_minutes = starts_at, ends_at, minutes
        _offer(clinic, offered)
        _changed(clinic)
        cutting.recut(clinic, staying)
        session.flush()  # before the ledger, which marks the new slots as free or full
        _take_for_hours(session, clinic, resource_ids, ledger.span(starts_at, ends_at))
        _hand_over(session, staying, set(was), set(resource_ids))
        audit.record(
            session,
            by=by,
            did="changed clinic",
            subject=clinic,
            detail={"starts_at": starts_at.isoformat(), "ends_at": ends_at.isoformat()},
        )
        session.flush()
    return clinic


def stays(
    one: Appointment, clinic: Clinic, starts_at: datetime, ends_at: datetime, minutes: int
) -> bool:
    """Whether somebody keeps their time in a clinic of these hours and slots."""
    same_length = minutes == clinic.slot_minutes
    fits_cut = same_length or cutting.fits(one.during, starts_at, minutes)
    return ledger.span(starts_at, ends_at).contains(one.during) and fits_cut


def _offer(clinic: Clinic, offered: Offered | None) -> None:
    if offered is None:
        return
    _check_offered(offered)
    clinic.views = list(offered.views)
    clinic.features = None if offered.features is None else list(offered.features)


def _check_offered(offered: Offered) -> None:
    problems = {}
    if not offered.views or not set(offered.views) <= {each.value for each in View}:
        problems["views"] = "Choose the photographs this clinic takes."
    if not set(offered.features or ()) <= {each.value for each in Feature}:
        problems["features"] = "Choose access features from the list."
    if problems:
        raise Invalid(problems)


def _take_for_hours(
    session: Session, clinic: Clinic, resource_ids: Sequence[uuid.UUID], hours: ledger.Span
) -> None:
    ledger.take(session, resource_ids, level=Level.CLINIC, during=hours, clinic_id=clinic.id)


def _changed(clinic: Clinic) -> None:
    """Counted, so that calendars elsewhere know which of two versions is the newer."""
    clinic.changes += 1
    clinic.changed_at = clock.now()


def _hand_over(
    session: Session, staying: Sequence[Appointment], was: set[uuid.UUID], now: set[uuid.UUID]
) -> None:
    """Give who stays the new staff and kit for their minutes instead of the old."""
    for one in staying:
        ledger.release_some(session, appointment_id=one.id, resource_ids=was - now)
        new = sorted(now - was)
        if new:
            ledger.take(session, new, level=Level.VISIT, during=one.during, appointment_id=one.id)


def _who_is_booked(people: Sequence[Appointment]) -> str:
    named = ", ".join(
        f"{full_name(one.patient.given_name, one.patient.family_name)} at "
        f"{time(one.slot.starts_at)}"
        for one in people
    )
    return (
        f"{count(len(people), 'person is', 'people are')} booked into this clinic: {named}. "
        "Move or cancel their appointments first."
    )


def _check_times(starts_at: datetime, ends_at: datetime, slot_minutes: int) -> None:
    problems = {}
    if slot_minutes not in SLOT_MINUTES:
        problems["slot_minutes"] = "Enter a slot length from 5 to 240 minutes."
    if ends_at <= starts_at:
        problems["ends"] = "The clinic must end after it starts."
    elif (ends_at - starts_at).total_seconds() > LONGEST_HOURS * 3600:
        problems["ends"] = f"A clinic can last {LONGEST_HOURS} hours at most."
    elif slot_minutes in SLOT_MINUTES and not rules.cut(starts_at, ends_at, slot_minutes):
        problems["slot_minutes"] = "Not one slot of this length fits into the clinic."
    if ends_at <= clock.now():
        problems["starts"] = "The clinic must not be over already."
    if problems:
        raise Invalid(problems)


def _check_resources(
    session: Session,
    location: Location,
    resource_ids: Sequence[uuid.UUID],
    mobile_unit_id: uuid.UUID | None,
) -> None:
    found = session.scalars(sa.select(Resource).where(Resource.id.in_(resource_ids))).all()
    if len(found) != len(set(resource_ids)) or len(resource_ids) != len(set(resource_ids)):
        raise Invalid({"resource_ids": "Choose staff and kit from the list."})
    problems = _furniture_problems(location, found, mobile_unit_id)
    if mobile_unit_id is not None and session.get(MobileUnit, mobile_unit_id) is None:
        problems["place_id"] = "Choose a van from the list."
    if problems:
        raise Invalid(problems)


def _furniture_problems(
    location: Location, found: Sequence[Resource], mobile_unit_id: uuid.UUID | None
) -> dict[str, str]:
    kinds = {resource.kind for resource in found}
    problems = {}
    if ResourceKind.PHOTOGRAPHER not in kinds:
        problems["photographer_id"] = "Choose a photographer."
    if any(one.location_id not in {None, location.id} for one in found):
        problems["place_id"] = f"Choose a room of {location.name}, or a van."
    elif location.kind == LocationKind.VAN_STOP:
        if ResourceKind.VAN not in kinds or mobile_unit_id is None:
            problems["place_id"] = "Choose the van that goes to this stop."
    elif not kinds & {ResourceKind.ROOM, ResourceKind.VAN}:
        problems["place_id"] = "Choose a room or a van."
    return problems
