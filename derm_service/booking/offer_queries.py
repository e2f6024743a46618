"""Reads of offers: freed times, who may be asked, offers that are open, over or made."""

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import TSTZRANGE
from sqlalchemy.orm import Session, joinedload

from derm_service import clock
from derm_service.booking import ledger
from derm_service.booking.codes import (
    AppointmentState,
    ClinicState,
    DeclineReason,
    OfferState,
)
from derm_service.booking.models import Appointment, Clinic, Hold, Slot
from derm_service.booking.offer_figures import Asked
from derm_service.booking.offer_models import Offer
from derm_service.booking.offer_ranking import Candidate
from derm_service.booking.offer_rules import MOST_OFFERS, WITHIN
from derm_service.booking.open_slots import is_open
from derm_service.errors import NotFound
from derm_service.messages import channels
from derm_service.messages.codes import MessageKind, MessageState, WorkKind
from derm_service.messages.models import Message, WorkItem
from derm_service.referrals.codes import LesionState, ReferralState
from derm_service.referrals.models import Lesion, Patient, Referral
from derm_service.referrals.postcodes import Postcode
from derm_service.wording import age

GAVE_UP = (AppointmentState.CANCELLED, AppointmentState.MOVED, AppointmentState.NOT_ATTENDED)


def offer(session: Session, offer_id: uuid.UUID) -> Offer:
    """The offer with its time and person; NotFound."""
    found = session.scalar(_whole().where(Offer.id == offer_id))
    if found is None:
        raise NotFound("There is no such offer. Go back to the offers.")
    return found


def by_token(session: Session, token_sha256: str) -> Offer | None:
    """The offer whose link carries this secret."""
    return session.scalar(_whole().where(Offer.token_sha256 == token_sha256))


def open_of_patient(session: Session, patient_id: uuid.UUID) -> Offer | None:
    """The one offer a person may answer just now, if any."""
    return session.scalar(
        _whole().where(Offer.patient_id == patient_id, Offer.state == OfferState.OPEN)
    )


def open_offers(session: Session) -> Sequence[Offer]:
    """What waits for an answer, the first to run out on top."""
    query = _whole().where(Offer.state == OfferState.OPEN).order_by(Offer.expires_at)
    return session.scalars(query).all()


def lately(session: Session, limit: int) -> Sequence[Offer]:
    """The offers that ended last."""
    query = _whole().where(Offer.state != OfferState.OPEN)
    return session.scalars(query.order_by(Offer.ended_at.desc()).limit(limit)).all()


def call_of(session: Session, offer_id: uuid.UUID) -> WorkItem | None:
    """The open row of the Work page that asks for this call."""
    return session.scalar(
        sa.select(WorkItem).where(
            WorkItem.subject_id == offer_id,
            WorkItem.kind == WorkKind.OFFER_CALL,
            WorkItem.done_at.is_(None),
        )
    )


def asked_since(session: Session, after: datetime) -> list[Asked]:
    """Every offer made since a moment, with what the figures need of the person."""
    rows = session.execute(
        sa.select(
            Patient.born_on,
            Postcode.imd_decile,
            Patient.ethnic_category,
            Patient.language,
            Offer.state,
            Offer.made_at,
        )
        .join(Offer.patient)
        .outerjoin(Postcode, Postcode.code == Patient.postcode)
        .where(Offer.made_at > after)
    )
    return [
        Asked(
            age=age(born_on, clock.london(made_at).date()),
            imd_decile=decile,
            ethnic_category=ethnic_category,
            language=language,
            answered=state in (OfferState.ACCEPTED, OfferState.DECLINED),
            accepted=state is OfferState.ACCEPTED,
        )
        for born_on, decile, ethnic_category, language, state, made_at in rows
    ]


def went_astray(session: Session, offer_id: uuid.UUID) -> bool:
    """Whether it was sent to a number or somebody the person hears through no longer."""
    sent = session.scalars(
        sa.select(Message).where(Message.subject_id == offer_id, Message.kind == MessageKind.OFFER)
    )
    return any(channels.forbids(message, clock.today()) for message in sent)


def over(session: Session) -> Sequence[uuid.UUID]:
    """Open offers that cannot be accepted any more: late, or what they rest on is gone."""
    gone = session.scalars(_gone()).all()
    still = session.scalars(
        sa.select(Offer.id).where(Offer.state == OfferState.OPEN, Offer.id.not_in(gone))
    ).all()
    return [*gone, *(each for each in still if went_astray(session, each))]


