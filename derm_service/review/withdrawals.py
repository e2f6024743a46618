"""Withdrawing a referral: the GP is not left to think that we tell the patient."""

import uuid

from sqlalchemy.orm import Session

from derm_service.booking import endings
from derm_service.messages.codes import Addressee
from derm_service.people import User
from derm_service.referrals.codes import LesionState, WithdrawnReason
from derm_service.referrals.models import Referral
from derm_service.review import letters, standing


def withdraw(
    session: Session,
    *,
    referral_id: uuid.UUID,
    reason: WithdrawnReason,
    note: str = "",
    by: User,
) -> Referral:
    """Withdraw a referral; where a signed outcome was not told, the GP reads that nobody told it.

    Raises what `booking.endings.withdraw_referral` raises.
    """
    with session.begin_nested():
        referral = endings.withdraw_referral(
            session, referral_id=referral_id, reason=reason, note=note, by=by
        )
        if reason is not WithdrawnReason.WRONG_PATIENT:
            for lesion in referral.lesions:
                opinion = standing.of_lesion(session, lesion.id)
                if opinion is not None and lesion.state is LesionState.OPINION_SIGNED:
                    letters.write_again(session, opinion, Addressee.GP, by=by)
    return referral
