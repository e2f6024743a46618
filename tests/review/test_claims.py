"""Claiming: one reader at a time, stale claims taken over, next case in order."""

import uuid
from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session, sessionmaker

from derm_service import clock
from derm_service.errors import Conflict
from derm_service.messages.codes import WorkKind
from derm_service.messages.models import WorkItem
from derm_service.people import Role, User
from derm_service.referrals import closing
from derm_service.referrals.codes import Priority, WithdrawnReason
from derm_service.review import claims, worklist
from derm_service.review.codes import Outcome
from derm_service.review.models import Claim
from tests import make
from tests.racing import told_at_once
from tests.review import photographed


def test_second_reader_reads_who_has_the_case(session: Session) -> None:
    case = photographed.case(session)
    first = photographed.reader(session, name="Dr Amara Obi")
    claims.claim(session, referral_id=case.id, by=first)

    with pytest.raises(Conflict, match="Dr Amara Obi has been reading this case since"):
        claims.claim(session, referral_id=case.id, by=photographed.reader(session))


def test_two_readers_claiming_at_once_get_one_claim_and_one_refusal(
    committed: Session, committed_sessions: sessionmaker[Session]
) -> None:
    case = photographed.case(committed)
    readers = [photographed.reader(committed).id for _ in range(2)]
    committed.commit()

    def take(reader_id: uuid.UUID) -> Callable[[Session], object]:
        return lambda session: claims.claim(
            session, referral_id=case.id, by=session.get_one(User, reader_id)
        )

    answers = told_at_once(committed_sessions, [take(each) for each in readers])

    assert answers.count("done") == 1
    assert any("has been reading this case" in answer for answer in answers)


def test_claim_older_than_an_hour_is_taken_over_and_audited(session: Session) -> None:
    case = photographed.case(session)
    first, second = photographed.reader(session), photographed.reader(session)
    claims.claim(session, referral_id=case.id, by=first).claimed_at -= timedelta(minutes=61)
    session.flush()

    taken = claims.claim(session, referral_id=case.id, by=second)

    assert taken.reader_id == second.id
    assert "took over case" in photographed.dids(session, case)
    with pytest.raises(Conflict):
        claims.needed(session, referral_id=case.id, by=first)


def test_released_case_is_free_for_the_next_reader(session: Session) -> None:
    case = photographed.case(session)
    first, second = photographed.reader(session), photographed.reader(session)
    claims.claim(session, referral_id=case.id, by=first)

    claims.release(session, referral_id=case.id, by=first)

    assert claims.claim(session, referral_id=case.id, by=second).reader_id == second.id


def test_nobody_releases_the_case_of_another_reader(session: Session) -> None:
    case = photographed.case(session)
    claims.claim(session, referral_id=case.id, by=photographed.reader(session))

    with pytest.raises(Conflict, match="Nothing was saved"):
        claims.release(session, referral_id=case.id, by=photographed.reader(session))


def test_case_without_images_to_read_cannot_be_claimed(session: Session) -> None:
    referral = make.referral(session)

    with pytest.raises(Conflict, match="No lesion of this case waits"):
        claims.claim(session, referral_id=referral.id, by=photographed.reader(session))


def test_worklist_puts_who_needs_someone_today_first_then_the_earliest_breach(
    session: Session,
) -> None:
    reader = photographed.reader(session)
    routine = photographed.case(session, priority=Priority.ROUTINE, days_ago=20)
    late = photographed.case(session, days_ago=26)
    early = photographed.case(session, days_ago=1)
    bleeding = make.referral(session, priority=Priority.ROUTINE, days_ago=0)
    visit = photographed.visit(session, bleeding, needs_someone_today="It bleeds and will not stop")
    photographed.photograph(session, bleeding.lesions[0], visit=visit)

    rows = worklist.rows(session, by=reader)

    wanted = [bleeding.id, late.id, early.id, routine.id]
    assert [row.referral.id for row in rows] == wanted
    assert rows[0].today == "It bleeds and will not stop"


