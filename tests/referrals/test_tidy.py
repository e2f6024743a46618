"""What people type becomes what is kept, or a sentence."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from derm_service.referrals import seven_point, tidy
from tests import make

NUMBER = make.nhs_number_of(12345)


@pytest.mark.parametrize(
    "typed",
    [
        NUMBER,
        f"{NUMBER[:3]} {NUMBER[3:6]} {NUMBER[6:]}",
        f"{NUMBER[:3]}-{NUMBER[3:6]}–{NUMBER[6:]}",
        f"  {NUMBER[:3]}\u00a0{NUMBER[3:]} ",
    ],
)
def test_nhs_number_is_taken_with_spaces_and_dashes(typed: str) -> None:
    assert tidy.nhs_number(typed, allow_test=True) == NUMBER


def test_nhs_number_with_a_mistyped_digit_is_refused() -> None:
    wrong = NUMBER[:-1] + str((int(NUMBER[-1]) + 1) % 10)

    with pytest.raises(ValueError, match="mistyped"):
        tidy.nhs_number(wrong, allow_test=True)


def test_test_numbers_are_refused_outside_demonstration() -> None:
    with pytest.raises(ValueError, match="tests only"):
        tidy.nhs_number(NUMBER, allow_test=False)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [("an12bc", "AN1 2BC"), (" sw1a  1aa ", "SW1A 1AA"), ("zz99-3vz", "ZZ99 3VZ"), ("", "")],
)
def test_postcode_is_taken_in_any_spelling(typed: str, kept: str) -> None:
    assert tidy.postcode(typed) == kept


def test_half_a_postcode_is_refused() -> None:
    with pytest.raises(ValueError, match="full UK postcode"):
        tidy.postcode("AN1")


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("(01632) 960-001", "01632 960 001"),
        ("+44 (0)1632 960001", "+44 1632 960001"),
        ("07700.900.982", "07700 900 982"),
        ("", ""),
    ],
)
def test_telephone_number_is_taken_in_any_spelling(typed: str, kept: str) -> None:
    assert tidy.phone(typed) == kept


@pytest.mark.parametrize("typed", ["ring the daughter", "123", "01632 960001 / 960002 / 960003"])
def test_what_cannot_be_dialled_is_refused(typed: str) -> None:
    with pytest.raises(ValueError, match="telephone number"):
        tidy.phone(typed)


@pytest.mark.parametrize(
    "typed",
    ["14/3/1960", "14.03.1960", "14 March 1960", "14th mar 1960", "1960-03-14", "14 3 1960"],
)
def test_date_is_read_the_british_way(typed: str) -> None:
    assert tidy.day(typed) == date(1960, 3, 14)


@pytest.mark.parametrize(
    "typed", ["31/2/1960", "3/14/1960", "yesterday", "14/3/60", "14//1960", "9999999999/3/1960"]
)
def test_date_that_does_not_exist_is_refused(typed: str) -> None:
    with pytest.raises(ValueError, match="Enter"):
        tidy.day(typed)


@given(st.text(max_size=60))
def test_a_line_never_holds_breaks_or_controls(typed: str) -> None:
    kept = tidy.line(typed)

    assert kept == kept.strip()
    assert not set(kept) & set("\n\r\t\x00\u202e")


@given(st.dates(date(1890, 1, 1), date(2100, 1, 1)), st.sampled_from("/.- ,"))
def test_every_date_is_read_back_from_how_it_is_typed(day: date, between: str) -> None:
    assert tidy.day(between.join((str(day.day), str(day.month), f"{day.year:04}"))) == day


def test_seven_point_majors_count_two_and_minors_one() -> None:
    assert seven_point.score(["change_in_size", "oozing"]) == 3
    assert seven_point.score([item.code for item in seven_point.ITEMS]) == 10
