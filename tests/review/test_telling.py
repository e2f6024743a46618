"""Telling: locked letters, calls, overrides, posting, returns and the clock."""

from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from derm_service import clock
from derm_service.errors import Conflict, Invalid, NotAllowed
from derm_service.messages.codes import Addressee, MessageState, WorkKind
from derm_service.messages.models import Message, WorkItem
from derm_service.people import User
from derm_service.referrals import closing
from derm_service.referrals.codes import LesionState, ReferralState, WithdrawnReason
from derm_service.referrals.models import Referral
from derm_service.review import holding, letters, posting, standing, tasks, telling
from derm_service.review.codes import Outcome, OverrideReason, ToldHow
from derm_service.review.models import Opinion, Told
from tests import make
from tests.review import photographed


def signed(
    session: Session, *outcomes: Outcome, **given: object
) -> tuple[Referral, list[Opinion], User]:
    """A case with an opinion signed on each lesion, and a clerk who tells the patient."""
    reader = photographed.reader(session)
    sites = photographed.PAIR[: len(outcomes)]
    case = photographed.case(session, **{"sites": sites, **given})
    pairs = zip(case.lesions, outcomes, strict=True)
    opinions = [photographed.sign(session, lesion, each, by=reader) for lesion, each in pairs]
    return case, opinions, make.user(session)


def told(session: Session, opinion: Opinion, *, by: User, **given: object) -> Told:
    return telling.tell(
        session,
        **{
            "opinion_id": opinion.id,
            "how": ToldHow.PHONE_CALL,
            "told_at": clock.now(),
            "spoken_to": "the patient",
            "by": by,
            **given,
        },
    )


def letter_of(session: Session, opinion: Opinion) -> Message:
    found = letters.patients(session, opinion.id)
    assert found is not None
    return found


def open_work(session: Session, kind: WorkKind) -> list[WorkItem]:
    rows = sa.select(WorkItem).where(WorkItem.kind == kind, WorkItem.done_at.is_(None))
    return list(session.scalars(rows))


def post(session: Session, letter: Message, *, by: User) -> Message:
    return posting.posted(session, message_id=letter.id, posted_on=clock.today(), by=by)


def test_locked_letter_is_not_posted_until_the_patient_was_spoken_to(session: Session) -> None:
    _, (opinion,), clerk = signed(session, Outcome.USC_F2F)
    letter = letter_of(session, opinion)

    with pytest.raises(Conflict, match="locked"):
        post(session, letter, by=clerk)
    told(session, opinion, by=clerk)

    assert letter_of(session, opinion).state is MessageState.READY
    assert open_work(session, WorkKind.TELL_PATIENT) == []
    assert post(session, letter, by=clerk).state is MessageState.SENT


@pytest.mark.parametrize("outcome", [Outcome.USC_F2F, Outcome.REASSURE])
def test_letter_to_somebody_who_may_be_rung_only_is_held_back_and_a_call_tells_them(
    session: Session, outcome: Outcome
) -> None:
    case, (opinion,), clerk = signed(session, outcome)
    case.patient.safe_contact = True
    session.flush()

    held = [holding.hold_back(session), holding.hold_back(session)]
    [call] = open_work(session, WorkKind.TELL_PATIENT)
    told(session, opinion, by=clerk)

    assert held == [1, 0]
    assert call.subject_id == opinion.id
    assert letter_of(session, opinion).state is MessageState.STOPPED
    assert open_work(session, WorkKind.TELL_PATIENT) == []
    [to_post] = open_work(session, WorkKind.POST_LETTER)
    assert to_post.note == "To the GP."


def test_letter_held_back_after_the_patient_was_told_is_rung_about(session: Session) -> None:
    case, (opinion,), clerk = signed(session, Outcome.USC_F2F)
    told(session, opinion, by=clerk)
    case.patient.safe_contact = True
    session.flush()

    holding.hold_back(session)

    assert open_work(session, WorkKind.TELL_PATIENT) == []
    [call] = open_work(session, WorkKind.CALL_PATIENT)
    assert "The letter is held back." in call.note


def test_suspected_cancer_told_leaves_the_clock_running(session: Session) -> None:
    case, (opinion,), clerk = signed(session, Outcome.USC_F2F)

    told(session, opinion, by=clerk)

    assert case.lesions[0].state is LesionState.TOLD
    assert case.clock_stopped_on is None


def test_clock_stops_only_when_every_lesion_ended_and_was_told(session: Session) -> None:
    case, opinions, clerk = signed(session, Outcome.REASSURE, Outcome.PRIMARY_CARE)

    told(session, opinions[0], by=clerk)
    after_one = case.clock_stopped_on
    told(session, opinions[1], by=clerk)

    assert after_one is None
    assert case.clock_stopped_on == clock.today()
    assert case.state is ReferralState.CLOSED


