"""A time that fell free is offered to one person at a time, who keeps what they have meanwhile."""

import secrets
import uuid
from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload, selectinload

from derm_service import audit, clock
from derm_service.accounts.sign_in import digest
from derm_service.booking import (
    holds,
    ledger,
    offer_fit,
    offer_queries,
    offer_ranking,
    offer_telling,
    queries,
    requirements,
)
from derm_service.booking.codes import OfferState
from derm_service.booking.models import Slot
from derm_service.booking.offer_fit import Fit
from derm_service.booking.offer_models import Offer
from derm_service.booking.offer_ranking import Candidate
from derm_service.booking.offer_rules import SHORT_NOTICE, Notice, answer_until, way_of
from derm_service.booking.open_slots import is_open
from derm_service.db import conflicts, new_id
from derm_service.errors import Conflict
from derm_service.people import User
from derm_service.referrals.codes import Channel
from derm_service.referrals.models import Patient, Referral

LOOKED_AT = 100  # of those who wait, the first so many are asked whether the time fits
ASKED_ALREADY = "This person or this time has an open offer already."


def offer_next(
    session: Session, *, slot_id: uuid.UUID, notice: Notice, address: str, by: User | None
) -> Offer | None:
    """Offer a freed time to whoever comes first among those it fits, and keep it for them.

    None: nobody it fits is left to be asked, and the time simply stays free. `address` is the
    service's own, for the link. Taken when the time is not free any more.
    """
    slot = queries.slot(session, slot_id)
    slot_on = clock.london(slot.starts_at).date()
    ranked = offer_ranking.order(offer_queries.candidates(session, slot), slot_on)[:LOOKED_AT]
    people = _people(session, ranked)
    for one in _like_for_like(session, slot, ranked, people):
        made = _try(session, slot, people[one.referral_id], notice, address, by=by)
        if made is not None:
            return made
    slot.freed_at = None
    audit.record(session, by=by, did="found nobody to offer a time", subject=slot)
    return None


def _try(
    session: Session,
    slot: Slot,
    referral: Referral,
    notice: Notice,
    address: str,
    *,
    by: User | None,
) -> Offer | None:
    """The offer made to this person; None where it cannot be made to them."""
    patient, now = referral.patient, clock.now()
    if slot.starts_at - now < SHORT_NOTICE and not patient.short_notice:
        return None
    booked = queries.waiting_appointment(session, referral.id)
    fit = offer_fit.fit(session, referral, slot, booked)
    way = way_of(patient, clock.today(), ring=fit.ring) if fit else None
    until = answer_until(way.channel, now, slot.starts_at, notice) if way else None
    if fit is None or way is None or until is None:
        return None
    token = "" if way.channel is Channel.PHONE else secrets.token_urlsafe(24)
    made = Offer(
        id=new_id(),
        slot_id=slot.id,
        slot=slot,
        referral_id=referral.id,
        referral=referral,
        patient_id=patient.id,
        patient=patient,
        instead_of_id=booked.id if booked else None,
        instead_of=booked,
        slots=fit.slots,
        channel=way.channel,
        token_sha256=digest(token) if token else None,
        made_at=now,
        made_by_id=by.id if by else None,
        expires_at=until,
    )
    try:
        _keep(session, made, fit, by=by)
    except ledger.Taken:
        raise
    except Conflict:
        return None
    link = f"{address}/offer/{token}" if token else ""
    offer_telling.ask(session, made, way=way, link=link, by=by)
    return made


def _keep(session: Session, made: Offer, fit: Fit, *, by: User | None) -> None:
    """The time in the ledger and the offer in its table, both or neither."""
    ledger.lock(session, slots=[made.slot_id], referrals=[made.referral_id])
    _check_unchanged(session, made)
    kept = holds.keep(
        session,
        slot_id=made.slot_id,
        referral_id=made.referral_id,
        lasting=made.expires_at - clock.now(),
        slots=fit.slots,
        is_offer=True,
        by=by,
    )
    made.hold_id = kept.id
    session.add(made)
    with conflicts(offer_one_open_per_slot=ASKED_ALREADY, offer_one_open_per_patient=ASKED_ALREADY):
        session.flush()
    audit.record(
        session,
        by=by,
        did="offered a freed time",
        subject=made,
        detail={
            "slot_id": str(made.slot_id),
            "channel": made.channel,
            "expires_at": made.expires_at.isoformat(),
        },
    )


def _check_unchanged(session: Session, made: Offer) -> None:
    """Under the locks: neither time nor person was asked meanwhile, nor given another time."""
    asked = sa.select(Offer.id).where(
        Offer.state == OfferState.OPEN,
        sa.or_(Offer.slot_id == made.slot_id, Offer.patient_id == made.patient_id),
    )
    has = queries.waiting_appointment(session, made.referral_id)
    if session.scalar(asked) is not None or (has and has.id) != made.instead_of_id:
        raise Conflict(ASKED_ALREADY)


def _people(session: Session, ranked: Sequence[Candidate]) -> dict[uuid.UUID, Referral]:
    found = session.scalars(
        sa.select(Referral)
        .where(Referral.id.in_([one.referral_id for one in ranked]))
        .options(
            joinedload(Referral.patient).selectinload(Patient.needs),
            selectinload(Referral.lesions),
        )
    )
    return {one.id: one for one in found}


def _like_for_like(
    session: Session,
    slot: Slot,
    ranked: Sequence[Candidate],
    people: dict[uuid.UUID, Referral],
) -> list[Candidate]:
    """Of those equally at risk, whoever needs as long a time as fell free comes first."""
    second = sa.select(Slot.id).where(
        Slot.clinic_id == slot.clinic_id,
        Slot.starts_at == slot.ends_at,
        *is_open(Slot, clock.now()),
    )
    length = 1 if session.scalar(second) is None else 2
    slot_on = clock.london(slot.starts_at).date()

    def unlike(one: Candidate) -> bool:
        return requirements.slots_wanted(people[one.referral_id]) != length

    return sorted(ranked, key=lambda one: (offer_ranking.risk(one, slot_on), unlike(one)))
