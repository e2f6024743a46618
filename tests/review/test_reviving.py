"""A death taken back, and a referral withdrawn before the patient was told: nobody is lost."""

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from derm_service import clock
from derm_service.booking import endings
from derm_service.errors import Conflict, Invalid
from derm_service.messages import outbox
from derm_service.messages.codes import Addressee, MessageState, WorkKind
from derm_service.messages.models import WorkItem
from derm_service.people import Role
from derm_service.referrals.codes import LesionState, ReferralState, WithdrawnReason
from derm_service.referrals.models import Patient, Referral
from derm_service.review import holding, letters, reviving, telling, withdrawals
from derm_service.review.codes import Outcome, OverrideReason
from derm_service.review.models import Opinion
from tests import make
from tests.review import photographed
from tests.review.test_telling import letter_of, open_work, signed, told
from tests.surf import post, sign_in_as

UNTOLD = "Tell the patient first"


def dies_and_does_not(session: Session, patient: Patient) -> None:
    clerk = make.user(session)
    endings.record_death(session, patient_id=patient.id, on=clock.today(), by=clerk)
    reviving.take_back_death(session, patient_id=patient.id, by=clerk)


def to_gp(session: Session, opinion: Opinion) -> MessageState:
    return letters.of_opinion(session, opinion.id, Addressee.GP)[0].state


def waits(session: Session, referral: Referral) -> set[WorkKind]:
    rows = sa.select(WorkItem.kind).where(
        WorkItem.referral_id == referral.id, WorkItem.done_at.is_(None)
    )
    return set(session.scalars(rows))


def test_untold_biopsy_is_to_be_told_arranged_and_posted_again_when_a_death_is_taken_back(
    client: FlaskClient, session: Session
) -> None:
    case, (opinion,), clerk = signed(session, Outcome.DIRECT_SURGERY)
    before = waits(session, case)
    endings.record_death(session, patient_id=case.patient_id, on=clock.today(), by=clerk)
    sign_in_as(client, session, clerk)

    done = post(client, f"/patients/{case.patient_id}/death/take-back")

    assert done.status_code == 303
    assert case.state is ReferralState.OPEN
    assert letter_of(session, opinion).state is MessageState.LOCKED
    assert to_gp(session, opinion) is MessageState.READY
    assert before == waits(session, case)
    assert before == {WorkKind.TELL_PATIENT, WorkKind.ARRANGE_NEXT_STEP, WorkKind.POST_LETTER}
    assert len(open_work(session, WorkKind.TELL_PATIENT)) == 1
    told(session, opinion, by=clerk)
    assert letter_of(session, opinion).state is MessageState.READY


def test_good_news_waits_for_the_bad_again_when_a_death_is_taken_back(session: Session) -> None:
    case, (good, bad), _ = signed(session, Outcome.REASSURE, Outcome.DIRECT_SURGERY)

    dies_and_does_not(session, case.patient)

    assert letter_of(session, good).state is MessageState.LOCKED
    assert letter_of(session, bad).lock_reason == letters.SPEAK_FIRST


def test_letter_a_clinician_let_go_is_held_and_rung_about_again_after_a_death_taken_back(
    session: Session,
) -> None:
    case, (opinion,), _ = signed(session, Outcome.USC_F2F)
    telling.override_lock(
        session,
        opinion_id=opinion.id,
        reason=OverrideReason.NOT_REACHABLE,
        by=photographed.reader(session),
    )

    dies_and_does_not(session, case.patient)

    assert letter_of(session, opinion).state is MessageState.LOCKED
    assert WorkKind.TELL_PATIENT in waits(session, case)


def test_closed_referral_has_its_letters_and_its_arranging_again_after_a_death_taken_back(
    session: Session,
) -> None:
    case, (opinion,), clerk = signed(session, Outcome.DIRECT_SURGERY)
    told(session, opinion, by=clerk)

    dies_and_does_not(session, case.patient)

    assert case.state is ReferralState.CLOSED
    assert letter_of(session, opinion).state is MessageState.READY
    assert to_gp(session, opinion) is MessageState.READY
    assert waits(session, case) == {WorkKind.ARRANGE_NEXT_STEP, WorkKind.POST_LETTER}


def test_who_may_only_be_rung_is_rung_again_and_not_twice_after_a_death_taken_back(
    session: Session,
) -> None:
    case, (opinion,), _ = signed(session, Outcome.REASSURE)
    case.patient.safe_contact = True
    holding.hold_back(session)

    dies_and_does_not(session, case.patient)
    holding.hold_back(session)

    assert letter_of(session, opinion).state is MessageState.STOPPED
    assert len(open_work(session, WorkKind.TELL_PATIENT)) == 1


