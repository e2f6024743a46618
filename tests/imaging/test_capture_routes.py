"""The capture page over HTTP: the site first, then the shutter; retake, keep, and the fragments."""

import uuid
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from derm_service import clock
from derm_service.db import new_id
from derm_service.imaging import visit_queries, visits
from derm_service.imaging.codes import CaptureState, KeptReason, RenditionSize, RetakeReason, View
from derm_service.imaging.models import Capture, Rendition, Retake, Visit
from derm_service.people import Role, User
from tests import make, surf
from tests.imaging import visiting


@pytest.fixture
def photographer(client: FlaskClient, session: Session) -> User:
    """A photographer who is signed in."""
    person = visiting.photographer(session)
    surf.sign_in_as(client, session, person)
    return person


def address(visit: Visit, number: int = 1) -> str:
    """The capture page of one lesion of a visit."""
    return f"/visits/{visit.id}/lesions/{visiting.lesion_id(visit, number)}"


def shot(
    session: Session, visit: Visit, by: User, *, state: CaptureState = CaptureState.CHECKED
) -> Capture:
    """An overview the gate would take again, nobody having decided."""
    images = visits.image_set(
        session, visit_id=visit.id, lesion_id=visiting.lesion_id(visit), by=by
    )
    made = visiting.capture(session, images, View.OVERVIEW, by=by, state=state)
    made.verdict = "retake"
    made.report = {
        "issues": [{"code": "blur", "message": "The photograph is blurred. Take it again."}]
    }
    session.flush()
    return made


def test_page_asks_to_confirm_the_site_before_it_offers_a_camera(
    client: FlaskClient, session: Session, photographer: User
) -> None:
    visit = visiting.consented(session, by=photographer)

    page = client.get(address(visit)).text

    assert "Confirm: left cheek" in page
    assert "Growing for three months" in page
    assert 'type="file"' not in page


def test_confirming_the_site_opens_the_shutter(
    client: FlaskClient, session: Session, photographer: User
) -> None:
    visit = visiting.consented(session, by=photographer)

    answer = surf.post(client, f"{address(visit)}/site")

    assert answer.status_code == 303
    assert answer.location == address(visit)
    images = visit_queries.set_of(session, visit.id, visiting.lesion_id(visit))
    assert images is not None
    assert images.site_confirmed_by_id == photographer.id
    page = client.get(address(visit)).text
    assert page.count('type="file"') == 6
    assert "Lesion 1 of 1" in page


def test_page_keeps_the_shutter_shut_and_says_why_without_consent(
    client: FlaskClient, session: Session, photographer: User
) -> None:
    visit = visiting.known(session, by=photographer)

    page = client.get(address(visit)).text

    assert "Ask for consent before you take a photograph." in page
    assert 'type="file"' not in page
    assert "Confirm: " not in page


def test_page_shows_the_verdict_the_remedy_and_both_choices(
    client: FlaskClient, session: Session, photographer: User
) -> None:
    visit = visiting.ready(session, by=photographer)
    shot(session, visit, photographer)

    page = client.get(address(visit)).text

    assert "The photograph is blurred. Take it again." in page
    assert "Photo quality only." in page
    assert "Keep it with a reason" in page
    assert "Take again or keep" in page


def test_fragments_hold_one_card_and_the_wanted_views(
    client: FlaskClient, session: Session, photographer: User
) -> None:
    visit = visiting.ready(session, by=photographer)
    capture = shot(session, visit, photographer)

    card = client.get(f"/captures/{capture.id}/card").text
    wanted = client.get(f"{address(visit)}/wanted").text

    assert card.strip().startswith("<li")
    assert "The photograph is blurred." in card
    assert wanted.strip().startswith("<ul")
    assert "Take again or keep" in wanted


def test_retake_sets_the_photograph_aside(
    client: FlaskClient, session: Session, photographer: User
) -> None:
    visit = visiting.ready(session, by=photographer)
    capture = shot(session, visit, photographer)

    answer = surf.post(client, f"/captures/{capture.id}/retake")

    assert answer.status_code == 303
    assert answer.location == f"{address(visit)}#view-overview"
    assert capture.state is CaptureState.SET_ASIDE
    assert "1 photograph set aside" in client.get(address(visit)).text


def test_photograph_on_the_record_is_set_aside_only_after_a_question(
    client: FlaskClient, session: Session, photographer: User
) -> None:
    visit = visiting.ready(session, by=photographer)
    capture = shot(session, visit, photographer, state=CaptureState.FILED)
    there = f"/captures/{capture.id}/retake"

    page = client.get(address(visit)).text
    question = client.get(there).text

    assert f'href="{there}"' in page
    assert f'action="{there}"' not in page
    assert "Leave it on the record" in question
    assert capture.state is CaptureState.FILED
    surf.post(client, there)
    assert capture.state.value == "set_aside"


