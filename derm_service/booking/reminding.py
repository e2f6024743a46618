"""Reminders of appointments: written once each when they fall due, by each person's own channel.

Texts and emails 7, 5 and 1 days before, at 9am; a letter so early that it is there a week before;
who is rung hears once, the working day before. What had fallen due when the appointment was made
is skipped, and of several that fall due at once only the last is written.
"""

import uuid
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from derm_service import clock
from derm_service.booking import letters, texts
from derm_service.booking.codes import AppointmentState
from derm_service.booking.models import Appointment, Slot
from derm_service.messages import channels, outbox
from derm_service.messages.channels import Way
from derm_service.messages.codes import MessageKind
from derm_service.messages.models import Message
from derm_service.messages.quiet import is_quiet
from derm_service.messages.rules import letter_arrives, next_working_day
from derm_service.referrals.codes import Channel

AT = time(9)
SENT_DAYS = (7, 5, 1)
LETTER_BEFORE = timedelta(days=7)
LOOKED_AHEAD = timedelta(days=30)
"""Longer than any letter's way over the longest holidays, with its week."""
BATCH = 200
Place = tuple[datetime, uuid.UUID]
"""Where a batch ended: the time of an appointment and its id."""
REMIND = "Remind them of the appointment, and ask whether they can come"


@dataclass(frozen=True)
class Due:
    """One reminder: its name, from when on it is due, and until when it is of use."""

    name: str
    at: datetime
    until: datetime
    channel: Channel


def due_now(way: Way, starts_at: datetime, booked_at: datetime, now: datetime) -> Due | None:
    """The reminder to write now, by the way a person hears: the last that has fallen due."""
    past = [each for each in plan(way, starts_at) if each.at <= now]
    if not past or past[-1].at <= booked_at or past[-1].until <= now:
        return None
    return past[-1]


def plan(way: Way, starts_at: datetime) -> list[Due]:
    """Every reminder of an appointment in the order of time."""
    on = clock.london(starts_at).date()
    if way.channel in (Channel.SMS, Channel.EMAIL):
        at = [_nine(on - timedelta(days=days)) for days in SENT_DAYS]
        ends = [*at[1:], starts_at]
        return [
            Due(str(days), one, end, way.channel)
            for days, one, end in zip(SENT_DAYS, at, ends, strict=True)
        ]
    wanted_on = on - LETTER_BEFORE
    ring = Due("call", _nine(_working_day_before(on)), starts_at, Channel.PHONE)
    letter = Due("letter", _nine(_last_day_to_write(wanted_on)), _nine(wanted_on), Channel.LETTER)
    if way.channel is Channel.LETTER:
        return [letter]
    return [letter, ring] if way.letter_too else [ring]


def remind(session: Session, after: Place | None = None) -> tuple[int, Place | None]:
    """Write what is due for one batch of appointments; how many, and after which the next begins.

    None where there is no next. Nothing is written at night.
    """
    if is_quiet(clock.now()):
        return 0, None
    found = _soon(session, after)
    written = sum(_remind(session, each) for each in found)
    whole = len(found) == BATCH
    return written, (found[-1].slot.starts_at, found[-1].id) if whole else None


def _soon(session: Session, after: Place | None) -> list[Appointment]:
    """Booked appointments of the next weeks, held so that none is cancelled meanwhile."""
    now = clock.now()
    key = sa.tuple_(Slot.starts_at, Appointment.id)
    query = (
        sa.select(Appointment)
        .join(Appointment.slot)
        .where(
            Appointment.state == AppointmentState.BOOKED,
            Slot.starts_at > now,
            Slot.starts_at < now + LOOKED_AHEAD,
        )
        .order_by(Slot.starts_at, Appointment.id)
        .limit(BATCH)
        .with_for_update(of=Appointment, skip_locked=True)
    )
    return list(session.scalars(query.where(key > after) if after else query))


def _remind(session: Session, appointment: Appointment) -> bool:
    """Write the reminder that is due, unless it was; whether one was written."""
    starts_at, now = appointment.slot.starts_at, clock.now()
    way = way_to_remind(appointment)
    due = due_now(way, starts_at, appointment.booked_at, now)
    if due is None:
        return False
    once_key = f"{MessageKind.APPOINTMENT_REMINDER}:{appointment.id}:{due.name}"
    if session.scalar(sa.select(Message.id).where(Message.once_key == once_key)):
        return False
    note = letters.phone_note(appointment, clock.today(), said=REMIND)
    outbox.write(
        session,
        referral=appointment.referral,
        kind=MessageKind.APPOINTMENT_REMINDER,
        addressee=way.addressee,
        channel=due.channel,
        content=letters.booked(appointment, clock.today(), letters.REMINDED)
        | texts.booked(appointment, letters.REMINDED)
        | {"note": f"{note} {way.why}".strip()},
        once_key=once_key,
        subject_id=appointment.id,
        send_to=way.send_to,
        not_after=due.until if due.channel is not Channel.LETTER else starts_at,
        by=None,
    )
    return True


def way_to_remind(appointment: Appointment) -> Way:
    """The way a person hears where the post has time: a reminder letter is planned ahead."""
    return channels.way(appointment.patient, today=clock.today(), letter_in_time=True)


def _last_day_to_write(wanted_on: date) -> date:
    """The last working day on which a letter is written that surely comes before a day."""
    day = wanted_on
    while not letter_arrives(day, wanted_on):
        day = _working_day_before(day)
    return day


def _working_day_before(day: date) -> date:
    before = day - timedelta(days=1)
    while next_working_day(before - timedelta(days=1)) != before:
        before -= timedelta(days=1)
    return before


def _nine(day: date) -> datetime:
    return datetime.combine(day, AT, tzinfo=clock.LONDON)
