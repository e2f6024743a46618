"""Taking back consent to teaching or publication, at any time and from any page that shows it."""

import uuid

from sqlalchemy.orm import Session

from derm_service import clock, wording
from derm_service.errors import Conflict, Invalid
from derm_service.people import User
from derm_service.referrals import consents, queries
from derm_service.referrals.codes import ConsentBy, Purpose
from derm_service.referrals.consent_rules import ADULT_AT
from derm_service.referrals.models import Consent


def withdraw_use(
    session: Session, *, referral_id: uuid.UUID, purpose: Purpose, by: User
) -> Consent:
    """Withdraw teaching or publication; in force at once, the earlier answer stays readable.

    Photographs for the record cannot be taken back here: they are part of the health record.
    """
    if purpose is Purpose.RECORD:
        raise Invalid(
            {
                "purpose": "Photographs used to decide on care are part of the health record. "
                "Ask your governance team if the patient wants them removed."
            }
        )
    referral = queries.referral(session, referral_id, lock=True)
    given = consents.in_force(session, referral_id).get(purpose)
    if given is None or not given.is_given:
        raise Conflict("There is no consent to this use, so there is nothing to withdraw.")
    grown_up = wording.age(referral.patient.born_on, clock.today()) >= ADULT_AT
    by_whom = given.given_by
    if grown_up and by_whom in (ConsentBy.PARENT, ConsentBy.YOUNG_PERSON):
        by_whom = ConsentBy.PATIENT
    return consents.record(
        session,
        referral_id=referral_id,
        purpose=purpose,
        is_given=False,
        given_by=by_whom,
        giver_name=given.giver_name,
        giver_relation=given.giver_relation,
        by=by,
    )
