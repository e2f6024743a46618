"""The free slots for one referral, by day and place, with what the person should know of each."""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby

from sqlalchemy.orm import Session

from derm_service import clock
from derm_service.booking import access, free, queries
from derm_service.booking.models import Location, Slot
from derm_service.referrals import clocks
from derm_service.referrals.models import Referral

DAYS_A_PAGE = 14


@dataclass(frozen=True)
class PlaceOffer:
    """The free slots at one place on one day."""

    location: Location
    missing: list[str]  # what the person needs and the place lacks
    features: list[str]
    slots: list[Slot]


@dataclass(frozen=True)
class DayOffer:
    """The free slots of one London day."""

    day: date
    clock: clocks.ClockReading  # as it will stand on that day
    places: list[PlaceOffer]


def offers(
    session: Session,
    referral: Referral,
    *,
    first: date | None = None,
    location_id: uuid.UUID | None = None,
) -> list[DayOffer]:
    """What is free from a day on, for two weeks, where the person is not elsewhere."""
    first = max(first or clock.today(), clock.today())
    slots = free.free_slots(
        session,
        after=queries.london_day(first)[0],
        before=queries.london_day(first + timedelta(days=DAYS_A_PAGE))[0],
        location_id=location_id,
        patient_id=referral.patient_id,
    )
    return by_day(referral, slots)


def by_day(referral: Referral, slots: Sequence[Slot]) -> list[DayOffer]:
    """Group slots by London day and place."""
    needs = access.person(referral.patient)
    return [
        DayOffer(
            day=day,
            clock=clocks.reading(referral.priority, referral.clock_started_on, day),
            places=_by_place(needs, of_day),
        )
        for day, of_day in groupby(slots, key=lambda slot: clock.london(slot.starts_at).date())
    ]


def next_day_with_slots(session: Session, referral: Referral, after: datetime) -> date | None:
    """The first day after a moment on which something is free; None when there is nothing."""
    slots = free.free_slots(session, after=after, patient_id=referral.patient_id, limit=1)
    return clock.london(slots[0].starts_at).date() if slots else None


def _by_place(needs: access.Person, slots: Iterable[Slot]) -> list[PlaceOffer]:
    places: dict[tuple[uuid.UUID, frozenset[str]], list[Slot]] = {}
    for slot in slots:  # two clinics at one place may differ in what they offer
        gives = frozenset([*slot.clinic.access, *slot.clinic.views])
        places.setdefault((slot.clinic.location_id, gives), []).append(slot)
    offered = [_place(needs, here) for here in places.values()]
    return sorted(offered, key=lambda each: (len(each.missing), each.location.name))


def _place(needs: access.Person, slots: list[Slot]) -> PlaceOffer:
    clinic = slots[0].clinic
    return PlaceOffer(
        location=clinic.location,
        missing=access.missing(needs, clinic.access, clinic.views),
        features=access.feature_words(clinic.access),
        slots=slots,
    )
