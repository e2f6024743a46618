"""The ledger: the one place where the use of rooms, people and kit is taken and given back.

Every path that books comes through here. Locks are taken first, in ascending order, then lapsed
holds are removed, then rows are inserted; the exclusion constraint stands behind it all.
"""

import uuid
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from itertools import pairwise
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import TSTZRANGE, Range
from sqlalchemy.orm import Session

from derm_service import clock
from derm_service.booking.codes import AllocationState, Level
from derm_service.booking.ledger_sql import LOCK, MOVE_UP, TAKE
from derm_service.booking.models import Allocation, Hold, Resource, Slot
from derm_service.db import new_id
from derm_service.errors import Conflict
from derm_service.wording import listed

LIVE = (AllocationState.HELD, AllocationState.CONFIRMED)
TAKEN = "This time has just been taken by somebody else. Choose another time."
NO_SECOND = "No second slot follows this one, and two are needed. Choose another time."
NO_LONGER_OPEN = "This clinic no longer takes people. Choose another time."

Span = Range[datetime]


class Taken(Conflict):
    """The time is gone, nothing else is wrong: `free.next_free` names others.

    Ask it after rolling back: a search under locks would keep everybody else waiting.
    """


def span(starts_at: datetime, ends_at: datetime) -> Span:
    """The half-open range of a use: the end belongs to the next."""
    return Range(starts_at, ends_at, bounds="[)")


def span_of(session: Session, slot: Slot, slots: int = 1) -> Span:
    """The time of so many slots in a row; Taken where the clinic has not as many left."""
    if slots == 1:
        return span(slot.starts_at, slot.ends_at)
    row = session.execute(
        sa.select(Slot.starts_at, Slot.ends_at)
        .where(
            Slot.clinic_id == slot.clinic_id,
            Slot.starts_at >= slot.starts_at,
            Slot.withdrawn.is_(False),
        )
        .order_by(Slot.starts_at)
        .limit(slots)
    ).all()
    unbroken = all(one.ends_at == other.starts_at for one, other in pairwise(row))
    if len(row) < slots or not unbroken:
        raise Taken(NO_SECOND)
    return span(slot.starts_at, row[-1].ends_at)


def lock(
    session: Session,
    *,
    slots: Iterable[uuid.UUID] = (),
    referrals: Iterable[uuid.UUID] = (),
    appointments: Iterable[uuid.UUID] = (),
    clinics: Iterable[uuid.UUID] = (),
    holds: Iterable[uuid.UUID] = (),
    also: Iterable[uuid.UUID] = (),
) -> None:
    """Lock whoever and whatever these touch until the transaction ends, in one order for all.

    A slot or clinic brings itself and all it holds, a referral its patient and what is kept for
    it, an appointment its patient and all it uses; `also` names resources and patients. Call it
    once, before reading what is decided by: one ascending sweep cannot deadlock with another.
    """
    session.execute(
        LOCK,
        {
            "slots": list(slots),
            "referrals": list(referrals),
            "appointments": list(appointments),
            "clinics": list(clinics),
            "holds": list(holds),
            "also": list(also),
        },
    )


def take(
    session: Session,
    resource_ids: Sequence[uuid.UUID],
    *,
    level: Level,
    during: Span,
    clinic_id: uuid.UUID | None = None,
    appointment_id: uuid.UUID | None = None,
    hold: Hold | None = None,
    above: str = "",
) -> None:
    """Use every resource over `during` in its lowest free lane, or none of them (Taken).

    Call it under the locks. For a `hold` they are held until it lapses, otherwise confirmed.
    With a reason `above`, the one lane above capacity may be used as well and keeps the reason.
    """
    values = {
        "ids": [new_id() for _ in resource_ids],
        "resources": list(resource_ids),
        "level": level,
        "during": during,
        "state": AllocationState.HELD if hold else AllocationState.CONFIRMED,
        "clinic": clinic_id,
        "appointment": appointment_id,
        "hold": hold.id if hold else None,
        "expires_at": hold.expires_at if hold else None,
        "above": 1 if above else 0,
        "reason": above,
    }
    for clear in (None, _drop_lapsed):  # what has lapsed is looked for only where it matters
        if clear:
            clear(session, resource_ids, during)
        taken = cast("sa.CursorResult[Any]", session.execute(TAKE, values)).rowcount
        if taken:
            return
    raise Taken(TAKEN if level is Level.VISIT else _who_is_in_use(session, resource_ids, during))


def release(
    session: Session,
    *,
    appointment_id: uuid.UUID | None = None,
    clinic_id: uuid.UUID | None = None,
) -> None:
    """Give back what an appointment, or a clinic, had taken."""
    owner = (
        Allocation.appointment_id == appointment_id
        if appointment_id
        else Allocation.clinic_id == clinic_id
    )
    session.execute(
        sa.update(Allocation)
        .where(owner, Allocation.state.in_(LIVE))
        .values(state=AllocationState.RELEASED)
    )


def move_up(session: Session, *, appointment_id: uuid.UUID) -> None:
    """Give what an appointment has released to whoever was booked above capacity beside it.

    Such a time is not free for anybody else: nobody decided to book above capacity twice.
    """
    session.execute(MOVE_UP, {"appointment": appointment_id})


def release_some(
    session: Session, *, appointment_id: uuid.UUID, resource_ids: Collection[uuid.UUID]
) -> None:
    """Give back some of what an appointment had taken."""
    session.execute(
        sa.update(Allocation)
        .where(
            Allocation.appointment_id == appointment_id,
            Allocation.resource_id.in_(resource_ids),
            Allocation.state.in_(LIVE),
        )
        .values(state=AllocationState.RELEASED)
    )


def resources_of_clinic(session: Session, clinic_id: uuid.UUID) -> list[uuid.UUID]:
    """What the clinic holds for its hours, and so every visit in it uses for its minutes."""
    return list(
        session.scalars(
            sa.select(Allocation.resource_id)
            .where(
                Allocation.clinic_id == clinic_id,
                Allocation.level == Level.CLINIC,
                Allocation.state.in_(LIVE),
            )
            .order_by(Allocation.resource_id)
        )
    )


def _drop_lapsed(session: Session, resource_ids: Sequence[uuid.UUID], during: Span) -> None:
    session.execute(
        sa.delete(Allocation).where(
            Allocation.resource_id.in_(resource_ids),
            Allocation.state == AllocationState.HELD,
            Allocation.expires_at <= clock.now(),
            Allocation.during.op("&&")(sa.literal(during, TSTZRANGE)),
        )
    )


def _who_is_in_use(session: Session, resource_ids: Sequence[uuid.UUID], during: Span) -> str:
    names = session.scalars(
        sa.select(Resource.name)
        .join(Allocation, Allocation.resource_id == Resource.id)
        .where(
            Resource.id.in_(resource_ids),
            Allocation.level == Level.CLINIC,
            Allocation.state.in_(LIVE),
            Allocation.during.op("&&")(sa.literal(during, TSTZRANGE)),
        )
        .distinct()
        .order_by(Resource.name)
    ).all()
    return (
        f"{listed(names)} {'is' if len(names) == 1 else 'are'} already in use at that time. "
        "Choose another time or something else."
    )
