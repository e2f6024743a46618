"""Time as clinics know it: overlaps, the change of the clocks, leap days, bank holidays."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
import sqlalchemy as sa
import time_machine
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from derm_service import clock
from derm_service.booking import appointments, free, ledger, queries, recurring, rules, series
from derm_service.booking.codes import Level
from derm_service.booking.models import Clinic
from derm_service.booking.recurring import Pattern
from derm_service.errors import Conflict, Invalid
from derm_service.messages.rules import is_bank_holiday
from derm_service.people import Role
from tests import make
from tests.surf import post, sign_in_as

NINE = datetime(2027, 6, 1, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("from_minute", "to_minute", "meets"),
    [
        (-20, -10, False),  # before
        (-20, 0, False),  # up to
        (-20, 10, True),  # into the beginning
        (0, 20, True),  # the same
        (5, 15, True),  # within
        (-10, 30, True),  # around
        (10, 30, True),  # out of the end
        (20, 40, False),  # from the end on
    ],
)
def test_two_uses_meet_only_where_they_share_a_moment(
    session: Session, from_minute: int, to_minute: int, meets: bool
) -> None:
    room = make.resource(session)
    here = ledger.span(NINE, NINE + timedelta(minutes=20))
    other = ledger.span(NINE + timedelta(minutes=from_minute), NINE + timedelta(minutes=to_minute))
    ledger.take(session, [room.id], level=Level.VISIT, during=here)

    try:
        ledger.take(session, [room.id], level=Level.VISIT, during=other)
        refused = False
    except ledger.Taken:
        refused = True

    assert refused is meets


def a_series(session: Session, first: date, last: date, **given: object) -> series.Series:
    place = make.location(session)
    return series.open_series(
        session,
        pattern=Pattern(
            **{
                "first_on": first,
                "last_on": last,
                "weekdays": frozenset({first.weekday()}),
                **given,
            }
        ),
        starts=time(9),
        ends=time(12),
        location_id=place.id,
        slot_minutes=20,
        resource_ids=[one.id for one in make.resources(session, place)],
        by=make.user(session, Role.LEAD),
    )


@pytest.mark.parametrize(
    ("first", "changes"),
    [(date(2027, 3, 21), date(2027, 3, 28)), (date(2027, 10, 24), date(2027, 10, 31))],
)
def test_a_series_keeps_nine_in_the_morning_over_both_changes_of_the_clocks(
    session: Session, first: date, changes: date
) -> None:
    made = a_series(session, first, first + timedelta(weeks=2), on_bank_holidays=True)

    local = [clock.london(one.starts_at) for one in made.opened]
    assert [one.date() for one in local] == [first, changes, first + timedelta(weeks=2)]
    assert {one.time() for one in local} == {time(9)}
    assert len({one.utcoffset() for one in local}) == 2
    assert {len(one.slots) for one in made.opened} == {9}


def test_slots_through_the_night_of_the_long_hour_are_real_minutes_and_never_twice(
    session: Session,
) -> None:
    starts_at = rules.moment(date(2027, 10, 31), time(0, 30))
    clinic = make.clinic(session, starts_at=starts_at, hours=3, slot_minutes=30)

    lengths = {slot.ends_at - slot.starts_at for slot in clinic.slots}
    starts = [slot.starts_at for slot in clinic.slots]
    on_the_wall = [clock.london(one).strftime("%H:%M") for one in starts]
    assert lengths == {timedelta(minutes=30)}
    assert len(set(starts)) == 6
    assert on_the_wall == ["00:30", "01:00", "01:30", "01:00", "01:30", "02:00"]


def test_the_short_night_has_no_time_that_does_not_exist(session: Session) -> None:
    with pytest.raises(Invalid):
        rules.moment(date(2027, 3, 28), time(1, 30))

    starts_at = rules.moment(date(2027, 3, 28), time(0, 30))
    clinic = make.clinic(session, starts_at=starts_at, hours=2, slot_minutes=30)

    on_the_wall = [clock.london(slot.starts_at).strftime("%H:%M") for slot in clinic.slots]
    assert on_the_wall == ["00:30", "02:00", "02:30", "03:00"]


def test_a_weekly_series_knows_the_leap_day(session: Session) -> None:
    made = a_series(session, date(2028, 2, 22), date(2028, 3, 7))

    days = [clock.london(one.starts_at).date() for one in made.opened]
    assert days == [date(2028, 2, 22), date(2028, 2, 29), date(2028, 3, 7)]


def test_bank_holidays_and_exceptions_are_left_out_and_named(session: Session) -> None:
    made = a_series(
        session, date(2027, 3, 22), date(2027, 4, 12), except_on=frozenset({date(2027, 4, 5)})
    )

    days = [clock.london(one.starts_at).date() for one in made.opened]
    assert days == [date(2027, 3, 22), date(2027, 4, 12)]
    assert [(one.on, one.left_out) for one in made.left_out] == [
        (date(2027, 3, 29), recurring.BANK_HOLIDAY),  # Easter Monday
        (date(2027, 4, 5), recurring.EXCEPTION),
    ]


@pytest.mark.parametrize(
    "day",
    [
        date(2026, 12, 25),
        date(2026, 12, 28),  # Boxing Day falls on a Saturday
        date(2027, 1, 1),
        date(2027, 3, 26),
        date(2027, 5, 3),
        date(2027, 8, 30),
    ],
)
def test_the_bank_holidays_of_england_are_known_without_the_network(day: date) -> None:
    assert is_bank_holiday(day)
    assert not is_bank_holiday(day + timedelta(days=9))


def test_a_day_on_which_the_room_is_in_use_is_left_out_with_its_name(session: Session) -> None:
    made = a_series(session, date(2027, 6, 1), date(2027, 6, 15))
    ids = ledger.resources_of_clinic(session, made.opened[1].id)
    place = made.opened[0].location_id

    again = series.open_series(
        session,
        pattern=Pattern(
            first_on=date(2027, 6, 1), last_on=date(2027, 6, 22), weekdays=frozenset({1})
        ),
        starts=time(11),
        ends=time(13),
        location_id=place,
        slot_minutes=20,
        resource_ids=ids,
        by=make.user(session, Role.LEAD),
    )

    assert [clock.london(one.starts_at).date() for one in again.opened] == [date(2027, 6, 22)]
    assert len(again.left_out) == 3
    assert all("already in use" in one.left_out for one in again.left_out)
    assert {one.series_id for one in again.opened} != {one.series_id for one in made.opened}


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"last_on": date(2027, 5, 1)}, "repeat_until"),
        ({"last_on": date(2029, 6, 1)}, "repeat_until"),
        ({"weekdays": frozenset()}, "weekdays"),
        ({"weekdays": frozenset({7})}, "weekdays"),
        ({"every_weeks": 0}, "every_weeks"),
    ],
)
def test_a_pattern_that_cannot_be_gets_its_sentence(change: dict[str, object], field: str) -> None:
    given = {
        "first_on": date(2027, 6, 1),
        "last_on": date(2027, 6, 29),
        "weekdays": frozenset({1}),
        **change,
    }

    with pytest.raises(Invalid) as refused:
        recurring.days(Pattern(**given), is_bank_holiday)  # type: ignore[arg-type]

    assert list(refused.value.fields) == [field]


def test_a_slot_over_midnight_belongs_to_the_day_it_starts_on(session: Session) -> None:
    evening = rules.moment(date(2027, 6, 1), time(23, 50))
    clinic = make.clinic(session, starts_at=evening, hours=1, slot_minutes=20)
    clerk = make.user(session)

    booked = appointments.book(
        session, slot_id=clinic.slots[0].id, referral_id=make.referral(session).id, by=clerk
    )

    assert [one.id for one in queries.clinics_between(session, date(2027, 6, 1), date(2027, 6, 1))]
    assert not queries.clinics_between(session, date(2027, 6, 2), date(2027, 6, 2))
    assert clock.london(booked.during.upper or evening).date() == date(2027, 6, 2)
    assert clinic.slots[1] in free.free_slots(session, after=evening)


def test_a_slot_is_bookable_to_the_moment_it_begins(session: Session) -> None:
    slot, clerk = make.slot(session), make.user(session)
    referral = make.referral(session)

    at_the_moment = time_machine.travel(slot.starts_at, tick=False)
    with at_the_moment, pytest.raises(Conflict, match="already passed"):
        appointments.book(session, slot_id=slot.id, referral_id=referral.id, by=clerk)
    with time_machine.travel(slot.starts_at - timedelta(seconds=1), tick=False):
        assert appointments.book(session, slot_id=slot.id, referral_id=referral.id, by=clerk)


def test_the_page_opens_a_series_and_names_what_it_left_out(
    client: FlaskClient, session: Session
) -> None:
    sign_in_as(client, session, make.user(session, Role.LEAD))
    place = make.location(session)
    room, photographer, _ = make.resources(session, place)
    form = {
        "location_id": str(place.id),
        "place_id": str(room.id),
        "photographer_id": str(photographer.id),
        "on-day": "22",
        "on-month": "3",
        "on-year": "2027",
        "starts": "9:00",
        "ends": "12:00",
        "slot_minutes": "20",
        "views": ["overview", "close_up", "dermoscopic"],
        "repeat_until-day": "12",
        "repeat_until-month": "4",
        "repeat_until-year": "2027",
        "every_weeks": "1",
        "except_on": "5 4 2027",
    }

    bad = post(client, "/clinics/open", **{**form, "except_on": "never"})
    endless = post(client, "/clinics/open", **{**form, "except_on": "1 1 99999999999"})
    ancient = post(client, "/clinics/open", **{**form, "except_on": "5 4 27"})
    upside_down = post(client, "/clinics/open", **{**form, "repeat_until-year": "2026"})
    done = post(client, "/clinics/open", **form)
    week = client.get(done.headers["Location"])

    assert bad.status_code == endless.status_code == upside_down.status_code == 422
    assert ancient.status_code == 422  # the year 27 leaves nothing out
    assert "one date on each line" in bad.text
    assert "must not be before the first" in upside_down.text
    assert done.status_code == 303
    assert "2 clinics are open with 18 slots" in week.text
    assert "Monday 29 March 2027 is left out: a bank holiday" in week.text
    assert session.scalar(sa.select(sa.func.count()).select_from(Clinic)) == 2
