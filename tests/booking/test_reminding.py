"""Reminders: when each falls due, by whom they are heard, and that none comes twice."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
import time_machine
from sqlalchemy.orm import Session, sessionmaker

from derm_service import clock
from derm_service.booking import appointments, endings, reminding
from derm_service.booking.codes import CancelReason
from derm_service.booking.models import Appointment
from derm_service.booking.tasks import remind_all
from derm_service.messages.channels import Way
from derm_service.messages.codes import MessageKind, MessageState
from derm_service.messages.models import Message
from derm_service.referrals.codes import Channel, WithdrawnReason
from tests import make

MONDAY = datetime(2026, 8, 3, 10, tzinfo=UTC)
BY_TEXT = Way(Channel.SMS)


def booked(session: Session, *, days: int, by: Channel = Channel.SMS, **given: Any) -> Appointment:
    """Booked on the present day for so many days later."""
    patient = make.patient(session, contact_by=by, **given)
    return appointments.book(
        session,
        slot_id=make.slot(session, starts_at=clock.now() + timedelta(days=days)).id,
        referral_id=make.referral(session, patient=patient).id,
        by=make.user(session),
    )


def reminders(session: Session) -> list[Message]:
    kind = Message.kind == MessageKind.APPOINTMENT_REMINDER
    return list(session.scalars(sa.select(Message).where(kind).order_by(Message.created_at)))


def remind_every_hour(session: Session, sessions: sessionmaker[Session], *, days: int) -> None:
    """The job as it runs, from now on for so many days."""
    session.commit()
    start = clock.now()
    for hour in range(1, days * 24, 4):
        with time_machine.travel(start + timedelta(hours=hour), tick=False):
            remind_all(sessions)
    session.expire_all()


@time_machine.travel(MONDAY, tick=False)
def test_text_reminds_seven_five_and_one_days_before_and_never_twice(
    session: Session, joined_sessions: sessionmaker[Session]
) -> None:
    booked(session, days=10)

    remind_every_hour(session, joined_sessions, days=11)

    written = reminders(session)
    assert [each.once_key.rpartition(":")[2] for each in written] == ["7", "5", "1"]
    days = [clock.london(each.created_at).date().day for each in written]
    assert days == [6, 8, 12]
    assert all(each.channel is Channel.SMS and each.send_to for each in written)
    assert "A reminder of an NHS appointment: Thursday 13 August 2026" in written[0].content["text"]


@time_machine.travel(MONDAY, tick=False)
def test_short_notice_skips_what_was_due_when_it_was_booked(
    session: Session, joined_sessions: sessionmaker[Session]
) -> None:
    booked(session, days=4)

    remind_every_hour(session, joined_sessions, days=5)

    assert [each.once_key.rpartition(":")[2] for each in reminders(session)] == ["1"]


@time_machine.travel(MONDAY, tick=False)
def test_letter_is_written_so_that_it_is_there_a_week_before(
    session: Session, joined_sessions: sessionmaker[Session]
) -> None:
    booked(session, days=24, by=Channel.LETTER)

    remind_every_hour(session, joined_sessions, days=25)

    [letter] = reminders(session)
    # Thursday 27 August less a week is the 20th; four whole working days lie before it
    assert clock.london(letter.created_at).date().day == 13
    assert (letter.channel, letter.state) == (Channel.LETTER, MessageState.READY)
    assert letter.content["subject"] == "Your appointment: a reminder"


@time_machine.travel(MONDAY, tick=False)
def test_who_is_rung_hears_once_on_the_working_day_before(
    session: Session, joined_sessions: sessionmaker[Session]
) -> None:
    booked(session, days=7, by=Channel.PHONE)  # Monday the 10th

    remind_every_hour(session, joined_sessions, days=8)

    [call] = reminders(session)
    assert call.channel is Channel.PHONE
    assert clock.london(call.created_at).date().day == 7


@time_machine.travel(MONDAY, tick=False)
def test_cancelled_or_withdrawn_or_moved_takes_its_reminders_back(
    session: Session, joined_sessions: sessionmaker[Session]
) -> None:
    clerk = make.user(session)
    cancelled, moved, withdrawn, dead, kept = (booked(session, days=6) for _ in range(5))
    session.commit()
    with time_machine.travel(MONDAY + timedelta(days=1), tick=False):
        remind_all(joined_sessions)
        session.expire_all()
        appointments.cancel(
            session, appointment_id=cancelled.id, reason=CancelReason.PATIENT_ILL, by=clerk
        )
        slot = make.slot(session, starts_at=clock.now() + timedelta(days=20))
        appointments.move(session, appointment_id=moved.id, slot_id=slot.id, by=clerk)
        endings.withdraw_referral(
            session,
            referral_id=withdrawn.referral_id,
            reason=WithdrawnReason.PATIENT_WISH,
            by=clerk,
        )
        endings.record_death(session, patient_id=dead.patient_id, on=clock.today(), by=clerk)
        remind_all(joined_sessions)

    waiting = [each for each in reminders(session) if each.state is MessageState.READY]
    assert [each.subject_id for each in waiting] == [kept.id]
    assert len(reminders(session)) == 5


@time_machine.travel(MONDAY, tick=False)
def test_job_that_did_not_run_for_days_sends_only_the_last_reminder(
    session: Session, joined_sessions: sessionmaker[Session]
) -> None:
    booked(session, days=10)
    session.commit()

    with time_machine.travel(MONDAY + timedelta(days=9, hours=1), tick=False):
        remind_all(joined_sessions)
        remind_all(joined_sessions)

    assert [each.once_key.rpartition(":")[2] for each in reminders(session)] == ["1"]


@pytest.mark.parametrize("hour", [20, 23, 3, 6])
def test_nothing_is_written_at_night(
    session: Session, joined_sessions: sessionmaker[Session], hour: int
) -> None:
    with time_machine.travel(MONDAY, tick=False):
        booked(session, days=10)
        session.commit()
    with time_machine.travel(MONDAY.replace(day=7, hour=hour), tick=False):
        remind_all(joined_sessions)

    assert reminders(session) == []


@pytest.mark.parametrize(
    ("starts_at", "at_in_utc"),
    [
        (datetime(2026, 10, 26, 10, tzinfo=UTC), datetime(2026, 10, 25, 9, tzinfo=UTC)),
        (datetime(2026, 10, 25, 10, tzinfo=UTC), datetime(2026, 10, 24, 8, tzinfo=UTC)),
        (datetime(2027, 3, 28, 10, tzinfo=UTC), datetime(2027, 3, 27, 9, tzinfo=UTC)),
        (datetime(2027, 3, 29, 10, tzinfo=UTC), datetime(2027, 3, 28, 8, tzinfo=UTC)),
    ],
)
def test_reminder_of_the_day_before_is_at_nine_on_london_clocks(
    starts_at: datetime, at_in_utc: datetime
) -> None:
    assert reminding.plan(BY_TEXT, starts_at)[-1].at == at_in_utc


def test_reminder_letter_of_christmas_leaves_time_for_the_holidays() -> None:
    planned = reminding.plan(Way(Channel.LETTER), datetime(2027, 1, 8, 10, tzinfo=UTC))

    # to be there on 1 January: 24, 29, 30 and 31 December are working days, the 25th to 28th not
    assert planned[0].at.date().isoformat() == "2026-12-23"
