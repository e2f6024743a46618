"""The pages of the clinic day, driven without a browser, also in the wrong order."""

import re
from datetime import timedelta
from uuid import UUID

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from derm_service import clock
from derm_service.booking.codes import AppointmentState
from derm_service.booking.models import Appointment
from derm_service.imaging import visit_queries, visits
from derm_service.imaging.codes import CaptureState, View
from derm_service.imaging.models import ImageSet, Visit
from derm_service.messages.codes import WorkKind
from derm_service.messages.models import WorkItem
from derm_service.people import Role, User
from derm_service.referrals import consents
from derm_service.referrals.codes import Laterality, LesionState, Purpose
from derm_service.referrals.models import Lesion, Referral
from tests import make
from tests.imaging import visiting
from tests.imaging.visiting import THREE, lesion_id
from tests.review import photographed
from tests.surf import post, sign_in_as

ANSWERS = {"given_by": "patient", "record": "yes", "teaching": "no", "publication": "no"}


@pytest.fixture
def by(session: Session, client: FlaskClient) -> User:
    person = visiting.photographer(session)
    sign_in_as(client, session, person)
    return person


def listed(client: FlaskClient, appointment: Appointment, day_of: bool = True) -> str:
    day = clock.london(appointment.slot.starts_at).date()
    return client.get(f"/clinic-day?on={day.isoformat()}" if day_of else "/clinic-day").text


def send(client: FlaskClient, visit: Visit, step: str, **form: object) -> TestResponse:
    return post(client, f"/visits/{visit.id}/{step}", **form)


def task_list(client: FlaskClient, visit: Visit) -> dict[str, str]:
    """Each task of the visit page with its status."""
    page = client.get(f"/appointments/{visit.appointment_id}/visit").text
    items = re.findall(r'<li class="nhsuk-task-list__item.*?</li>', page, re.DOTALL)
    return dict(_task(item) for item in items)


def _task(item: str) -> tuple[str, str]:
    without_hint = re.sub(r'<div class="nhsuk-task-list__hint".*?</div>', "", item, flags=re.DOTALL)
    words = re.sub(r"<[^>]+>", "\n", without_hint).split("\n")
    title, *_rest, status = [word.strip() for word in words if word.strip()]
    return title, status


def test_day_list_shows_who_comes_and_what_they_need(
    client: FlaskClient, session: Session, by: User
) -> None:
    patient = make.patient(session, needs=("hearing_loop",), interpreter_needed=True, language="ur")
    appointment = visiting.appointment_now(
        session, referral=make.referral(session, patient=patient)
    )

    page = listed(client, appointment)

    for words in ("OKAFOR", "Born 14 March 1960", "Hearing loop", "Interpreter: Urdu", "Check in"):
        assert words in page


def test_day_list_says_what_each_visit_lacks(
    client: FlaskClient, session: Session, by: User
) -> None:
    visit = visiting.known(session, by=by)

    page = listed(client, visit.appointment)

    assert "Still to do: Consent, Lesion 1: left cheek, Check and finish" in page


def test_photographer_sees_only_the_days_around_today_and_a_lead_any(
    client: FlaskClient, session: Session, by: User
) -> None:
    far = (clock.today() + timedelta(days=9)).isoformat()

    refused = client.get(f"/clinic-day?on={far}")
    sign_in_as(client, session, make.user(session, Role.LEAD))
    shown = client.get(f"/clinic-day?on={far}")

    assert (refused.status_code, shown.status_code) == (404, 200)


def test_photographer_cannot_open_a_visit_of_another_day(
    client: FlaskClient, session: Session, by: User
) -> None:
    slot = make.slot(session, starts_at=clock.now() + timedelta(days=5))
    appointment = make.appointment(session, slot=slot)

    assert client.get(f"/appointments/{appointment.id}/visit").status_code == 404


