"""Taking back a death: every outcome is written, told and arranged as if it had not been."""

import uuid

from sqlalchemy.orm import Session

from derm_service.booking import endings
from derm_service.messages.codes import Addressee, MessageState
from derm_service.people import User
from derm_service.referrals.codes import LesionState, ReferralState
from derm_service.referrals.models import Lesion, Patient, Referral
from derm_service.review import letters, standing, tasks
from derm_service.review.models import Opinion


def take_back_death(session: Session, *, patient_id: uuid.UUID, by: User) -> Patient:
    """Take back a death recorded by mistake: nobody is left on no list.

    Referrals are open and their work waits again, letters it had stopped are written anew and
    locked as their outcomes ask. Appointments stay cancelled: they are booked again.
    """
    with session.begin_nested():
        patient = endings.open_again(session, patient_id=patient_id, by=by)
        for referral in patient.referrals:
            if referral.state is not ReferralState.WITHDRAWN:
                _tell_again(session, referral, by=by)
    return patient


def _tell_again(session: Session, referral: Referral, *, by: User) -> None:
    for lesion in referral.lesions:
        opinion = standing.of_lesion(session, lesion.id)
        if opinion is None:
            continue
        if lesion.state is LesionState.OPINION_SIGNED:
            _write_stopped(session, opinion, Addressee.PATIENT, lock=True, by=by)
            tasks.ask_anew(session, opinion, by=by)
        elif _may_get_letters(lesion):
            _write_stopped(session, opinion, Addressee.PATIENT, lock=False, by=by)
        _write_stopped(session, opinion, Addressee.GP, lock=False, by=by)
    letters.settle_locks(session, referral, by=by)


def _may_get_letters(lesion: Lesion) -> bool:
    """Told already; somebody who may only be rung was never to get the letter."""
    return lesion.state is LesionState.TOLD and not lesion.referral.patient.safe_contact


def _write_stopped(
    session: Session, opinion: Opinion, addressee: Addressee, *, lock: bool, by: User
) -> None:
    newest = next(iter(letters.of_opinion(session, opinion.id, addressee)), None)
    if newest is not None and newest.state is MessageState.STOPPED:
        letters.write_again(session, opinion, addressee, lock=lock, by=by)
