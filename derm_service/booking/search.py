"""The first slots that fit a referral: one query over the open slots of every place that suits."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from derm_service import clock
from derm_service.booking import access, fitting, ledger, needs, open_slots, queries, requirements
from derm_service.booking.fitting import Wish
from derm_service.booking.ledger import LIVE
from derm_service.booking.models import Allocation, Clinic, Hold, Resource, Slot
from derm_service.db import UtcDateTime
from derm_service.referrals import clocks, postcodes
from derm_service.referrals.models import Referral

FIRST_FIT = (
    sa.text(Path(__file__).with_name("first_fit.sql").read_text())
    .bindparams(
        sa.bindparam("latitude", type_=sa.Float()),
        sa.bindparam("longitude", type_=sa.Float()),
        sa.bindparam("features", type_=sa.ARRAY(sa.Text())),
        sa.bindparam("views", type_=sa.ARRAY(sa.Text())),
        sa.bindparam("location_id", type_=sa.Uuid()),
        sa.bindparam("km_a_day", type_=sa.Float()),
    )
    .columns(
        id=sa.Uuid(), ends_at=UtcDateTime(), km=sa.Float(), late=sa.Boolean(), score=sa.Float()
    )
)
NEAR = 12
"""How many of the nearest places are asked first: what they offer bounds the search of the rest."""
A_MINUTE = 1 / 1440  # so that rounding does not lose the offer that made the bound
FARTHEST_DAYS = 126  # eighteen weeks
NO_POSTCODE = "No postcode is recorded, so distance is not counted: the earliest come first."
NOT_LOADED = (
    "The patient’s postcode is not in the loaded postcode file, so distance is not counted: "
    "the earliest come first."
)
NONE_FITS = "Nothing that is free meets every need. What is missing stands beside each offer."


@dataclass(frozen=True)
class Offer:
    """One free slot for one referral."""

    slot: Slot  # the first, where two are wanted
    ends_at: datetime
    clock: clocks.ClockReading  # as it will stand on that day
    km: float | None
    why: list[str]
    lacks: list[str]
    slots: int  # how many in a row


@dataclass(frozen=True)
class Answer:
    """What a search found, the best first, and what the person who asked should know of it."""

    offers: list[Offer]
    notes: list[str]
    slots: int  # how many slots in a row each offer takes


@dataclass(frozen=True)
class Range:
    """Between which moments and where to look; nothing given is anywhere, eighteen weeks long."""

    after: datetime | None = None
    before: datetime | None = None
    location_id: uuid.UUID | None = None


def wish_of(session: Session, referral: Referral) -> tuple[Wish, list[str]]:
    """What a referral wants, from what is recorded, and what could not be counted."""
    patient, person = referral.patient, access.person(referral.patient)
    here = postcodes.find(session, patient.postcode)
    wish = Wish(
        patient_id=patient.id,
        breach_on=clocks.breach_date(referral.priority, referral.clock_started_on),
        km_a_day=fitting.km_a_day(person, referral.priority),
        latitude=here.latitude if here else None,
        longitude=here.longitude if here else None,
        needs=tuple(requirements.of_referral(referral)),
    )
    notes = [] if here else [NOT_LOADED if patient.postcode else NO_POSTCODE]
    return wish, notes


def best(
    session: Session,
    referral: Referral,
    *,
    limit: int = 3,
    per_clinic: int = 1,
    within: Range | None = None,
) -> Answer:
    """The first slots that fit, the best first; what lacks something only where too little fits.

    `per_clinic` is the most offers from one clinic: 1 gives the choices that differ most.
    """
    within = within or Range()
    wish, notes = wish_of(session, referral)
    offers = _ask(session, referral, wish, wish, within, limit, per_clinic)
    for asked in _less_and_less(wish):
        if not offers:
            offers = _ask(session, referral, wish, asked, within, limit, per_clinic)
            notes += [NONE_FITS] if offers else []
    return Answer(offers, notes, wish.slots)


def slots_for(session: Session, referral: Referral, slot: Slot) -> int:
    """How many slots in a row to book from here: two where two are wanted and free, else one.

    What is kept for this referral is free for it.
    """
    wanted = requirements.slots_wanted(referral)
    if wanted == 1:
        return 1
    kept = sa.select(sa.func.max(sa.func.upper(Allocation.during))).where(
        Allocation.hold_id == Hold.id, Hold.referral_id == referral.id, Hold.slot_id == slot.id
    )
    kept_until = session.scalar(kept)
    if kept_until is not None and kept_until > slot.ends_at:
        return wanted
    free = open_slots.is_open(Slot, clock.now())
    query = sa.select(Slot.id).where(
        Slot.clinic_id == slot.clinic_id, Slot.starts_at == slot.ends_at, *free
    )
    return 1 if session.scalar(query) is None else wanted


def _less_and_less(wish: Wish) -> list[Wish]:
    """The same wish without what can be arranged otherwise, at last without the double time."""
    longer = tuple(each for each in wish.needs if each.longer)
    plain = replace(wish, needs=longer, kit=frozenset(), views=frozenset())
    return [plain, replace(plain, needs=())]


def values(
    wish: Wish, within: Range, *, now: datetime, limit: int, per_clinic: int
) -> dict[str, Any]:
    """What `FIRST_FIT` is asked with."""
    after = max(within.after or now, now)
    return {
        "latitude": wish.latitude,
        "longitude": wish.longitude,
        "features": [each.code for each in wish.needs if each.feature and not each.kind],
        "views": [each.value for each in wish.views],
        "location_id": within.location_id,
        "slots": wish.slots,
        "now": now,
        "after": after,
        "before": within.before or after + timedelta(days=FARTHEST_DAYS),
        "patient_id": wish.patient_id,
        "kit": [each.value for each in wish.kit],
        "helpers": [each.kind.value for each in wish.needs if each.kind],
        "languages": [each.language for each in wish.needs if each.kind],
        "per_clinic": per_clinic,
        "limit": limit,
        "late_from": queries.london_day(wish.breach_on + timedelta(days=1))[0],
        "km_a_day": wish.km_a_day,
        "places": None,
        "bound": None,
    }


def _first_fit(session: Session, asking: dict[str, Any]) -> Sequence[sa.Row[Any]]:
    """The best slots: the nearest places say how good, then all are asked for what is better."""
    if asking["location_id"] is None:
        near = session.execute(FIRST_FIT, asking | {"places": NEAR}).all()
        if len(near) == asking["limit"] and not near[-1].late:
            asking = asking | {"bound": near[-1].score + A_MINUTE}
    return session.execute(FIRST_FIT, asking).all()


def _ask(
    session: Session,
    referral: Referral,
    wish: Wish,
    asked: Wish,
    within: Range,
    limit: int,
    per_clinic: int,
) -> list[Offer]:
    """Run the query for `asked` and say of each slot why it fits `wish` and what it lacks."""
    now = clock.now()
    asking = values(asked, within, now=now, limit=limit, per_clinic=per_clinic)
    rows = _first_fit(session, asking)
    slots = _slots(session, [row.id for row in rows])
    offers = []
    for row in rows:
        slot, ends_at, km = slots[row.id], row.ends_at, row.km
        on = clock.london(slot.starts_at).date()
        reading = clocks.reading(referral.priority, referral.clock_started_on, on)
        lacks = [] if asked is wish else _lacks(session, referral, wish, slot, ends_at)
        why = fitting.reasons(wish, reading, km=km, lacks=lacks)
        offers.append(Offer(slot, ends_at, reading, km, why, lacks, asked.slots))
    return offers


def _slots(session: Session, ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, Slot]:
    query = (
        sa.select(Slot)
        .where(Slot.id.in_(ids))
        .options(
            joinedload(Slot.clinic).options(
                joinedload(Clinic.location), joinedload(Clinic.mobile_unit)
            )
        )
    )
    return {each.id: each for each in session.scalars(query)} if ids else {}


def _lacks(
    session: Session, referral: Referral, wish: Wish, slot: Slot, ends_at: datetime
) -> list[str]:
    """What booking would find unmet at this time, and the kit its clinic does not hold."""
    resources = tuple(ledger.resources_of_clinic(session, slot.clinic_id))
    during = ledger.span(slot.starts_at, ends_at)
    settled = needs.settle(session, slot, referral, resources, during)
    lacks = [each.words for each in settled.unmet if each.can_be_found]
    held = set(
        session.scalars(
            sa.select(Resource.kind)
            .join(Allocation)
            .where(Allocation.clinic_id == slot.clinic_id, Allocation.state.in_(LIVE))
        )
    )
    return lacks + [each.value for each in sorted(wish.kit - held)]
