"""Signing in, the lock, passwords, sessions that end and the draft they leave."""

import io
from datetime import timedelta

import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from derm_service import clock
from derm_service.accounts import people
from derm_service.accounts.models import Draft, UserSession
from derm_service.accounts.passwords import weakness
from derm_service.accounts.sign_in import change_password, digest, make_token, sign_in
from derm_service.audit import AuditEntry
from derm_service.errors import Conflict, Invalid
from derm_service.people import Role, User
from tests import make
from tests.surf import csrf_token, post, sign_in_as

PASSWORD = "three random words"


@pytest.fixture
def ada(session: Session) -> User:
    return people.add(
        session,
        email="Ada@example.nhs.uk",
        name="Ada Lovelace",
        roles=[Role.ADMINISTRATOR, Role.CLERK],
        password=PASSWORD,
        intimate_images=False,
        by=None,
    )


def test_person_signs_in_and_goes_on_to_where_they_were_going(
    client: FlaskClient, ada: User
) -> None:
    asked = client.get("/people")

    signed_in = post(
        client, "/sign-in", email=" ada@EXAMPLE.nhs.uk ", password=PASSWORD, next="/people"
    )

    assert asked.location == "/sign-in?next=/people"
    assert signed_in.location == "/people"
    assert client.get("/people").status_code == 200


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "/\t/evil.example",
        "/\r\nSet-Cookie: derm=stolen",
        "//[",
        "http://[",
    ],
)
def test_sign_in_never_leads_to_another_site(client: FlaskClient, ada: User, target: str) -> None:
    answer = post(client, "/sign-in", email=ada.email, password=PASSWORD, next=target)

    assert answer.location == "/"


def test_unknown_wrong_and_disabled_read_the_same_sentence(
    client: FlaskClient, session: Session, ada: User
) -> None:
    wrong = post(client, "/sign-in", email=ada.email, password="not this one")
    unknown = post(client, "/sign-in", email="nobody@example.nhs.uk", password="not this one")
    ada.disabled_at = clock.now()
    session.flush()
    disabled = post(client, "/sign-in", email=ada.email, password=PASSWORD)

    assert {each.status_code for each in (wrong, unknown, disabled)} == {422}
    assert all("The email address or password is wrong" in each.text for each in (wrong, unknown))
    assert "The email address or password is wrong" in disabled.text


def test_five_failures_lock_the_account_for_fifteen_minutes(session: Session, ada: User) -> None:
    for _ in range(5):
        sign_in(session, email=ada.email, password="not this one")

    locked = sign_in(session, email=ada.email, password=PASSWORD)
    with time_machine.travel(clock.now() + timedelta(minutes=15, seconds=1), tick=False):
        later = sign_in(session, email=ada.email, password=PASSWORD)

    assert locked.user is None
    assert later.user == ada
    lock = session.scalar(
        sa.select(AuditEntry).where(AuditEntry.did == "locked account after failed sign-ins")
    )
    assert lock is not None


def test_cookie_holds_a_token_the_database_only_knows_the_digest_of(
    session: Session, ada: User
) -> None:
    outcome = sign_in(session, email=ada.email, password=PASSWORD)

    row = session.scalars(sa.select(UserSession)).one()
    assert row.token_sha256 == digest(outcome.token) != outcome.token


def test_signed_out_session_is_dead_even_with_its_old_cookie(
    client: FlaskClient, session: Session, ada: User
) -> None:
    row = sign_in_as(client, session, ada)
    with client.session_transaction() as cookie:
        token = cookie["token"]

    post(client, "/sign-out")
    with client.session_transaction() as cookie:
        cookie["token"] = token

    assert row.ended_at is not None
    assert client.get("/account").status_code == 303


@pytest.mark.parametrize("after", [timedelta(minutes=31), timedelta(hours=12, seconds=1)])
def test_session_ends_after_idling_and_at_its_longest(
    client: FlaskClient, session: Session, ada: User, after: timedelta
) -> None:
    row = sign_in_as(client, session, ada)
    if after > timedelta(hours=1):
        row.seen_at = clock.now() + after  # busy all the time
    session.flush()

    with time_machine.travel(clock.now() + after, tick=False):
        answer = client.get("/account")

    assert answer.status_code == 303


