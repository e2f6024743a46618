"""What people are told of their appointments, and how."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
import time_machine
from sqlalchemy.orm import Session

from derm_service import clock
from derm_service.booking import appointments, rules
from derm_service.booking.codes import CancelReason
from derm_service.booking.models import Appointment
from derm_service.messages import work
from derm_service.messages.codes import MessageKind, MessageState, WorkKind
from derm_service.messages.models import Message, WorkItem
from derm_service.messages.rules import letter_arrives
from derm_service.referrals.codes import Channel, Mobility
from tests import make

MONDAY = datetime(2026, 8, 3, 10, tzinfo=UTC)


def book(session: Session, *, days: int, note: str = "", **patient: Any) -> Appointment:
    """Booked on the present day for so many days later at 9:40am."""
    on = clock.today() + timedelta(days=days)
    starts_at = rules.moment(on, datetime(2000, 1, 1, 9, 40).time())  # noqa: DTZ001 (a wall clock)
    return appointments.book(
        session,
        slot_id=make.slot(session, starts_at=starts_at).id,
        referral_id=make.referral(session, patient=make.patient(session, **patient)).id,
        note=note,
        by=make.user(session),
    )


def letter(session: Session, kind: MessageKind = MessageKind.APPOINTMENT) -> Message:
    return written(session, Channel.LETTER, kind)


def written(
    session: Session, channel: Channel, kind: MessageKind = MessageKind.APPOINTMENT
) -> Message:
    return session.scalars(
        sa.select(Message).where(Message.kind == kind, Message.channel == channel)
    ).one()


def calls(session: Session) -> list[WorkItem]:
    query = sa.select(WorkItem).where(
        WorkItem.kind == WorkKind.CALL_PATIENT, WorkItem.done_at.is_(None)
    )
    return list(session.scalars(query))


@pytest.mark.parametrize(
    ("written", "on", "arrives"),
    [
        (date(2026, 8, 3), date(2026, 8, 10), True),  # Tuesday to Friday lie between
        (date(2026, 8, 3), date(2026, 8, 7), False),
        (date(2026, 8, 7), date(2026, 8, 13), False),  # a weekend lies between
        (date(2026, 8, 27), date(2026, 9, 3), False),  # so does the summer bank holiday
        (date(2026, 8, 27), date(2026, 9, 4), True),
        (date(2026, 12, 23), date(2026, 12, 31), False),  # Christmas
        (date(2026, 8, 3), date(2026, 8, 3), False),
        (date(2026, 8, 3), date(2026, 8, 1), False),
    ],
)
def test_a_letter_needs_four_whole_working_days(written: date, on: date, arrives: bool) -> None:
    assert letter_arrives(written, on) is arrives


@time_machine.travel(MONDAY, tick=False)
def test_a_letter_says_when_where_how_to_prepare_and_how_to_change(session: Session) -> None:
    booked = book(session, days=10, given_name="Adaeze", family_name="Okafor")

    content = letter(session).content
    text = "\n".join(content["paragraphs"])
    assert content["to"][0] == "Adaeze Okafor"
    assert content["greeting"] == "Dear Adaeze Okafor,"
    assert content["date"] == "2026-08-03"
    assert "Date: Thursday 13 August 2026" in text
    assert "Time: 9:40am" in text
    assert "Mill Road, Anytown, AN2 3CD" in text
    assert "Park in car park B" in text
    assert "make-up" in text
    assert "cannot come" in text
    assert content["reference"] == booked.referral.id.hex[-8:].upper()
    assert calls(session) == []


@time_machine.travel(MONDAY, tick=False)
def test_no_letter_about_an_appointment_says_what_it_is_suspected_to_be(session: Session) -> None:
    book(session, days=10)

    said = " ".join(str(part) for part in letter(session).content.values()).lower()
    for word in ("cancer", "melanoma", "lesion", "cheek", "dermatolog", "suspected", "mole"):
        assert word not in said


@time_machine.travel(MONDAY, tick=False)
def test_an_appointment_too_soon_for_a_letter_is_told_by_telephone(session: Session) -> None:
    booked = book(session, days=1)

    assert [each.channel for each in session.scalars(sa.select(Message))] == [Channel.PHONE]
    [call] = calls(session)
    assert (call.subject_id, work.is_urgent(call), call.due_on) == (
        booked.id,
        True,
        date(2026, 8, 3),
    )
    assert "Tuesday 4 August 2026 at 9:40am" in call.note


@time_machine.travel(MONDAY, tick=False)
def test_somebody_who_prefers_the_telephone_is_rung_and_written_to(session: Session) -> None:
    book(session, days=10, contact_by=Channel.PHONE, contact_note="ring the daughter")

    assert letter(session).state is MessageState.READY
    [call] = calls(session)
    assert not work.is_urgent(call)
    assert "Note: ring the daughter." in call.note


@time_machine.travel(MONDAY, tick=False)
def test_somebody_who_needs_an_interpreter_is_rung_with_one(session: Session) -> None:
    book(session, days=10, interpreter_needed=True, language="pl", note="Interpreter booked.")

    text = "\n".join(letter(session).content["paragraphs"])
    assert "you need an interpreter" in text
    assert "What we have arranged: Interpreter booked." in text
    assert "interpreter (Polish)" in calls(session)[0].note


@time_machine.travel(MONDAY, tick=False)
def test_large_print_and_the_parent_of_a_child_are_on_the_letter(session: Session) -> None:
    book(
        session,
        days=10,
        needs=("large_print",),
        mobility=Mobility.WHEELCHAIR,
        born_on=date(2015, 1, 1),
        given_name="Sam",
        family_name="Reid",
    )

    content = letter(session).content
    assert content["large_print"] is True
    assert content["to"][0] == "The parent or guardian of Sam Reid"
    assert content["greeting"] == "Dear parent or guardian of Sam Reid,"
    assert "you need step-free access" in "\n".join(content["paragraphs"])


@time_machine.travel(MONDAY, tick=False)
def test_moving_stops_the_letter_not_yet_posted_and_writes_the_new_time(session: Session) -> None:
    booked = book(session, days=10)
    new_time = make.slot(session, starts_at=booked.slot.starts_at + timedelta(days=1))

    new = appointments.move(
        session, appointment_id=booked.id, slot_id=new_time.id, by=make.user(session)
    )

    assert letter(session).state is MessageState.STOPPED
    moved = letter(session, MessageKind.APPOINTMENT_MOVED)
    assert moved.once_key == f"appointment_moved:{new.id}"
    assert "Friday 14 August 2026" in "\n".join(moved.content["paragraphs"])


@time_machine.travel(MONDAY, tick=False)
def test_cancelling_writes_that_it_will_not_take_place(session: Session) -> None:
    booked = book(session, days=10)

    appointments.cancel(
        session,
        appointment_id=booked.id,
        reason=CancelReason.STAFF_ABSENT,
        by=make.user(session),
    )

    text = "\n".join(letter(session, MessageKind.APPOINTMENT_CANCELLED).content["paragraphs"])
    assert "Thursday 13 August 2026 at 9:40am" in text
    assert "Please do not come" in text
    assert "offer you another time" in text
    assert letter(session).state is MessageState.STOPPED


@time_machine.travel(MONDAY, tick=False)
def test_a_cancellation_on_short_notice_replaces_the_call_with_another(session: Session) -> None:
    booked = book(session, days=1)

    appointments.cancel(
        session,
        appointment_id=booked.id,
        reason=CancelReason.STAFF_ABSENT,
        by=make.user(session),
    )

    [call] = calls(session)
    assert call.note.startswith("Tell that the appointment is cancelled")


@time_machine.travel(MONDAY, tick=False)
def test_nobody_is_told_that_a_time_which_has_passed_is_cancelled(session: Session) -> None:
    slot = make.slot(session, starts_at=MONDAY - timedelta(hours=1))
    passed = make.appointment(session, slot=slot)

    appointments.cancel(
        session,
        appointment_id=passed.id,
        reason=CancelReason.EQUIPMENT_FAILED,
        by=make.user(session),
    )

    assert session.scalars(sa.select(Message)).all() == []
    assert calls(session) == []
    rebook = sa.select(WorkItem).where(WorkItem.kind == WorkKind.REBOOK)
    assert session.scalars(rebook).one().referral_id == passed.referral_id
