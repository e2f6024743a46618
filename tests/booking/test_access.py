"""Needs next to what a place offers: no database."""

import pytest

from derm_service.booking import access
from derm_service.booking.access import Person
from derm_service.booking.codes import View
from derm_service.referrals.codes import Mobility, Need


def who(
    *needs: Need, mobility: Mobility = Mobility.INDEPENDENT, speaks: str | None = None
) -> Person:
    return Person(mobility=mobility, needs=frozenset(needs), interpreter_language=speaks)


@pytest.mark.parametrize(
    ("person", "features", "missing"),
    [
        (who(), [], []),
        (who(Need.STEP_FREE), [], ["Step-free access"]),
        (who(Need.STEP_FREE), ["step_free"], []),
        (who(mobility=Mobility.WHEELCHAIR), ["hoist"], ["Step-free access"]),
        (who(mobility=Mobility.HOIST), ["step_free"], ["Hoist"]),
        (who(Need.HOIST, mobility=Mobility.HOIST), [], ["Step-free access", "Hoist"]),
        (who(Need.HEARING_LOOP), ["step_free"], ["Hearing loop"]),
    ],
)
def test_a_place_lacks_what_it_does_not_offer_each_once(
    person: Person, features: list[str], missing: list[str]
) -> None:
    assert access.missing(person, features, list(View)) == missing


def test_what_no_place_brings_has_to_be_arranged() -> None:
    person = who(Need.BSL, Need.TRANSPORT, Need.STEP_FREE, speaks="pl")

    assert access.to_arrange(person) == [
        "an interpreter (Polish)",
        "a British Sign Language interpreter",
        "transport there and back",
    ]


def test_every_need_and_mobility_has_words() -> None:
    assert set(access.NEED_WORDS) == set(Need)
    assert set(access.MOBILITY_WORDS) == set(Mobility)
