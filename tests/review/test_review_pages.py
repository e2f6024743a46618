"""The reader's pages: worklist, case, opinion, second look, retake, correction."""

import re

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from derm_service.audit import AuditEntry
from derm_service.imaging.models import Retake
from derm_service.people import Role, User
from derm_service.referrals.codes import Laterality, LesionState, Priority
from derm_service.referrals.models import Referral
from derm_service.review import claims, viewing
from derm_service.review.codes import Outcome
from derm_service.review.models import Claim, ImageOpened, Opinion
from tests import make
from tests.review import photographed
from tests.surf import post, sign_in_as

WORDS = {"text_for_patient": "Good news.\r\n\r\nAll is well.", "text_for_gp": "Benign."}


@pytest.fixture
def reader(client: FlaskClient, session: Session) -> User:
    """A signed-in dermatologist."""
    person = photographed.reader(session, name="Dr Amara Obi")
    sign_in_as(client, session, person)
    return person


def claimed(session: Session, reader: User, **given: object) -> Referral:
    case = photographed.case(session, **given)
    claims.claim(session, referral_id=case.id, by=reader)
    return case


def test_worklist_names_who_to_read_and_why(
    client: FlaskClient, session: Session, reader: User
) -> None:
    case = photographed.case(session, days_ago=6)

    page = client.get("/review").text

    assert case.patient.family_name.upper() in page
    assert "Day 6 of 28" in page
    assert "Left cheek" in page


def test_claim_next_opens_the_most_pressing_case(
    client: FlaskClient, session: Session, reader: User
) -> None:
    photographed.case(session, days_ago=2)
    late = photographed.case(session, days_ago=25)

    answer = post(client, "/review/claim-next")

    assert answer.headers["Location"] == f"/review/{late.id}"
    assert session.get_one(Claim, late.id).reader_id == reader.id


def test_claim_next_says_so_when_nothing_is_free(
    client: FlaskClient, session: Session, reader: User
) -> None:
    answer = post(client, "/review/claim-next")

    assert "No case is free to read" in client.get(answer.headers["Location"]).text


def test_case_shows_story_images_and_outcomes_to_its_reader(
    client: FlaskClient, session: Session, reader: User
) -> None:
    case = claimed(
        session,
        reader,
        sites=photographed.PAIR,
        history={"anticoagulant": True, "pacemaker": False, "allergies": "Latex"},
    )

    page = client.get(f"/review/{case.id}").text

    assert page.count("data-viewer") == 6
    assert "data-opened-url" in page
    assert "Latex" in page
    assert "Lesion 2 of 2: " in page
    assert "Urgent suspected cancer: see face to face" in page
    assert "opened case" in photographed.dids(session, case)


def test_case_of_another_reader_can_be_looked_at_but_not_signed(
    client: FlaskClient, session: Session, reader: User
) -> None:
    case = claimed(session, photographed.reader(session, name="Dr Bo Lind"))

    page = client.get(f"/review/{case.id}").text

    assert "Dr Bo Lind has been reading this case" in page
    assert "What should happen next" not in page


def test_missing_image_is_a_red_banner(client: FlaskClient, session: Session, reader: User) -> None:
    case = claimed(session, reader)
    (first, *_) = viewing.filed(viewing.current_set(session, case.lesions[0].id))
    for rendition in list(first.renditions):
        session.delete(rendition)

    page = client.get(f"/review/{case.id}").text

    assert "This image is missing." in page
    assert page.count("data-viewer") == 2


def test_intimate_images_without_the_right_are_placeholders_and_the_look_is_audited(
    client: FlaskClient, session: Session
) -> None:
    person = photographed.reader(session, intimate_images=False)
    sign_in_as(client, session, person)
    case = photographed.case(session, sites=((make.GROIN, Laterality.LEFT),))
    (first, *_) = viewing.filed(viewing.current_set(session, case.lesions[0].id))

    page = client.get(f"/review/{case.id}").text
    answer = client.get(f"/review/images/{first.id}")

    assert "data-viewer" not in page
    assert "do not have the right" in page
    assert answer.status_code == 403
    assert "was refused image" in photographed.dids(session, case)
    opened = session.scalars(sa.select(AuditEntry).where(AuditEntry.did == "opened case")).one()
    assert opened.detail == {"hidden_intimate_lesions": [1]}


