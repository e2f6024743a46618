"""What addresses and forms carry, read: None, or a sentence, for what cannot be read."""

from datetime import date, time
from enum import StrEnum
from typing import TypeVar
from uuid import UUID

from derm_service.clock import YEARS
from derm_service.errors import Invalid

T = TypeVar("T", bound=StrEnum)


def day_or_none(value: str | None) -> date | None:
    """A date written 2026-08-06, of a year that can be reckoned with."""
    try:
        day = date.fromisoformat(value or "")
    except ValueError:
        return None
    return day if day.year in YEARS else None


def uuid_or_none(value: str | None) -> UUID | None:
    """An id."""
    try:
        return UUID(value or "")
    except ValueError:
        return None


def member_or_none(enum: type[T], value: str | None) -> T | None:
    """A coded word."""
    return enum(value) if value in {each.value for each in enum} else None


def wall_clock(value: str | None, name: str) -> time:
    """A wall-clock time typed like 9:30, 09.30, 9 or 930; Invalid names the field."""
    typed = (value or "").replace(".", ":").strip()
    hours, _, minutes = typed.partition(":")
    if not minutes and len(hours) in {3, 4}:
        hours, minutes = hours[:-2], hours[-2:]
    try:
        return time(int(hours), int(minutes or "0"))
    except (ValueError, OverflowError) as error:
        raise Invalid({name: "Enter a time on the 24-hour clock, like 9:30 or 14:00."}) from error
