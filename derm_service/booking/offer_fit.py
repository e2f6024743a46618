"""Whether a freed time fits somebody, by the search's own judge, and is worth it for them."""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy.orm import Session

from derm_service import clock
from derm_service.booking import access, fitting, offer_ranking, requirements, search
from derm_service.booking.models import Appointment, Slot
from derm_service.booking.search import Answer, Offer, Range
from derm_service.referrals import postcodes
from derm_service.referrals.codes import Mobility
from derm_service.referrals.models import Referral

_AT_ONCE = 5  # clinics that begin a slot at the same place and minute
_INSTANT = timedelta(microseconds=1)


@dataclass(frozen=True)
class Fit:
    """How a time fits somebody."""

    slots: int  # how many in a row they take
    ring: bool  # something has to be arranged by talking: transport, a carer


def fit(session: Session, referral: Referral, slot: Slot, booked: Appointment | None) -> Fit | None:
    """How this free time fits a referral; None where something lacks or it is not worth it."""
    if referral.patient.mobility is Mobility.HOUSEBOUND:
        return None
    answer = search.best(session, referral, limit=_AT_ONCE, within=_this(slot))
    found = next((each for each in answer.offers if each.slot.id == slot.id), None)
    if found is None or found.lacks or not _is_worth(session, referral, found, booked):
        return None
    by_hand = any(not each.can_be_found for each in requirements.of_referral(referral))
    return Fit(found.slots, ring=by_hand)


def _this(slot: Slot) -> Range:
    return Range(
        after=slot.starts_at - _INSTANT,
        before=slot.starts_at + _INSTANT,
        location_id=slot.clinic.location_id,
    )


def _is_worth(
    session: Session, referral: Referral, found: Offer, booked: Appointment | None
) -> bool:
    km_a_day = fitting.km_a_day(access.person(referral.patient), referral.priority)
    if booked is None:
        return _is_as_good(search.best(session, referral, limit=1), found, km_a_day)
    here = postcodes.find(session, referral.patient.postcode)
    there = postcodes.find(session, booked.slot.clinic.location.postcode)
    days = offer_ranking.days_sooner(
        clock.london(booked.slot.starts_at).date(), clock.london(found.slot.starts_at).date()
    )
    km_now = postcodes.km(here, there) if here and there else None
    return offer_ranking.is_worth_moving(days, km=found.km, km_now=km_now, km_a_day=km_a_day)


def _is_as_good(answer: Answer, found: Offer, km_a_day: float) -> bool:
    first = answer.offers[0] if answer.offers else found
    if first.lacks:
        return True
    return offer_ranking.is_as_good(
        _days(found.slot),
        found.km,
        best_days=_days(first.slot),
        best_km=first.km,
        km_a_day=km_a_day,
    )


def _days(slot: Slot) -> float:
    return (slot.starts_at - clock.now()) / timedelta(days=1)
