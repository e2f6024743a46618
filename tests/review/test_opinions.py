"""Signing: site, images, claim and checklist are asked; it is signed once and told in letters."""

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session, sessionmaker

from derm_service.audit import AuditEntry
from derm_service.errors import Conflict, Invalid, NotAllowed
from derm_service.messages.codes import Addressee, MessageState, WorkKind
from derm_service.messages.models import Message, WorkItem
from derm_service.people import Role, User
from derm_service.referrals.codes import Laterality, LesionState
from derm_service.review import claims, letters, opinions, viewing
from derm_service.review.codes import Outcome
from derm_service.review.models import Opinion
from tests import make
from tests.racing import told_at_once
from tests.review import photographed


def refused(session: Session, case_of: photographed.Referral, by: User, **given: object) -> Invalid:
    with pytest.raises(Invalid) as refusal:
        opinions.sign(
            session,
            **{
                "lesion_id": case_of.lesions[0].id,
                "wording": photographed.words(),
                "site_confirmed": True,
                "by": by,
                **given,
            },
        )
    return refusal.value


def claimed(session: Session, **given: object) -> tuple[photographed.Referral, User]:
    reader, case = photographed.reader(session), photographed.case(session)
    claims.claim(session, referral_id=case.id, by=reader)
    return case, reader


def test_signing_moves_the_lesion_and_writes_both_letters(session: Session) -> None:
    reader, case = photographed.reader(session), photographed.case(session)

    opinion = photographed.sign(session, case.lesions[0], by=reader)

    assert case.lesions[0].state is LesionState.OPINION_SIGNED
    written = letters.of_opinion(session, opinion.id)
    assert {each.addressee for each in written} == {Addressee.PATIENT, Addressee.GP}
    assert {each.state for each in written} == {MessageState.READY}
    assert photographed.dids(session, case)[-1] == "finished case"
    assert "signed opinion" in photographed.dids(session, case)


def test_suspected_cancer_locks_the_patients_letter_and_asks_for_a_call(session: Session) -> None:
    reader, case = photographed.reader(session), photographed.case(session)

    opinion = photographed.sign(session, case.lesions[0], Outcome.USC_F2F, by=reader)

    (to_patient,) = letters.of_opinion(session, opinion.id, Addressee.PATIENT)
    (to_gp,) = letters.of_opinion(session, opinion.id, Addressee.GP)
    assert (to_patient.state, to_gp.state) == (MessageState.LOCKED, MessageState.READY)
    call = session.scalars(sa.select(WorkItem).where(WorkItem.kind == WorkKind.TELL_PATIENT)).one()
    assert call.subject_id == opinion.id
    assert call.urgent


def test_images_have_to_be_opened_by_the_one_who_signs(session: Session) -> None:
    case, reader = claimed(session)
    photographed.open_all(session, case.lesions[0], photographed.reader(session))

    problem = refused(session, case, reader)

    assert problem.fields["images_waived_reason"].startswith("You have opened 0 of 3 images.")
    assert case.lesions[0].state is LesionState.AWAITING_REVIEW


def test_signing_without_all_images_keeps_the_reason(session: Session) -> None:
    case, reader = claimed(session)

    opinion = opinions.sign(
        session,
        lesion_id=case.lesions[0].id,
        wording=photographed.words(),
        site_confirmed=True,
        images_waived_reason="Seen in clinic this morning",
        by=reader,
    )

    assert opinion.images_waived_reason == "Seen in clinic this morning"


def test_lesion_without_photographs_is_signed_with_a_reason_only(session: Session) -> None:
    reader, referral = photographed.reader(session), make.referral(session)
    photographed.lesions.close_unphotographed(
        session,
        lesion_id=referral.lesions[0].id,
        reason=healed(),
        note="Fell off last week",
        by=make.user(session, Role.PHOTOGRAPHER),
    )
    claims.claim(session, referral_id=referral.id, by=reader)

    problem = refused(session, referral, reader)
    opinion = photographed.sign(
        session, referral.lesions[0], by=reader, images_waived_reason="Healed"
    )

    assert "There are no photographs" in problem.fields["images_waived_reason"]
    (letter,) = letters.of_opinion(session, opinion.id, Addressee.PATIENT)
    assert "There are no photographs of it." in letter.content["paragraphs"][0]


def healed() -> photographed.lesions.UnphotographedReason:
    return photographed.lesions.UnphotographedReason.HEALED


def test_unconfirmed_side_is_refused_in_the_words_of_the_place(session: Session) -> None:
    case, reader = claimed(session)
    photographed.open_all(session, case.lesions[0], reader)

    problem = refused(session, case, reader, site_confirmed=False)

    assert problem.fields == {"site_confirmed": "Confirm that the images show the left cheek"}


def test_texts_are_needed(session: Session) -> None:
    case, reader = claimed(session)
    photographed.open_all(session, case.lesions[0], reader)

    problem = refused(session, case, reader, wording=opinions.Wording(Outcome.REASSURE, " ", ""))

    assert set(problem.fields) == {"text_for_patient", "text_for_gp"}


def test_discharge_with_a_high_seven_point_score_has_to_be_meant(session: Session) -> None:
    case, reader = claimed(session)
    lesion = case.lesions[0]
    lesion.seven_point, lesion.seven_point_score = ["size", "shape"], 4
    photographed.open_all(session, lesion, reader)

    problem = refused(session, case, reader)
    signed = photographed.sign(session, lesion, by=reader, sure=True)

    assert set(problem.fields) == {"sure"}
    assert signed.outcome is Outcome.REASSURE


