"""The clocks of a referral: day n of 28 for suspected cancer, week n of 18 for the rest."""

import math
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Protocol

from derm_service import clock
from derm_service.referrals.codes import Priority

SUSPECTED_CANCER_DAYS = 28
WEEKS = 18
_AMBER_DAYS = {True: 14, False: 12 * 7}
_RED_DAYS = {True: 21, False: 16 * 7}


class Tone(StrEnum):
    """The NHS.UK tag colour of a clock."""

    CALM = "grey"
    AMBER = "yellow"
    RED = "red"
    STOPPED = "green"


@dataclass(frozen=True)
class ClockReading:
    """What a clock shows; `breach_on` is the last day that is still in time."""

    label: str
    breach_on: date
    days: int
    days_left: int
    is_breached: bool
    is_running: bool
    tone: str


class OnTheClock(Protocol):
    """What a clock is read from; a Referral row is one."""

    priority: Priority
    clock_started_on: date
    clock_stopped_on: date | None
    withdrawn_at: datetime | None


def breach_date(priority: Priority, started_on: date) -> date:
    """The last day that is still in time; day 0 is the day of receipt."""
    if priority is Priority.URGENT_SUSPECTED_CANCER:
        return started_on + timedelta(days=SUSPECTED_CANCER_DAYS)
    return started_on + timedelta(weeks=WEEKS)


def reading(
    priority: Priority, started_on: date, today: date, stopped_on: date | None = None
) -> ClockReading:
    """Read the clock on a London date, or on the day it stopped."""
    at = stopped_on or today
    days = (at - started_on).days
    breach_on = breach_date(priority, started_on)
    is_cancer = priority is Priority.URGENT_SUSPECTED_CANCER
    if is_cancer:
        label = f"Day {days} of {SUSPECTED_CANCER_DAYS}"
    else:
        label = f"Week {max(1, math.ceil(days / 7))} of {WEEKS}"
    if stopped_on:
        label = f"Stopped on {label[0].lower()}{label[1:]}"
    return ClockReading(
        label=label,
        breach_on=breach_on,
        days=days,
        days_left=(breach_on - at).days,
        is_breached=at > breach_on,
        is_running=stopped_on is None,
        tone=_tone(days, is_cancer=is_cancer, is_running=stopped_on is None),
    )


def clock_of(referral: OnTheClock) -> ClockReading:
    """The clock of a referral today; a withdrawn one stands where it was withdrawn."""
    stopped_on = referral.clock_stopped_on
    if stopped_on is None and referral.withdrawn_at is not None:
        stopped_on = clock.london(referral.withdrawn_at).date()
    return reading(referral.priority, referral.clock_started_on, clock.today(), stopped_on)


def _tone(days: int, *, is_cancer: bool, is_running: bool) -> str:
    if not is_running:
        return Tone.STOPPED.value
    if days >= _RED_DAYS[is_cancer]:
        return Tone.RED.value
    return (Tone.AMBER if days >= _AMBER_DAYS[is_cancer] else Tone.CALM).value
