"""Withdrawing, death, and the clock that stops and starts again."""

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from derm_service import clock
from derm_service.errors import Conflict, Invalid
from derm_service.referrals import closing, lesions
from derm_service.referrals.clocks import clock_of
from derm_service.referrals.codes import LesionState, ReferralState, WithdrawnReason
from tests import make


def test_withdrawn_referral_takes_nothing_more_and_its_clock_stands(session: Session) -> None:
    referral = make.referral(session, days_ago=6)

    closing.withdraw(
        session,
        referral_id=referral.id,
        reason=WithdrawnReason.PATIENT_WISH,
        by=make.user(session),
    )

    assert referral.state is ReferralState.WITHDRAWN
    assert clock_of(referral).label == "Stopped on day 6 of 28"
    with pytest.raises(Conflict, match="withdrawn"):
        lesions.move(session, referral.lesions[0], LesionState.AWAITING_REVIEW, by=None)


def test_closed_referral_cannot_be_withdrawn(session: Session) -> None:
    referral = make.referral(session, state=ReferralState.CLOSED)

    with pytest.raises(Conflict, match="was told"):
        closing.withdraw(
            session,
            referral_id=referral.id,
            reason=WithdrawnReason.DUPLICATE,
            by=make.user(session),
        )


def test_death_withdraws_every_open_referral_and_can_be_taken_back(session: Session) -> None:
    patient = make.patient(session)
    first, second = (make.referral(session, patient=patient) for _ in range(2))
    second.state = ReferralState.CLOSED
    clerk = make.user(session)

    closing.mark_deceased(session, patient_id=patient.id, on=clock.today(), by=clerk)
    after_death = [first.state, second.state]
    closing.unmark_deceased(session, patient_id=patient.id, by=clerk)

    assert after_death == [ReferralState.WITHDRAWN, ReferralState.CLOSED]
    assert [first.state, second.state] == [ReferralState.OPEN, ReferralState.CLOSED]
    assert patient.deceased_on is None


def test_death_cannot_lie_in_the_future(session: Session) -> None:
    patient = make.patient(session)

    with pytest.raises(Invalid):
        closing.mark_deceased(
            session,
            patient_id=patient.id,
            on=clock.today() + timedelta(days=1),
            by=make.user(session),
        )


def test_clock_stops_once_and_runs_on_from_day_0_when_it_is_restarted(session: Session) -> None:
    referral = make.referral(session, days_ago=9)
    clerk = make.user(session)

    closing.stop_clock(session, referral, on=clock.today() - timedelta(days=2), by=clerk)
    closing.stop_clock(session, referral, on=clock.today(), by=clerk)
    stopped = clock_of(referral).label
    closing.restart_clock(session, referral, reason="letter returned", by=clerk)

    assert stopped == "Stopped on day 7 of 28"
    assert clock_of(referral).label == "Day 9 of 28"


def test_clock_cannot_stop_before_it_started(session: Session) -> None:
    referral = make.referral(session, days_ago=1)

    with pytest.raises(Invalid):
        closing.stop_clock(
            session, referral, on=clock.today() - timedelta(days=2), by=make.user(session)
        )