def test_case_is_listed_while_its_other_lesion_waits_for_photographs(session: Session) -> None:
    referral = make.referral(session, sites=photographed.PAIR)
    photographed.photograph(session, referral.lesions[0])

    (row,) = worklist.rows(session, by=photographed.reader(session))

    assert row.places == ["left cheek"]
    assert "Lesion 2 waits for photographs" in row.missing


def test_worklist_says_which_images_are_missing(session: Session) -> None:
    referral = make.referral(session)
    images = photographed.photograph(
        session, referral.lesions[0], views=(photographed.View.OVERVIEW,)
    )
    photographed.capture(
        session,
        images,
        view=photographed.View.CLOSE_UP,
        state=photographed.CaptureState.RECEIVING,
    )

    (row,) = worklist.rows(session, by=photographed.reader(session))

    assert row.missing == [
        "Lesion 1: 1 image still on the way",
        "Lesion 1: no close-up or dermoscopic image",
    ]


def test_claim_next_passes_over_cases_others_are_reading(session: Session) -> None:
    first, second = photographed.reader(session), photographed.reader(session)
    late = photographed.case(session, days_ago=20)
    early = photographed.case(session, days_ago=2)
    claims.claim(session, referral_id=late.id, by=first)

    ids = worklist.to_claim(session, by=second)
    claim = claims.claim_next(session, referral_ids=ids, by=second)

    assert isinstance(claim, Claim)
    assert claim.referral_id == early.id


def test_claim_next_does_not_offer_a_reader_their_own_question(session: Session) -> None:
    asker, other = photographed.reader(session), photographed.reader(session)
    case = photographed.case(session)
    photographed.sign(session, case.lesions[0], Outcome.SECOND_OPINION, by=asker)

    assert worklist.to_claim(session, by=asker) == []
    assert worklist.to_claim(session, by=other) == [case.id]


def test_lead_is_told_once_of_a_case_that_no_reader_may_see(session: Session) -> None:
    groin = ((make.GROIN, make.Laterality.LEFT),)
    hidden = photographed.case(session, sites=groin)
    photographed.case(session)
    photographed.reader(session, intimate_images=False)
    photographed.reader(session, disabled_at=clock.now())

    found = [worklist.tell_whom_nobody_may_read(session) for _ in range(2)]

    assert found == [1, 1]
    [alert] = session.scalars(sa.select(WorkItem).where(WorkItem.role == Role.LEAD)).all()
    assert (alert.referral_id, alert.kind) == (hidden.id, WorkKind.SAFETY_ALERT)
    assert "Ask an administrator to give another reader the right" in alert.note
    photographed.reader(session)
    assert worklist.tell_whom_nobody_may_read(session) == 0


def test_claim_next_passes_over_what_this_reader_may_not_see(session: Session) -> None:
    groin = ((make.GROIN, make.Laterality.LEFT),)
    hidden = photographed.case(session, sites=groin, days_ago=20)
    both = photographed.case(session, sites=(*groin, *photographed.PAIR), days_ago=2)
    reader = photographed.reader(session, intimate_images=False)

    ids = worklist.to_claim(session, by=reader)

    assert ids == [both.id]
    assert worklist.to_claim(session, by=photographed.reader(session)) == [hidden.id, both.id]


def test_case_is_given_back_when_only_what_its_reader_may_not_see_is_left(
    session: Session,
) -> None:
    sites = ((make.GROIN, make.Laterality.LEFT), photographed.PAIR[0])
    case = photographed.case(session, sites=sites)
    reader = photographed.reader(session, intimate_images=False)
    cheek = next(each for each in case.lesions if not each.intimate)

    photographed.sign(session, cheek, by=reader)
    claims.release_when_read(session, referral_id=case.id, by=reader)

    assert session.get(Claim, case.id) is None
    assert worklist.to_claim(session, by=reader) == []


def test_withdrawn_and_deceased_are_not_on_the_worklist(session: Session) -> None:
    withdrawn = photographed.case(session)
    deceased = photographed.case(session)
    clerk = make.user(session)
    closing.withdraw(
        session, referral_id=withdrawn.id, reason=WithdrawnReason.PATIENT_WISH, by=clerk
    )
    closing.mark_deceased(session, patient_id=deceased.patient_id, on=clock.today(), by=clerk)

    assert worklist.rows(session, by=photographed.reader(session)) == []
