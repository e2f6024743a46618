"""What addresses and forms carry, read without complaint: None for what cannot be read."""

from datetime import date
from enum import StrEnum
from typing import TypeVar
from uuid import UUID

from derm_service.clock import YEARS

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