def test_kept_photograph_does_not_wear_the_failed_tag(
    client: FlaskClient, session: Session, photographer: User
) -> None:
    visit = visiting.ready(session, by=photographer)
    capture = shot(session, visit, photographer)
    before = client.get(address(visit)).text

    surf.post(client, f"/captures/{capture.id}/keep", reason="patient_unable")
    after = client.get(address(visit)).text

    assert "Not good enough" in before
    assert "Not good enough" not in after
    assert "Kept with a reason" in after


def test_address_of_a_keep_that_failed_leads_back_to_the_photographs(
    client: FlaskClient, session: Session, photographer: User
) -> None:
    visit = visiting.ready(session, by=photographer)
    capture = shot(session, visit, photographer)
    surf.post(client, f"/captures/{capture.id}/keep", reason="")

    again = client.get(f"/captures/{capture.id}/keep")

    assert again.status_code == 303
    assert again.location == f"{address(visit)}#capture-{capture.id}"


def test_keeping_needs_a_reason(client: FlaskClient, session: Session, photographer: User) -> None:
    visit = visiting.ready(session, by=photographer)
    capture = shot(session, visit, photographer)

    answer = surf.post(client, f"/captures/{capture.id}/keep", note="tremor")

    assert answer.status_code == 422
    assert "Choose why you keep this photograph." in answer.text
    assert f'href="#reason-{capture.id}"' in answer.text
    assert capture.kept_reason is None


def test_keeping_records_reason_and_note(
    client: FlaskClient, session: Session, photographer: User
) -> None:
    visit = visiting.ready(session, by=photographer)
    capture = shot(session, visit, photographer)

    answer = surf.post(
        client, f"/captures/{capture.id}/keep", reason="patient_unable", note="Tremor"
    )

    assert answer.status_code == 303
    assert capture.kept_reason is KeptReason.PATIENT_UNABLE
    assert capture.kept_note == "Tremor"
    assert "The patient cannot hold still or is in pain. Tremor" in client.get(address(visit)).text


def test_page_shows_what_a_reader_asked_to_have_taken_again(
    client: FlaskClient, session: Session, photographer: User
) -> None:
    visit = visiting.ready(session, by=photographer)
    session.add(
        Retake(
            lesion_id=visiting.lesion_id(visit),
            views=["dermoscopic"],
            reason=RetakeReason.BLURRED,
            note="Please clean the lens first.",
            asked_by_id=make.user(session, Role.DERMATOLOGIST).id,
            asked_at=clock.now(),
        )
    )

    page = client.get(address(visit)).text

    assert "Asked for again" in page
    assert "New photographs of lesion 1, left cheek: the last ones were blurred." in page
    assert "Please clean the lens first." in page
    assert page.count("Still needed") == 1


def test_photograph_of_an_intimate_site_is_not_shown_without_the_right(
    client: FlaskClient, session: Session, photographer: User
) -> None:
    visit = visiting.ready(session, by=photographer)
    capture = shot(session, visit, photographer)
    small = Rendition(
        size=RenditionSize.SMALL, width=1024, height=768, sealed_object_id=sealed_small(session)
    )
    capture.renditions.append(small)
    visit.appointment.referral.lesions[0].intimate = True

    card = client.get(f"/captures/{capture.id}/card").text

    assert "intimate site and is not shown to you" in card
    assert "/images/" not in card


def sealed_small(session: Session) -> uuid.UUID:
    sealed = visiting.sealed()
    session.add(sealed)
    session.flush()
    return sealed.id


def test_photograph_of_a_visit_whose_pages_are_hidden_is_hidden_too(
    client: FlaskClient, session: Session, photographer: User
) -> None:
    visit = visiting.ready(session, by=photographer)
    capture = shot(session, visit, photographer)
    visit.finished_at = clock.now()
    visit.appointment.slot.starts_at -= timedelta(days=40)
    visit.appointment.slot.ends_at -= timedelta(days=40)
    session.flush()

    card = client.get(f"/captures/{capture.id}/card")
    retaken = surf.post(client, f"/captures/{capture.id}/retake")

    assert (card.status_code, retaken.status_code) == (404, 404)
    assert capture.state is CaptureState.CHECKED


def test_lesion_of_another_visit_is_not_found(
    client: FlaskClient, session: Session, photographer: User
) -> None:
    visit = visiting.ready(session, by=photographer)
    other = make.referral(session).lesions[0]

    assert client.get(f"/visits/{visit.id}/lesions/{other.id}").status_code == 404
    assert client.get(f"/captures/{new_id()}/card").status_code == 404


def test_clerk_cannot_open_the_capture_page(client: FlaskClient, session: Session) -> None:
    visit = visiting.ready(session, by=visiting.photographer(session))
    surf.sign_in_as(client, session, make.user(session, Role.CLERK))

    assert client.get(address(visit)).status_code == 403
