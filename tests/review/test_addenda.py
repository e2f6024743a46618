"""Corrections: dated addenda, letters in place of letters, told and clock weighed anew."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session, sessionmaker

from derm_service import clock, wording
from derm_service.errors import Conflict, Invalid
from derm_service.messages.codes import Addressee, MessageState, WorkKind
from derm_service.people import User
from derm_service.referrals.codes import LesionState, Priority, ReferralState
from derm_service.review import addenda, downgrades, letters, posting, standing
from derm_service.review.codes import Outcome
from derm_service.review.models import Addendum
from derm_service.review.opinions import Wording
from tests import make
from tests.racing import told_at_once
from tests.review import photographed
from tests.review.test_telling import letter_of, open_work, post, signed, told

SAME = Wording(Outcome.REASSURE, "We meant the right words.", "Corrected wording.")
WORSE = Wording(Outcome.USC_F2F, "We looked again.", "On second look, suspicious.")


def test_correction_leaves_the_opinion_and_stops_letters_not_yet_posted(session: Session) -> None:
    _, (opinion,), _ = signed(session, Outcome.REASSURE)
    before = letter_of(session, opinion)

    addenda.correct(session, opinion_id=opinion.id, wording=SAME, by=photographed.reader(session))

    assert opinion.text_for_gp == "Seen and judged."
    assert standing.texts_of(opinion) == (SAME.text_for_patient, SAME.text_for_gp)
    assert before.state is MessageState.STOPPED
    new = letter_of(session, opinion)
    assert "We meant the right words." in new.content["paragraphs"]
    assert not new.content["paragraphs"][0].startswith("This letter replaces")


def test_correction_after_posting_says_which_letter_it_replaces(session: Session) -> None:
    _, (opinion,), clerk = signed(session, Outcome.REASSURE)
    post(session, letter_of(session, opinion), by=clerk)

    addenda.correct(session, opinion_id=opinion.id, wording=SAME, by=photographed.reader(session))

    (first, *_) = letter_of(session, opinion).content["paragraphs"]
    assert first.startswith(f"This letter replaces our letter of {wording.day(clock.today())}.")
    both = letters.of_opinion(session, opinion.id, Addressee.PATIENT)
    assert [each.state for each in both] == [MessageState.READY, MessageState.SENT]


def test_corrected_wording_leaves_the_patient_told_and_the_clock_stopped(session: Session) -> None:
    case, (opinion,), clerk = signed(session, Outcome.REASSURE)
    told(session, opinion, by=clerk)

    addenda.correct(session, opinion_id=opinion.id, wording=SAME, by=photographed.reader(session))

    assert case.lesions[0].state is LesionState.TOLD
    assert case.clock_stopped_on is not None


def test_call_before_the_correction_did_not_tell_it(session: Session) -> None:
    _, (opinion,), clerk = signed(session, Outcome.REASSURE)
    opinion.signed_at = clock.now() - timedelta(hours=2)
    addenda.correct(session, opinion_id=opinion.id, wording=WORSE, by=photographed.reader(session))

    with pytest.raises(Invalid) as refusal:
        told(session, opinion, by=clerk, told_at=clock.now() - timedelta(hours=1))

    assert "corrected after that" in refusal.value.fields["told_at"]
    assert told(session, opinion, by=clerk).taken_back_at is None


def test_correction_is_signed_once_when_the_button_is_pressed_twice_at_once(
    committed: Session, committed_sessions: sessionmaker[Session]
) -> None:
    _, (opinion,), _ = signed(committed, Outcome.REASSURE)
    reader = photographed.reader(committed)
    committed.commit()

    def press(session: Session) -> None:
        addenda.correct(
            session,
            opinion_id=opinion.id,
            wording=SAME,
            corrections=0,
            by=session.get_one(User, reader.id),
        )

    answers = told_at_once(committed_sessions, [press, press])

    assert sorted(answers) == sorted(["done", addenda.CORRECTED])
    committed.expire_all()
    assert committed.scalar(sa.select(sa.func.count()).select_from(Addendum)) == 1


def test_changed_outcome_has_to_be_told_again_and_restarts_the_clock(session: Session) -> None:
    case, (opinion,), clerk = signed(session, Outcome.REASSURE)
    told(session, opinion, by=clerk)
    assert case.state is ReferralState.CLOSED

    addenda.correct(session, opinion_id=opinion.id, wording=WORSE, by=photographed.reader(session))

    assert case.lesions[0].state is LesionState.OPINION_SIGNED
    assert (case.state, case.clock_stopped_on) == (ReferralState.OPEN, None)
    assert letter_of(session, opinion).state is MessageState.LOCKED
    assert standing.outcome_of(opinion) is Outcome.USC_F2F
    assert told(session, opinion, by=clerk).taken_back_at is None


def test_biopsy_that_turned_out_harmless_stops_the_clock_once_told(session: Session) -> None:
    case, (opinion,), clerk = signed(session, Outcome.DIRECT_SURGERY)
    told(session, opinion, by=clerk)

    addenda.correct(session, opinion_id=opinion.id, wording=SAME, by=photographed.reader(session))
    told(session, opinion, by=clerk)

    assert case.clock_stopped_on == clock.today()


def test_old_opinion_is_not_corrected_once_a_newer_one_holds(session: Session) -> None:
    asker, colleague = photographed.reader(session), photographed.reader(session)
    case = photographed.case(session)
    question = photographed.sign(session, case.lesions[0], Outcome.SECOND_OPINION, by=asker)
    photographed.sign(session, case.lesions[0], by=colleague)

    with pytest.raises(Conflict, match="A newer opinion"):
        addenda.correct(session, opinion_id=question.id, wording=SAME, by=asker)


def test_correction_is_asked_for_words_and_a_real_outcome(session: Session) -> None:
    _, (opinion,), _ = signed(session, Outcome.REASSURE)
    empty = Wording(Outcome.SECOND_OPINION, "", "")

    with pytest.raises(Invalid) as refusal:
        addenda.correct(
            session, opinion_id=opinion.id, wording=empty, by=photographed.reader(session)
        )

    assert set(refusal.value.fields) == {"outcome", "text_for_gp"}


def test_letter_written_again_after_a_correction_carries_the_correction(session: Session) -> None:
    _, (opinion,), clerk = signed(session, Outcome.REASSURE)
    addenda.correct(session, opinion_id=opinion.id, wording=SAME, by=photographed.reader(session))
    letter = post(session, letter_of(session, opinion), by=clerk)
    posting.returned(session, message_id=letter.id, reason="Gone away", by=clerk)

    again = posting.write_again(session, message_id=letter.id, by=clerk)

    assert "We meant the right words." in again.content["paragraphs"]


def test_downgrade_needs_the_referrers_agreement_and_only_routine_outcomes(
    session: Session,
) -> None:
    case, _, _ = signed(session, Outcome.ROUTINE_F2F, Outcome.REASSURE)
    reader = photographed.reader(session)

    with pytest.raises(Invalid) as refusal:
        downgrades.downgrade(
            session, referral_id=case.id, agreed_with=" ", agreed_on=clock.today(), by=reader
        )
    downgrades.downgrade(
        session, referral_id=case.id, agreed_with="Dr S Patel", agreed_on=clock.today(), by=reader
    )

    assert set(refusal.value.fields) == {"agreed_with"}
    assert case.priority is Priority.ROUTINE
    assert "downgraded referral" in photographed.dids(session, case)


def test_urgent_outcome_forbids_a_downgrade(session: Session) -> None:
    case, _, _ = signed(session, Outcome.ROUTINE_F2F, Outcome.URGENT_F2F)

    with pytest.raises(Conflict, match="none of them is urgent"):
        downgrades.downgrade(
            session,
            referral_id=case.id,
            agreed_with="Dr S Patel",
            agreed_on=clock.today(),
            by=make.user(session),
        )


def test_changed_outcome_takes_back_what_was_to_be_arranged(session: Session) -> None:
    _, (opinion,), _ = signed(session, Outcome.DIRECT_SURGERY)
    assert open_work(session, WorkKind.ARRANGE_NEXT_STEP)

    addenda.correct(session, opinion_id=opinion.id, wording=SAME, by=photographed.reader(session))

    assert open_work(session, WorkKind.ARRANGE_NEXT_STEP) == []
