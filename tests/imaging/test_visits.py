"""Visits on the real database: no step can be skipped, and two photographers never collide."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session, sessionmaker

from derm_service import clock
from derm_service.audit import AuditEntry
from derm_service.booking import appointments
from derm_service.booking.codes import AppointmentState
from derm_service.errors import Conflict, Invalid, NotFound
from derm_service.imaging import visit_queries, visits
from derm_service.imaging.codes import Chaperone
from derm_service.imaging.models import ImageSet, Visit
from derm_service.messages.codes import WorkKind
from derm_service.messages.models import WorkItem
from derm_service.people import Role, User
from derm_service.referrals import closing, consents
from derm_service.referrals.codes import ConsentBy, Laterality, Purpose, WithdrawnReason
from derm_service.referrals.models import Referral
from tests import make
from tests.imaging import visiting
from tests.imaging.visiting import NO, THREE, YES, lesion_id
from tests.racing import told_at_once

ENTRY = {
    "why_cannot_decide": "Advanced dementia, cannot hold the question in mind",
    "consulted": "Daughter, Mrs Ngozi Okafor",
    "why_best": "The lesion is growing and may be a cancer",
}


@pytest.fixture
def by(session: Session) -> User:
    return visiting.photographer(session)


def years_ago(years: int) -> dict[str, object]:
    return {"born_on": clock.today() - timedelta(days=round(years * 365.25) + 30)}


def referral_of(session: Session, **patient: object) -> Referral:
    return make.referral(session, patient=make.patient(session, **patient))


def shut(session: Session, visit: Visit) -> str | None:
    return visit_queries.shutter(session, visit_id=visit.id, lesion_id=lesion_id(visit))


def test_visit_begins_when_the_person_is_checked_in(session: Session, by: User) -> None:
    appointment = visiting.appointment_now(session)
    appointments.check_in(session, appointment_id=appointment.id, by=by)

    visit = visits.begin(session, appointment_id=appointment.id, by=by)

    assert visit.appointment.state is AppointmentState.CHECKED_IN
    assert visit_queries.visit_of(session, appointment.id) is visit


def test_visit_does_not_begin_before_check_in(session: Session, by: User) -> None:
    appointment = visiting.appointment_now(session)

    with pytest.raises(Conflict, match="Check this person in"):
        visits.begin(session, appointment_id=appointment.id, by=by)


def test_visit_begins_once(session: Session, by: User) -> None:
    visit = visiting.visit(session, by=by)

    with pytest.raises(Conflict, match="just checked this person in"):
        visits.begin(session, appointment_id=visit.appointment_id, by=by)


def test_shutter_opens_only_after_the_last_step(session: Session, by: User) -> None:
    visit = visiting.visit(session, by=by)
    lesion = lesion_id(visit)

    sentences = [shut(session, visit)]
    visits.confirm_identity(session, visit_id=visit.id, identifiers=THREE, by=by)
    sentences.append(shut(session, visit))
    visits.record_consent(session, visit_id=visit.id, taken=YES, by=by)
    sentences.append(shut(session, visit))
    visits.confirm_site(session, visit_id=visit.id, lesion_id=lesion, by=by)

    assert [sentence is not None for sentence in sentences] == [True, True, True]
    assert shut(session, visit) is None
    assert visits.open_shutter(session, visit_id=visit.id, lesion_id=lesion, by=by).visit is visit


SKIPS: dict[str, Callable[[Session, Visit, User], object]] = {
    "consent before identity": lambda session, visit, by: visits.record_consent(
        session, visit_id=visit.id, taken=YES, by=by
    ),
    "chaperone before identity": lambda session, visit, by: visits.record_chaperone(
        session, visit_id=visit.id, chaperone=Chaperone.DECLINED_BY_PATIENT, by=by
    ),
    "site before identity": lambda session, visit, by: visits.confirm_site(
        session, visit_id=visit.id, lesion_id=lesion_id(visit), by=by
    ),
    "shutter before identity": lambda session, visit, by: visits.open_shutter(
        session, visit_id=visit.id, lesion_id=lesion_id(visit), by=by
    ),
}


@pytest.mark.parametrize("skip", SKIPS)
def test_step_cannot_be_skipped(session: Session, by: User, skip: str) -> None:
    visit = visiting.visit(session, by=by)

    with pytest.raises(Conflict):
        SKIPS[skip](session, visit, by)


def test_site_cannot_be_confirmed_before_consent(session: Session, by: User) -> None:
    visit = visiting.known(session, by=by)

    with pytest.raises(Conflict, match="Ask for consent"):
        visits.confirm_site(session, visit_id=visit.id, lesion_id=lesion_id(visit), by=by)


def test_identity_keeps_who_confirmed_it_by_what(session: Session, by: User) -> None:
    visit = visiting.known(session, by=by)

    assert set(visit.identifiers) == set(THREE)
    assert visit.identity_confirmed_by_id == by.id
    with pytest.raises(Conflict, match="already confirmed"):
        visits.confirm_identity(session, visit_id=visit.id, identifiers=THREE, by=by)


def test_identity_cannot_be_confirmed_by_what_the_record_does_not_hold(
    session: Session, by: User
) -> None:
    visit = visiting.visit(session, referral=referral_of(session, nhs_number=None), by=by)

    with pytest.raises(Invalid):
        visits.confirm_identity(session, visit_id=visit.id, identifiers=THREE, by=by)


def test_consent_is_one_answer_for_each_purpose(session: Session, by: User) -> None:
    visit = visiting.known(session, by=by)

    taken = replace(YES, teaching=True)
    visits.record_consent(session, visit_id=visit.id, taken=taken, by=by)

    answers = consents.in_force(session, visit.appointment.referral_id)
    assert {purpose: row.is_given for purpose, row in answers.items()} == {
        Purpose.RECORD: True,
        Purpose.TEACHING: True,
        Purpose.PUBLICATION: False,
    }
    assert all(row.text_version for row in answers.values())
    assert all(row.appointment_id == visit.appointment_id for row in answers.values())


def test_consent_to_publication_names_the_publication(session: Session, by: User) -> None:
    visit = visiting.known(session, by=by)

    with pytest.raises(Invalid) as refused:
        visits.record_consent(
            session, visit_id=visit.id, taken=replace(YES, publication=True), by=by
        )

    assert "publication_name" in refused.value.fields


def test_no_to_record_shuts_the_shutter_and_a_new_yes_opens_it(session: Session, by: User) -> None:
    visit = visiting.ready(session, by=by)

    visits.record_consent(session, visit_id=visit.id, taken=NO, by=by)
    refused = shut(session, visit)
    visits.record_consent(session, visit_id=visit.id, taken=YES, by=by)

    assert "no consent" in str(refused)
    assert shut(session, visit) is None


def test_person_without_capacity_needs_the_best_interests_entry(session: Session, by: User) -> None:
    visit = visiting.known(session, by=by)
    taken = replace(YES, has_capacity=False, given_by=ConsentBy.BEST_INTERESTS)

    with pytest.raises(Invalid) as refused:
        visits.record_consent(session, visit_id=visit.id, taken=taken, by=by)
    assert set(refused.value.fields) == set(ENTRY)

    visits.record_consent(
        session, visit_id=visit.id, taken=replace(taken, best_interests=ENTRY), by=by
    )
    visits.confirm_site(session, visit_id=visit.id, lesion_id=lesion_id(visit), by=by)
    assert shut(session, visit) is None


def test_person_without_capacity_is_photographed_for_the_record_only(
    session: Session, by: User
) -> None:
    visit = visiting.known(session, by=by)
    taken = replace(
        YES,
        has_capacity=False,
        given_by=ConsentBy.BEST_INTERESTS,
        best_interests=ENTRY,
        teaching=True,
    )

    with pytest.raises(Invalid) as refused:
        visits.record_consent(session, visit_id=visit.id, taken=taken, by=by)

    assert set(refused.value.fields) == {"teaching"}


def test_attorney_may_decide_when_named(session: Session, by: User) -> None:
    visit = visiting.known(session, by=by)
    taken = replace(YES, has_capacity=False, given_by=ConsentBy.ATTORNEY)

    with pytest.raises(Invalid) as refused:
        visits.record_consent(session, visit_id=visit.id, taken=taken, by=by)
    visits.record_consent(
        session,
        visit_id=visit.id,
        taken=replace(taken, giver_name="Ngozi Okafor", giver_relation="daughter"),
        by=by,
    )

    assert set(refused.value.fields) == {"giver_name"}
    assert visit_queries.facts(session, visit).capacity_settled


def test_child_cannot_answer_as_an_adult(session: Session, by: User) -> None:
    visit = visiting.known(session, referral=referral_of(session, **years_ago(9)), by=by)

    with pytest.raises(Invalid) as refused:
        visits.record_consent(session, visit_id=visit.id, taken=YES, by=by)

    assert "given_by" in refused.value.fields


def test_parent_answers_for_a_child(session: Session, by: User) -> None:
    visit = visiting.known(session, referral=referral_of(session, **years_ago(9)), by=by)

    visits.record_consent(
        session,
        visit_id=visit.id,
        taken=replace(
            YES,
            has_capacity=None,
            given_by=ConsentBy.PARENT,
            giver_name="Ngozi Okafor",
            giver_relation="mother",
        ),
        by=by,
    )

    assert visit_queries.facts(session, visit).capacity_settled


def test_young_person_answers_when_judged_able(session: Session, by: User) -> None:
    visit = visiting.known(session, referral=referral_of(session, **years_ago(14)), by=by)

    visits.record_consent(
        session,
        visit_id=visit.id,
        taken=replace(
            YES,
            given_by=ConsentBy.YOUNG_PERSON,
            competence_note="Explained back what the photographs are for and who sees them",
        ),
        by=by,
    )

    assert visit_queries.facts(session, visit).capacity_settled
    assert visit.competence_note


def test_interpreter_is_named_where_one_is_needed(session: Session, by: User) -> None:
    referral = referral_of(session, interpreter_needed=True, language="ur")
    visit = visiting.known(session, referral=referral, by=by)

    with pytest.raises(Invalid) as refused:
        visits.record_consent(session, visit_id=visit.id, taken=YES, by=by)
    visits.record_consent(
        session, visit_id=visit.id, taken=replace(YES, interpreter="Mr A Khan, by phone"), by=by
    )

    assert set(refused.value.fields) == {"interpreter"}
    assert visit.interpreter == "Mr A Khan, by phone"


def test_consent_of_an_earlier_visit_does_not_open_the_shutter(session: Session, by: User) -> None:
    first = visiting.consented(session, by=by)
    first.finished_at = clock.now()
    first.appointment.state = AppointmentState.CANCELLED
    first.appointment.cancel_reason = "clinic_cancelled"
    session.flush()

    second = visiting.known(session, referral=first.appointment.referral, by=by)

    assert "Ask for consent" in str(shut(session, second))


def intimate(session: Session) -> Referral:
    return make.referral(
        session,
        sites=((make.GROIN, Laterality.LEFT), (make.CHEEK, Laterality.LEFT)),
    )


def test_intimate_site_needs_a_chaperone_and_the_other_lesion_does_not(
    session: Session, by: User
) -> None:
    visit = visiting.ready(session, referral=intimate(session), by=by)

    groin = visit_queries.shutter(session, visit_id=visit.id, lesion_id=lesion_id(visit, 1))
    cheek = visit_queries.shutter(session, visit_id=visit.id, lesion_id=lesion_id(visit, 2))

    assert "intimate site" in str(groin)
    assert cheek is None


@pytest.mark.parametrize(
    ("chaperone", "name"), [(Chaperone.PRESENT, "Nurse J Lee"), (Chaperone.DECLINED_BY_PATIENT, "")]
)
def test_chaperone_present_or_declined_opens_the_shutter(
    session: Session, by: User, chaperone: Chaperone, name: str
) -> None:
    visit = visiting.ready(session, referral=intimate(session), by=by)

    visits.record_chaperone(session, visit_id=visit.id, chaperone=chaperone, name=name, by=by)

    assert shut(session, visit) is None


def test_present_chaperone_has_a_name(session: Session, by: User) -> None:
    visit = visiting.known(session, by=by)

    with pytest.raises(Invalid):
        visits.record_chaperone(
            session, visit_id=visit.id, chaperone=Chaperone.PRESENT, name=" ", by=by
        )


def test_lesion_of_another_person_is_not_found(session: Session, by: User) -> None:
    visit, other = visiting.ready(session, by=by), visiting.ready(session, by=by)

    for action in (visits.image_set, visits.confirm_site, visits.open_shutter):
        with pytest.raises(NotFound):
            action(session, visit_id=visit.id, lesion_id=lesion_id(other), by=by)
    with pytest.raises(NotFound):
        visits.image_set(session, visit_id=visit.id, lesion_id=uuid4(), by=by)


def test_withdrawn_referral_shuts_the_shutter(session: Session, by: User) -> None:
    visit = visiting.ready(session, by=by)

    closing.withdraw(
        session,
        referral_id=visit.appointment.referral_id,
        reason=WithdrawnReason.PATIENT_WISH,
        by=make.user(session),
    )

    assert "closed or withdrawn" in str(shut(session, visit))


def test_someone_today_reaches_the_dermatologists_at_once(session: Session, by: User) -> None:
    visit = visiting.known(session, by=by)

    visits.needs_someone_today(session, visit_id=visit.id, reason="Bleeding", by=by)
    visits.needs_someone_today(session, visit_id=visit.id, reason="Bleeding, 4 cm", by=by)

    item = session.scalars(sa.select(WorkItem).where(WorkItem.subject_id == visit.id)).one()
    assert (item.kind, item.role) == (WorkKind.NEEDS_SOMEONE_TODAY, Role.DERMATOLOGIST)
    assert item.urgent
    assert item.note == visit.needs_someone_today == "Bleeding, 4 cm"


def test_every_step_is_audited_under_the_referral(session: Session, by: User) -> None:
    visit = visiting.ready(session, by=by)
    visits.note_for_reader(session, visit_id=visit.id, note="Tender to touch", by=by)

    rows = session.scalars(
        sa.select(AuditEntry.did).where(
            AuditEntry.referral_id == visit.appointment.referral_id, AuditEntry.by_id == by.id
        )
    ).all()

    assert {
        "began visit",
        "confirmed identity",
        "recorded consent",
        "took consent",
        "confirmed site",
        "wrote notes for reader",
    } <= set(rows)


@pytest.fixture
def two(committed: Session) -> tuple[User, User]:
    return visiting.photographer(committed), visiting.photographer(committed)


def test_two_photographers_check_in_one_person_once(
    committed: Session, committed_sessions: sessionmaker[Session], two: tuple[User, User]
) -> None:
    appointment = visiting.appointment_now(committed)
    committed.commit()

    def act(by: User) -> Callable[[Session], object]:
        def check_in(session: Session) -> None:
            appointments.check_in(session, appointment_id=appointment.id, by=by)
            visits.begin(session, appointment_id=appointment.id, by=by)

        return check_in

    said = told_at_once(committed_sessions, [act(each) for each in two])

    assert sorted(sentence == "done" for sentence in said) == [False, True]


def test_two_photographers_confirm_one_identity_once(
    committed: Session, committed_sessions: sessionmaker[Session], two: tuple[User, User]
) -> None:
    visit_id: UUID = visiting.visit(committed, by=two[0]).id
    committed.commit()

    said = told_at_once(
        committed_sessions,
        [
            lambda session, by=by: visits.confirm_identity(
                session, visit_id=visit_id, identifiers=THREE, by=by
            )
            for by in two
        ],
    )

    assert said.count("done") == 1
    assert sum("already confirmed" in sentence for sentence in said) == 1


def test_two_photographers_open_one_image_set(
    committed: Session, committed_sessions: sessionmaker[Session], two: tuple[User, User]
) -> None:
    visit = visiting.consented(committed, by=two[0])
    visit_id, lesion = visit.id, lesion_id(visit)
    committed.commit()

    said = told_at_once(
        committed_sessions,
        [
            lambda session, by=by: visits.confirm_site(
                session, visit_id=visit_id, lesion_id=lesion, by=by
            )
            for by in two
        ],
    )

    assert said == ["done", "done"]
    assert committed.scalar(sa.select(sa.func.count()).select_from(ImageSet)) == 1