def test_timed_out_form_is_kept_and_given_back_after_signing_in(
    client: FlaskClient, session: Session, ada: User
) -> None:
    sign_in_as(client, session, ada)
    token = csrf_token(client)
    typed = {"csrf_token": token, "name": "Grace Hopper", "email": "grace@example.nhs.uk"}

    with time_machine.travel(clock.now() + timedelta(minutes=31), tick=False):
        late = client.post("/people/add", data={**typed, "password": "must never be kept"})
        asked = client.get("/sign-in").text
        again = post(client, "/sign-in", email=ada.email, password=PASSWORD, next="/people/add")
        page = client.get(again.location).text

    assert late.location == "/sign-in?next=/people/add"
    assert "Your session ended" in asked
    assert "Grace Hopper" in page
    assert session.scalars(sa.select(Draft)).one().form.keys() == {"name", "email"}


@pytest.mark.parametrize(
    ("referrer", "target"),
    [
        ("http://localhost/people", "/people"),
        ("http://localhost/people/019a0000-0000-7000-8000-000000000000/disable", "/"),
        ("http://evil.example/people", "/"),
        ("http://[", "/"),
        ("", "/"),
    ],
)
def test_timed_out_form_of_an_address_nobody_can_open_leads_to_the_page_it_stood_on(
    client: FlaskClient, session: Session, ada: User, referrer: str, target: str
) -> None:
    sign_in_as(client, session, ada)
    typed = {"csrf_token": csrf_token(client), "reason": "Gone away"}

    with time_machine.travel(clock.now() + timedelta(minutes=31), tick=False):
        late = client.post(f"/people/{ada.id}/disable", data=typed, headers={"Referer": referrer})
        asked = client.get("/sign-in").text

    assert late.location == f"/sign-in?next={target}"
    assert "was not saved" in asked
    assert session.scalars(sa.select(Draft)).all() == []


def test_timed_out_file_is_not_promised_to_be_kept(
    client: FlaskClient, session: Session, ada: User
) -> None:
    sign_in_as(client, session, ada)
    sent = {"csrf_token": csrf_token(client), "file": (io.BytesIO(b"a,b"), "list.csv")}

    with time_machine.travel(clock.now() + timedelta(minutes=31), tick=False):
        client.post("/referrals/import", data=sent)
        asked = client.get("/sign-in").text

    assert "has been kept" not in asked
    assert "was not saved" in asked


def test_draft_is_forgotten_when_its_page_is_sent_and_taken(
    client: FlaskClient, session: Session, ada: User
) -> None:
    sign_in_as(client, session, ada)
    grace = make.user(session, name="Grace Hopper")
    path = f"/people/{grace.id}"
    session.add(Draft(user_id=ada.id, path=path, form={"name": ["X"]}, saved_at=clock.now()))

    post(client, path, name="Grace B Hopper", roles="clerk", email=grace.email)

    assert session.scalars(sa.select(Draft)).all() == []


def test_changing_the_password_ends_the_other_sessions_only(
    client: FlaskClient, session: Session, ada: User
) -> None:
    sign_in(session, email=ada.email, password=PASSWORD)
    mine = sign_in_as(client, session, ada)

    answer = post(
        client,
        "/account",
        current=PASSWORD,
        new="four quite random words",
        again="four quite random words",
    )

    assert answer.status_code == 303
    live = session.scalars(sa.select(UserSession).where(UserSession.ended_at.is_(None))).all()
    assert [each.id for each in live] == [mine.id]
    assert sign_in(session, email=ada.email, password="four quite random words").user == ada


def test_guessing_the_current_password_locks_the_account(
    client: FlaskClient, session: Session, ada: User
) -> None:
    sign_in_as(client, session, ada)
    new = {"new": "four quite random words", "again": "four quite random words"}

    for _ in range(5):
        post(client, "/account", current="not this one", **new)
    locked = post(client, "/account", current=PASSWORD, **new)
    elsewhere = sign_in(session, email=ada.email, password=PASSWORD)
    with time_machine.travel(clock.now() + timedelta(minutes=15, seconds=1), tick=False):
        later = post(client, "/account", current=PASSWORD, **new)

    assert (locked.status_code, later.status_code) == (422, 303)
    assert "locked for 15 minutes" in locked.text
    assert elsewhere.user is None


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("short", "12 characters"),
        ("lovelace1234", "name"),
        ("aaaaaaaaaaaaaaa", "repeat"),
        ("x" * 129, "fewer"),
    ],
)
def test_weak_password_is_refused_with_its_reason(password: str, why: str) -> None:
    assert why in (weakness(password, email="ada@example.nhs.uk", name="Ada Lovelace") or "")


def test_disabled_person_is_out_at_once(client: FlaskClient, session: Session, ada: User) -> None:
    grace = make.user(session, Role.ADMINISTRATOR)
    sign_in_as(client, session, ada)
    assert client.get("/account").status_code == 200

    people.disable(session, user=ada, by=grace)
    session.flush()

    assert client.get("/account").status_code == 303