def test_unfinished_visit_of_long_ago_can_still_be_opened(
    client: FlaskClient, session: Session, by: User
) -> None:
    slot = make.slot(session, starts_at=clock.now() - timedelta(days=5))
    appointment = make.appointment(session, slot=slot, state=AppointmentState.CHECKED_IN)
    visits.begin(session, appointment_id=appointment.id, by=by)

    assert client.get(f"/appointments/{appointment.id}/visit").status_code == 200


def test_check_in_begins_the_visit_and_shows_its_tasks(
    client: FlaskClient, session: Session, by: User
) -> None:
    appointment = visiting.appointment_now(session)

    answer = post(client, f"/appointments/{appointment.id}/check-in")

    visit = visit_queries.visit_of(session, appointment.id)
    assert visit is not None
    assert answer.location == f"/appointments/{appointment.id}/visit"
    assert task_list(client, visit) == {
        "Confirm identity": "Incomplete",
        "Consent": "Cannot start yet",
        "Lesion 1: left cheek": "Cannot start yet",
        "Notes for the reader": "Optional",
        "Check and finish": "Cannot start yet",
    }


def test_second_check_in_is_refused(client: FlaskClient, session: Session, by: User) -> None:
    appointment = visiting.appointment_now(session)
    post(client, f"/appointments/{appointment.id}/check-in")

    assert post(client, f"/appointments/{appointment.id}/check-in").status_code == 409


@pytest.mark.parametrize("has_begun", [True, False])
def test_did_not_attend_is_offered_only_once_the_slot_has_begun(
    client: FlaskClient, session: Session, by: User, has_begun: bool
) -> None:
    appointment = visiting.appointment_now(session)
    begins = appointment.slot.starts_at if has_begun else clock.now() + timedelta(minutes=20)
    appointment.slot.starts_at = begins
    appointment.slot.ends_at = begins + timedelta(minutes=20)
    address = f"/appointments/{appointment.id}/did-not-attend"

    pages = client.get(f"/appointments/{appointment.id}/visit").text, listed(client, appointment)

    assert [address in page for page in pages] == [has_begun, has_begun]


def test_did_not_attend_asks_why_and_what_follows(
    client: FlaskClient, session: Session, by: User
) -> None:
    appointment = visiting.appointment_now(session)
    address = f"/appointments/{appointment.id}/did-not-attend"

    without = post(client, address)
    done = post(client, address, reason="ill", next_step="safeguarding")

    assert (without.status_code, done.status_code) == (422, 303)
    assert "Choose why the patient did not come" in without.text
    assert "Ring the patient and offer another time" in without.text
    assert appointment.state is AppointmentState.NOT_ATTENDED
    alerts = sa.select(WorkItem).where(WorkItem.kind == WorkKind.SAFETY_ALERT)
    assert session.scalars(alerts).one().subject_id == appointment.id


def test_did_not_attend_of_another_week_is_a_leads_to_record(
    client: FlaskClient, session: Session, by: User
) -> None:
    slot = make.slot(session, starts_at=clock.now() - timedelta(days=5))
    address = f"/appointments/{make.appointment(session, slot=slot).id}/did-not-attend"

    refused = client.get(address)
    sign_in_as(client, session, make.user(session, Role.LEAD))
    shown = client.get(address)

    assert (refused.status_code, shown.status_code) == (404, 200)


def test_check_in_by_mistake_is_taken_back_while_nothing_is_recorded(
    client: FlaskClient, session: Session, by: User
) -> None:
    appointment = visiting.appointment_now(session)
    post(client, f"/appointments/{appointment.id}/check-in")
    first = session.scalars(sa.select(Visit.id)).one()

    offered = client.get(f"/appointments/{appointment.id}/visit").text
    done = post(client, f"/visits/{first}/take-back")
    again = post(client, f"/appointments/{appointment.id}/check-in")

    assert "Checked in by mistake" in offered
    assert (done.status_code, again.status_code) == (303, 303)
    assert session.scalars(sa.select(Visit.id)).one() != first


