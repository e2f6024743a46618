"""Places and what stands in them: hospitals, van stops, vans, rooms, photographers, kit."""

import uuid
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import TypeVar

import sqlalchemy as sa
from sqlalchemy.orm import Session

from derm_service import audit, clock
from derm_service.booking.codes import ClinicState, Feature, LocationKind, ResourceKind
from derm_service.booking.models import Clinic, Location, MobileUnit, Resource
from derm_service.db import conflict_on, new_id
from derm_service.errors import Conflict, Invalid, NotFound
from derm_service.people import Role, User
from derm_service.referrals import languages, tidy

T = TypeVar("T")
NAME_TAKEN = "There is already one of this name. Give it another name."


@dataclass(frozen=True)
class PlaceDetails:
    """What letters and pages say about a place."""

    name: str
    kind: str
    address_lines: Sequence[str]
    postcode: str = ""
    directions: str = ""
    features: Sequence[str] = ()


def locations(session: Session) -> list[Location]:
    """Every place, the open ones first."""
    order = (Location.closed_at.isnot(None), Location.name)
    return list(session.scalars(sa.select(Location).order_by(*order)))


def open_locations(session: Session) -> list[Location]:
    """The places where clinics can be held."""
    return [each for each in locations(session) if each.closed_at is None]


def location(session: Session, location_id: uuid.UUID) -> Location:
    """The place; NotFound."""
    found = session.get(Location, location_id)
    if found is None:
        raise NotFound("There is no such place. Go back to the places.")
    return found


def vans(session: Session) -> list[MobileUnit]:
    """Every van."""
    return list(session.scalars(sa.select(MobileUnit).order_by(MobileUnit.name)))


def resources(session: Session, *kinds: ResourceKind) -> list[Resource]:
    """Everything of these kinds (all kinds without any), by kind and name."""
    query = sa.select(Resource).order_by(Resource.kind, Resource.name)
    if kinds:
        query = query.where(Resource.kind.in_(kinds))
    return list(session.scalars(query))


def names(session: Session, resource_ids: Collection[uuid.UUID]) -> list[str]:
    """What these are called, in order."""
    query = sa.select(Resource.name).where(Resource.id.in_(resource_ids)).order_by(Resource.name)
    return list(session.scalars(query)) if resource_ids else []


def photographers_to_add(session: Session) -> list[User]:
    """Photographers who can sign in but cannot be put into a clinic yet."""
    known = sa.select(Resource.user_id).where(Resource.user_id.isnot(None))
    query = sa.select(User).where(
        sa.literal(Role.PHOTOGRAPHER.value) == sa.any_(User.roles),
        User.disabled_at.is_(None),
        User.id.notin_(known),
    )
    return list(session.scalars(query.order_by(User.name)))


def add_location(
    session: Session,
    *,
    details: PlaceDetails,
    by: User,
) -> Location:
    """Add a community hospital or a van stop."""
    made = Location(id=new_id())
    with conflict_on(session, "location_name_key", NAME_TAKEN):
        _fill(made, details)
        session.add(made)
    audit.record(session, by=by, did="added place", subject=made)
    return made


def change_location(
    session: Session,
    *,
    location_id: uuid.UUID,
    details: PlaceDetails,
    by: User,
) -> Location:
    """Change what letters and pages say about a place."""
    changed = location(session, location_id)
    with conflict_on(session, "location_name_key", NAME_TAKEN):
        _fill(changed, details)
    audit.record(session, by=by, did="changed place", subject=changed)
    return changed


def close_location(session: Session, *, location_id: uuid.UUID, by: User) -> Location:
    """Hold no more clinics here; Conflict while clinics are still to come."""
    closed = location(session, location_id)
    to_come = sa.select(sa.func.count()).where(
        Clinic.location_id == closed.id,
        Clinic.state == ClinicState.OPEN,
        Clinic.ends_at > clock.now(),
    )
    if session.scalar(to_come):
        raise Conflict("There are clinics still to come at this place. Cancel them first.")
    closed.closed_at = clock.now()
    audit.record(session, by=by, did="closed place", subject=closed)
    return closed


def add_van(session: Session, *, name: str, by: User) -> MobileUnit:
    """Add a van, which is also a resource: it cannot be in two places."""
    problems: dict[str, str] = {}
    made = MobileUnit(id=new_id(), name=_name(name, "Enter the van's name.", problems))
    if problems:
        raise Invalid(problems)
    with conflict_on(session, "mobile_unit_name_key", NAME_TAKEN):
        session.add(made)
    audit.record(session, by=by, did="added van", subject=made)
    add_resource(session, kind=ResourceKind.VAN, name=made.name, mobile_unit_id=made.id, by=by)
    return made


def add_resource(
    session: Session,
    *,
    kind: ResourceKind,
    name: str,
    capacity: int = 1,
    location_id: uuid.UUID | None = None,
    mobile_unit_id: uuid.UUID | None = None,
    user_id: uuid.UUID | None = None,
    language: str = "",
    by: User,
) -> Resource:
    """Add a room, a photographer, kit, or a helper such as an interpreter of a `language`."""
    problems: dict[str, str] = {}
    called = _name(name, "Enter a name.", problems)
    if not 1 <= capacity <= 50:
        problems["capacity"] = "Enter how many people at once, from 1 to 50."
    stands_in = session.get(Location, location_id) if location_id else None
    if stands_in is None and (location_id or kind is ResourceKind.ROOM):
        problems["location_id"] = "Choose the place the room is in."
    is_interpreter = kind is ResourceKind.INTERPRETER
    if is_interpreter and language not in languages.NAMES:
        problems["language"] = "Choose the language the interpreter speaks."
    if problems:
        raise Invalid(problems)
    made = Resource(
        id=new_id(),
        kind=kind,
        name=called,
        capacity=capacity,
        location_id=location_id,
        mobile_unit_id=mobile_unit_id,
        user_id=user_id,
        language=language if is_interpreter else "",
    )
    session.add(made)
    session.flush()
    audit.record(session, by=by, did="added resource", subject=made, detail={"kind": kind})
    return made


def _fill(place: Location, given: PlaceDetails) -> None:
    problems: dict[str, str] = {}
    name = _name(given.name, "Enter the name of the place.", problems)
    if given.kind not in set(LocationKind):
        problems["kind"] = "Choose what sort of place it is."
    address = _read(tidy.lines, "\n".join(given.address_lines), "address", problems) or []
    if not address and "address" not in problems:
        problems["address"] = "Enter the address: it is printed in letters."
    directions = _read(tidy.text, given.directions, "directions", problems) or ""
    if not set(given.features) <= {each.value for each in Feature}:
        problems["features"] = "Choose access features from the list."
    postcode = _read(tidy.postcode, given.postcode, "postcode", problems) or ""
    if problems:
        raise Invalid(problems)
    place.name = name
    place.kind = given.kind
    place.address_lines = address
    place.postcode = postcode
    place.directions = directions
    place.features = list(given.features)


def _name(typed: str, missing: str, problems: dict[str, str]) -> str:
    name = _read(tidy.line, typed, "name", problems) or ""
    if not name and "name" not in problems:
        problems["name"] = missing
    return name


def _read(read: Callable[[str], T], typed: str, field: str, problems: dict[str, str]) -> T | None:
    """What was typed, tidied; else why it cannot be, beside its field."""
    try:
        return read(typed)
    except ValueError as wrong:
        said = str(wrong)
        problems[field] = f"This {said}." if said.startswith("must") else f"{said}."
        return None
