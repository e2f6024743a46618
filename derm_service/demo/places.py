"""The demonstration's places, van, rooms and kit, and its clinics around today."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from sqlalchemy.orm import Session

from derm_service.booking import clinics, places
from derm_service.booking.codes import Feature, LocationKind, ResourceKind
from derm_service.booking.models import Clinic, Location, MobileUnit, Resource
from derm_service.booking.places import PlaceDetails
from derm_service.demo.people import Staff
from derm_service.demo.play import Play
from derm_service.people import User
from derm_service.referrals import postcodes

POSTCODES = Path(__file__).with_name("postcodes.csv")
"""Made-up postcodes of the made-up towns, in the columns of the ONS file."""
_HOSPITAL_FEATURES = [
    Feature.STEP_FREE,
    Feature.ACCESSIBLE_PARKING,
    Feature.ACCESSIBLE_TOILET,
    Feature.HEARING_LOOP,
]
_HOSPITALS = (
    ("Anytown Community Hospital", "Infirmary Road", "Anytown", "AN1 1AA", "Outpatients, room 4"),
    ("Netherby Cottage Hospital", "Weir Street", "Netherby", "AN2 6QT", "Treatment room 2"),
    (
        "Great Sallow War Memorial Hospital",
        "Chapel Row",
        "Great Sallow",
        "AN3 5PT",
        "Clinic room B",
    ),
)
_STOPS = (
    ("Coldmoor, village hall car park", "Quarry Road", "Coldmoor", "AN4 2UU"),
    ("Eastwick, market square", "Market Square", "Eastwick", "AN5 1NS"),
)


@dataclass(frozen=True)
class Room:
    """Where clinics are held: a place with the room or van, and what a clinic there takes."""

    location: Location
    room: Resource
    dermatoscope: Resource
    van: MobileUnit | None = None


@dataclass(frozen=True)
class Estate:
    """Every place with its room or van, and the photographers as bookable people."""

    hospitals: tuple[Room, ...]
    stops: tuple[Room, ...]
    photographers: tuple[Resource, ...]


def add(session: Session, staff: Staff) -> Estate:
    """Three community hospitals, one van with two stops, their rooms, kit and people."""
    by = staff.lead
    with POSTCODES.open() as file:
        postcodes.load(session, postcodes.read(file), by=by)
    hospitals = tuple(
        _hospital(session, by, number, *words) for number, words in enumerate(_HOSPITALS, start=1)
    )
    van = places.add_van(session, name="Skin van 1", by=by)
    ride = places.resources(session, ResourceKind.VAN)[0]
    scope = places.add_resource(
        session,
        kind=ResourceKind.DERMATOSCOPE,
        name="Dermatoscope D4",
        mobile_unit_id=van.id,
        by=by,
    )
    stops = tuple(Room(_stop(session, by, *words), ride, scope, van) for words in _STOPS)
    photographers = tuple(
        places.add_resource(
            session, kind=ResourceKind.PHOTOGRAPHER, name=each.name, user_id=each.id, by=by
        )
        for each in staff.photographers
    )
    return Estate(hospitals, stops, photographers)


def open_clinics(play: Play, estate: Estate, staff: Staff) -> dict[date, list[Clinic]]:
    """Two or three clinics on each working day of the past week and the next four, and today."""
    days = [*reversed(play.working_days(6)), play.today, *play.working_days(20, ahead=True)]
    return {day: _clinics_of(play, estate, staff, day, index) for index, day in enumerate(days)}


def _clinics_of(play: Play, estate: Estate, staff: Staff, day: date, index: int) -> list[Clinic]:
    """Today the first photographer, who can sign in, has the first hospital all day."""
    is_today = day == play.today
    first = 0 if is_today else index % 3
    second = (first + 1) % 3
    rooms = [
        (
            estate.hospitals[first],
            estate.photographers[0],
            (9, 0),
            (16, 0) if is_today else (12, 20),
        ),
        (estate.hospitals[second], estate.photographers[1], (13, 0), (16, 20)),
    ]
    if is_today or index % 2:
        rooms.append((estate.stops[index // 2 % 2], estate.photographers[2], (9, 30), (15, 30)))
    return [
        clinics.open_clinic(
            play.session,
            location_id=place.location.id,
            starts_at=play.moment(day, *start),
            ends_at=play.moment(day, *end),
            slot_minutes=20 if place.van is None else 30,
            resource_ids=[place.room.id, place.dermatoscope.id, photographer.id],
            mobile_unit_id=place.van.id if place.van else None,
            by=staff.lead,
        )
        for place, photographer, start, end in rooms
    ]


def _hospital(
    session: Session,
    by: User,
    number: int,
    name: str,
    street: str,
    town: str,
    postcode: str,
    room: str,
) -> Room:
    features = list(_HOSPITAL_FEATURES)
    if number == 1:
        features += [Feature.HOIST, Feature.CHANGING_PLACE]
    details = PlaceDetails(
        name=name,
        kind=LocationKind.HOSPITAL,
        address_lines=[street, town],
        postcode=postcode,
        directions="Bus 7 stops at the gate. Car park B is nearest; parking is free for an hour.",
        features=[each.value for each in features],
    )
    location = places.add_location(session, details=details, by=by)
    kit = ((ResourceKind.ROOM, room), (ResourceKind.DERMATOSCOPE, f"Dermatoscope D{number}"))
    held, scope = (
        places.add_resource(session, kind=kind, name=what, location_id=location.id, by=by)
        for kind, what in kit
    )
    return Room(location, held, scope)


def _stop(session: Session, by: User, name: str, street: str, town: str, postcode: str) -> Location:
    details = PlaceDetails(
        name=name,
        kind=LocationKind.VAN_STOP,
        address_lines=[street, town],
        postcode=postcode,
        directions="The van has a blue stripe and a ramp. Knock, or wait in the hall if it rains.",
        features=[Feature.STEP_FREE.value, Feature.ACCESSIBLE_PARKING.value],
    )
    return places.add_location(session, details=details, by=by)