def test_what_was_done_before_a_second_death_is_not_raised_by_taking_that_back(
    session: Session,
) -> None:
    case, _, clerk = signed(session, Outcome.ROUTINE_F2F)
    case.lesions[0].state = LesionState.TOLD
    dies_and_does_not(session, case.patient)
    [row] = open_work(session, WorkKind.ARRANGE_NEXT_STEP)
    row.done_at, row.done_how, row.done_by_id = clock.now(), "Booked for Friday", clerk.id

    dies_and_does_not(session, case.patient)

    assert WorkKind.ARRANGE_NEXT_STEP not in waits(session, case)


def test_who_was_booked_is_booked_again_when_a_death_is_taken_back(session: Session) -> None:
    appointment = make.appointment(session)

    dies_and_does_not(session, appointment.patient)

    [row] = open_work(session, WorkKind.REBOOK)
    assert row.referral_id == appointment.referral_id
    assert "the patient was not told" in row.note


def test_clerk_cannot_withdraw_a_referral_whose_outcome_was_not_told(
    client: FlaskClient, session: Session
) -> None:
    case, (opinion,), clerk = signed(session, Outcome.DIRECT_SURGERY)
    before = waits(session, case)
    address = f"/referrals/{case.id}/withdraw"
    sign_in_as(client, session, clerk)

    page = client.get(address).text
    refused = post(client, address, reason="duplicate", note="Entered twice.")

    assert UNTOLD in page
    assert 'name="reason"' not in page
    assert refused.status_code == 409
    assert UNTOLD in refused.text
    assert case.state is ReferralState.OPEN
    assert letter_of(session, opinion).state is MessageState.LOCKED
    assert waits(session, case) == before


def test_lead_withdraws_an_untold_referral_with_a_reason_and_a_dermatologist_and_the_gp_know(
    client: FlaskClient, session: Session
) -> None:
    case, (opinion,), _ = signed(session, Outcome.DIRECT_SURGERY)
    lead = make.user(session, Role.LEAD)
    address = f"/referrals/{case.id}/withdraw"
    sign_in_as(client, session, lead)

    refused = post(client, address, reason="patient_wish")
    done = post(client, address, reason="patient_wish", note="Wants to hear nothing.")

    assert refused.status_code == 422
    assert "Enter why the referral is withdrawn before the patient was told" in refused.text
    assert done.status_code == 303
    assert letter_of(session, opinion).state is MessageState.STOPPED
    assert waits(session, case) == {WorkKind.SAFETY_ALERT, WorkKind.POST_LETTER}
    [alert] = open_work(session, WorkKind.SAFETY_ALERT)
    assert alert.role == Role.DERMATOLOGIST
    assert alert.urgent
    assert "Wants to hear nothing." in alert.note
    letter, before = letters.of_opinion(session, opinion.id, Addressee.GP)
    assert before.state is MessageState.STOPPED
    assert "withdrawn before we told the patient" in letter.content["paragraphs"][-1]
    assert "We tell the patient" not in " ".join(letter.content["paragraphs"])
    outbox.mark_printed(session, message_id=letter.id, by=lead)
    assert outbox.mark_sent(session, message_id=letter.id, by=lead).state is MessageState.SENT


def test_gp_of_the_wrong_patient_gets_no_outcome_when_a_lead_withdraws(session: Session) -> None:
    case, (opinion,), _ = signed(session, Outcome.USC_F2F)

    withdrawals.withdraw(
        session,
        referral_id=case.id,
        reason=WithdrawnReason.WRONG_PATIENT,
        note="Photographs moved to the right record.",
        by=make.user(session, Role.LEAD),
    )

    assert to_gp(session, opinion) is MessageState.STOPPED
    assert waits(session, case) == {WorkKind.SAFETY_ALERT}


def test_lead_says_why_and_a_told_lesion_does_not_keep_a_referral_from_being_withdrawn(
    session: Session,
) -> None:
    case, (first, second), clerk = signed(session, Outcome.REASSURE, Outcome.REASSURE)
    lead, reason = make.user(session, Role.LEAD), WithdrawnReason.PATIENT_WISH
    told(session, first, by=clerk)

    with pytest.raises(Invalid):
        withdrawals.withdraw(session, referral_id=case.id, reason=reason, by=lead)
    with pytest.raises(Conflict, match=UNTOLD):
        withdrawals.withdraw(session, referral_id=case.id, reason=reason, by=clerk)
    second.lesion.state = LesionState.AWAITING_REVIEW
    session.flush()
    withdrawals.withdraw(session, referral_id=case.id, reason=reason, by=clerk)

    assert case.state is ReferralState.WITHDRAWN
