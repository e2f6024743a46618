"""The office's pages: telling, tries, overrides, and the way of letters."""

import re
from datetime import date, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from derm_service import clock
from derm_service.messages import outbox
from derm_service.messages.codes import MessageState
from derm_service.people import User
from derm_service.referrals import closing
from derm_service.referrals.codes import LesionState
from derm_service.review import addenda, standing
from derm_service.review.codes import Outcome, ToldHow
from tests import make
from tests.review import photographed
from tests.review.test_telling import letter_of, signed
from tests.surf import post, sign_in_as


@pytest.fixture
def clerk(client: FlaskClient, session: Session) -> User:
    """A signed-in clerk."""
    person = make.user(session)
    sign_in_as(client, session, person)
    return person


def day(name: str, value: date) -> dict[str, int]:
    return {f"{name}-day": value.day, f"{name}-month": value.month, f"{name}-year": value.year}


def test_telling_page_says_what_to_say_and_how_to_reach_them(
    client: FlaskClient, session: Session, clerk: User
) -> None:
    _, (opinion,), _ = signed(session, Outcome.USC_F2F)

    page = client.get(f"/opinions/{opinion.id}/tell").text

    assert "Here is our answer." in page
    assert "07700 900111" in page
    assert "Let the letter go without" not in page


def test_call_is_recorded_and_unlocks_the_letter(
    client: FlaskClient, session: Session, clerk: User
) -> None:
    _, (opinion,), _ = signed(session, Outcome.USC_F2F)
    typed = {"how": "phone_call", "at_time": f"{clock.london(clock.now()):%H:%M}"}

    answer = post(
        client,
        f"/opinions/{opinion.id}/tell",
        data={**day("told_at", clock.today()), **typed, "spoken_to": "the patient"},
    )

    assert answer.status_code == 303
    told = standing.told_of(session, opinion.id)
    assert told is not None
    assert told.how is ToldHow.PHONE_CALL
    assert letter_of(session, opinion).state is MessageState.READY
    assert "It is on record that the patient was told." in client.get(answer.location).text


def test_words_that_were_corrected_meanwhile_cannot_be_recorded_as_told(
    client: FlaskClient, session: Session, clerk: User
) -> None:
    _, (opinion,), _ = signed(session, Outcome.REASSURE)
    reader = photographed.reader(session)
    page = client.get(f"/opinions/{opinion.id}/tell").text
    shown = re.findall(r'name="corrections"[^>]* value="(\d+)"', page)
    addenda.correct(
        session, opinion_id=opinion.id, wording=photographed.words(Outcome.USC_F2F), by=reader
    )
    typed = {"how": "phone_call", "at_time": f"{clock.london(clock.now()):%H:%M}"}

    answer = post(
        client,
        f"/opinions/{opinion.id}/tell",
        data={**day("told_at", clock.today()), **typed, "corrections": shown[0]},
    )

    assert answer.status_code == 409
    assert "corrected while you had the page open" in answer.text
    assert standing.told_of(session, opinion.id) is None


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"at_time": "12:00"}, "Choose how the patient was told."),
        ({"how": "clinic", "at_time": "25:99"}, "Enter a time like 14:30."),
        ({"how": "clinic", "at_time": "99999999999"}, "Enter a time like 14:30."),
        ({"how": "letter", "at_time": ""}, "Enter a time like 14:30."),
    ],
)
def test_unreadable_record_of_telling_is_refused_beside_its_field(
    client: FlaskClient, session: Session, clerk: User, typed: dict[str, str], sentence: str
) -> None:
    _, (opinion,), _ = signed(session, Outcome.USC_F2F)

    answer = post(
        client, f"/opinions/{opinion.id}/tell", data={**day("told_at", clock.today()), **typed}
    )

    assert answer.status_code == 422
    assert sentence in answer.text