def test_last_administrator_can_neither_be_disabled_nor_lose_the_role(
    session: Session, ada: User
) -> None:
    clerk = make.user(session)

    with pytest.raises(Conflict, match="last administrator"):
        people.disable(session, user=ada, by=clerk)
    with pytest.raises(Conflict, match="last administrator"):
        people.change(
            session, user=ada, name=ada.name, roles=["clerk"], intimate_images=False, by=clerk
        )


def test_email_is_taken_whatever_its_case(session: Session, ada: User) -> None:
    with pytest.raises(Conflict, match="already has this email"):
        people.add(
            session,
            email=ada.email.upper(),
            name="Another Ada",
            roles=["clerk"],
            password=PASSWORD,
            intimate_images=False,
            by=None,
        )


def test_unknown_role_is_refused(session: Session) -> None:
    with pytest.raises(Invalid) as refused:
        people.add(
            session,
            email="x@example.nhs.uk",
            name="X Ample",
            roles=["emperor"],
            password=PASSWORD,
            intimate_images=False,
            by=None,
        )

    assert "roles" in refused.value.fields


def test_bearer_token_needs_no_csrf_and_a_wrong_one_is_refused(
    client: FlaskClient, session: Session, ada: User
) -> None:
    token = make_token(session, user=ada, label="test", by=ada)

    right = client.post("/api/v1/uploads", headers={"Authorization": f"Bearer {token}"})
    wrong = client.post("/api/v1/uploads", headers={"Authorization": "Bearer nonsense"})

    assert right.status_code == 403  # known, but no photographer
    assert wrong.status_code == 401


@pytest.mark.parametrize("act", ["end-sessions", "reset-password", "disable"])
def test_bearer_token_opens_nothing_once_its_person_is_signed_out_everywhere(
    client: FlaskClient, session: Session, ada: User, act: str
) -> None:
    program = make.user(session, Role.CLERK)
    token = make_token(session, user=program, label="test", by=None)
    sign_in_as(client, session, ada)

    post(client, f"/people/{program.id}/{act}")
    if act == "disable":
        post(client, f"/people/{program.id}/enable")
    answer = client.post("/api/v1/uploads", headers={"Authorization": f"Bearer {token}"})

    assert answer.status_code == 401
    revoked = session.scalars(
        sa.select(AuditEntry).where(AuditEntry.did == "revoked API tokens")
    ).one()
    assert (revoked.by_id, revoked.detail) == (ada.id, {"tokens": 1})


def test_bearer_token_opens_nothing_once_its_person_has_a_new_password(
    client: FlaskClient, session: Session, ada: User
) -> None:
    token = make_token(session, user=ada, label="test", by=ada)

    change_password(session, user=ada, current=PASSWORD, new="four other random words", keep=None)
    answer = client.post("/api/v1/uploads", headers={"Authorization": f"Bearer {token}"})

    assert answer.status_code == 401


def test_command_revokes_every_token_of_one_person_and_says_how_many(
    app: Flask, client: FlaskClient, session: Session, ada: User
) -> None:
    hers, others = (
        make_token(session, user=user, label="test", by=None)
        for user in (ada, make.user(session, Role.PHOTOGRAPHER))
    )
    commands = app.test_cli_runner()

    said = commands.invoke(args=["people", "revoke-tokens", "ADA@example.nhs.uk"])
    nobody = commands.invoke(args=["people", "revoke-tokens", "eve@example.nhs.uk"])
    answers = [
        client.post("/api/v1/uploads", headers={"Authorization": f"Bearer {each}"})
        for each in (hers, others)
    ]

    assert said.output == "Tokens of ADA@example.nhs.uk revoked: 1\n"
    assert (nobody.exit_code, "Nobody has the email address" in nobody.output) == (1, True)
    assert answers[0].status_code == 401
    assert answers[1].status_code != 401


def test_bearer_token_opens_no_page(client: FlaskClient, session: Session, ada: User) -> None:
    token = make_token(session, user=ada, label="test", by=ada)

    answer = client.get("/account", headers={"Authorization": f"Bearer {token}"})
    sign_in_page = client.get("/sign-in", headers={"Authorization": "Bearer nonsense"})

    assert answer.location == "/sign-in?next=/account"
    assert sign_in_page.status_code == 200


def test_form_without_its_token_is_refused(
    client: FlaskClient, session: Session, ada: User
) -> None:
    sign_in_as(client, session, ada)

    answer = client.post("/sign-out")

    assert answer.status_code == 400
    assert "reload the page" in answer.text
