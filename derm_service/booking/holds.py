"""Slots kept for minutes while somebody is talked to: in the ledger, lapsing by themselves."""

import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from derm_service import audit, clock
from derm_service.booking import facts, ledger, needs, queries
from derm_service.booking.codes import Level
from derm_service.booking.models import Allocation, Hold, Slot
from derm_service.booking.needs import Settled
from derm_service.db import new_id
from derm_service.errors import Invalid
from derm_service.people import User
from derm_service.referrals.models import Referral
from derm_service.wording import time

MINUTES = 5
PHONE_MINUTES = 10
ALLOWED_MINUTES = range(1, 16)
SWEPT_AFTER = timedelta(hours=1)  # until then a page left open can still say what lapsed
MOST_PER_REFERRAL = 3  # as many as are read out at once; the oldest gives way


def hold(
    session: Session,
    *,
    slot_id: uuid.UUID,
    referral_id: uuid.UUID | None = None,
    minutes: int = MINUTES,
    slots: int = 1,
    by: User,
) -> Hold:
    """Keep a slot, or so many `slots` from it on, for `minutes`.

    Keeping it again for the same referral starts the minutes anew.

    With a referral, whoever and whatever that person needs is kept too.
    Conflict (Taken) when it is gone; Invalid names `minutes`.
    """
    if minutes not in ALLOWED_MINUTES:
        raise Invalid({"minutes": "Enter how many minutes to keep the time, from 1 to 15."})
    lasting = timedelta(minutes=minutes)
    return keep(
        session, slot_id=slot_id, referral_id=referral_id, lasting=lasting, slots=slots, by=by
    )


def keep(
    session: Session,
    *,
    slot_id: uuid.UUID,
    referral_id: uuid.UUID | None,
    lasting: timedelta,
    slots: int,
    is_offer: bool = False,
    by: User | None,
) -> Hold:
    """Keep a slot as `hold` does, for as long as an offer waits for its answer (`is_offer`)."""
    referrals = [] if referral_id is None else [referral_id]
    ledger.lock(session, slots=[slot_id], referrals=referrals)
    slot = queries.slot(session, slot_id)
    facts.check_slot(slot)
    referral = None if referral_id is None else queries.referral(session, referral_id)
    own = [] if referral is None or is_offer else facts.holds_of(session, referral.id)
    made = Hold(
        id=new_id(),
        slot_id=slot.id,
        referral_id=referral_id,
        expires_at=clock.now() + lasting,
        held_by_id=by.id if by else None,
        is_offer=is_offer,
    )
    with session.begin_nested():  # what is kept is not let go unless the new time is taken
        give_up(session, _giving_way(own, slot))
        session.add(made)
        session.flush()
        settled = _settle(session, slot, slots, referral)
        ledger.take(
            session,
            settled.resources,
            level=Level.VISIT,
            during=settled.during,
            hold=made,
        )
    audit.record(session, by=by, did="held slot", subject=made, detail={"slot_id": str(slot.id)})
    return made


def release(session: Session, *, hold_id: uuid.UUID, by: User) -> None:
    """Let a kept slot go before it lapses; one that has gone already is no harm."""
    found = session.get(Hold, hold_id)
    if found is None:
        return
    ledger.lock(session, holds=[hold_id])
    audit.record(
        session, by=by, did="released slot", subject=found, detail={"slot_id": str(found.slot_id)}
    )
    give_up(session, [found])


def standing(session: Session, hold_id: uuid.UUID) -> Hold | None:
    """The hold while it keeps its slot; None once it has lapsed or been let go."""
    return session.scalar(sa.select(Hold).where(Hold.id == hold_id, Hold.expires_at > clock.now()))


def kept_for(session: Session, referral_id: uuid.UUID) -> Sequence[Hold]:
    """The times kept for a referral, and those that lapsed of late, in order of time; no offers."""
    return session.scalars(
        sa.select(Hold)
        .join(Hold.slot)
        .where(Hold.referral_id == referral_id, Hold.is_offer.is_(False))
        .order_by(Slot.starts_at, Hold.id)
    ).all()


def resources(session: Session, kept: Hold) -> Sequence[uuid.UUID]:
    """Everything a hold keeps beside its time."""
    return session.scalars(
        sa.select(Allocation.resource_id)
        .where(Allocation.hold_id == kept.id)
        .order_by(Allocation.resource_id)
    ).all()


def give_up(session: Session, holds: Sequence[Hold]) -> None:
    """Remove holds with what they keep; call it under their locks."""
    if holds:
        session.execute(sa.delete(Hold).where(Hold.id.in_([each.id for each in holds])))


def sweep(session: Session) -> int:
    """Delete holds that lapsed long ago, passing by those somebody is at; how many they were."""
    lapsed = (
        sa.select(Hold.id)
        .where(Hold.expires_at < clock.now() - SWEPT_AFTER)
        .with_for_update(skip_locked=True)
    )
    return len(session.scalars(sa.delete(Hold).where(Hold.id.in_(lapsed)).returning(Hold.id)).all())


@contextmanager
def lapsed_says_so(holds: Sequence[Hold], hold_id: uuid.UUID | None, slot: Slot) -> Iterator[None]:
    """Where a time is gone that was kept too long ago, say so instead of the bare news."""
    try:
        yield
    except ledger.Taken as problem:
        kept = next((each for each in holds if each.slot_id == slot.id), None)
        if hold_id is None and kept is None:
            raise
        until = f" until {time(kept.expires_at)}" if kept else ""
        raise ledger.Taken(
            f"The time was kept for you{until} and has gone since. {problem.message}"
        ) from problem


def _settle(session: Session, slot: Slot, slots: int, referral: Referral | None) -> Settled:
    resources = tuple(ledger.resources_of_clinic(session, slot.clinic_id))
    during = ledger.span_of(session, slot, slots)
    if referral is None:
        return Settled(resources, during)
    return needs.settle(session, slot, referral, resources, during)


def _giving_way(own: list[Hold], slot: Slot) -> list[Hold]:
    """What a new hold on `slot` replaces among those of the same referral; never an offer's."""
    own = [each for each in own if not each.is_offer]
    others = [each for each in own if each.slot_id != slot.id]
    same = [each for each in own if each.slot_id == slot.id]
    return same + others[: max(0, len(others) - MOST_PER_REFERRAL + 1)]
