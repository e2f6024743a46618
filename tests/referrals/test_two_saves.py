"""A clerk presses "Save" twice, or two clerks save one person at the same moment."""

from typing import Any

import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy.orm import Session, sessionmaker

from derm_service.app import create_app
from derm_service.config import Settings
from derm_service.people import Role
from derm_service.referrals.models import Patient, Referral
from tests import make
from tests.racing import at_once
from tests.referrals.test_pages import answers
from tests.surf import csrf_token, sign_in_as

CLERKS = 3


def test_person_without_a_number_saved_at_once_is_one_record_and_shown_to_the_others(
    settings: Settings, database_url: str, committed_sessions: sessionmaker[Session]
) -> None:
    app = create_app(settings.model_copy(update={"database_url": database_url}))
    app.testing = True
    clients: list[FlaskClient] = [app.test_client() for _ in range(CLERKS)]
    with committed_sessions() as session:
        for client in clients:
            sign_in_as(client, session, make.user(session, Role.CLERK))
        session.commit()
    tokens = [csrf_token(client) for client in clients]
    texts: list[str] = []

    def press(n: int) -> str:
        unknown = answers(nhs_number="", nhs_number_not_known="yes")
        entered: dict[str, Any] = {**unknown, "csrf_token": tokens[n]}
        answer = clients[n].post("/referrals/new", data={**entered, "step": "save"})
        texts.append(answer.text)
        return str(answer.status_code)

    came_to = at_once(CLERKS, press)

    assert sorted(came_to) == ["303"] + ["422"] * (CLERKS - 1)
    assert sum("Choose whether this is somebody we know" in text for text in texts) == CLERKS - 1
    with committed_sessions() as session:
        for table in (Patient, Referral):
            assert session.scalar(sa.select(sa.func.count()).select_from(table)) == 1
    app.extensions["derm.sessions"].kw["bind"].dispose()