def test_check_in_stands_once_something_is_recorded(
    client: FlaskClient, session: Session, by: User
) -> None:
    visit = visiting.known(session, by=by)

    page = client.get(f"/appointments/{visit.appointment_id}/visit").text
    refused = post(client, f"/visits/{visit.id}/take-back")

    assert "Checked in by mistake" not in page
    assert refused.status_code == 409
    assert visit.appointment.state is AppointmentState.CHECKED_IN


def test_clerk_cannot_cancel_under_somebody_who_is_checked_in(
    client: FlaskClient, session: Session
) -> None:
    sign_in_as(client, session, make.user(session))
    appointment = visiting.appointment_now(session, state=AppointmentState.CHECKED_IN)
    address = f"/appointments/{appointment.id}"

    page = client.get(address).text
    refused = post(client, f"{address}/cancel", reason="patient_ill")

    assert f"{address}/cancel" not in page
    assert "takes it back on the visit" in page
    assert refused.status_code == 409
    assert appointment.state is AppointmentState.CHECKED_IN


def test_whole_visit_ends_with_every_task_completed(
    client: FlaskClient, session: Session, by: User
) -> None:
    visit = visiting.visit(session, by=by)

    answers = [
        send(client, visit, "identity", identifiers=THREE),
        send(client, visit, "consent", **ANSWERS),
        send(client, visit, "notes", note="Tender"),
        post(client, f"/visits/{visit.id}/lesions/{lesion_id(visit)}/site"),
    ]
    visiting.photograph(session, visit, by=by)
    answers.append(send(client, visit, "finish"))

    assert [answer.status_code for answer in answers] == [303] * 5
    assert set(task_list(client, visit).values()) == {"Completed"}
    assert visit.appointment.referral.lesions[0].state is LesionState.AWAITING_REVIEW


@pytest.mark.parametrize(
    ("step", "form"),
    [
        ("consent", ANSWERS),
        ("chaperone", {"chaperone": "declined_by_patient"}),
        ("finish", {}),
        ("lesions/add", {"site_name": "nose", "laterality": "not_applicable", "reason": "Black"}),
    ],
)
def test_direct_post_cannot_skip_identity(
    client: FlaskClient, session: Session, by: User, step: str, form: dict[str, str]
) -> None:
    visit = visiting.visit(session, by=by)

    if step == "finish":
        form = {f"lesion-{lesion_id(visit)}": "come_back"}
    answer = send(client, visit, step, **form)

    assert answer.status_code == 409
    assert "Confirm who this person is" in answer.text
    assert session.scalar(sa.select(Visit.finished_at).where(Visit.id == visit.id)) is None


@pytest.mark.parametrize("identifiers", [[], ["name", "born_on"], ["name", "gp", "phone"]])
def test_too_few_identifiers_are_refused_on_the_page(
    client: FlaskClient, session: Session, by: User, identifiers: list[str]
) -> None:
    visit = visiting.visit(session, by=by)

    answer = send(client, visit, "identity", identifiers=identifiers)

    assert answer.status_code == 422
    assert "There is a problem" in answer.text
    assert visit.identity_confirmed_at is None


def test_mismatch_stops_the_visit_and_says_what_to_do(
    client: FlaskClient, session: Session, by: User
) -> None:
    visit = visiting.visit(session, by=by)

    page = client.get(f"/visits/{visit.id}/identity/mismatch").text
    send(client, visit, "identity/mismatch", note="Other date of birth")
    stopped = client.get(f"/appointments/{visit.appointment_id}/visit").text

    assert "similar name" in page
    assert "01632 960 001" in page
    assert "Stopped: the person did not match" in stopped
    assert send(client, visit, "identity", identifiers=THREE).status_code == 422


