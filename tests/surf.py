"""Using the pages without a browser: signing in, sending forms with their CSRF token."""

import re
import secrets
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from derm_service import clock
from derm_service.accounts.models import UserSession
from derm_service.accounts.sign_in import digest
from derm_service.people import User

TOKEN = re.compile(r'name="csrf-token" content="([^"]+)"')


def sign_in_as(client: FlaskClient, session: Session, user: User) -> UserSession:
    """Give the client a live session of this person (the sign-in page has tests of its own)."""
    token = secrets.token_urlsafe(16)
    row = UserSession(
        user_id=user.id, token_sha256=digest(token), started_at=clock.now(), seen_at=clock.now()
    )
    session.add(row)
    session.flush()
    with client.session_transaction() as cookie:
        cookie["token"] = token
    return row


def csrf_token(client: FlaskClient) -> str:
    """The token every form of this client's session carries."""
    found = TOKEN.search(client.get("/account").text) or TOKEN.search(client.get("/sign-in").text)
    assert found is not None
    return found.group(1)


def post(client: FlaskClient, path: str, **form: Any) -> TestResponse:
    """Send a form as a page of ours would; field names with dashes go in `data={...}`."""
    data = {"csrf_token": csrf_token(client), **form.pop("data", {}), **form}
    return client.post(path, data=data)
