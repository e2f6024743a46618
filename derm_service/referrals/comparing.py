"""Two people beside each other, with what differs marked; pure."""

from dataclasses import dataclass
from datetime import date
from typing import Protocol

from derm_service.referrals.matching import plain
from derm_service.wording import day, nhs_number


class Described(Protocol):
    """What is compared of a person: a patient, or one who was typed in."""

    @property
    def nhs_number(self) -> str | None: ...
    @property
    def given_name(self) -> str: ...
    @property
    def family_name(self) -> str: ...
    @property
    def born_on(self) -> date: ...
    @property
    def address_lines(self) -> list[str]: ...
    @property
    def postcode(self) -> str: ...
    @property
    def phone(self) -> str: ...
    @property
    def mobile(self) -> str: ...
    @property
    def gp_name(self) -> str: ...


@dataclass(frozen=True)
class Line:
    """One fact of two people."""

    label: str
    new: str
    known: str

    @property
    def differs(self) -> bool:
        """Whether the two say different things; what one does not say is no difference."""
        return bool(self.new and self.known) and plain(self.new) != plain(self.known)


def side_by_side(new: Described, known: Described) -> list[Line]:
    """The facts people are told apart by, the new one's beside those we have."""
    return [
        Line(label, one, other)
        for (label, one), (_, other) in zip(_facts(new), _facts(known), strict=True)
    ]


def _facts(person: Described) -> list[tuple[str, str]]:
    return [
        ("NHS number", nhs_number(person.nhs_number) if person.nhs_number else ""),
        ("Family name", person.family_name),
        ("Given names", person.given_name),
        ("Date of birth", day(person.born_on)),
        ("Address", ", ".join(person.address_lines)),
        ("Postcode", person.postcode),
        ("Telephone", person.phone),
        ("Mobile", person.mobile),
        ("GP", person.gp_name),
    ]