def test_consent_page_shows_what_is_read_out_and_keeps_what_was_typed(
    client: FlaskClient, session: Session, by: User
) -> None:
    visit = visiting.known(session, by=by)

    answer = send(client, visit, "consent", **(ANSWERS | {"publication": "yes", "teaching": "yes"}))

    assert answer.status_code == 422
    assert "Enter the name of the publication" in answer.text
    assert "cannot be deleted later" in answer.text
    assert not consents.in_force(session, visit.appointment.referral_id)


@pytest.mark.parametrize("given_by", ["", "parent", "anybody"])
def test_consent_page_refuses_who_cannot_decide_for_an_adult(
    client: FlaskClient, session: Session, by: User, given_by: str
) -> None:
    visit = visiting.known(session, by=by)

    answer = send(client, visit, "consent", **(ANSWERS | {"given_by": given_by}))

    assert answer.status_code == 422
    assert "Choose who decides about photographs" in answer.text


def child(session: Session) -> Referral:
    born = clock.today() - timedelta(days=9 * 366)
    return make.referral(session, patient=make.patient(session, born_on=born))


def test_consent_page_of_a_child_asks_a_parent(
    client: FlaskClient, session: Session, by: User
) -> None:
    visit = visiting.known(session, referral=child(session), by=by)

    without = send(client, visit, "consent", **(ANSWERS | {"given_by": "parent"}))
    named = {"given_by": "parent", "giver_name": "Ngozi Okafor", "giver_relation": "mother"}
    saved = send(client, visit, "consent", **(ANSWERS | named))

    assert "parental responsibility" in without.text
    assert "patient: they have capacity" not in without.text
    assert (without.status_code, saved.status_code) == (422, 303)
    assert visit.has_capacity is None


def test_best_interests_entry_is_asked_for_and_shown(
    client: FlaskClient, session: Session, by: User
) -> None:
    visit = visiting.known(session, by=by)
    chosen = ANSWERS | {"given_by": "best_interests"}
    entry = {"why_cannot_decide": "Dementia", "consulted": "Daughter", "why_best": "May be cancer"}

    without = send(client, visit, "consent", **chosen)
    saved = send(client, visit, "consent", **(chosen | entry))

    assert (without.status_code, saved.status_code) == (422, 303)
    assert visit.has_capacity is False
    assert (
        "a best-interests decision"
        in client.get(f"/appointments/{visit.appointment_id}/visit").text
    )


def test_no_to_record_offers_the_kind_way_out(
    client: FlaskClient, session: Session, by: User
) -> None:
    visit = visiting.known(session, by=by)

    send(client, visit, "consent", **(ANSWERS | {"record": "no"}))
    page = client.get(f"/appointments/{visit.appointment_id}/visit").text
    ended = send(client, visit, "end", reason="consent_refused", lesions="waiting")

    assert "No photographs may be taken" in page
    assert f"/visits/{visit.id}/end" in page
    assert ended.status_code == 303
    assert visit.appointment.referral.lesions[0].state is LesionState.AWAITING_IMAGES


def test_teaching_is_withdrawn_from_the_visit_at_once(
    client: FlaskClient, session: Session, by: User
) -> None:
    visit = visiting.known(session, by=by)
    send(client, visit, "consent", **(ANSWERS | {"teaching": "yes"}))
    referral_id: UUID = visit.appointment.referral_id

    answer = post(client, f"/referrals/{referral_id}/consents", purpose="teaching")

    assert answer.status_code == 303
    assert not consents.in_force(session, referral_id)[Purpose.TEACHING].is_given
    assert consents.in_force(session, referral_id)[Purpose.RECORD].is_given


@pytest.mark.parametrize(("purpose", "status"), [("record", 422), ("publication", 409), ("x", 422)])
def test_only_a_given_use_can_be_withdrawn(
    client: FlaskClient, session: Session, by: User, purpose: str, status: int
) -> None:
    visit = visiting.consented(session, by=by)

    answer = post(client, f"/referrals/{visit.appointment.referral_id}/consents", purpose=purpose)

    assert answer.status_code == status


