"""The ledger: the one place where the use of rooms, people and kit is taken and given back.

Every path that books comes through here. Locks are taken first, in ascending order, then lapsed
holds are removed, then rows are inserted; the exclusion constraint stands behind it all.
"""

import uuid
from collections.abc import Iterable, Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import TSTZRANGE, Range
from sqlalchemy.orm import Session

from derm_service import clock
from derm_service.booking.codes import AllocationState, ClinicState, Level
from derm_service.booking.models import Allocation, Hold, Resource, Slot
from derm_service.db import conflict_on, new_id
from derm_service.errors import Conflict

LIVE = (AllocationState.HELD, AllocationState.CONFIRMED)
TAKEN = "This time has just been taken by somebody else. Choose another time."
NO_LONGER_OPEN = "This clinic no longer takes people. Choose another time."

Span = Range[datetime]


class Taken(Conflict):
    """The time is gone, nothing else is wrong: `free.next_free` names others.

    Ask it after rolling back: a search under locks would keep everybody else waiting.
    """


def span(starts_at: datetime, ends_at: datetime) -> Span:
    """The half-open range of a use: the end belongs to the next."""
    return Range(starts_at, ends_at, bounds="[)")


def span_of(slot: Slot) -> Span:
    """A slot's time."""
    return span(slot.starts_at, slot.ends_at)


def check_slot(session: Session, slot: Slot, resources: Iterable[uuid.UUID]) -> None:
    """Refuse (Taken) a slot of a clinic that is cancelled or over; call it under the locks."""
    session.refresh(slot.clinic)
    if slot.clinic.state is not ClinicState.OPEN or not resources:
        raise Taken(NO_LONGER_OPEN)
    if slot.starts_at <= clock.now():
        raise Taken("This time has already passed. Choose another time.")


def lock(session: Session, ids: Iterable[uuid.UUID]) -> None:
    """Lock resources (and patients) until the transaction ends, in one order for everybody.

    Call it once for everything a transaction will touch: locks taken in one ascending sweep
    cannot deadlock. The key is the random tail of the UUID; two ids that share it only wait
    for each other.
    """
    keys = sorted({one.int & 0x7FFF_FFFF_FFFF_FFFF for one in ids})
    if keys:
        session.execute(
            sa.text("SELECT pg_advisory_xact_lock(key) FROM unnest(:keys) AS key").bindparams(
                sa.bindparam("keys", keys, type_=sa.ARRAY(sa.BigInteger))
            )
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
) -> list[Allocation]:
    """Use every resource over `during` in its lowest free lane, or none of them (Taken).

    For a `hold` they are held until it lapses, otherwise confirmed.
    """
    lock(session, resource_ids)
    _drop_lapsed(session, resource_ids)
    lanes = _free_lanes(session, resource_ids, level, during)
    allocations = [
        Allocation(
            id=new_id(),
            resource_id=resource_id,
            level=level,
            lane=lanes[resource_id],
            during=during,
            state=AllocationState.HELD if hold else AllocationState.CONFIRMED,
            clinic_id=clinic_id,
            appointment_id=appointment_id,
            hold_id=hold.id if hold else None,
            expires_at=hold.expires_at if hold else None,
        )
        for resource_id in resource_ids
    ]
    with conflict_on(session, "allocation_one_use_per_lane", TAKEN):
        session.add_all(allocations)
    return allocations


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


def _drop_lapsed(session: Session, resource_ids: Sequence[uuid.UUID]) -> None:
    session.execute(
        sa.delete(Allocation).where(
            Allocation.resource_id.in_(resource_ids),
            Allocation.state == AllocationState.HELD,
            Allocation.expires_at <= clock.now(),
        )
    )


def _free_lanes(
    session: Session, resource_ids: Sequence[uuid.UUID], level: Level, during: Span
) -> dict[uuid.UUID, int]:
    in_use = session.execute(
        sa.select(Allocation.resource_id, Allocation.lane).where(
            Allocation.resource_id.in_(resource_ids),
            Allocation.level == level,
            Allocation.state.in_(LIVE),
            Allocation.during.op("&&")(sa.literal(during, TSTZRANGE)),
        )
    )
    used: dict[uuid.UUID, set[int]] = {}
    for resource_id, lane in in_use:
        used.setdefault(resource_id, set()).add(lane)
    lanes = {}
    for resource in session.scalars(sa.select(Resource).where(Resource.id.in_(resource_ids))):
        taken = used.get(resource.id, set())
        free = next((n for n in range(1, resource.capacity + 1) if n not in taken), None)
        if free is None:
            raise Taken(TAKEN if level is Level.VISIT else in_use_sentence(resource.name))
        lanes[resource.id] = free
    return lanes


def in_use_sentence(name: str) -> str:
    """Why a clinic cannot have a resource."""
    return f"{name} is already in use at that time. Choose another time or something else."
