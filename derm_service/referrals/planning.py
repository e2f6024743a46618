"""What an import would do, row by row: the dry run, and what the real run goes by."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from uuid import UUID

from sqlalchemy.orm import Session

from derm_service.referrals import queries
from derm_service.referrals.csv_file import Row
from derm_service.referrals.duplicates import person_in, person_of
from derm_service.referrals.matching import Match, MatchKind, Person, matches
from derm_service.referrals.models import Patient
from derm_service.referrals.reading import Entry, read

SOURCE = "csv"


class Fate(StrEnum):
    """What happens to a row."""

    NEW = "new"  # a new patient
    KNOWN = "known"  # another referral of a patient told by number, name and birth date
    ASK = "ask"  # likely somebody we know: the clerk decides
    HERE = "here"  # its reference is here already: nothing changes
    BAD = "bad"


@dataclass(frozen=True)
class Planned:
    """One row with what happens to it."""

    row: Row
    fate: Fate
    problems: dict[str, str] = field(default_factory=dict)
    entry: Entry | None = None
    matches: list[Match] = field(default_factory=list)
    referral_id: UUID | None = None

    @property
    def line(self) -> int:
        """The line of the file the row starts on."""
        return self.row.line

    @property
    def same(self) -> UUID | int | None:
        """The patient, or the earlier line, this is surely the same person as."""
        return self.matches[0].person.key if self.fate is Fate.KNOWN else None


@dataclass(frozen=True)
class Plan:
    """Every row's fate, and the patients it was compared with."""

    rows: list[Planned]
    known: dict[UUID, Patient]

    def of(self, fate: Fate) -> list[Planned]:
        """The rows with one fate, in the order of the file."""
        return [each for each in self.rows if each.fate is fate]

    def entry_on(self, line: int) -> Entry | None:
        """What an earlier line of the file says."""
        return next((each.entry for each in self.rows if each.line == line), None)


class Index:
    """People by what makes them likely the same, so that a file is not compared all with all."""

    def __init__(self, people: Iterable[Person]) -> None:
        self._by: defaultdict[tuple[str, object], list[Person]] = defaultdict(list)
        for person in people:
            self.add(person)

    def add(self, person: Person) -> None:
        """Take one more person."""
        for key in _keys(person):
            self._by[key].append(person)

    def matches(self, person: Person) -> list[Match]:
        """Everybody who may be this person, the most likely first."""
        near = {
            candidate.key: candidate for key in _keys(person) for candidate in self._by.get(key, [])
        }
        return matches(person, near.values())


def _keys(person: Person) -> list[tuple[str, object]]:
    keys: list[tuple[str, object]] = [("born_on", person.born_on)]
    if person.nhs_number:
        keys.append(("nhs_number", person.nhs_number))
    if person.postcode:
        keys.append(("postcode", person.postcode))
    return keys


def plan(session: Session, rows: list[Row], *, today: date, allow_test: bool) -> Plan:
    """What importing these rows would do now; nothing is written."""
    read_rows = [(row, _read(row, today=today, allow_test=allow_test)) for row in rows]
    entries = [found for _, found in read_rows if isinstance(found, Entry)]
    references = {entry.referral.source_reference or "" for entry in entries}
    here = queries.references_here(session, SOURCE, references)
    patients = _like(session, entries)
    index = Index(person_of(patient) for patient in patients)
    lines: dict[str, int] = {}
    planned = [_fate(row, found, here, lines, index) for row, found in read_rows]
    return Plan(planned, {patient.id: patient for patient in patients})


def _read(row: Row, *, today: date, allow_test: bool) -> Entry | dict[str, str]:
    if row.problem:
        return {"row": row.problem}
    found = read(row.texts, today=today, allow_test=allow_test)
    if not row.texts.get("source_reference", "").strip():
        missing = {"source_reference": "Enter the UBRN or your own number of the referral"}
        return missing | (found if isinstance(found, dict) else {})
    return found


def _like(session: Session, entries: list[Entry]) -> list[Patient]:
    people = [entry.patient for entry in entries]
    return queries.people_like(
        session,
        numbers={person.nhs_number for person in people if person.nhs_number},
        born_on={person.born_on for person in people},
        postcodes={person.postcode for person in people},
    )


def _fate(
    row: Row,
    found: Entry | dict[str, str],
    here: dict[str, UUID],
    lines: dict[str, int],
    index: Index,
) -> Planned:
    if isinstance(found, dict):
        return Planned(row, Fate.BAD, problems=found)
    reference = found.referral.source_reference or ""
    if reference in lines:
        twice = f"Line {lines[reference]} has the same reference"
        return Planned(row, Fate.BAD, problems={"source_reference": twice})
    lines[reference] = row.line
    if reference in here:
        return Planned(row, Fate.HERE, entry=found, referral_id=here[reference])
    person = person_in(found.patient, key=row.line)
    likely = index.matches(person)
    index.add(person)
    fate = Fate.NEW
    if likely:
        fate = Fate.KNOWN if likely[0].kind is MatchKind.SAME_PERSON else Fate.ASK
    return Planned(row, fate, entry=found, matches=likely)
