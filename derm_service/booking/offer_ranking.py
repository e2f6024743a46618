"""Who is asked first when a time falls free, and who would gain by it at all: pure."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from enum import IntEnum

from derm_service.referrals import clocks
from derm_service.referrals.codes import Priority

NEAR_DAYS = 7
"""Without an appointment so few days before the breach somebody is at risk."""
AS_GOOD_DAYS = 1.0
"""So much worse than the best that is free a time may be for somebody without an appointment."""


class Risk(IntEnum):
    """How a person stands without the offered time; the lower is asked first."""

    BREACHES = 0
    NOT_BOOKED = 1
    IN_TIME = 2


@dataclass(frozen=True)
class Candidate:
    """Somebody who waits, or is booked for later than the time that fell free."""

    referral_id: uuid.UUID
    priority: Priority
    clock_started_on: date
    received_at: datetime
    booked_on: date | None  # the London day of the appointment they have

    @property
    def breach_on(self) -> date:
        """The last day that is still in time."""
        return clocks.breach_date(self.priority, self.clock_started_on)


def risk(one: Candidate, slot_on: date) -> Risk:
    """How somebody stands if they do not get a time on this day."""
    if one.booked_on is not None:
        return Risk.BREACHES if one.booked_on > one.breach_on else Risk.IN_TIME
    near = (one.breach_on - slot_on).days < NEAR_DAYS
    return Risk.BREACHES if near else Risk.NOT_BOOKED


def order(candidates: Iterable[Candidate], slot_on: date) -> list[Candidate]:
    """Breach risk first, then the earliest breach, then who would gain most, then who came first.

    What somebody answered before, or that they once did not come, counts for nothing.
    """
    return sorted(
        candidates,
        key=lambda one: (
            risk(one, slot_on),
            one.breach_on,
            -days_sooner(one.booked_on, slot_on),
            one.received_at,
            one.referral_id,
        ),
    )


def days_sooner(booked_on: date | None, slot_on: date) -> int:
    """How many days sooner somebody would be seen; 0 without an appointment."""
    return 0 if booked_on is None else (booked_on - slot_on).days


def is_worth_moving(days: int, *, km: float | None, km_now: float | None, km_a_day: float) -> bool:
    """Whether being seen so many days sooner is worth the longer way (unknown: as long)."""
    farther = (km - km_now) / km_a_day if km is not None and km_now is not None else 0.0
    return days >= 1 and days > farther


def is_as_good(
    days: float, km: float | None, *, best_days: float, best_km: float | None, km_a_day: float
) -> bool:
    """Whether a time is about as good as the best that is free, in days from now and distance."""
    farther = (km - best_km) / km_a_day if km is not None and best_km is not None else 0.0
    return days + farther <= best_days + AS_GOOD_DAYS
