"""Finding patients by NHS number, name, date of birth or postcode, in any mixture."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Session, selectinload

from derm_service.referrals import tidy
from derm_service.referrals.matching import plain
from derm_service.referrals.models import Patient, Referral

MOST = 50
MOST_READ = 2000  # letters, of a pasted page
_NUMBER = re.compile(r"(?<!\d)\d{3}[\s-]?\d{3}[\s-]?\d{4}(?!\d)")
_DATE = re.compile(
    r"(?<!\d)(\d{4}-\d{1,2}-\d{1,2}|\d{1,2}[\s/.-]+(?:\d{1,2}|[a-z]{3,9})[\s/.-]+\d{4})(?!\d)",
    re.IGNORECASE,
)
_POSTCODE = re.compile(r"\b[a-z]{1,2}\d[a-z\d]?\s*\d[a-z]{2}\b", re.IGNORECASE)


@dataclass(frozen=True)
class Wanted:
    """What somebody looks for; everything given has to fit."""

    nhs_number: str = ""
    born_on: date | None = None
    postcode: str = ""
    words: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to look for."""
        return not (self.nhs_number or self.born_on or self.postcode or self.words)


def wanted(text: str) -> Wanted:
    """Read one box: "okafor 14/3/1960", "999 000 0018", "AN1 2BC smith"."""
    beginning = tidy.line(text[:MOST_READ], longest=4 * MOST_READ)  # composing may lengthen it
    text, day = _take_day(beginning[: tidy.LONGEST_LINE])
    text, number = _take(text, _NUMBER)
    text, postcode = _take(text, _POSTCODE)
    words = tuple(word for each in text.split() if (word := plain(each)))
    return Wanted(
        nhs_number=re.sub(r"\D", "", number),
        born_on=day,
        postcode=tidy.postcode(postcode),
        words=words,
    )


def find(session: Session, what: Wanted) -> list[Patient]:
    """Up to MOST + 1 patients that fit, by name, their referrals loaded."""
    if what.is_empty:
        return []
    query = sa.select(Patient).options(
        selectinload(Patient.referrals).selectinload(Referral.lesions)
    )
    if what.nhs_number:
        query = query.where(Patient.nhs_number == what.nhs_number)
    if what.born_on:
        query = query.where(Patient.born_on == what.born_on)
    if what.postcode:
        query = query.where(Patient.postcode == what.postcode)
    for word in what.words:
        name = _plain_in_sql(Patient.given_name + " " + Patient.family_name)
        query = query.where(name.contains(word, autoescape=True))
    query = query.order_by(Patient.family_name, Patient.given_name, Patient.born_on)
    return list(session.scalars(query.limit(MOST + 1)))


def _take(text: str, pattern: re.Pattern[str]) -> tuple[str, str]:
    match = pattern.search(text)
    if match is None:
        return text, ""
    return text[: match.start()] + " " + text[match.end() :], match[0]


def _take_day(text: str) -> tuple[str, date | None]:
    rest, typed = _take(text, _DATE)
    try:
        return (rest, tidy.day(typed)) if typed else (text, None)
    except ValueError:
        return text, None


def _accents() -> tuple[str, str]:
    """Every Latin letter with an accent, and the same letters small and without.

    Capitals too: a database with the C collation makes only a to z small.
    """
    accented, bare = "", ""
    for code in (*range(0xC0, 0x250), *range(0x1E00, 0x1F00)):
        letter = chr(code)
        base = plain(letter)
        if unicodedata.category(letter) in ("Ll", "Lu") and len(base) == 1 and base != letter:
            accented, bare = accented + letter, bare + base
    return accented, bare


_ACCENTED, _BARE = _accents()


def _plain_in_sql(name: sa.ColumnElement[str]) -> sa.ColumnElement[str]:
    """`matching.plain` in SQL, for Latin letters."""
    bare = sa.func.translate(sa.func.lower(name), _ACCENTED, _BARE)
    return sa.func.regexp_replace(bare, r"[\s[:punct:]’‘]", "", "g")
