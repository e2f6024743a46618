"""What the service writes to its log names nobody."""

import logging
from functools import wraps
from typing import Any

import pytest
from flask import Flask, request
from flask.testing import FlaskClient
from sqlalchemy.orm import Session, sessionmaker

from derm_service.app import create_app
from derm_service.config import Settings
from tests import make
from tests.surf import csrf_token, post, sign_in_as


@pytest.fixture
def app(settings: Settings, joined_sessions: sessionmaker[Session]) -> Flask:
    """An app of this test's own: it is going to be broken."""
    own = create_app(settings)
    own.extensions["derm.sessions"] = joined_sessions
    return own


def _broken_on(word: str, view: Any) -> Any:
    """The page as it is, but a bug in it for one thing typed."""

    @wraps(view)
    def page() -> Any:
        if request.form["q"] == word:
            raise RuntimeError(f"cannot find {word}")
        return view()

    return page


def test_logs_of_a_search_and_of_a_bug_name_nobody(
    app: Flask, client: FlaskClient, session: Session, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    sign_in_as(client, session, make.user(session))
    patient = make.patient(session, family_name="Featherstonehaugh")
    typed = f"Featherstonehaugh {patient.nhs_number} 14/3/1960"
    token = csrf_token(client)
    app.view_functions["search.find"] = _broken_on("Quackenbush", app.view_functions["search.find"])

    found = post(client, "/patients/search", q=typed)
    broken = client.post("/patients/search", data={"csrf_token": token, "q": "Quackenbush"})

    assert "FEATHERSTONEHAUGH" in found.text
    assert broken.status_code == 500
    assert "unexpected_error" in caplog.text
    assert "/patients/search" in caplog.text
    for secret in ("eatherston", str(patient.nhs_number), "1960", "uackenbush"):
        assert secret not in caplog.text
