"""On which days a weekly clinic is held: pure, by London dates, so local time is kept."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

from dateutil.rrule import WEEKLY, rrule

from derm_service.errors import Invalid

LONGEST_DAYS = 366
BANK_HOLIDAY = "a bank holiday"
EXCEPTION = "left out"


@dataclass(frozen=True)
class Pattern:
    """Every so many weeks on some weekdays (Monday is 0), both ends included."""

    first_on: date
    last_on: date
    weekdays: frozenset[int]
    every_weeks: int = 1
    except_on: frozenset[date] = frozenset()
    on_bank_holidays: bool = False


@dataclass(frozen=True)
class Day:
    """One day of a pattern; why it is left out, if it is."""

    on: date
    left_out: str = ""


def days(pattern: Pattern, is_bank_holiday: Callable[[date], bool]) -> list[Day]:
    """Every day the pattern meets, in order; Invalid names what cannot be."""
    _check(pattern)
    found = rrule(
        WEEKLY,
        interval=pattern.every_weeks,
        byweekday=sorted(pattern.weekdays),
        dtstart=_noon(pattern.first_on),
        until=_noon(pattern.last_on),
    )
    return [
        Day(moment.date(), _left_out(pattern, moment.date(), is_bank_holiday)) for moment in found
    ]


def _noon(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 12)  # noqa: DTZ001 (a calendar day, no moment)


def _left_out(pattern: Pattern, day: date, is_bank_holiday: Callable[[date], bool]) -> str:
    if day in pattern.except_on:
        return EXCEPTION
    return BANK_HOLIDAY if is_bank_holiday(day) and not pattern.on_bank_holidays else ""


def _check(pattern: Pattern) -> None:
    problems = {}
    if pattern.last_on < pattern.first_on:
        problems["repeat_until"] = "The last day must not be before the first."
    elif (pattern.last_on - pattern.first_on).days > LONGEST_DAYS:
        problems["repeat_until"] = "Repeat for a year at most."
    if not pattern.weekdays or not pattern.weekdays <= set(range(7)):
        problems["weekdays"] = "Choose on which days of the week."
    if not 1 <= pattern.every_weeks <= 12:
        problems["every_weeks"] = "Enter every how many weeks, from 1 to 12."
    if problems:
        raise Invalid(problems)