def test_one_running_lesion_keeps_the_clock_running_when_both_were_told(session: Session) -> None:
    case, opinions, clerk = signed(session, Outcome.REASSURE, Outcome.DIRECT_SURGERY)

    for opinion in opinions:
        told(session, opinion, by=clerk)

    assert case.clock_stopped_on is None


def test_posting_an_unlocked_letter_tells_the_patient_that_day(session: Session) -> None:
    case, (opinion,), clerk = signed(session, Outcome.REASSURE)

    post(session, letter_of(session, opinion), by=clerk)

    recorded = standing.told_of(session, opinion.id)
    assert recorded is not None
    assert (recorded.how, recorded.recorded_by_id) == (ToldHow.LETTER, clerk.id)
    assert case.clock_stopped_on == clock.today()


def test_posting_the_gps_letter_tells_nobody(session: Session) -> None:
    case, (opinion,), clerk = signed(session, Outcome.REASSURE)
    (to_gp,) = letters.of_opinion(session, opinion.id, Addressee.GP)

    post(session, to_gp, by=clerk)

    assert standing.told_of(session, opinion.id) is None
    assert case.clock_stopped_on is None


def test_letter_is_not_posted_in_the_future_or_before_it_was_written(session: Session) -> None:
    _, (opinion,), clerk = signed(session, Outcome.REASSURE)
    letter = letter_of(session, opinion)

    for day in (clock.today() + timedelta(days=1), clock.today() - timedelta(days=1)):
        with pytest.raises(Invalid) as refusal:
            posting.posted(session, message_id=letter.id, posted_on=day, by=clerk)
        assert "posted_on" in refusal.value.fields


def test_returned_letter_takes_told_back_and_the_clock_runs_again(session: Session) -> None:
    case, (opinion,), clerk = signed(session, Outcome.REASSURE)
    letter = post(session, letter_of(session, opinion), by=clerk)

    posting.returned(session, message_id=letter.id, reason="Gone away", by=clerk)

    assert standing.told_of(session, opinion.id) is None
    assert case.lesions[0].state is LesionState.OPINION_SIGNED
    assert (case.state, case.clock_stopped_on) == (ReferralState.OPEN, None)
    assert [item.subject_id for item in open_work(session, WorkKind.LETTER_RETURNED)] == [letter.id]


def test_returned_letter_changes_nothing_for_somebody_told_by_phone(session: Session) -> None:
    case, (opinion,), clerk = signed(session, Outcome.REASSURE)
    told(session, opinion, by=clerk)
    letter = post(session, letter_of(session, opinion), by=clerk)

    posting.returned(session, message_id=letter.id, reason="Gone away", by=clerk)

    assert case.lesions[0].state is LesionState.TOLD
    assert case.clock_stopped_on == clock.today()


def test_returned_letter_is_written_again_to_the_new_address(session: Session) -> None:
    case, (opinion,), clerk = signed(session, Outcome.REASSURE)
    letter = post(session, letter_of(session, opinion), by=clerk)
    posting.returned(session, message_id=letter.id, reason="Gone away", by=clerk)
    case.patient.address_lines = ["3 New Street", "Anytown"]

    again = posting.write_again(session, message_id=letter.id, by=clerk)

    assert "3 New Street" in again.content["to"]
    assert again.state is MessageState.READY
    assert open_work(session, WorkKind.LETTER_RETURNED) == []
    post(session, again, by=clerk)
    assert case.lesions[0].state is LesionState.TOLD


def test_patient_is_told_once(session: Session) -> None:
    _, (opinion,), clerk = signed(session, Outcome.REASSURE)
    told(session, opinion, by=clerk)

    with pytest.raises(Conflict, match="recorded already"):
        told(session, opinion, by=clerk)


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"told_at": clock.now() + timedelta(hours=1)}, "told_at"),
        ({"told_at": clock.now() - timedelta(days=2)}, "told_at"),
        ({"how": ToldHow.LETTER}, "how"),
        ({"how": ToldHow.PROXY, "spoken_to": "", "note": "Consent given"}, "spoken_to"),
        ({"how": ToldHow.PROXY, "spoken_to": "her daughter", "note": ""}, "note"),
    ],
)
def test_telling_that_cannot_be_is_refused(
    session: Session, given: dict[str, object], field: str
) -> None:
    _, (opinion,), clerk = signed(session, Outcome.USC_F2F)

    with pytest.raises(Invalid) as refusal:
        told(session, opinion, by=clerk, **given)

    assert set(refusal.value.fields) == {field}


def test_patient_told_earlier_stops_the_clock_on_that_day(session: Session) -> None:
    case, (opinion,), clerk = signed(session, Outcome.REASSURE)
    yesterday = clock.now() - timedelta(days=1)
    opinion.signed_at = yesterday - timedelta(hours=1)

    told(session, opinion, by=clerk, told_at=yesterday)

    assert case.clock_stopped_on == clock.london(yesterday).date()


