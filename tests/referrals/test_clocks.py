"""Day n of 28 and week n of 18."""

from datetime import date, timedelta

import pytest

from derm_service.referrals.clocks import breach_date, reading
from derm_service.referrals.codes import Priority

DAY_0 = date(2026, 3, 1)
CANCER = Priority.URGENT_SUSPECTED_CANCER


@pytest.mark.parametrize(
    ("day", "label", "is_breached", "tone"),
    [
        (0, "Day 0 of 28", False, "grey"),
        (13, "Day 13 of 28", False, "grey"),
        (14, "Day 14 of 28", False, "yellow"),
        (21, "Day 21 of 28", False, "red"),
        (28, "Day 28 of 28", False, "red"),
        (29, "Day 29 of 28", True, "red"),
    ],
)
def test_suspected_cancer_is_in_time_to_the_end_of_day_28(
    day: int, label: str, is_breached: bool, tone: str
) -> None:
    read = reading(CANCER, DAY_0, DAY_0 + timedelta(days=day))

    assert (read.label, read.is_breached, read.tone) == (label, is_breached, tone)
    assert read.days_left == 28 - day
    assert read.breach_on == date(2026, 3, 29)


@pytest.mark.parametrize("priority", [Priority.URGENT, Priority.ROUTINE])
@pytest.mark.parametrize(
    ("day", "label", "is_breached"),
    [
        (0, "Week 1 of 18", False),
        (7, "Week 1 of 18", False),
        (8, "Week 2 of 18", False),
        (126, "Week 18 of 18", False),
        (127, "Week 19 of 18", True),
    ],
)
def test_other_referrals_count_eighteen_weeks(
    priority: Priority, day: int, label: str, is_breached: bool
) -> None:
    read = reading(priority, DAY_0, DAY_0 + timedelta(days=day))

    assert (read.label, read.is_breached) == (label, is_breached)


def test_stopped_clock_stands_where_it_stopped() -> None:
    read = reading(CANCER, DAY_0, DAY_0 + timedelta(days=90), DAY_0 + timedelta(days=12))

    assert read.label == "Stopped on day 12 of 28"
    assert not read.is_breached
    assert not read.is_running


def test_clock_counts_days_over_the_change_to_summer_time() -> None:
    assert breach_date(CANCER, date(2026, 3, 20)) == date(2026, 4, 17)