def test_viewer_and_link_both_record_the_opening(
    client: FlaskClient, session: Session, reader: User
) -> None:
    case = claimed(session, reader)
    first, second, _ = viewing.filed(viewing.current_set(session, case.lesions[0].id))

    by_viewer = post(client, f"/review/images/{first.id}/opened")
    by_link = client.get(f"/review/images/{second.id}")

    assert by_viewer.status_code == 204
    assert by_link.headers["Location"] == f"/images/{second.id}/full"
    seen = session.scalars(
        sa.select(ImageOpened.capture_id).where(ImageOpened.reader_id == reader.id)
    )
    assert set(seen) == {first.id, second.id}


def test_opinion_starts_from_the_words_of_its_outcome(
    client: FlaskClient, session: Session, reader: User
) -> None:
    case = claimed(session, reader)

    page = client.get(f"/review/lesions/{case.lesions[0].id}/opinion?outcome=usc_f2f").text

    assert "check whether it is skin cancer" in page.replace("\n", " ")
    assert "The images show the left cheek" in page
    assert "stays locked until somebody has spoken" in page
    assert "You have not opened 3 images yet" in page


def test_opinion_without_an_outcome_asks_for_one(
    client: FlaskClient, session: Session, reader: User
) -> None:
    case = claimed(session, reader)

    asked = client.get(f"/review/lesions/{case.lesions[0].id}/opinion").text
    wrong = client.get(f"/review/lesions/{case.lesions[0].id}/opinion?outcome=").text

    assert "Choose what should happen next." not in asked
    assert "Choose what should happen next." in wrong


def test_opinion_is_signed_from_its_page(
    client: FlaskClient, session: Session, reader: User
) -> None:
    case = claimed(session, reader)
    lesion = case.lesions[0]
    photographed.open_all(session, lesion, reader)

    answer = post(
        client,
        f"/review/lesions/{lesion.id}/opinion",
        outcome="reassure",
        site_confirmed="y",
        **WORDS,
    )

    assert answer.headers["Location"] == "/review"
    assert session.scalars(sa.select(Opinion)).one().outcome is Outcome.REASSURE
    assert "The opinion on lesion 1, left cheek, is signed." in client.get("/review").text


def test_refused_signature_says_what_is_missing_and_keeps_the_words(
    client: FlaskClient, session: Session, reader: User
) -> None:
    case = claimed(session, reader)

    answer = post(
        client, f"/review/lesions/{case.lesions[0].id}/opinion", outcome="reassure", **WORDS
    )

    assert answer.status_code == 422
    assert "Confirm that the images show the left cheek" in answer.text
    assert "You have opened 0 of 3 images." in answer.text
    assert "All is well." in answer.text
    assert session.scalars(sa.select(Opinion)).all() == []


def test_discharge_against_the_checklist_is_asked_once_more(
    client: FlaskClient, session: Session, reader: User
) -> None:
    case = claimed(session, reader)
    lesion = case.lesions[0]
    lesion.seven_point, lesion.seven_point_score = [], 5
    photographed.open_all(session, lesion, reader)
    path = f"/review/lesions/{lesion.id}/opinion"
    sent = {"outcome": "reassure", "site_confirmed": "y", **WORDS}

    asked = post(client, path, **sent)
    after_asking = lesion.state
    signed = post(client, path, sure="y", **sent)

    assert "The seven-point checklist speaks against this" in asked.text
    assert 'name="text_for_gp" value="Benign."' in asked.text
    assert after_asking is LesionState.AWAITING_REVIEW
    assert signed.status_code == 303


