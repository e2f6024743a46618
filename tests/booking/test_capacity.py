"""Whether the free times suffice before people breach: the last slot, and the alarm."""

from datetime import UTC, date, datetime, time, timedelta

from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from derm_service import clock
from derm_service.booking import capacity, waiting
from derm_service.booking.capacity import Shortfall, shortfalls
from derm_service.messages import work
from derm_service.messages.codes import WorkKind
from derm_service.people import Role
from derm_service.referrals.codes import Mobility
from tests import make
from tests.surf import sign_in_as

MONDAY = date(2026, 12, 7)
TUESDAY, WEDNESDAY = MONDAY + timedelta(days=1), MONDAY + timedelta(days=2)


def test_times_that_come_after_the_breach_do_not_help() -> None:
    assert shortfalls([MONDAY], {TUESDAY: 9}) == [Shortfall(MONDAY, 1, 0)]


def test_time_somebody_uses_is_gone_for_those_after() -> None:
    assert shortfalls([MONDAY, TUESDAY, TUESDAY], {MONDAY: 1, TUESDAY: 1}) == [
        Shortfall(TUESDAY, 3, 2)
    ]


def test_time_left_over_is_there_for_those_after() -> None:
    assert not shortfalls([MONDAY, WEDNESDAY], {MONDAY: 2})


@given(st.lists(st.integers(0, 9)), st.dictionaries(st.integers(0, 9), st.integers(0, 5)))
def test_alarm_is_silent_just_when_everybody_can_be_given_a_time(
    breaches: list[int], free: dict[int, int]
) -> None:
    days = [MONDAY + timedelta(days=each) for each in sorted(breaches)]
    times = sorted(
        MONDAY + timedelta(days=each) for each, number in free.items() for _ in range(number)
    )

    all_seen = len(times) >= len(days) and all(
        slot <= breach_on for slot, breach_on in zip(times, days, strict=False)
    )

    found = shortfalls(days, {MONDAY + timedelta(days=each): n for each, n in free.items()})
    assert all_seen == (not found)


def test_sentence_says_how_many_are_too_few() -> None:
    said = Shortfall(MONDAY, 3, 1).sentence

    assert said == (
        "3 people have to be seen by 7 December 2026, and 1 time is free until then. "
        "Open clinics for 2 more people."
    )


def test_alarm_sounds_before_the_breach_and_is_silent_when_a_clinic_is_opened(
    session: Session,
) -> None:
    lead = make.user(session, Role.LEAD)
    make.referral(session, days_ago=20)

    assert capacity.sound_the_alarm(session)
    assert capacity.sound_the_alarm(session)
    rows = [each for each in work.open_items(session, lead) if each.kind is WorkKind.CAPACITY_ALARM]
    assert len(rows) == 1
    assert "1 person has to be seen" in rows[0].note

    make.clinic(session, starts_at=clock.now() + timedelta(days=2))
    assert not capacity.sound_the_alarm(session)
    assert rows[0].done_at is not None


def test_who_has_breached_already_is_counted(session: Session) -> None:
    make.referral(session, days_ago=40)
    row = capacity.waiting.waiting_list(session)

    found = capacity.alarms(session, row)

    assert [(each.by, each.people) for each in found] == [(clock.today(), 1)]


def test_waiting_list_shows_the_last_time_that_is_still_in_time(
    client: FlaskClient, session: Session
) -> None:
    sign_in_as(client, session, make.user(session))
    make.referral(session, days_ago=20)  # breaches in 8 days
    for days in (3, 8, 9):
        day = clock.today() + timedelta(days=days)
        make.clinic(session, starts_at=datetime.combine(day, time(9), tzinfo=UTC), hours=1)

    page = client.get("/waiting-list").text

    assert "Last free time before it" in page
    last = capacity.last_slots(session, waiting.waiting_list(session))
    assert [clock.london(slot.starts_at).date() for slot in last.values()] == [
        clock.today() + timedelta(days=8)
    ]
    assert "Too few times" not in page


def test_last_time_is_at_a_place_with_the_access_the_person_needs(session: Session) -> None:
    rolls = make.patient(session, mobility=Mobility.WHEELCHAIR)
    wheelchair = make.referral(session, patient=rolls, days_ago=20)
    walks = make.referral(session, days_ago=20)
    day = datetime.combine(clock.today() + timedelta(days=2), time(9), tzinfo=UTC)
    steps = make.location(session, features=[])
    sooner = make.clinic(session, starts_at=day, hours=1)
    later = make.clinic(session, starts_at=day + timedelta(days=2), hours=1, location=steps)

    last = capacity.last_slots(session, waiting.waiting_list(session))

    assert last == {wheelchair.id: sooner.slots[-1], walks.id: later.slots[-1]}


def test_waiting_list_says_when_no_time_is_left_before_the_breach(
    client: FlaskClient, session: Session
) -> None:
    sign_in_as(client, session, make.user(session))
    make.referral(session, days_ago=20)

    page = client.get("/waiting-list").text

    assert "No free time before it" in page
    assert "Too few times before people breach" in page
