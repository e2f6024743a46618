"""The seven-point checklist asks where it and the diameter say different sizes."""

import pytest

from derm_service.referrals import seven_point

SIZE = "seven_mm_or_more"


@pytest.mark.parametrize(
    ("ticked", "diameter", "asks"),
    [
        ([SIZE], 5.0, True),
        (["oozing"], 9.0, True),
        ([SIZE], 7.0, False),
        (["oozing"], 6.5, False),
        ([SIZE], None, False),
        ([], 9.0, False),
    ],
)
def test_size_is_asked_about_only_where_the_two_contradict(
    ticked: list[str], diameter: float | None, asks: bool
) -> None:
    assert bool(seven_point.size_contradiction(ticked, diameter)) is asks
