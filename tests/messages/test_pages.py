"""The Work page and the letters, as people use them."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from derm_service import clock
from derm_service.audit import AuditEntry
from derm_service.messages import outbox, work
from derm_service.messages.codes import Addressee, MessageKind, WorkKind
from derm_service.messages.models import Message, WorkItem
from derm_service.people import Role
from derm_service.referrals.codes import Channel, Need
from derm_service.referrals.models import Referral
from tests import make
from tests.messages.test_letters import content, words
from tests.surf import post, sign_in_as


@pytest.fixture
def referral(session: Session) -> Referral:
    return make.referral(session, patient=make.patient(session, family_name="Ólafsdóttir"))


def call(session: Session, referral: Referral, *, urgent: bool = False) -> WorkItem:
    return work.raise_item(
        session,
        kind=WorkKind.CALL_PATIENT,
        role=Role.CLERK,
        due_on=clock.today(),
        referral_id=referral.id,
        subject_id=referral.id,
        note="Tell the changed appointment.",
        urgent=urgent,
    )


def letter(session: Session, referral: Referral, lock_reason: str = "") -> Message:
    return outbox.write(
        session,
        referral=referral,
        kind=MessageKind.OUTCOME_PATIENT,
        addressee=Addressee.PATIENT,
        channel=Channel.LETTER,
        content=content(),
        once_key=f"outcome:{referral.id}",
        lock_reason=lock_reason,
        by=make.user(session),
    )


def test_work_page_shows_what_waits_for_my_role_only(
    client: FlaskClient, session: Session, referral: Referral
) -> None:
    call(session, referral)
    clerk, reader = make.user(session, Role.CLERK), make.user(session, Role.DERMATOLOGIST)

    sign_in_as(client, session, clerk)
    for_clerk = client.get("/work").text
    sign_in_as(client, session, reader)
    for_reader = client.get("/work").text

    assert "ÓLAFSDÓTTIR" in for_clerk
    assert "Tell the changed appointment." in for_clerk
    assert "Nothing waits for you" in for_reader


def test_administrator_sees_no_names_on_the_work_pages(
    client: FlaskClient, session: Session, referral: Referral
) -> None:
    item = work.raise_item(
        session,
        kind=WorkKind.SAFETY_ALERT,
        role=Role.ADMINISTRATOR,
        due_on=clock.today(),
        referral_id=referral.id,
    )
    sign_in_as(client, session, make.user(session, Role.ADMINISTRATOR))

    pages = client.get("/work").text, client.get(f"/work/{item.id}").text

    for page in pages:
        assert "Safety alert" in page
        assert "ÓLAFSDÓTTIR" not in page


def test_call_that_reached_the_patient_leaves_the_list(
    client: FlaskClient, session: Session, referral: Referral
) -> None:
    item = call(session, referral)
    sign_in_as(client, session, make.user(session))

    done = post(client, f"/work/{item.id}", outcome="reached", how="Spoke to her")

    assert done.status_code == 303
    session.refresh(item)
    assert item.done_how == "Spoke to her"
    assert "Nothing waits for you" in client.get("/work").text


def test_call_that_reached_nobody_is_due_on_the_chosen_day(
    client: FlaskClient, session: Session, referral: Referral
) -> None:
    item = call(session, referral)
    sign_in_as(client, session, make.user(session))
    day = clock.today() + timedelta(days=3)

    post(
        client,
        f"/work/{item.id}",
        outcome="not_reached",
        note="Engaged",
        data={
            "next_on-day": str(day.day),
            "next_on-month": str(day.month),
            "next_on-year": str(day.year),
        },
    )

    session.refresh(item)
    assert (item.due_on, item.done_at) == (day, None)
    assert "Engaged" in item.note


@pytest.mark.parametrize(
    ("form", "sentence"),
    [
        ({}, "Choose whether you reached the patient"),
        ({"outcome": "reached"}, "Enter what was done"),
        ({"outcome": "not_reached"}, "Enter the next day to try"),
        ({"outcome": "not_reached", "next_on-day": "31", "next_on-month": "2"}, "real date"),
    ],
)
def test_call_page_says_what_is_missing(
    client: FlaskClient,
    session: Session,
    referral: Referral,
    form: dict[str, str],
    sentence: str,
) -> None:
    item = call(session, referral)
    sign_in_as(client, session, make.user(session))

    page = post(client, f"/work/{item.id}", data=form)

    assert page.status_code == 422
    assert sentence in page.text
    assert "Error: " in page.text


def test_letter_to_post_links_to_the_letters_and_cannot_be_ticked_off(
    client: FlaskClient, session: Session, referral: Referral
) -> None:
    letter(session, referral)
    item = session.scalars(sa.select(WorkItem)).one()
    sign_in_as(client, session, make.user(session))

    tried = post(client, f"/work/{item.id}", how="Done")

    assert tried.status_code == 422
    session.refresh(item)
    assert item.done_at is None


def test_letter_opens_as_pdf_and_the_look_is_audited(
    client: FlaskClient, session: Session, referral: Referral
) -> None:
    written = letter(session, referral)
    sign_in_as(client, session, make.user(session))

    answer = client.get(f"/letters/{written.id}.pdf")

    assert answer.mimetype == "application/pdf"
    assert "You do not need treatment." in words(answer.data)
    assert "do not send" not in words(answer.data)
    looks = session.scalars(sa.select(AuditEntry).where(AuditEntry.did == "opened letter")).all()
    assert [(each.patient_id, each.referral_id) for each in looks] == [
        (referral.patient_id, referral.id)
    ]


def test_locked_letter_says_on_its_face_that_it_must_not_go(
    client: FlaskClient, session: Session, referral: Referral
) -> None:
    written = letter(session, referral, lock_reason="Speak first")
    sign_in_as(client, session, make.user(session))

    assert "LOCKED: do not send" in words(client.get(f"/letters/{written.id}.pdf").data)


def test_letter_is_large_when_the_need_was_recorded_after_it_was_written(
    client: FlaskClient, session: Session
) -> None:
    referral = make.referral(session, patient=make.patient(session, needs=(Need.LARGE_PRINT,)))
    written = letter(session, referral)
    plain = letter(session, make.referral(session))
    sign_in_as(client, session, make.user(session))

    large, small = (client.get(f"/letters/{each.id}.pdf").data for each in (written, plain))

    assert large != small


def test_photographer_cannot_open_letters(
    client: FlaskClient, session: Session, referral: Referral
) -> None:
    written = letter(session, referral)
    sign_in_as(client, session, make.user(session, Role.PHOTOGRAPHER))

    assert client.get(f"/letters/{written.id}.pdf").status_code == 403
