"""Whether everybody who waits can be seen before they breach: the last slot, and the alarm."""

import uuid
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session, contains_eager

from derm_service import clock
from derm_service.booking import open_slots, queries, waiting
from derm_service.booking.codes import ClinicState
from derm_service.booking.models import Clinic, Location, Slot
from derm_service.messages import work
from derm_service.messages.codes import WorkKind
from derm_service.people import Role
from derm_service.wording import count, day

CLINICS = uuid.UUID(int=1)
"""What the alarm is about: all clinics together, which have no id of their own."""


@dataclass(frozen=True)
class Shortfall:
    """A day by which more people have to be seen than times are free until then."""

    by: date
    people: int  # who have to be seen by that day
    free: int  # times that are free until the end of it

    @property
    def sentence(self) -> str:
        """The alarm, as pages say it."""
        return (
            f"{count(self.people, 'person has', 'people have')} to be seen by {day(self.by)}, and "
            f"{count(self.free, 'time is', 'times are')} free until then. "
            f"Open clinics for {count(self.people - self.free, 'more person', 'more people')}."
        )


def shortfalls(breaches: Iterable[date], free: Mapping[date, int]) -> list[Shortfall]:
    """The days on which the free times do not suffice, reckoned from the earliest breach on.

    A time that one person uses is gone for everybody after; whoever has breached already is
    counted by the first day.
    """
    waiting_until = Counter(breaches)
    found, people, times = [], 0, 0
    days = sorted(set(waiting_until) | set(free))
    for each in days:
        people += waiting_until[each]
        times += free.get(each, 0)
        if waiting_until[each] and people > times:
            found.append(Shortfall(each, people, times))
    return found


def alarms(session: Session, rows: Iterable[waiting.Waiting]) -> list[Shortfall]:
    """The shortfalls of a waiting list; people who have breached count by today."""
    today = clock.today()
    breaches = [max(row.clock.breach_on, today) for row in rows]
    if not breaches:
        return []
    return shortfalls(breaches, _free_by_day(session, max(breaches)))


def last_slots(session: Session, rows: Iterable[waiting.Waiting]) -> dict[uuid.UUID, Slot]:
    """For each referral that waits the last free slot still in time, where there is one.

    It is at a place with the access the person needs; who or what comes there is not asked for.
    """
    known: dict[tuple[date, frozenset[str]], Slot | None] = {}
    found = {}
    for row in rows:
        key = row.clock.breach_on, row.features
        if key not in known:
            known[key] = _last_slot(session, *key)
        if slot := known[key]:
            found[row.referral.id] = slot
    return found


def _last_slot(session: Session, breach_on: date, features: frozenset[str]) -> Slot | None:
    now, asked = clock.now(), sa.cast(sorted(features), sa.ARRAY(sa.Text))
    return session.scalar(
        sa.select(Slot)
        .join(Slot.clinic)
        .join(Clinic.location)
        .where(
            Clinic.state == ClinicState.OPEN,
            sa.func.coalesce(Clinic.features, Location.features).op("@>")(asked),
            Slot.starts_at > now,
            Slot.starts_at < _end_of(breach_on),
            *open_slots.is_open(Slot, now),
        )
        .options(contains_eager(Slot.clinic).contains_eager(Clinic.location))
        .order_by(Slot.starts_at.desc())
        .limit(1)
    )


def sound_the_alarm(session: Session) -> list[Shortfall]:
    """Put the first shortfall on the lead's list, or take it off when there is none any more."""
    found = alarms(session, waiting.waiting_list(session))
    if found:
        item = work.raise_item(
            session,
            kind=WorkKind.CAPACITY_ALARM,
            role=Role.LEAD,
            due_on=clock.today(),
            subject_id=CLINICS,
            note=found[0].sentence,
            urgent=True,
        )
        item.note = found[0].sentence  # as it stands now, where it was raised before
    else:
        work.finish(
            session,
            kind=WorkKind.CAPACITY_ALARM,
            subject_id=CLINICS,
            how="Enough times are free again",
            by=None,
        )
    return found


def _free_by_day(session: Session, until: date) -> dict[date, int]:
    now = clock.now()
    london = sa.cast(sa.func.timezone("Europe/London", Slot.starts_at), sa.Date)
    rows = session.execute(
        sa.select(london, sa.func.count())
        .join(Slot.clinic)
        .where(
            Clinic.state == ClinicState.OPEN,
            Slot.starts_at > now,
            Slot.starts_at < _end_of(until),
            *open_slots.is_open(Slot, now),
        )
        .group_by(london)
    )
    return {row[0]: row[1] for row in rows}


def _end_of(last: date) -> datetime:
    return queries.london_day(last + timedelta(days=1))[0]