def _gone() -> sa.Select[uuid.UUID]:
    query = (
        sa.select(Offer.id)
        .join(Offer.slot)
        .join(Slot.clinic)
        .join(Offer.referral)
        .join(Offer.patient)
        .where(
            Offer.state == OfferState.OPEN,
            sa.or_(
                Offer.expires_at <= clock.now(),
                Offer.hold_id.is_(None),
                Clinic.state != ClinicState.OPEN,
                Slot.withdrawn,
                Referral.state != ReferralState.OPEN,
                Patient.deceased_on.is_not(None),
                sa.exists().where(
                    Message.subject_id == Offer.id, Message.state == MessageState.FAILED
                ),
            ),
        )
    )
    return query.order_by(Offer.expires_at)


def freed(session: Session, *, before: datetime, least: timedelta) -> Sequence[Slot]:
    """Times that fell free before a moment, are free still and begin late enough to be offered."""
    query = (
        sa.select(Slot)
        .join(Slot.clinic)
        .where(
            Slot.freed_at <= before,
            Slot.starts_at > clock.now() + least,
            Clinic.state == ClinicState.OPEN,
            *is_open(Slot, clock.now()),
        )
        .options(joinedload(Slot.clinic).joinedload(Clinic.location))
        .order_by(Slot.starts_at)
    )
    return session.scalars(query).all()


def candidates(session: Session, slot: Slot) -> list[Candidate]:
    """Who would be seen sooner at this time and may be asked just now, in no order."""
    now = clock.now()
    rows = session.execute(
        sa.select(
            Referral.id,
            Referral.priority,
            Referral.clock_started_on,
            Referral.received_at,
            sa.func.lower(Appointment.during, type_=Slot.starts_at.type),
        )
        .join(Referral.patient)
        .outerjoin(
            Appointment,
            sa.and_(
                Appointment.referral_id == Referral.id,
                Appointment.state.in_((AppointmentState.BOOKED, AppointmentState.CHECKED_IN)),
            ),
        )
        .where(
            Referral.state == ReferralState.OPEN,
            Patient.deceased_on.is_(None),
            sa.or_(
                Appointment.id.is_(None),
                sa.and_(
                    Appointment.state == AppointmentState.BOOKED,
                    sa.func.lower(Appointment.during) > slot.ends_at,
                ),
            ),
            sa.exists().where(
                Lesion.referral_id == Referral.id, Lesion.state == LesionState.AWAITING_IMAGES
            ),
            *_not_asked_already(slot, now),
            *_not_to_be_asked(slot, now),
        )
    )
    return [
        Candidate(
            referral_id=referral_id,
            priority=priority,
            clock_started_on=started_on,
            received_at=received_at,
            booked_on=clock.london(booked_at).date() if booked_at else None,
        )
        for referral_id, priority, started_on, received_at, booked_at in rows
    ]


def _not_asked_already(slot: Slot, now: datetime) -> list[sa.ColumnElement[bool]]:
    theirs = Offer.patient_id == Patient.id
    lately = (
        sa.select(sa.func.count())
        .where(theirs, Offer.made_at > now - WITHIN)
        .correlate(Patient)
        .scalar_subquery()
    )
    return [
        ~sa.exists().where(theirs, Offer.state == OfferState.OPEN),
        ~sa.exists().where(theirs, Offer.slot_id == slot.id),
        ~sa.exists().where(theirs, Offer.decline_reason == DeclineReason.NO_MORE),
        lately < MOST_OFFERS,
    ]


def _not_to_be_asked(slot: Slot, now: datetime) -> list[sa.ColumnElement[bool]]:
    """Who gave this very time up, is on the telephone just now, or is looked at by a lead first."""
    during = sa.literal(ledger.span(slot.starts_at, slot.ends_at), TSTZRANGE)
    gave_up = sa.exists().where(
        Appointment.patient_id == Patient.id,
        Appointment.state.in_(GAVE_UP),
        Appointment.during.op("&&")(during),
    )
    return [
        ~gave_up.correlate(Patient),
        ~sa.exists().where(Hold.referral_id == Referral.id, Hold.expires_at > now),
        ~sa.exists().where(
            WorkItem.referral_id == Referral.id,
            WorkItem.kind == WorkKind.SAFETY_ALERT,
            WorkItem.done_at.is_(None),
        ),
    ]


def _whole() -> sa.Select[Offer]:
    return sa.select(Offer).options(
        joinedload(Offer.slot).joinedload(Slot.clinic).joinedload(Clinic.location),
        joinedload(Offer.patient).selectinload(Patient.needs),
        joinedload(Offer.referral).selectinload(Referral.lesions),
        joinedload(Offer.instead_of)
        .joinedload(Appointment.slot)
        .joinedload(Slot.clinic)
        .joinedload(Clinic.location),
    )