def test_call_that_reached_nobody_raises_the_next_try(session: Session) -> None:
    _, (opinion,), clerk = signed(session, Outcome.USC_F2F)
    tomorrow = clock.today() + timedelta(days=1)

    for note in ("No answer", "Line busy"):
        telling.not_reached(session, opinion_id=opinion.id, note=note, next_on=tomorrow, by=clerk)

    (item,) = open_work(session, WorkKind.TELL_PATIENT)
    assert item.due_on == tomorrow
    assert item.note.startswith("Try 3.")
    assert len(tasks.tries_of(session, opinion.id)) == 2
    assert letter_of(session, opinion).state is MessageState.LOCKED


def test_clinician_overrides_the_lock_with_a_reason(session: Session) -> None:
    case, (opinion,), clerk = signed(session, Outcome.DIRECT_SURGERY)
    reason = OverrideReason.NOT_REACHABLE

    with pytest.raises(NotAllowed):
        telling.override_lock(session, opinion_id=opinion.id, reason=reason, by=clerk)
    letter = telling.override_lock(
        session, opinion_id=opinion.id, reason=reason, by=photographed.reader(session)
    )

    assert (letter.state, letter.override_reason) == (MessageState.READY, "not_reachable")
    assert case.lesions[0].state is LesionState.OPINION_SIGNED
    assert open_work(session, WorkKind.TELL_PATIENT) == []
    assert "overrode letter lock" in photographed.dids(session, case)


def test_nobody_is_told_about_the_deceased_or_the_withdrawn(session: Session) -> None:
    dead, (about_dead,), clerk = signed(session, Outcome.REASSURE)
    gone, (about_gone,), _ = signed(session, Outcome.REASSURE)
    closing.mark_deceased(session, patient_id=dead.patient_id, on=clock.today(), by=clerk)
    closing.withdraw(session, referral_id=gone.id, reason=WithdrawnReason.PATIENT_WISH, by=clerk)

    with pytest.raises(Conflict, match="has died"):
        told(session, about_dead, by=clerk)
    with pytest.raises(Conflict, match="was withdrawn"):
        told(session, about_gone, by=clerk)


def test_time_told_is_taken_to_the_minute(session: Session) -> None:
    _, (opinion,), clerk = signed(session, Outcome.REASSURE)
    at = opinion.signed_at
    minute = datetime(at.year, at.month, at.day, at.hour, at.minute, tzinfo=at.tzinfo)

    assert told(session, opinion, by=clerk, told_at=minute).told_at == minute


def test_good_news_waits_until_the_bad_news_was_told(session: Session) -> None:
    case, (good, bad), clerk = signed(session, Outcome.REASSURE, Outcome.DIRECT_SURGERY)
    held = letter_of(session, good)
    reason = held.lock_reason

    state = held.state
    told(session, bad, by=clerk)

    assert state is MessageState.LOCKED
    assert "Speak to the patient about lesion 2, back" in reason
    assert letter_of(session, good).state is MessageState.READY
    assert case.lesions[0].state is LesionState.OPINION_SIGNED


def test_good_news_signed_after_bad_news_waits_too_and_goes_when_a_clinician_lets_both_go(
    session: Session,
) -> None:
    _, (bad, good), _ = signed(session, Outcome.USC_F2F, Outcome.REASSURE)
    before = letter_of(session, good).state
    reason, reader = OverrideReason.NOT_REACHABLE, photographed.reader(session)

    with pytest.raises(Conflict, match="Speak to the patient about lesion 1, left cheek, first"):
        telling.override_lock(session, opinion_id=good.id, reason=reason, by=reader)
    telling.override_lock(session, opinion_id=bad.id, reason=reason, by=reader)

    assert before is MessageState.LOCKED
    assert letter_of(session, good).state is MessageState.READY


def test_letters_say_which_marks_they_are_not_about(session: Session) -> None:
    _, (_, bad), _ = signed(session, Outcome.REASSURE, Outcome.DIRECT_SURGERY)

    patients, gps = (
        " ".join(letters.of_opinion(session, bad.id, addressee)[0].content["paragraphs"])
        for addressee in (Addressee.PATIENT, Addressee.GP)
    )

    assert "This letter is not about the mark on your left cheek." in patients
    assert "lesion 1, left cheek: Discharge with reassurance" in gps


def test_letter_that_was_not_posted_after_all_tells_nobody(session: Session) -> None:
    case, (opinion,), clerk = signed(session, Outcome.REASSURE)
    letter = letter_of(session, opinion)
    post(session, letter, by=clerk)
    was = case.lesions[0].state

    posting.not_posted(session, message_id=letter.id, by=clerk)

    assert was is LesionState.TOLD
    assert letter.state is MessageState.PRINTED
    assert case.lesions[0].state is LesionState.OPINION_SIGNED
    assert case.clock_stopped_on is None
    work = sa.select(WorkItem).where(WorkItem.subject_id == letter.id, WorkItem.done_at.is_(None))
    assert session.scalars(work).one().kind is WorkKind.POST_LETTER
