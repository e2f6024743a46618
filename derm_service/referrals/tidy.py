"""Turns what people type into what is kept: forgiving of spaces, capitals and dashes; pure.

Each reader gives the tidy value, or raises ValueError with a sentence for the person.
"""

import re
import unicodedata
from datetime import date

from nhs_number.validate import is_valid

_DASHES = re.compile(r"[‐-―−]")
_CONTROL = re.compile(r"[^\S\n]+|[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069]")
_POSTCODE = re.compile(r"^([A-Z]{1,2}[0-9][A-Z0-9]?)([0-9][A-Z]{2})$")
_EMAIL = re.compile(r"^[^@\s]+@[^@\s]+\.[^@\s]+$")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_TEST_RANGE = "999"
LONGEST_LINE = 200
LONGEST_TEXT = 5000
OLDEST_BIRTH = date(1890, 1, 1)


def line(value: str, *, longest: int = LONGEST_LINE) -> str:
    """One line of text: composed characters, single spaces, no control characters."""
    tidy = " ".join(unicodedata.normalize("NFC", value).split())
    tidy = _CONTROL.sub(" ", tidy).strip()
    if len(tidy) > longest:
        raise ValueError(f"must be {longest} characters or fewer")
    return tidy


def text(value: str) -> str:
    """Several lines of text, without spaces around them or control characters in them."""
    tidy = unicodedata.normalize("NFC", value).replace("\r\n", "\n").replace("\r", "\n")
    tidy = "\n".join(_CONTROL.sub(" ", each).strip() for each in tidy.split("\n")).strip()
    if len(tidy) > LONGEST_TEXT:
        raise ValueError(f"must be {LONGEST_TEXT:,} characters or fewer")
    return tidy


def lines(value: str) -> list[str]:
    """An address typed in lines, or in one cell with semicolons, without the empty ones."""
    return [tidy for each in re.split(r"[\n;]", text(value)) if (tidy := line(each))]


def nhs_number(value: str, *, allow_test: bool) -> str:
    """Ten digits; spaces and dashes are fine. The 999 range is for demonstration only."""
    digits = re.sub(r"[\s-]", "", _DASHES.sub("-", value))
    if not digits:
        return ""
    if not re.fullmatch(r"[0-9]{10}", digits):
        raise ValueError("NHS number must be 10 digits, like 999 123 4567")
    if not is_valid(digits):
        raise ValueError("NHS number is not valid: check it for a mistyped digit")
    if digits.startswith(_TEST_RANGE) and not allow_test:
        raise ValueError("NHS numbers that start with 999 are for tests only")
    return digits


def postcode(value: str) -> str:
    """A UK postcode in capitals with its one space."""
    squeezed = re.sub(r"[^A-Za-z0-9]", "", value).upper()
    if not squeezed:
        return ""
    match = _POSTCODE.match(squeezed)
    if not match:
        raise ValueError("Enter a full UK postcode, like AN1 2BC")
    return f"{match[1]} {match[2]}"


def phone(value: str) -> str:
    """A telephone number as it was grouped, digits, spaces and a leading + only."""
    tidy = line(re.sub(r"[^0-9+\s]", " ", value.replace("(0)", "")))
    if not tidy:
        if value.strip():
            raise ValueError("Enter a telephone number, like 01632 960 001")
        return ""
    digits = re.sub(r"\D", "", tidy)
    if not 9 <= len(digits) <= 15 or "+" in tidy[1:]:
        raise ValueError("Enter a telephone number, like 01632 960 001 or 07700 900 982")
    return tidy


def email(value: str) -> str:
    """An email address, in the capitals it was typed in."""
    tidy = line(value)
    if tidy and not _EMAIL.match(tidy):
        raise ValueError("Enter an email address, like name@example.com")
    return tidy


def day(value: str) -> date | None:
    """A date typed as 14/3/1960, 14.3.1960, 14 March 1960, 14 3 1960 or 1960-03-14."""
    parts = [each for each in re.split(r"[\s/.,-]+", _DASHES.sub("-", value).strip()) if each]
    if not parts:
        return None
    try:
        first, month, last = parts
        if len(first) == 4 and first.isdigit():
            return date(int(first), _month(month), int(last))
        if len(last) != 4:
            raise ValueError("Enter the year with 4 digits, like 1960")
        return date(int(last), _month(month), int(re.sub("(st|nd|rd|th)$", "", first)))
    except (ValueError, OverflowError) as error:
        if str(error).startswith("Enter"):
            raise
        raise ValueError("Enter a real date, the day before the month: 27/03/1950") from error


def _month(value: str) -> int:
    return int(value) if value.isdigit() else _MONTHS.index(value[:3].lower()) + 1


def yes_no(value: str) -> bool | None:
    """Yes, no, or not stated."""
    word = line(value).casefold()
    if word in ("", "not asked", "not stated", "not known", "unknown"):
        return None
    if word in ("yes", "y", "true", "1"):
        return True
    if word in ("no", "n", "false", "0"):
        return False
    raise ValueError("Enter yes or no, or leave it empty when it is not stated")
