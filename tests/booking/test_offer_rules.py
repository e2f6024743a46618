"""Until when an offer may be answered, how somebody is asked, and who comes first: pure."""

import uuid
from datetime import UTC, date, datetime, timedelta

import pytest

from derm_service.booking import offer_ranking
from derm_service.booking.offer_ranking import Candidate, Risk
from derm_service.booking.offer_rules import Notice, answer_until, way_of
from derm_service.booking.rules import moment
from derm_service.referrals.codes import Channel, Priority
from derm_service.referrals.models import Patient

# A Tuesday in winter, when London keeps UTC; Friday 27 November follows.
TUESDAY = datetime(2026, 11, 24, 10, tzinfo=UTC)
SLOT_ON = date(2026, 12, 1)
FAR = TUESDAY + timedelta(days=10)
NOTICE = Notice()


@pytest.mark.parametrize(
    ("channel", "now", "until"),
    [
        (Channel.SMS, TUESDAY, TUESDAY + timedelta(hours=4)),
        (Channel.EMAIL, TUESDAY, TUESDAY + timedelta(hours=12)),
        (Channel.PHONE, TUESDAY, TUESDAY.replace(hour=17)),
        (Channel.PHONE, TUESDAY.replace(hour=14), datetime(2026, 11, 25, 17, tzinfo=UTC)),
        # at night nobody is woken: the hours count from eight in the morning
        (Channel.SMS, TUESDAY.replace(hour=23), datetime(2026, 11, 25, 12, tzinfo=UTC)),
        # on a Saturday nobody rings: the day that counts is Monday
        (
            Channel.PHONE,
            datetime(2026, 11, 28, 10, tzinfo=UTC),
            datetime(2026, 11, 30, 17, tzinfo=UTC),
        ),
    ],
)
def test_answer_is_awaited_as_long_as_the_channel_needs(
    channel: Channel, now: datetime, until: datetime
) -> None:
    assert answer_until(channel, now, FAR, NOTICE) == until


def test_nothing_is_offered_or_awaited_within_the_hours_before_it_begins() -> None:
    soon = TUESDAY + timedelta(hours=26)

    assert answer_until(Channel.SMS, TUESDAY, soon, NOTICE) == soon - timedelta(hours=24)
    assert answer_until(Channel.SMS, TUESDAY, soon - timedelta(hours=1.5), NOTICE) is None
    assert answer_until(Channel.EMAIL, TUESDAY, soon, NOTICE) is None
    assert answer_until(Channel.LETTER, TUESDAY, FAR, NOTICE) is None


def test_night_of_a_clock_change_counts_in_wall_clock_mornings() -> None:
    saturday_night = moment(date(2027, 3, 27), datetime.min.time().replace(hour=22))

    until = answer_until(Channel.SMS, saturday_night, FAR + timedelta(days=200), NOTICE)

    assert until == datetime(2027, 3, 28, 11, tzinfo=UTC)  # noon, an hour ahead by then


@pytest.mark.parametrize(
    ("given", "ring", "channel"),
    [
        ({"contact_by": Channel.SMS, "mobile": "07700 900111"}, False, Channel.SMS),
        ({"contact_by": Channel.SMS, "mobile": "07700 900111"}, True, Channel.PHONE),
        ({"contact_by": Channel.SMS, "phone": "01632 960111"}, False, Channel.PHONE),
        ({"contact_by": Channel.EMAIL, "email": "a@example.org"}, False, Channel.EMAIL),
        ({"contact_by": Channel.EMAIL, "email": "a@example.org"}, True, None),
        ({"contact_by": Channel.LETTER, "phone": "01632 960111"}, False, Channel.PHONE),
        ({"contact_by": Channel.LETTER}, False, None),
        (
            {"contact_by": Channel.SMS, "mobile": "07700 900111", "safe_contact": True},
            False,
            Channel.PHONE,
        ),
        (
            {"contact_by": Channel.SMS, "mobile": "07700 900111", "interpreter_needed": True},
            False,
            Channel.PHONE,
        ),
    ],
)
def test_people_are_asked_as_they_wish_else_rung_and_never_by_letter(
    given: dict[str, object], ring: bool, channel: Channel | None
) -> None:
    plain = {"phone": "", "mobile": "", "email": "", "needs": [], "address_lines": []}
    patient = Patient(**{**plain, **given})

    way = way_of(patient, TUESDAY.date(), ring=ring)

    assert (way and way.channel) is channel


def candidate(
    name: int,
    *,
    priority: Priority = Priority.URGENT_SUSPECTED_CANCER,
    started: int = 14,
    booked: int | None = None,
) -> Candidate:
    """Somebody whose clock started so many days before the slot, booked so many after it."""
    return Candidate(
        referral_id=uuid.UUID(int=name),
        priority=priority,
        clock_started_on=SLOT_ON - timedelta(days=started),
        received_at=datetime(2026, 11, 1, 9, tzinfo=UTC),
        booked_on=None if booked is None else SLOT_ON + timedelta(days=booked),
    )


def test_breach_risk_comes_first_then_who_has_nothing_then_the_earliest_breach() -> None:
    in_time = candidate(1, started=20, booked=5)
    routine = candidate(2, priority=Priority.ROUTINE)
    waits = candidate(3, started=10)
    near = candidate(4, started=22)
    late = candidate(5, started=25, booked=9)

    ranked = offer_ranking.order([in_time, routine, waits, near, late], SLOT_ON)

    assert ranked == [late, near, waits, routine, in_time]
    assert [offer_ranking.risk(one, SLOT_ON) for one in ranked] == [
        Risk.BREACHES,
        Risk.BREACHES,
        Risk.NOT_BOOKED,
        Risk.NOT_BOOKED,
        Risk.IN_TIME,
    ]


def test_of_equals_whoever_gains_most_comes_first() -> None:
    little, much = candidate(1, booked=2), candidate(2, booked=12)

    assert offer_ranking.order([little, much], SLOT_ON) == [much, little]


@pytest.mark.parametrize(
    ("days", "km", "km_now", "worth"),
    [
        (1, None, None, True),
        (0, 1.0, 30.0, False),  # not a day sooner
        (5, 60.0, 4.0, True),  # 56 km further are 2.8 days at 20 km a day
        (2, 60.0, 4.0, False),
    ],
)
def test_being_seen_sooner_has_to_be_worth_the_longer_way(
    days: int, km: float | None, km_now: float | None, worth: bool
) -> None:
    assert offer_ranking.is_worth_moving(days, km=km, km_now=km_now, km_a_day=20) is worth
