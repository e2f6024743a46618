"""Consent by purpose: who may answer, what must be said, which answer is in force."""

from datetime import date

import pytest
import sqlalchemy as sa
import time_machine
from sqlalchemy.orm import Session

from derm_service import wording
from derm_service.errors import Conflict, Invalid
from derm_service.people import Role
from derm_service.referrals import closing, consents
from derm_service.referrals.codes import ConsentBy, Purpose, WithdrawnReason
from derm_service.referrals.consent_rules import Answer, problems
from derm_service.referrals.models import Consent
from tests import make

BEST = {"why_cannot_decide": "Dementia", "consulted": "Daughter", "why_best": "May be cancer"}


@pytest.mark.parametrize(
    ("answer", "age", "field"),
    [
        (Answer(Purpose.RECORD, True, ConsentBy.PATIENT), 40, None),
        (Answer(Purpose.RECORD, True, ConsentBy.PATIENT), 15, "given_by"),
        (Answer(Purpose.RECORD, True, ConsentBy.YOUNG_PERSON), 15, None),
        (Answer(Purpose.RECORD, True, ConsentBy.YOUNG_PERSON), 16, "given_by"),
        (Answer(Purpose.RECORD, True, ConsentBy.PARENT), 9, "giver_name"),
        (Answer(Purpose.RECORD, True, ConsentBy.PARENT, "Ann Roe"), 9, None),
        (Answer(Purpose.RECORD, True, ConsentBy.PARENT, "Ann Roe"), 18, "given_by"),
        (Answer(Purpose.RECORD, True, ConsentBy.ATTORNEY, "Ann Roe"), 17, "given_by"),
        (Answer(Purpose.RECORD, True, ConsentBy.BEST_INTERESTS), 80, "why_best"),
        (Answer(Purpose.RECORD, True, ConsentBy.BEST_INTERESTS, best_interests=BEST), 80, None),
        (
            Answer(Purpose.TEACHING, True, ConsentBy.BEST_INTERESTS, best_interests=BEST),
            80,
            "is_given",
        ),
        (Answer(Purpose.TEACHING, False, ConsentBy.BEST_INTERESTS), 80, None),
        (Answer(Purpose.PUBLICATION, True, ConsentBy.PATIENT), 40, "publication_name"),
        (Answer(Purpose.PUBLICATION, False, ConsentBy.PATIENT), 40, None),
    ],
)
def test_answer_is_valid_or_says_what_is_missing(
    answer: Answer, age: int, field: str | None
) -> None:
    found = problems(answer, age=age)

    assert (field in found) if field else found == {}


def test_birthday_makes_a_person_sixteen() -> None:
    born = date(2010, 2, 28)

    assert wording.age(born, date(2026, 2, 27)) == 15
    assert wording.age(born, date(2026, 2, 28)) == 16


def test_newest_answer_is_in_force_and_earlier_ones_stay(session: Session) -> None:
    referral = make.referral(session)
    photographer = make.user(session, Role.PHOTOGRAPHER)

    def said(is_given: bool, moment: str) -> None:
        with time_machine.travel(moment, tick=False):
            consents.record(
                session,
                referral_id=referral.id,
                purpose=Purpose.TEACHING,
                is_given=is_given,
                given_by=ConsentBy.PATIENT,
                by=photographer,
            )

    said(True, "2026-11-20T09:00Z")
    said(False, "2026-11-21T09:00Z")

    assert {p: c.is_given for p, c in consents.in_force(session, referral.id).items()} == {
        Purpose.TEACHING: False
    }
    said_by_time = sa.select(Consent.is_given).order_by(Consent.recorded_at)
    assert session.scalars(said_by_time).all() == [True, False]


def test_incomplete_answer_is_not_recorded(session: Session) -> None:
    referral = make.referral(session)

    with pytest.raises(Invalid):
        consents.record(
            session,
            referral_id=referral.id,
            purpose=Purpose.RECORD,
            is_given=True,
            given_by=ConsentBy.BEST_INTERESTS,
            by=make.user(session),
        )

    assert consents.in_force(session, referral.id) == {}


def test_consent_of_a_withdrawn_referral_is_refused(session: Session) -> None:
    referral = make.referral(session)
    closing.withdraw(
        session, referral_id=referral.id, reason=WithdrawnReason.DUPLICATE, by=make.user(session)
    )

    with pytest.raises(Conflict, match="withdrawn"):
        consents.record(
            session,
            referral_id=referral.id,
            purpose=Purpose.RECORD,
            is_given=True,
            given_by=ConsentBy.PATIENT,
            by=make.user(session),
        )
