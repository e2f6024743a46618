"""New photographs: back to the waiting list, clock running, other lesions go on."""

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from derm_service.booking import waiting
from derm_service.errors import Conflict, Invalid
from derm_service.imaging.codes import RetakeReason, View
from derm_service.imaging.models import Retake
from derm_service.messages.codes import Addressee, MessageState, WorkKind
from derm_service.messages.models import WorkItem
from derm_service.people import User
from derm_service.referrals.codes import LesionState, ReferralState
from derm_service.referrals.models import Lesion
from derm_service.review import cases, claims, letters, retakes, viewing, worklist
from derm_service.review.codes import Outcome
from tests import make
from tests.review import photographed


def asked(session: Session, lesion: Lesion, *, by: User, **given: object) -> Retake:
    claims.claim(session, referral_id=lesion.referral_id, by=by)
    return retakes.ask(
        session,
        **{
            "lesion_id": lesion.id,
            "views": [View.DERMOSCOPIC],
            "reason": RetakeReason.BLURRED,
            "by": by,
            **given,
        },
    )


def test_retake_puts_the_lesion_back_on_the_waiting_list_with_its_clock(session: Session) -> None:
    reader, case = photographed.reader(session), photographed.case(session)
    lesion = case.lesions[0]
    failed = viewing.filed(viewing.current_set(session, lesion.id))[2]

    retake = asked(session, lesion, by=reader, capture_id=failed.id, note="Focus on the edge")

    assert lesion.state is LesionState.AWAITING_IMAGES
    assert case.clock_stopped_on is None
    assert (retake.capture_id, retake.views, retake.note) == (
        failed.id,
        ["dermoscopic"],
        "Focus on the edge",
    )
    (row,) = waiting.waiting_list(session)
    assert row.referral.id == case.id
    assert row.is_retake
    work = sa.select(WorkItem).where(WorkItem.kind == WorkKind.RETAKE_TO_BOOK)
    item = session.scalars(work).one()
    assert item.subject_id == lesion.id
    assert item.note == (
        "New photographs of lesion 1, left cheek: the last ones were blurred. "
        "Wanted: dermoscopic. Focus on the edge"
    )


def test_retake_of_one_lesion_does_not_hold_back_the_urgent_outcome_of_the_other(
    session: Session,
) -> None:
    reader = photographed.reader(session)
    case = photographed.case(session, sites=photographed.PAIR)
    blurred, urgent = case.lesions

    asked(session, blurred, by=reader)
    opinion = photographed.sign(session, urgent, Outcome.USC_F2F, by=reader)

    assert urgent.state is LesionState.OPINION_SIGNED
    (to_gp,) = letters.of_opinion(session, opinion.id, Addressee.GP)
    assert to_gp.state is MessageState.READY
    assert case.state is ReferralState.OPEN
    assert case.clock_stopped_on is None


def test_case_comes_back_with_both_attempts_when_new_captures_come(session: Session) -> None:
    reader, case = photographed.reader(session), photographed.case(session)
    lesion = case.lesions[0]
    retake = asked(session, lesion, by=reader)

    retake.done_at = photographed.clock.now()
    photographed.photograph(session, lesion, views=(View.DERMOSCOPIC,))

    (row,) = worklist.rows(session, by=reader)
    assert row.missing == []
    (shown,) = cases.case(session, referral_id=case.id, by=reader).lesions
    assert [len(attempt.shots) for attempt in shown.attempts] == [1, 3]
    assert [attempt.absent for attempt in shown.attempts] == ["", ""]
    assert [each.id for each in shown.attempts[1].retakes] == [retake.id]
    assert shown.unopened == 1


def test_second_retake_of_a_lesion_answers_the_first(session: Session) -> None:
    reader, case = photographed.reader(session), photographed.case(session)
    lesion = case.lesions[0]
    first = asked(session, lesion, by=reader)
    photographed.photograph(session, lesion)

    second = asked(session, lesion, by=reader, reason=RetakeReason.EXPOSURE)

    assert first.done_at is not None
    assert second.done_at is None


def test_retake_needs_a_view_and_for_other_reasons_a_note(session: Session) -> None:
    reader, case = photographed.reader(session), photographed.case(session)

    with pytest.raises(Invalid) as refusal:
        asked(session, case.lesions[0], by=reader, views=[], reason=RetakeReason.OTHER)

    assert set(refusal.value.fields) == {"views", "note"}


def test_failed_image_has_to_be_of_the_lesion(session: Session) -> None:
    reader = photographed.reader(session)
    case, other = photographed.case(session), photographed.case(session)
    theirs = viewing.filed(viewing.current_set(session, other.lesions[0].id))[0]

    with pytest.raises(Invalid) as refusal:
        asked(session, case.lesions[0], by=reader, capture_id=theirs.id)

    assert set(refusal.value.fields) == {"capture_id"}


def test_signed_lesion_is_not_sent_back(session: Session) -> None:
    reader = photographed.reader(session)
    case = photographed.case(session, sites=photographed.PAIR)
    photographed.sign(session, case.lesions[0], by=reader)

    with pytest.raises(Conflict, match="does not wait for a reader any more"):
        asked(session, case.lesions[0], by=reader)


def test_retake_asked_for_by_somebody_without_the_claim_is_refused(session: Session) -> None:
    case = photographed.case(session)

    with pytest.raises(Conflict, match="Claim this case first"):
        retakes.ask(
            session,
            lesion_id=case.lesions[0].id,
            views=[View.OVERVIEW],
            reason=RetakeReason.BLURRED,
            by=make.user(session),
        )
