"""Which patients are likely the same person; the number alone never decides. Pure."""

import unicodedata
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from difflib import SequenceMatcher
from enum import StrEnum

SIMILAR_FROM = 0.75
_STROKES = str.maketrans("łøđħŧı", "lodhti")  # letters Unicode does not take apart


class MatchKind(StrEnum):
    """Why two records may be one person."""

    SAME_PERSON = "same_person"
    SAME_NUMBER = "same_number"
    SAME_BIRTH_DATE = "same_birth_date"
    SAME_NAME_AND_POSTCODE = "same_name_and_postcode"


WORDS: dict[MatchKind, str] = {
    MatchKind.SAME_PERSON: "Same NHS number, name and date of birth",
    MatchKind.SAME_NUMBER: "Same NHS number, but another name or date of birth",
    MatchKind.SAME_BIRTH_DATE: "Same date of birth and a similar name",
    MatchKind.SAME_NAME_AND_POSTCODE: "Same name and postcode, but another date of birth",
}


@dataclass(frozen=True)
class Person:
    """What people are told apart by; `key` is the patient's id, or a line of a file."""

    key: uuid.UUID | int | None
    nhs_number: str | None
    family_name: str
    given_name: str
    born_on: date
    postcode: str


@dataclass(frozen=True)
class Match:
    """Somebody who may be the same person, and why."""

    kind: MatchKind
    person: Person

    @property
    def words(self) -> str:
        """Why, in words."""
        return WORDS[self.kind]


def plain(name: str) -> str:
    """A name without capitals, accents, spaces and dashes, for comparing only."""
    spread = unicodedata.normalize("NFKD", name.casefold().translate(_STROKES))
    return "".join(each for each in spread if each.isalnum())


def is_similar(one: str, other: str) -> bool:
    """Whether two family names may be one: misspelt, double-barrelled or cut short."""
    a, b = plain(one), plain(other)
    if not a or not b:
        return False
    if min(len(a), len(b)) >= 3 and (a in b or b in a):
        return True
    return SequenceMatcher(None, a, b).ratio() >= SIMILAR_FROM


def compare(new: Person, known: Person) -> MatchKind | None:
    """Why these two may be one person, the strongest reason; None when nothing says so."""
    family = plain(new.family_name) == plain(known.family_name)
    given = plain(new.given_name) == plain(known.given_name)
    born = new.born_on == known.born_on
    if new.nhs_number and new.nhs_number == known.nhs_number:
        both = family and given and born
        return MatchKind.SAME_PERSON if both else MatchKind.SAME_NUMBER
    if born and _names_may_be_one(new, known):
        return MatchKind.SAME_BIRTH_DATE
    if family and given and new.postcode and new.postcode == known.postcode:
        return MatchKind.SAME_NAME_AND_POSTCODE
    return None


def _names_may_be_one(new: Person, known: Person) -> bool:
    if is_similar(new.family_name, known.family_name):
        return True
    # Given and family name written the wrong way round.
    return plain(new.family_name) == plain(known.given_name) and plain(new.given_name) == plain(
        known.family_name
    )


def matches(new: Person, candidates: Iterable[Person]) -> list[Match]:
    """Everybody who may be the same person, the most likely first."""
    found = [Match(kind, known) for known in candidates if (kind := compare(new, known))]
    order = list(MatchKind)
    return sorted(found, key=lambda match: order.index(match.kind))
