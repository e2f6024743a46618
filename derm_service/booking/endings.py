"""Ends that reach into everything: a referral withdrawn, a death recorded."""

import uuid
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Session

from derm_service.booking import (
    appointments,
    ledger,
    offer_answers,
    queries,
    telling,
    waiting,
    withdrawing,
)
from derm_service.booking.codes import CancelReason
from derm_service.booking.models import Appointment
from derm_service.messages import errands, rules, stopping, work
from derm_service.people import User
from derm_service.referrals import closing
from derm_service.referrals.codes import WithdrawnReason
from derm_service.referrals.models import Patient, Referral

UNEXPECTED = frozenset(
    {
        WithdrawnReason.PATIENT_WISH,
        WithdrawnReason.REFERRER_WISH,
        WithdrawnReason.SEEN_ELSEWHERE,
        WithdrawnReason.DUPLICATE,
    }
)
"""Reasons after which the person is told that an appointment no longer stands."""


DIED = "The patient has died"
TAKEN_BACK = "Death was taken back: appointments stay cancelled, and the patient was not told"


def withdraw_referral(
    session: Session,
    *,
    referral_id: uuid.UUID,
    reason: WithdrawnReason,
    note: str = "",
    by: User,
) -> Referral:
    """Withdraw a referral: its appointment, unsent messages and open work end with it.

    Letters to the GP go on. Raises Conflict while a signed outcome was not told; a lead may
    withdraw it all the same, with a `note` that says why, and a dermatologist is asked to look.
    `review.withdrawals`, which calls this, writes the GP then that nobody told the patient.
    """
    with session.begin_nested():
        referral = queries.referral(session, referral_id)
        _lock(session, referral.patient_id)
        untold = withdrawing.check(session, referral_id, note=note, by=by)
        booked = queries.waiting_appointment(session, referral.id)
        _end(session, booked, CancelReason.REFERRAL_WITHDRAWN, by=by)
        closing.withdraw(session, referral_id=referral.id, reason=reason, by=by)
        why = f"referral withdrawn: {reason}"
        offer_answers.end_for_referrals(session, [referral.id], why=why, by=by)
        gone_on = rules.go_on(reason)
        stopping.for_referral(session, referral_id=referral.id, reason=why, but=gone_on, by=by)
        work.finish_for_referral(session, referral_id=referral.id, how=why, by=by)
        errands.put_out_again(session, referral_id=referral.id, by=by)
        if untold:
            withdrawing.ask_to_look(session, referral, untold, note=note, by=by)
        if booked is not None and reason in UNEXPECTED:
            telling.tell_cancelled(session, booked, will_rebook=False, by=by)
    return referral


def record_death(session: Session, *, patient_id: uuid.UUID, on: date, by: User) -> Patient:
    """Record a death: appointments are cancelled and no message or letter goes out any more."""
    with session.begin_nested():
        _lock(session, patient_id)
        for appointment in _waiting_of_patient(session, patient_id):
            _end(session, appointment, CancelReason.PATIENT_DIED, by=by)
        patient = closing.mark_deceased(session, patient_id=patient_id, on=on, by=by)
        stopping.for_patient(session, patient_id=patient_id, reason="the patient has died", by=by)
        theirs = [referral.id for referral in patient.referrals]
        offer_answers.end_for_referrals(session, theirs, why=DIED, by=by)
        for referral in patient.referrals:
            work.finish_for_referral(session, referral_id=referral.id, how=DIED, by=by)
    return patient


def open_again(session: Session, *, patient_id: uuid.UUID, by: User) -> Patient:
    """Take back a death: referrals are open, their work waits, who was booked is booked again.

    The letters about opinions are written anew by `review.reviving`, which calls this.
    """
    _lock(session, patient_id)
    patient = closing.unmark_deceased(session, patient_id=patient_id, by=by)
    for referral in patient.referrals:
        work.raise_again(session, referral_id=referral.id, ended_by=DIED, by=by)
        waiting.back_on_the_list(session, referral, why=TAKEN_BACK, by=by)
    return patient


def _end(
    session: Session, appointment: Appointment | None, reason: CancelReason, *, by: User
) -> None:
    if appointment is not None:
        appointments.end(session, appointment_id=appointment.id, reason=reason, by=by)
        telling.forget(session, appointment, how="The appointment was cancelled", by=by)


def _waiting_of_patient(session: Session, patient_id: uuid.UUID) -> list[Appointment]:
    return list(
        session.scalars(
            sa.select(Appointment)
            .where(Appointment.patient_id == patient_id, Appointment.state.in_(queries.WAITING))
            .order_by(Appointment.id)
        )
    )


def _lock(session: Session, patient_id: uuid.UUID) -> None:
    """The patient and everything their appointments use, in one sweep."""
    waiting = [one.id for one in _waiting_of_patient(session, patient_id)]
    ledger.lock(session, appointments=waiting, also=[patient_id])