def intimate(session: Session) -> Referral:
    return make.referral(session, sites=((make.GROIN, Laterality.LEFT),))


def test_intimate_lesion_leads_to_the_stop_page_until_the_chaperone_is_settled(
    client: FlaskClient, session: Session, by: User
) -> None:
    visit = visiting.consented(session, referral=intimate(session), by=by)
    stop = f"/visits/{visit.id}/lesions/{lesion_id(visit)}/chaperone"

    before = client.get(f"/appointments/{visit.appointment_id}/visit").text
    nameless = send(client, visit, "chaperone", chaperone="present")
    settled = send(client, visit, "chaperone", chaperone="present", chaperone_name="J Lee")
    after = client.get(f"/appointments/{visit.appointment_id}/visit").text

    assert stop in before
    assert "chaperone must be settled" in client.get(stop).text
    assert (nameless.status_code, settled.status_code) == (422, 303)
    assert stop not in after


def test_someone_today_names_whom_to_ring_at_once(
    client: FlaskClient, session: Session, by: User
) -> None:
    visit = visiting.known(session, by=by)

    before = client.get(f"/visits/{visit.id}/someone-today").text
    send(client, visit, "someone-today", reason="Bleeding")
    after = client.get(f"/appointments/{visit.appointment_id}/visit").text

    assert "01632 960 002" in before
    assert "01632 960 002" in after
    assert "Needs someone today" in listed(client, visit.appointment)


@pytest.mark.parametrize(
    "place", [{"site_name": "Nose"}, {"site_code": "113179006"}, {"site_name": " nose "}]
)
def test_lesion_is_added_by_typing_or_from_the_list(
    client: FlaskClient, session: Session, by: User, place: dict[str, str]
) -> None:
    visit = visiting.consented(session, by=by)

    answer = send(
        client, visit, "lesions/add", laterality="not_applicable", reason="Black", **place
    )

    assert answer.status_code == 303
    assert task_list(client, visit)["Lesion 2: nose"] == "Incomplete"


@pytest.mark.parametrize(
    "form",
    [
        {"site_name": "elsewhere", "laterality": "left", "reason": "Black"},
        {"site_name": "cheek", "laterality": "not_applicable", "reason": "Black"},
        {"site_name": "nose", "laterality": "not_applicable", "reason": " "},
        {"site_code": "1", "laterality": "left", "reason": "Black"},
        {},
    ],
)
def test_lesion_is_not_added_half_described(
    client: FlaskClient, session: Session, by: User, form: dict[str, str]
) -> None:
    visit = visiting.consented(session, by=by)

    answer = send(client, visit, "lesions/add", **form)

    assert answer.status_code == 422
    assert len(visit.appointment.referral.lesions) == 1


def test_lesion_is_closed_and_photographed_after_all(
    client: FlaskClient, session: Session, by: User
) -> None:
    visit = visiting.consented(session, by=by)
    address = f"lesions/{lesion_id(visit)}"

    without = send(client, visit, f"{address}/close")
    closed = send(client, visit, f"{address}/close", reason="healed")
    page = client.get(f"/appointments/{visit.appointment_id}/visit").text
    send(client, visit, f"{address}/reopen")

    assert (without.status_code, closed.status_code) == (422, 303)
    assert "Photograph after all" in page
    assert visit.appointment.referral.lesions[0].state is LesionState.AWAITING_IMAGES


def test_finish_page_asks_about_each_missing_view(
    client: FlaskClient, session: Session, by: User
) -> None:
    visit = visiting.ready(session, by=by)
    visiting.photograph(session, visit, views=[View.OVERVIEW, View.CLOSE_UP], by=by)
    lesion = lesion_id(visit)

    page = client.get(f"/visits/{visit.id}/finish").text
    without = send(client, visit, "finish")
    with_reason = send(
        client,
        visit,
        "finish",
        data={f"lesion-{lesion}": "no_dermatoscope", f"note-{lesion}": "flat battery"},
    )

    assert "Why is there no dermoscopic view?" in page
    assert "Take them while the person is here" in page
    assert (without.status_code, with_reason.status_code) == (422, 303)
    images = visit_queries.set_of(session, visit.id, lesion)
    assert images is not None
    assert images.missing_views_reason == "No working dermatoscope: flat battery"