def test_second_signature_of_a_lesion_is_a_conflict(
    client: FlaskClient, session: Session, reader: User
) -> None:
    case = photographed.case(session)
    photographed.sign(session, case.lesions[0], by=reader)

    answer = post(
        client,
        f"/review/lesions/{case.lesions[0].id}/opinion",
        outcome="reassure",
        site_confirmed="y",
        **WORDS,
    )

    assert answer.status_code == 409
    assert "has just been given an opinion" in answer.text


def test_retake_is_asked_for_from_its_page(
    client: FlaskClient, session: Session, reader: User
) -> None:
    case = claimed(session, reader)
    lesion = case.lesions[0]
    failed = viewing.filed(viewing.current_set(session, lesion.id))[2]
    path = f"/review/lesions/{lesion.id}/retake"

    said = {"views": "dermoscopic", "reason": "blurred", "note": "Rest the hand"}
    empty = post(client, path)
    unknown = post(client, path, **said, capture_id="abc")
    asked = post(client, path, **said, capture_id=str(failed.id))

    assert empty.status_code == unknown.status_code == 422
    assert "Choose one of the images of this lesion." in unknown.text
    assert "Choose what the problem is." in empty.text
    assert asked.status_code == 303
    assert session.scalars(sa.select(Retake)).one().capture_id == failed.id
    page = client.get(f"/review/{case.id}").text
    assert "Dermoscopic again: the last ones were blurred. Rest the hand" in page


def test_correction_is_signed_from_its_page(
    client: FlaskClient, session: Session, reader: User
) -> None:
    case = photographed.case(session)
    opinion = photographed.sign(session, case.lesions[0], by=reader)
    path = f"/opinions/{opinion.id}/correct"

    page = client.get(path).text
    changing = client.get(f"{path}?outcome=usc_f2f").text
    answer = post(client, path, outcome="reassure", **WORDS)

    assert "Here is our answer." in page
    assert "skin cancer" in changing
    assert answer.status_code == 303
    assert "Correction of" in client.get(f"/review/{case.id}").text


def test_correction_pressed_twice_is_signed_once(
    client: FlaskClient, session: Session, reader: User
) -> None:
    case = photographed.case(session)
    opinion = photographed.sign(session, case.lesions[0], by=reader)
    path = f"/opinions/{opinion.id}/correct"
    shown = re.search(r'name="corrections"[^>]* value="(\d+)"', client.get(path).text)
    assert shown is not None

    presses = [
        post(client, path, outcome="reassure", corrections=shown[1], **WORDS) for _ in range(2)
    ]

    assert [each.status_code for each in presses] == [303, 409]
    assert "Your correction was not saved" in presses[1].text
    assert len(opinion.addenda) == 1


def test_downgrade_is_recorded_from_its_page(
    client: FlaskClient, session: Session, reader: User
) -> None:
    case = photographed.case(session)
    photographed.sign(session, case.lesions[0], Outcome.ROUTINE_F2F, by=reader)
    today = photographed.clock.today()
    agreed_on = {
        "agreed_on-day": today.day,
        "agreed_on-month": today.month,
        "agreed_on-year": today.year,
    }

    refused = post(client, f"/review/{case.id}/downgrade", data=agreed_on)
    recorded = post(
        client, f"/review/{case.id}/downgrade", data={"agreed_with": "Dr S Patel", **agreed_on}
    )

    assert refused.status_code == 422
    assert recorded.status_code == 303
    assert case.priority is Priority.ROUTINE


def test_case_is_released_and_taken_over_from_its_page(
    client: FlaskClient, session: Session, reader: User
) -> None:
    case = claimed(session, reader)

    post(client, f"/review/{case.id}/release")
    released = session.get(Claim, case.id)
    post(client, f"/review/{case.id}/claim")

    assert released is None
    assert session.get_one(Claim, case.id).reader_id == reader.id


@pytest.mark.parametrize("role", [Role.CLERK, Role.PHOTOGRAPHER, Role.LEAD])
def test_only_dermatologists_read(client: FlaskClient, session: Session, role: Role) -> None:
    sign_in_as(client, session, make.user(session, role))

    assert client.get("/review").status_code == 403
