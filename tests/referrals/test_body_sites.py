"""Body sites: their words, their sides, and which are intimate."""

import pytest

from derm_service.referrals import body_sites
from derm_service.referrals.codes import Laterality


@pytest.mark.parametrize(
    ("code", "side", "words"),
    [
        ("36141000", Laterality.LEFT, "left cheek"),
        ("66643007", Laterality.MIDLINE, "back, midline"),
        ("70887009", Laterality.BILATERAL, "palm, both sides"),
        ("43067004", Laterality.NOT_APPLICABLE, "scalp"),
        ("LOCAL-SHOULDER", Laterality.RIGHT, "right shoulder"),
        ("281642007", Laterality.RIGHT, "back of the right hand"),
        ("281642007", Laterality.BILATERAL, "back of the hand, both sides"),
        ("24483006", Laterality.LEFT, "skin behind the left ear"),
        ("68598004", Laterality.LEFT, "left wing of the nose"),
    ],
)
def test_place_is_named_as_people_say_it(code: str, side: Laterality, words: str) -> None:
    assert body_sites.label(code, side) == words


@pytest.mark.parametrize(
    ("code", "side", "words"),
    [
        ("36141000", Laterality.LEFT, "your left cheek"),
        ("281642007", Laterality.RIGHT, "the back of your right hand"),
        ("68598004", Laterality.LEFT, "the left wing of your nose"),
        ("79283007", Laterality.NOT_APPLICABLE, "the tip of your nose"),
        ("72005009", Laterality.BILATERAL, "your areola, both sides"),
    ],
)
def test_place_is_named_to_the_person_as_theirs(code: str, side: Laterality, words: str) -> None:
    assert body_sites.of_yours(code, side) == words


@pytest.mark.parametrize(
    "code",
    [
        *("54468004", "72005009", "22180002", "63029009", "39687006", "280387007", "60944009"),
        *("35900000", "81992007", "73058008", "48014002", "59112000", "73958006", "LOCAL-BREAST"),
    ],
)
def test_intimate_places_are_marked(code: str) -> None:
    assert body_sites.BY_CODE[code].is_intimate


def test_only_the_listed_places_are_intimate() -> None:
    assert sum(site.is_intimate for site in body_sites.SITES) == 14


def test_codes_and_names_are_each_used_once() -> None:
    assert len(body_sites.BY_CODE) == len(body_sites.BY_NAME) == len(body_sites.SITES)


@pytest.mark.parametrize("side", [Laterality.NOT_APPLICABLE, Laterality.MIDLINE])
def test_paired_place_asks_for_its_side(side: Laterality) -> None:
    assert body_sites.why_side_is_wrong("36141000", side) == (
        "Choose left, right or both sides for the cheek"
    )


def test_single_place_needs_no_side() -> None:
    assert body_sites.why_side_is_wrong("113179006", Laterality.NOT_APPLICABLE) is None