def test_try_that_reached_nobody_is_listed_with_the_next_one(
    client: FlaskClient, session: Session, clerk: User
) -> None:
    _, (opinion,), _ = signed(session, Outcome.USC_F2F)
    next_on = day("next_on", clock.today() + timedelta(days=1))

    answer = post(
        client,
        f"/opinions/{opinion.id}/not-reached",
        data={**next_on, "what_happened": "No answer"},
    )

    page = client.get(answer.location).text
    assert "The next try is on the Work page" in page
    assert "No answer" in page


def test_clerk_cannot_override_and_dermatologist_can(
    client: FlaskClient, session: Session, clerk: User
) -> None:
    _, (opinion,), _ = signed(session, Outcome.DIRECT_SURGERY)
    path = f"/opinions/{opinion.id}/override"

    refused = post(client, path, reason="not_reachable")
    sign_in_as(client, session, photographed.reader(session))
    released = post(client, path, reason="not_reachable")

    assert refused.status_code == 403
    assert released.status_code == 303
    assert letter_of(session, opinion).state is MessageState.READY


def test_deceased_patients_page_says_not_to_contact(
    client: FlaskClient, session: Session, clerk: User
) -> None:
    case, (opinion,), _ = signed(session, Outcome.REASSURE)
    closing.mark_deceased(session, patient_id=case.patient_id, on=clock.today(), by=clerk)

    page = client.get(f"/opinions/{opinion.id}/tell").text

    assert "This patient has died." in page
    assert "Record that they were told" not in page


def test_letters_page_parts_what_to_post_from_what_is_locked(
    client: FlaskClient, session: Session, clerk: User
) -> None:
    signed(session, Outcome.USC_F2F)

    page = client.get("/letters").text

    assert "To print and post (1)" in page
    assert "Locked until the patient was spoken to (1)" in page


def test_letter_goes_through_print_post_return_and_is_written_again(
    client: FlaskClient, session: Session, clerk: User
) -> None:
    case, (opinion,), _ = signed(session, Outcome.REASSURE)
    letter = letter_of(session, opinion)
    path = f"/letters/{letter.id}"

    post(client, f"{path}/printed")
    post(client, f"{path}/posted")
    after_posting = case.lesions[0].state
    posted = client.get("/letters/posted").text
    nothing_said = post(client, f"{path}/returned")
    post(client, f"{path}/returned", came_back="Gone away")
    came_back = client.get("/letters").text
    post(client, f"{path}/again")

    assert after_posting is LesionState.TOLD
    assert "newest first (1)" in posted
    assert path in posted
    assert nothing_said.status_code == 422
    assert "Came back (1)" in came_back
    assert case.lesions[0].state is LesionState.OPINION_SIGNED
    assert "Came back (0)" in client.get("/letters").text


def test_letter_is_posted_on_a_day_of_its_own(
    client: FlaskClient, session: Session, clerk: User
) -> None:
    _, (opinion,), _ = signed(session, Outcome.REASSURE)
    path = f"/letters/{letter_of(session, opinion).id}"

    refused = post(client, path, data=day("posted_on", clock.today() + timedelta(days=2)))
    posted = post(client, path, data=day("posted_on", clock.today()))

    assert refused.status_code == 422
    assert posted.status_code == 303
    assert "You can" not in client.get(path).text
    assert "It came back" in client.get(path).text


def test_letter_of_an_opinion_is_a_pdf(client: FlaskClient, session: Session, clerk: User) -> None:
    case, (opinion,), _ = signed(session, Outcome.REASSURE)

    answer = client.get(f"/letters/{letter_of(session, opinion).id}.pdf")

    assert answer.data.startswith(b"%PDF")
    assert case.patient.family_name not in answer.headers["Content-Disposition"]


def test_failed_letter_is_made_ready_again_from_the_letters_page(
    client: FlaskClient, session: Session, clerk: User
) -> None:
    _, (opinion,), _ = signed(session, Outcome.REASSURE)
    letter = letter_of(session, opinion)
    outbox.mark_failed(session, message_id=letter.id, by=clerk, reason="Printer broken")

    listed = client.get("/letters").text
    post(client, f"/letters/{letter.id}/retry")

    assert "Failed (1)" in listed
    assert letter.state is MessageState.READY
