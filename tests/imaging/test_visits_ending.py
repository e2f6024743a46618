"""How visits end: finished, stopped over identity, without photographs; no lesion is ever lost."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session, sessionmaker

from derm_service import clock
from derm_service.audit import AuditEntry
from derm_service.booking import endings as booking_endings
from derm_service.booking.codes import AppointmentState
from derm_service.booking.waiting import waiting_list
from derm_service.errors import Conflict, Invalid
from derm_service.imaging import visit_ending, visit_lesions, visit_queries, visits
from derm_service.imaging.codes import (
    CaptureState,
    NotPhotographedReason,
    RetakeReason,
    View,
)
from derm_service.imaging.models import Retake
from derm_service.imaging.progress import Ending
from derm_service.messages.codes import WorkKind
from derm_service.messages.models import WorkItem
from derm_service.people import Role, User
from derm_service.referrals import lesions
from derm_service.referrals.codes import (
    Laterality,
    LesionState,
    UnphotographedReason,
    WithdrawnReason,
)
from derm_service.referrals.models import Referral
from tests import make
from tests.imaging import visiting
from tests.imaging.visiting import NO, THREE, lesion_id
from tests.racing import told_at_once

TWO_VIEWS = (View.OVERVIEW, View.CLOSE_UP)


@pytest.fixture
def by(session: Session) -> User:
    return visiting.photographer(session)


def two_lesions(session: Session) -> Referral:
    return make.referral(
        session, sites=((make.CHEEK, Laterality.LEFT), (make.BACK, Laterality.NOT_APPLICABLE))
    )


def test_finished_visit_sends_its_lesions_to_the_reader(session: Session, by: User) -> None:
    visit = visiting.ready(session, referral=two_lesions(session), by=by)
    visiting.photograph(session, visit, by=by)

    visit_ending.finish(session, visit_id=visit.id, by=by)

    referral = visit.appointment.referral
    assert {lesion.state for lesion in referral.lesions} == {LesionState.AWAITING_REVIEW}
    assert visit.appointment.state is AppointmentState.COMPLETED
    assert (visit.finished_at is not None, visit.finished_by_id) == (True, by.id)


def test_visit_finishes_once(session: Session, by: User) -> None:
    visit = visiting.ready(session, by=by)
    visiting.photograph(session, visit, by=by)
    visit_ending.finish(session, visit_id=visit.id, by=by)

    with pytest.raises(Conflict, match="visit is finished"):
        visit_ending.finish(session, visit_id=visit.id, by=by)
    with pytest.raises(Conflict, match="visit is finished"):
        visits.open_shutter(session, visit_id=visit.id, lesion_id=lesion_id(visit), by=by)


def test_visit_does_not_finish_before_identity_and_consent(session: Session, by: User) -> None:
    begun, known = visiting.visit(session, by=by), visiting.known(session, by=by)

    with pytest.raises(Conflict, match="Confirm who"):
        visit_ending.finish(session, visit_id=begun.id, by=by)
    with pytest.raises(Conflict, match="Ask for consent"):
        visit_ending.finish(session, visit_id=known.id, by=by)


@pytest.mark.parametrize(
    "state",
    [
        CaptureState.ANNOUNCED,
        CaptureState.RECEIVING,
        CaptureState.RECEIVED,
        CaptureState.CHECKED,
    ],
)
def test_photograph_on_its_way_stops_the_finish_by_name(
    session: Session, by: User, state: CaptureState
) -> None:
    visit = visiting.ready(session, by=by)
    visiting.photograph(session, visit, by=by)
    images = visits.image_set(session, visit_id=visit.id, lesion_id=lesion_id(visit), by=by)
    visiting.capture(session, images, View.CLOSE_UP, state=state, by=by)

    with pytest.raises(Conflict, match="Lesion 1, left cheek"):
        visit_ending.finish(session, visit_id=visit.id, by=by)

    assert visit.finished_at is None


def test_missing_view_stops_the_finish_until_there_is_a_reason(session: Session, by: User) -> None:
    visit = visiting.ready(session, by=by)
    visiting.photograph(session, visit, views=TWO_VIEWS, by=by)
    lesion = lesion_id(visit)

    with pytest.raises(Invalid) as refused:
        visit_ending.finish(session, visit_id=visit.id, by=by)
    visit_ending.finish(
        session,
        visit_id=visit.id,
        by=by,
        endings={lesion: Ending(missing_because="Dermatoscope would not start")},
    )

    assert set(refused.value.fields) == {f"lesion-{lesion}"}
    images = visit_queries.set_of(session, visit.id, lesion)
    assert images is not None
    assert images.missing_views_reason == "Dermatoscope would not start"


def test_lesion_to_come_back_stays_on_the_waiting_list(session: Session, by: User) -> None:
    visit = visiting.ready(session, referral=two_lesions(session), by=by)
    visiting.photograph(session, visit, by=by)
    back = lesion_id(visit, 2)

    visit_ending.finish(session, visit_id=visit.id, by=by, endings={back: Ending(come_back=True)})

    referral = visit.appointment.referral
    assert [lesion.state for lesion in referral.lesions] == [
        LesionState.AWAITING_REVIEW,
        LesionState.AWAITING_IMAGES,
    ]
    assert [row.referral.id for row in waiting_list(session)] == [referral.id]
    assert work(session, referral) == [WorkKind.REBOOK]


def work(session: Session, referral: Referral) -> list[WorkKind]:
    return list(
        session.scalars(
            sa.select(WorkItem.kind).where(
                WorkItem.referral_id == referral.id, WorkItem.done_at.is_(None)
            )
        )
    )


def retake(session: Session, by: User, *views: View) -> Referral:
    """A referral whose one lesion was photographed, read, and asked for again."""
    first = visiting.ready(session, by=by)
    visiting.photograph(session, first, by=by)
    visit_ending.finish(session, visit_id=first.id, by=by)
    lesion = first.appointment.referral.lesions[0]
    lesions.move(session, lesion, LesionState.AWAITING_IMAGES, by=by)
    session.add(
        Retake(
            lesion_id=lesion.id,
            views=[view.value for view in views],
            reason=RetakeReason.BLURRED,
            asked_by_id=by.id,
            asked_at=clock.now() - timedelta(hours=1),
        )
    )
    first.appointment.during = make.ledger.span(
        clock.now() - timedelta(days=2), clock.now() - timedelta(days=2, minutes=-20)
    )
    session.flush()
    return first.appointment.referral


def test_retake_asks_only_for_its_views_and_is_done_when_they_are_there(
    session: Session, by: User
) -> None:
    referral = retake(session, by, View.DERMOSCOPIC)
    visit = visiting.ready(session, referral=referral, by=by)
    wanted = visit_queries.lesions(session, visit)[0].wanted
    visiting.photograph(session, visit, views=[View.DERMOSCOPIC], by=by)

    visit_ending.finish(session, visit_id=visit.id, by=by)

    assert wanted == (View.DERMOSCOPIC,)
    assert visit_queries.open_retake(session, referral.lesions[0].id) is None
    assert visit_queries.lesions(session, visit)[0].wanted == (View.DERMOSCOPIC,)


def test_retake_stays_open_when_the_person_comes_back(session: Session, by: User) -> None:
    referral = retake(session, by, View.DERMOSCOPIC)
    visit = visiting.ready(session, referral=referral, by=by)
    lesion = lesion_id(visit)

    visit_ending.finish(session, visit_id=visit.id, by=by, endings={lesion: Ending(come_back=True)})

    assert visit_queries.open_retake(session, lesion) is not None


def test_lesion_closed_without_photographs_goes_to_the_reader(session: Session, by: User) -> None:
    visit = visiting.consented(session, by=by)

    lesion = visit_lesions.close_lesion(
        session,
        visit_id=visit.id,
        lesion_id=lesion_id(visit),
        reason=UnphotographedReason.HEALED,
        note="Scar only",
        by=by,
    )
    visit_ending.finish(session, visit_id=visit.id, by=by)

    assert lesion.state is LesionState.AWAITING_REVIEW
    assert lesion.unphotographed_note == "Scar only"


def test_lesion_with_photographs_cannot_be_closed_without(session: Session, by: User) -> None:
    visit = visiting.ready(session, by=by)
    visiting.photograph(session, visit, views=TWO_VIEWS, by=by)

    with pytest.raises(Conflict, match="photographs already"):
        visit_lesions.close_lesion(
            session,
            visit_id=visit.id,
            lesion_id=lesion_id(visit),
            reason=UnphotographedReason.NOT_FOUND,
            note="",
            by=by,
        )


def test_lesion_closed_by_mistake_is_opened_again(session: Session, by: User) -> None:
    visit = visiting.ready(session, by=by)
    closing = {"visit_id": visit.id, "lesion_id": lesion_id(visit), "by": by}
    visit_lesions.close_lesion(session, reason=UnphotographedReason.NOT_FOUND, note="", **closing)

    lesion = visit_lesions.reopen_lesion(session, **closing)

    assert lesion.state is LesionState.AWAITING_IMAGES
    assert lesion.unphotographed_reason is None
    with pytest.raises(Conflict):
        visit_lesions.reopen_lesion(session, **closing)


def test_lesion_found_at_the_visit_is_unreferred_and_must_be_photographed_too(
    session: Session, by: User
) -> None:
    visit = visiting.ready(session, by=by)
    visiting.photograph(session, visit, by=by)

    lesion = visit_lesions.add_lesion(
        session,
        visit_id=visit.id,
        site_code=make.GROIN,
        laterality=Laterality.LEFT,
        reason="Black, irregular",
        by=by,
    )

    assert (lesion.is_referred, lesion.intimate, lesion.number) == (False, True, 2)
    with pytest.raises(Invalid):
        visit_ending.finish(session, visit_id=visit.id, by=by)


def test_lesion_cannot_be_added_before_it_is_known_who_it_is(session: Session, by: User) -> None:
    visit = visiting.visit(session, by=by)

    with pytest.raises(Conflict, match="Confirm who"):
        visit_lesions.add_lesion(
            session,
            visit_id=visit.id,
            site_code=make.CHEEK,
            laterality=Laterality.LEFT,
            reason="Black",
            by=by,
        )


def test_mismatch_stops_the_visit_and_alerts_the_lead(session: Session, by: User) -> None:
    visit = visiting.ready(session, by=by)

    visit_ending.stop_for_identity(
        session, visit_id=visit.id, note="Gave another date of birth", by=by
    )

    item = session.scalars(sa.select(WorkItem).where(WorkItem.subject_id == visit.id)).one()
    assert (item.kind, item.role, item.urgent) == (WorkKind.SAFETY_ALERT, Role.LEAD, True)
    with pytest.raises(Conflict, match="did not match"):
        visits.open_shutter(session, visit_id=visit.id, lesion_id=lesion_id(visit), by=by)


def test_stopped_visit_goes_on_only_with_a_word_on_how_it_was_sorted_out(
    session: Session, by: User
) -> None:
    visit = visiting.ready(session, by=by)
    visit_ending.stop_for_identity(session, visit_id=visit.id, note="", by=by)

    with pytest.raises(Invalid) as refused:
        visits.confirm_identity(session, visit_id=visit.id, identifiers=THREE, by=by)
    visits.confirm_identity(
        session,
        visit_id=visit.id,
        identifiers=THREE,
        sorted_out="Father and son of one name: the son is here",
        by=by,
    )

    assert "sorted_out" in refused.value.fields
    visits.open_shutter(session, visit_id=visit.id, lesion_id=lesion_id(visit), by=by)


def test_refusal_ends_the_visit_and_the_reader_hears_of_it(session: Session, by: User) -> None:
    visit = visiting.known(session, by=by)
    visits.record_consent(session, visit_id=visit.id, taken=NO, by=by)

    visit_ending.end_without_photographs(
        session,
        visit_id=visit.id,
        reason=NotPhotographedReason.CONSENT_REFUSED,
        note="Wants to see a doctor in person",
        to_reader=True,
        by=by,
    )

    lesion = visit.appointment.referral.lesions[0]
    assert lesion.state is LesionState.AWAITING_REVIEW
    assert lesion.unphotographed_reason is UnphotographedReason.DECLINED
    assert visit.appointment.state is AppointmentState.COMPLETED


def test_visit_without_photographs_puts_the_person_back_on_the_list(
    session: Session, by: User
) -> None:
    visit = visiting.visit(session, by=by)

    visit_ending.end_without_photographs(
        session,
        visit_id=visit.id,
        reason=NotPhotographedReason.UNWELL,
        note="",
        to_reader=False,
        by=by,
    )

    referral = visit.appointment.referral
    assert [row.referral.id for row in waiting_list(session)] == [referral.id]
    assert work(session, referral) == [WorkKind.REBOOK]


def test_unknown_person_sends_nothing_to_the_reader(session: Session, by: User) -> None:
    visit = visiting.visit(session, by=by)

    with pytest.raises(Invalid) as refused:
        visit_ending.end_without_photographs(
            session,
            visit_id=visit.id,
            reason=NotPhotographedReason.IDENTITY_NOT_CONFIRMED,
            note="",
            to_reader=True,
            by=by,
        )

    assert "lesions" in refused.value.fields


def test_visit_with_photographs_cannot_end_as_if_there_were_none(
    session: Session, by: User
) -> None:
    visit = visiting.ready(session, by=by)
    visiting.photograph(session, visit, views=[View.OVERVIEW], by=by)

    with pytest.raises(Conflict, match="Check and finish"):
        visit_ending.end_without_photographs(
            session,
            visit_id=visit.id,
            reason=NotPhotographedReason.UNWELL,
            note="",
            to_reader=False,
            by=by,
        )


def test_withdrawn_referral_lets_the_visit_finish_and_moves_nothing(
    session: Session, by: User
) -> None:
    visit = visiting.ready(session, by=by)
    booking_endings.withdraw_referral(
        session,
        referral_id=visit.appointment.referral_id,
        reason=WithdrawnReason.PATIENT_WISH,
        by=make.user(session),
    )

    visit_ending.finish(session, visit_id=visit.id, by=by)

    assert visit.finished_at is not None
    assert visit.appointment.referral.lesions[0].state is LesionState.AWAITING_IMAGES


def test_finish_is_audited_with_everything_it_moved(session: Session, by: User) -> None:
    visit = visiting.ready(session, by=by)
    visiting.photograph(session, visit, by=by)

    visit_ending.finish(session, visit_id=visit.id, by=by)

    did = set(
        session.scalars(
            sa.select(AuditEntry.did).where(AuditEntry.referral_id == visit.appointment.referral_id)
        )
    )
    assert {"finished visit", "moved lesion", "completed appointment"} <= did


def test_two_photographers_finish_one_visit_once(
    committed: Session, committed_sessions: sessionmaker[Session]
) -> None:
    two = [visiting.photographer(committed) for _ in range(2)]
    visit = visiting.ready(committed, by=two[0])
    visiting.photograph(committed, visit, by=two[0])
    visit_id = visit.id
    committed.commit()

    said = told_at_once(
        committed_sessions,
        [
            lambda session, by=by: visit_ending.finish(session, visit_id=visit_id, by=by)
            for by in two
        ],
    )

    assert said.count("done") == 1
    assert sum("visit is finished" in sentence for sentence in said) == 1


def test_shutter_and_finish_at_the_same_moment_never_leave_an_open_set_behind(
    committed: Session, committed_sessions: sessionmaker[Session]
) -> None:
    by = visiting.photographer(committed)
    visit = visiting.ready(committed, by=by)
    visiting.photograph(committed, visit, by=by)
    visit_id, lesion = visit.id, lesion_id(visit)
    committed.commit()

    def announce(session: Session) -> None:
        images = visits.open_shutter(session, visit_id=visit_id, lesion_id=lesion, by=by)
        visiting.capture(session, images, View.CLOSE_UP, state=CaptureState.ANNOUNCED, by=by)

    said = told_at_once(
        committed_sessions,
        [announce, lambda session: visit_ending.finish(session, visit_id=visit_id, by=by)],
    )

    assert said.count("done") == 1
