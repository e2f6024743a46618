"""Ends of a referral: told and closed, withdrawn, or the patient has died; and its clock."""

import uuid
from datetime import date

from sqlalchemy.orm import Session

from derm_service import audit, clock
from derm_service.errors import Conflict, Invalid
from derm_service.people import User
from derm_service.referrals import queries
from derm_service.referrals.codes import LesionState, ReferralState, WithdrawnReason
from derm_service.referrals.models import Patient, Referral
from derm_service.referrals.rules import check_open


def withdraw(
    session: Session, *, referral_id: uuid.UUID, reason: WithdrawnReason, by: User | None
) -> Referral:
    """End a referral without an answer; its clock stands from now on.

    Appointments, messages and work rows are ended by `booking.endings`, which calls this.
    """
    referral = queries.referral(session, referral_id, lock=True)
    check_open(referral.state)
    if referral.state is ReferralState.CLOSED:
        raise Conflict("This referral is closed: the patient was told. It cannot be withdrawn.")
    referral.state = ReferralState.WITHDRAWN
    referral.withdrawn_at = clock.now()
    referral.withdrawn_reason = reason
    audit.record(
        session, by=by, did="withdrew referral", subject=referral, detail={"reason": reason}
    )
    return referral


def mark_deceased(session: Session, *, patient_id: uuid.UUID, on: date, by: User | None) -> Patient:
    """Record that a patient has died and withdraw their open referrals.

    `on` is the date of death. Appointments and messages are ended by `booking.endings`.
    """
    patient = queries.patient(session, patient_id)
    if on > clock.today() or on < patient.born_on:
        raise Invalid({"on": "Date of death must be after the date of birth and not in the future"})
    if patient.deceased_on is not None:
        raise Conflict("This patient is already recorded as having died.")
    patient.deceased_on = on
    audit.record(session, by=by, did="recorded death", subject=patient, detail={"on": str(on)})
    for referral in patient.referrals:
        if referral.state is ReferralState.OPEN:
            withdraw(session, referral_id=referral.id, reason=WithdrawnReason.DECEASED, by=by)
    return patient


def unmark_deceased(session: Session, *, patient_id: uuid.UUID, by: User) -> Patient:
    """Take back a death recorded by mistake and open the referrals it had withdrawn again.

    Appointments and messages stay ended: they are made anew.
    """
    patient = queries.patient(session, patient_id)
    if patient.deceased_on is None:
        raise Conflict("This patient is not recorded as having died.")
    was, patient.deceased_on = patient.deceased_on, None
    audit.record(
        session, by=by, did="took back death", subject=patient, detail={"on": [str(was), None]}
    )
    for referral in patient.referrals:
        if referral.withdrawn_reason is WithdrawnReason.DECEASED:
            referral.state = ReferralState.OPEN
            referral.withdrawn_at = referral.withdrawn_reason = None
            audit.record(session, by=by, did="reopened referral", subject=referral)
    return patient


def stop_clock(session: Session, referral: Referral, *, on: date, by: User | None) -> None:
    """Stop the clock on the London date the patient was told; once stopped it stays there."""
    if referral.clock_stopped_on is not None:
        return
    if on < referral.clock_started_on or on > clock.today():
        raise Invalid({"on": "The date must lie between the day of referral and today"})
    referral.clock_stopped_on = on
    audit.record(session, by=by, did="stopped clock", subject=referral, detail={"on": str(on)})


def restart_clock(session: Session, referral: Referral, *, reason: str, by: User | None) -> None:
    """Let the clock run on from day 0 as if it had never stopped, and open the referral."""
    was = referral.clock_stopped_on
    if was is not None:
        referral.clock_stopped_on = None
        audit.record(
            session,
            by=by,
            did="restarted clock",
            subject=referral,
            detail={"on": [str(was), None], "reason": reason},
        )
    settle(session, referral, by=by)


def settle(session: Session, referral: Referral, *, by: User | None) -> bool:
    """Make the referral closed exactly when every lesion's patient was told; True when closed."""
    if referral.state is ReferralState.WITHDRAWN:
        return False
    told = all(lesion.state is LesionState.TOLD for lesion in referral.lesions)
    wanted = ReferralState.CLOSED if told else ReferralState.OPEN
    if referral.state is not wanted:
        referral.state = wanted
        did = "closed referral" if told else "reopened referral"
        audit.record(session, by=by, did=did, subject=referral)
    return told
