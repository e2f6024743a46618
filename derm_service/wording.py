"""How dates, times, numbers and names are written for people (NHS service manual style)."""

import unicodedata
from collections.abc import Sequence
from datetime import date, datetime

from derm_service.clock import london

MONTHS = [
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
]
DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]


def day(value: date | datetime | None) -> str:
    """6 August 2026; a moment is written by its London date; nothing is an empty string."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        value = london(value).date()
    return f"{value.day} {MONTHS[value.month - 1]} {value.year}"


def weekday(value: date | datetime) -> str:
    """Thursday 6 August 2026."""
    if isinstance(value, datetime):
        value = london(value).date()
    return f"{DAYS[value.weekday()]} {day(value)}"


def time(value: datetime) -> str:
    """2:30pm, 9am, midday, midnight: London time."""
    moment = london(value)
    if moment.minute == 0 and moment.hour in (0, 12):
        return "midday" if moment.hour else "midnight"
    hour = moment.hour % 12 or 12
    minutes = f":{moment.minute:02d}" if moment.minute else ""
    return f"{hour}{minutes}{'am' if moment.hour < 12 else 'pm'}"


def day_time(value: datetime | None) -> str:
    """6 August 2026 at 2:30pm."""
    return f"{day(value)} at {time(value)}" if value else ""


def nhs_number(value: str | None) -> str:
    """999 123 4567, with spaces that do not break; "not known" without one."""
    if not value:
        return "not known"
    return f"{value[:3]}\u00a0{value[3:6]}\u00a0{value[6:]}"


def age(born_on: date, on: date) -> int:
    """Whole years; somebody born on 29 February has their birthday on 1 March."""
    return on.year - born_on.year - ((on.month, on.day) < (born_on.month, born_on.day))


def full_name(given_name: str, family_name: str) -> str:
    """ZĄBEK, Anna: the family name in capitals as NHS systems show it."""
    return f"{family_name.upper()}, {given_name}"


def code(value: str) -> str:
    """A coded word as a sentence begins with it: not_attended becomes Not attended."""
    return value.replace("_", " ").capitalize()


def count(number: int, noun: str, plural: str = "") -> str:
    """1 lesion, 2 lesions."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def within(words: str) -> str:
    """Words as they stand inside a sentence: the first letter small, names left as they are."""
    return words[:1].lower() + words[1:]


def listed(words: Sequence[str]) -> str:
    """One; one and another; one, another and a third."""
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def name_key(name: str) -> str:
    """A key that sorts names as English readers do: case and accents do not count.

    PostgreSQL does it only where it was built with ICU, so lists of people are sorted here.
    """
    plain = unicodedata.normalize("NFKD", name.replace("Ł", "L").replace("ł", "l"))
    return "".join(each for each in plain if not unicodedata.combining(each)).casefold()
