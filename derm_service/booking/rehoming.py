"""A clinic that is cancelled or changed under the people in it: who they are, where they go."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session, contains_eager

from derm_service import clock
from derm_service.booking import appointments, clinics, ledger, needs, queries, search, telling
from derm_service.booking.codes import AppointmentState, CancelReason
from derm_service.booking.models import Appointment, Clinic, Slot
from derm_service.booking.search import Offer
from derm_service.errors import Conflict, NotAllowed
from derm_service.people import Action, User, may
from derm_service.referrals.clocks import ClockReading, clock_of
from derm_service.referrals.codes import LesionState, ReferralState
from derm_service.referrals.models import Lesion, Patient, Referral
from derm_service.wording import count, full_name, listed

OFFERS = 4
LOOKED_AT = 12
ASK_AGAIN = "To be arranged for the new time: the clinic was changed."

Choices = Mapping[uuid.UUID, uuid.UUID | None]
"""Where each appointment goes: a slot, or None for back on the waiting list."""


@dataclass(frozen=True)
class Affected:
    """Somebody who cannot stay, and the times that would suit them; the first is proposed."""

    appointment: Appointment
    clock: ClockReading
    offers: list[Offer]

    @property
    def why_none(self) -> str:
        """Why no other time is offered; "" where one is."""
        if self.offers:
            return ""
        if self.appointment.state is AppointmentState.CHECKED_IN:
            return "They have come. End their visit first."
        if self.appointment.slot.starts_at <= clock.now():
            return "Their time has passed. Did they come? Record it first."
        return "No other time is free. Somebody will be asked to ring."


@dataclass(frozen=True)
class Contact:
    """Somebody to tell that a clinic is not as they were told, and the time they have now."""

    was: Appointment
    now: Appointment | None

    @property
    def how(self) -> str:
        """Whom to ring in their place and how to talk to them; often nothing."""
        return telling.how_to_reach(self.was.patient, clock.today())


def affected(
    session: Session, clinic: Clinic, during: ledger.Span | None, slot_minutes: int | None = None
) -> list[Affected]:
    """Who cannot stay when the clinic keeps `during` (None: is cancelled), most at risk first.

    No two are proposed the same time.
    """
    leaving = sorted(
        _leaving(session, clinic, during, slot_minutes),
        key=lambda one: (clock_of(one.referral).breach_on, one.slot.starts_at),
    )
    given: list[Offer] = []
    rows = []
    for one in leaving:
        offers = _offers(session, one, clinic, given)
        given += offers[:1]
        rows.append(Affected(one, clock_of(one.referral), offers))
    return rows


def check_may(leaving: Sequence[object], *, by: User) -> None:
    """Refuse to show or rehome people to somebody who books for nobody: an administrator."""
    if leaving and not may(by, Action.BOOK):
        raise NotAllowed(
            f"{count(len(leaving), 'person is', 'people are')} booked into this clinic and would "
            "need another time. Ask a lead to do this: they see who it is."
        )


def cancel(
    session: Session, *, clinic_id: uuid.UUID, choices: Choices, reason: str, by: User
) -> Clinic:
    """Cancel a clinic and give everybody in it the place chosen for them, all or nothing.

    Conflict names who was booked meanwhile, or whose new time has gone.
    """
    _lock(session, clinic_id, choices)
    leaving = _leaving(session, queries.clinic(session, clinic_id), None)
    _rehome(session, leaving, choices, by=by)
    return clinics.cancel_clinic(session, clinic_id=clinic_id, reason=reason, by=by)


def change(
    session: Session,
    *,
    clinic_id: uuid.UUID,
    starts_at: datetime,
    ends_at: datetime,
    resource_ids: Sequence[uuid.UUID],
    slot_minutes: int | None = None,
    offered: clinics.Offered | None = None,
    choices: Choices,
    by: User,
) -> Clinic:
    """Change a clinic's hours, slots, staff and kit; who no longer fits goes where it was chosen.

    Who stays keeps their time and is seen with the new staff and kit.
    """
    _lock(session, clinic_id, choices, also=resource_ids)
    during, clinic = ledger.span(starts_at, ends_at), queries.clinic(session, clinic_id)
    _rehome(session, _leaving(session, clinic, during, slot_minutes), choices, by=by)
    return clinics.change_clinic(
        session,
        clinic_id=clinic_id,
        starts_at=starts_at,
        ends_at=ends_at,
        resource_ids=resource_ids,
        slot_minutes=slot_minutes,
        offered=offered,
        by=by,
    )


def contacts(session: Session, clinic_id: uuid.UUID) -> list[Contact]:
    """Everybody who was to come to this clinic, is not any more and still waits to be seen.

    Each once, as things stand now: those without a time first, then the soonest new time.
    """
    gone = session.scalars(
        sa.select(Appointment)
        .join(Appointment.slot)
        .join(Appointment.referral)
        .join(Appointment.patient)
        .where(
            Slot.clinic_id == clinic_id,
            sa.or_(
                Appointment.state == AppointmentState.MOVED,
                Appointment.cancel_reason == CancelReason.CLINIC_CANCELLED,
            ),
            Referral.state == ReferralState.OPEN,
            Referral.lesions.any(Lesion.state == LesionState.AWAITING_IMAGES),
            Patient.deceased_on.is_(None),
        )
        .options(contains_eager(Appointment.patient).selectinload(Patient.needs))
        .order_by(Appointment.ended_at)
    )
    last = {one.referral_id: one for one in gone}  # whoever was moved twice left this one last
    now = {one.referral_id: one for one in queries.waiting_of(session, last)}
    rows = [Contact(one, now.get(each)) for each, one in last.items()]
    return sorted(
        (row for row in rows if row.now is None or row.now.slot.clinic_id != clinic_id),
        key=lambda row: (row.now is not None, (row.now or row.was).slot.starts_at),
    )


def _lock(
    session: Session,
    clinic_id: uuid.UUID,
    choices: Choices,
    also: Sequence[uuid.UUID] = (),
) -> None:
    """Everything in one sweep: the clinic, everybody in it, every new place."""
    here = [one.id for one in queries.people_in_clinic(session, clinic_id)]
    slots = [slot_id for slot_id in choices.values() if slot_id is not None]
    ledger.lock(session, clinics=[clinic_id], appointments=here, slots=slots, also=also)


def _leaving(
    session: Session, clinic: Clinic, during: ledger.Span | None, slot_minutes: int | None = None
) -> list[Appointment]:
    people = queries.people_in_clinic(session, clinic.id)
    if during is None or during.lower is None or during.upper is None:
        return people
    minutes = clinic.slot_minutes if slot_minutes is None else slot_minutes
    hours = (during.lower, during.upper)
    return [one for one in people if not clinics.stays(one, clinic, *hours, minutes)]


def _rehome(
    session: Session, leaving: Sequence[Appointment], choices: Choices, *, by: User
) -> None:
    check_may(leaving, by=by)
    unasked = [_name(one) for one in leaving if one.id not in choices]
    if unasked:
        raise Conflict(
            f"Choose where {listed(unasked)} should go: "
            "they are booked into this clinic. Nothing was changed."
        )
    for one in leaving:
        slot_id = choices[one.id]
        if slot_id is None:
            appointments.cancel(
                session, appointment_id=one.id, reason=CancelReason.CLINIC_CANCELLED, by=by
            )
        else:
            _move(session, one, slot_id, by=by)


def _move(session: Session, one: Appointment, slot_id: uuid.UUID, *, by: User) -> None:
    slot = queries.slot(session, slot_id)
    try:
        appointments.move(
            session,
            appointment_id=one.id,
            slot_id=slot_id,
            slots=search.slots_for(session, one.referral, slot),
            note=one.note or (ASK_AGAIN if needs.has_any(one.referral) else ""),
            by=by,
        )
    except Conflict as problem:
        raise Conflict(f"{_name(one)}: {problem.message} Nothing was changed.") from problem


def _offers(
    session: Session, one: Appointment, clinic: Clinic, given: Sequence[Offer]
) -> list[Offer]:
    if one.state is not AppointmentState.BOOKED or one.slot.starts_at <= clock.now():
        return []
    found = search.best(session, one.referral, limit=LOOKED_AT + len(given), per_clinic=LOOKED_AT)
    suitable = [
        each
        for each in found.offers
        if each.slot.clinic_id != clinic.id and not any(_meet(each, other) for other in given)
    ]
    return suitable[:OFFERS]


def _meet(one: Offer, other: Offer) -> bool:
    same = one.slot.clinic_id == other.slot.clinic_id
    return same and one.slot.starts_at < other.ends_at and other.slot.starts_at < one.ends_at


def _name(one: Appointment) -> str:
    return full_name(one.patient.given_name, one.patient.family_name)