def test_finish_page_says_when_the_person_can_leave(
    client: FlaskClient, session: Session, by: User
) -> None:
    visit = visiting.ready(session, by=by)
    visiting.photograph(session, visit, by=by)

    page = client.get(f"/visits/{visit.id}/finish").text

    assert "the person can leave" in page
    assert "Take them while the person is here" not in page


def test_finish_page_names_what_it_waits_for(
    client: FlaskClient, session: Session, by: User
) -> None:
    visit = visiting.ready(session, by=by)
    images = visits.image_set(session, visit_id=visit.id, lesion_id=lesion_id(visit), by=by)
    visiting.capture(session, images, View.OVERVIEW, state=CaptureState.RECEIVED, by=by)

    page = client.get(f"/visits/{visit.id}/finish").text
    refused = send(client, visit, "finish", data={f"lesion-{lesion_id(visit)}": "come_back"})

    there = f"/visits/{visit.id}/lesions/{lesion_id(visit)}#view-overview"
    assert "have not arrived yet: Lesion 1, left cheek" in page
    assert f'href="{there}"' in page
    assert 'type="radio"' not in page  # not asked before it can be answered
    assert "Finish the visit" not in page
    assert refused.status_code == 409


@pytest.mark.parametrize("may_see", [True, False])
def test_finish_page_shows_the_photographs_to_those_who_may_see_them(
    client: FlaskClient, session: Session, may_see: bool
) -> None:
    case = photographed.case(session, sites=((make.GROIN, Laterality.LEFT),))
    sign_in_as(client, session, make.user(session, Role.LEAD, intimate_images=may_see))
    (images,) = session.scalars(sa.select(ImageSet).join(Lesion).where(Lesion.referral == case))

    page = client.get(f"/visits/{images.visit_id}/finish").text

    assert "3 photographs on the record." in page
    assert "This visit was finished on" in page
    assert "Not yet" not in page
    assert "Finish the visit" not in page
    shown = [f"/images/{each.id}/thumb" in page for each in images.captures]
    assert shown == [may_see] * 3


def test_task_list_says_why_a_lesion_with_all_its_views_is_incomplete(
    client: FlaskClient, session: Session, by: User
) -> None:
    visit = visiting.ready(session, by=by)
    visiting.photograph(session, visit, by=by)
    images = visits.image_set(session, visit_id=visit.id, lesion_id=lesion_id(visit), by=by)
    visiting.capture(session, images, View.OVERVIEW, state=CaptureState.CHECKED, by=by)

    page = client.get(f"/appointments/{visit.appointment_id}/visit").text

    assert "3 of 3 views on the record; 1 photograph to keep or set aside" in page


def test_unphotographed_lesion_cannot_be_finished_with_a_reason_alone(
    client: FlaskClient, session: Session, by: User
) -> None:
    visit = visiting.ready(session, by=by)

    answer = send(client, visit, "finish", data={f"lesion-{lesion_id(visit)}": "not_needed"})

    assert answer.status_code == 422


@pytest.mark.parametrize("step", ["identity", "consent", "chaperone", "notes", "someone-today"])
def test_finished_visit_takes_no_more_answers(
    client: FlaskClient, session: Session, by: User, step: str
) -> None:
    visit = visiting.ready(session, by=by)
    visiting.photograph(session, visit, by=by)
    send(client, visit, "finish")

    form = ANSWERS | {
        "identifiers": THREE,
        "chaperone": "declined_by_patient",
        "note": "x",
        "reason": "x",
    }

    assert send(client, visit, step, **form).status_code == 409
