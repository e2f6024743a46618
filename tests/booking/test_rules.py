"""Slots, moves and the clocks: no database."""

from datetime import UTC, date, datetime, time, timedelta

import pytest

from derm_service.booking import rules
from derm_service.booking.codes import AppointmentState, CancelReason, NotAttendedReason
from derm_service.clock import london
from derm_service.errors import Conflict, Invalid

NINE = datetime(2026, 8, 6, 8, tzinfo=UTC)  # 9am in London


def at(minutes: int) -> datetime:
    return NINE + timedelta(minutes=minutes)


def test_a_clinic_is_cut_into_whole_slots_that_touch() -> None:
    slots = rules.cut(at(0), at(70), 20)

    assert slots == [(at(0), at(20)), (at(20), at(40)), (at(40), at(60))]


def test_a_clinic_shorter_than_a_slot_has_none() -> None:
    assert rules.cut(at(0), at(19), 20) == []


@pytest.mark.parametrize("sunday", [date(2026, 3, 29), date(2026, 10, 25), date(2027, 3, 28)])
def test_a_weekly_clinic_keeps_its_wall_clock_time_over_a_clock_change(sunday: date) -> None:
    starts = [rules.moment(sunday + timedelta(weeks=week), time(9)) for week in (-1, 0, 1)]

    assert [london(each).time() for each in starts] == [time(9)] * 3
    assert [london(each).weekday() for each in starts] == [6] * 3
    assert starts[1] - starts[0] != starts[2] - starts[1]  # one of the weeks is an hour off


def test_a_clinic_over_the_night_the_clocks_go_forward_has_real_minutes() -> None:
    starts = rules.moment(date(2026, 3, 29), time(0, 30))
    ends = rules.moment(date(2026, 3, 29), time(2, 30))  # one real hour later

    slots = rules.cut(starts, ends, 30)

    assert [london(start).time() for start, _ in slots] == [time(0, 30), time(2, 0)]


def test_a_clinic_over_the_night_the_clocks_go_back_has_real_minutes() -> None:
    starts = rules.moment(date(2026, 10, 25), time(0, 30))
    ends = rules.moment(date(2026, 10, 25), time(2, 30))  # three real hours later

    slots = rules.cut(starts, ends, 60)

    assert [london(start).time() for start, _ in slots] == [time(0, 30), time(1, 30), time(1, 30)]


def test_a_time_the_clocks_skip_is_refused_in_words() -> None:
    with pytest.raises(Invalid) as refused:
        rules.moment(date(2026, 3, 29), time(1, 30))

    assert "go forward" in refused.value.fields["starts"]


def test_a_time_that_comes_twice_means_the_first() -> None:
    assert rules.moment(date(2026, 10, 25), time(1, 30)) == datetime(
        2026, 10, 25, 0, 30, tzinfo=UTC
    )


def test_leap_day_and_midnight_are_moments_like_others() -> None:
    assert rules.moment(date(2028, 2, 29), time(0)) == datetime(2028, 2, 29, tzinfo=UTC)
    assert rules.moment(date(2028, 7, 1), time(0)) == datetime(2028, 6, 30, 23, tzinfo=UTC)


def test_an_ended_appointment_cannot_change_any_more() -> None:
    ended = [state for state in AppointmentState if state not in rules.ALLOWED]

    assert set(ended) == {
        AppointmentState.COMPLETED,
        AppointmentState.NOT_ATTENDED,
        AppointmentState.CANCELLED,
        AppointmentState.MOVED,
    }
    for state in ended:
        for to in AppointmentState:
            with pytest.raises(Conflict, match="Reload the page"):
                rules.check_move(state, to)


def test_every_reason_has_words_and_a_code_of_the_referral_service() -> None:
    assert set(rules.CANCEL_CODES) == set(rules.CANCEL_WORDS) == set(CancelReason)
    assert set(rules.NOT_ATTENDED_CODES) == set(rules.NOT_ATTENDED_WORDS) == set(NotAttendedReason)