def test_only_the_one_who_claimed_signs(session: Session) -> None:
    case, _ = claimed(session)
    other = photographed.reader(session)
    photographed.open_all(session, case.lesions[0], other)

    with pytest.raises(Conflict, match="has been reading this case"):
        opinions.sign(
            session,
            lesion_id=case.lesions[0].id,
            wording=photographed.words(),
            site_confirmed=True,
            by=other,
        )


def test_lesion_is_signed_once_when_the_button_is_pressed_twice_at_once(
    committed: Session, committed_sessions: sessionmaker[Session]
) -> None:
    case, reader = claimed(committed)
    lesion = case.lesions[0]
    photographed.open_all(committed, lesion, reader)
    committed.commit()

    def press(session: Session) -> None:
        opinions.sign(
            session,
            lesion_id=lesion.id,
            wording=photographed.words(),
            site_confirmed=True,
            by=session.get_one(User, reader.id),
        )

    answers = told_at_once(committed_sessions, [press, press])

    assert sorted(answers) == sorted(["done", opinions.ALREADY])
    committed.expire_all()
    assert committed.scalar(sa.select(sa.func.count()).select_from(Opinion)) == 1
    assert committed.scalar(sa.select(sa.func.count()).select_from(Message)) == 2


def test_second_opinion_tells_nobody_and_waits_for_another_reader(session: Session) -> None:
    asker, colleague = photographed.reader(session), photographed.reader(session)
    case = photographed.case(session)
    lesion = case.lesions[0]

    question = photographed.sign(session, lesion, Outcome.SECOND_OPINION, by=asker)

    assert lesion.state is LesionState.AWAITING_REVIEW
    assert letters.of_opinion(session, question.id) == []
    with pytest.raises(Conflict, match="another reader has to sign"):
        photographed.sign(session, lesion, by=asker)
    claims.release(session, referral_id=case.id, by=asker)
    assert photographed.sign(session, lesion, by=colleague).number == 2


def test_intimate_images_need_the_right_and_the_try_changes_nothing(session: Session) -> None:
    reader = photographed.reader(session, intimate_images=False)
    case = photographed.case(session, sites=((make.GROIN, Laterality.LEFT),))
    claims.claim(session, referral_id=case.id, by=reader)
    (first, *_) = viewing.filed(viewing.current_set(session, case.lesions[0].id))

    with pytest.raises(NotAllowed, match="intimate site"):
        viewing.opened(session, capture_id=first.id, by=reader)
    with pytest.raises(NotAllowed, match="intimate site"):
        opinions.sign(
            session,
            lesion_id=case.lesions[0].id,
            wording=photographed.words(),
            site_confirmed=True,
            images_waived_reason="I was not allowed to look",
            by=reader,
        )


def test_opening_an_image_twice_is_recorded_once(session: Session) -> None:
    case, reader = claimed(session)

    photographed.open_all(session, case.lesions[0], reader)
    photographed.open_all(session, case.lesions[0], reader)

    opened = sa.select(sa.func.count()).where(AuditEntry.did == "opened image for review")
    assert session.scalar(opened) == 3


def test_letter_to_a_patient_names_place_day_and_reader(session: Session) -> None:
    reader = photographed.reader(session, name="Dr Amara Obi")
    case = photographed.case(
        session, patient=make.patient(session, given_name="Mary", family_name="Cole")
    )

    opinion = photographed.sign(session, case.lesions[0], by=reader)

    (letter,) = letters.of_opinion(session, opinion.id, Addressee.PATIENT)
    content = letter.content
    assert content["to"][0] == "Mary Cole"
    assert content["greeting"] == "Dear Mary Cole,"
    assert content["subject"] == "Your skin check: left cheek"
    assert content["paragraphs"][1] == "Here is our answer."
    assert "Dr Amara Obi" in content["sign_off"]


def test_letter_about_a_child_goes_to_the_parent(session: Session) -> None:
    child = make.patient(session, born_on=photographed.clock.today().replace(day=1, year=2020))
    case = photographed.case(session, patient=child)

    opinion = photographed.sign(session, case.lesions[0], by=photographed.reader(session))

    (letter,) = letters.of_opinion(session, opinion.id, Addressee.PATIENT)
    assert letter.content["to"][0].startswith("The parent or guardian of")
    assert letter.content["greeting"] == "Dear parent or guardian,"


def test_letter_to_the_gp_says_who_which_lesion_and_outcome(session: Session) -> None:
    case = photographed.case(session)

    opinion = photographed.sign(
        session, case.lesions[0], Outcome.USC_F2F, by=photographed.reader(session)
    )

    (letter,) = letters.of_opinion(session, opinion.id, Addressee.GP)
    text = "\n".join(letter.content["paragraphs"])
    assert case.patient.family_name.upper() in letter.content["subject"]
    assert "lesion 1: left cheek" in text
    assert "Outcome: Urgent suspected cancer: see face to face." in text
    assert "Please find out what they know" in text


@pytest.mark.parametrize(
    ("outcome", "is_arranged"), [(Outcome.URGENT_F2F, True), (Outcome.REASSURE, False)]
)
def test_office_is_asked_to_arrange_what_the_letter_promises(
    session: Session, outcome: Outcome, is_arranged: bool
) -> None:
    case = photographed.case(session)

    opinion = photographed.sign(session, case.lesions[0], outcome, by=photographed.reader(session))

    rows = sa.select(WorkItem).where(WorkItem.kind == WorkKind.ARRANGE_NEXT_STEP)
    asked = [(row.subject_id, row.urgent) for row in session.scalars(rows)]
    assert asked == ([(opinion.id, True)] if is_arranged else [])
