"""Who is likely the same person."""

import uuid
from datetime import date
from typing import Any

import pytest

from derm_service.referrals.matching import MatchKind, Person, compare, matches

HERE = Person(uuid.uuid4(), "9990000018", "O’Brien-Łukasz", "Anna", date(1960, 3, 14), "AN1 2BC")


def somebody(**other: Any) -> Person:
    return Person(
        **{
            "key": None,
            "nhs_number": HERE.nhs_number,
            "family_name": HERE.family_name,
            "given_name": HERE.given_name,
            "born_on": HERE.born_on,
            "postcode": HERE.postcode,
            **other,
        }
    )


@pytest.mark.parametrize(
    ("other", "kind"),
    [
        ({"family_name": "OBRIEN LUKASZ"}, MatchKind.SAME_PERSON),
        ({"given_name": "Peter"}, MatchKind.SAME_NUMBER),
        ({"born_on": date(1961, 3, 14)}, MatchKind.SAME_NUMBER),
        ({"nhs_number": None, "family_name": "Obrian-Lukasz"}, MatchKind.SAME_BIRTH_DATE),
        ({"nhs_number": None, "family_name": "O'Brien"}, MatchKind.SAME_BIRTH_DATE),
        (
            {"nhs_number": None, "family_name": "Anna", "given_name": "O’Brien-Łukasz"},
            MatchKind.SAME_BIRTH_DATE,
        ),
        ({"nhs_number": None, "born_on": date(1990, 1, 1)}, MatchKind.SAME_NAME_AND_POSTCODE),
        ({"nhs_number": None, "family_name": "Smith"}, None),
        ({"nhs_number": None, "born_on": date(1990, 1, 1), "postcode": ""}, None),
    ],
)
def test_two_records_are_likely_one_person(other: dict[str, Any], kind: MatchKind | None) -> None:
    assert compare(somebody(**other), HERE) is kind


def test_number_alone_never_makes_one_person() -> None:
    stranger = somebody(family_name="Smith", given_name="Peter", born_on=date(2001, 1, 1))

    assert compare(stranger, HERE) is not MatchKind.SAME_PERSON


def test_most_likely_person_comes_first() -> None:
    other = Person(uuid.uuid4(), None, HERE.family_name, "Anna", HERE.born_on, "AN9 9ZZ")

    found = matches(somebody(), [other, HERE])

    assert [match.person for match in found] == [HERE, other]
