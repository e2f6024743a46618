"""Two clerks press "Book this appointment" at the same moment."""

import re
from threading import Barrier

import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy.orm import Session, sessionmaker

from derm_service.app import create_app
from derm_service.booking.models import Allocation, Appointment
from derm_service.config import Settings
from tests import make
from tests.racing import at_once
from tests.surf import csrf_token, sign_in_as

CLERKS = 4


def test_of_clerks_who_press_at_once_one_books_and_the_others_read_what_else_is_free(
    settings: Settings, database_url: str, committed_sessions: sessionmaker[Session]
) -> None:
    app = create_app(settings.model_copy(update={"database_url": database_url}))
    app.testing = True
    with committed_sessions() as session:
        clinic = make.clinic(session)
        slot, others = clinic.slots[0], clinic.slots[1:6]
        referrals = [make.referral(session) for _ in range(CLERKS)]
        clients: list[FlaskClient] = [app.test_client() for _ in range(CLERKS)]
        for client in clients:
            sign_in_as(client, session, make.user(session))
        session.commit()
    tokens = [csrf_token(client) for client in clients]
    ready = Barrier(CLERKS)

    def press(n: int) -> str:
        address = f"/referrals/{referrals[n].id}/book/{slot.id}"
        ready.wait(timeout=30)
        answer = clients[n].post(address, data={"csrf_token": tokens[n]})
        if answer.status_code == 409:
            offered = re.findall(
                rf'action="/referrals/{referrals[n].id}/book/([0-9a-f-]+)"', answer.text
            )
            assert "just been taken" in answer.text
            assert offered == [str(one.id) for one in others]
        return str(answer.status_code)

    answers = at_once(CLERKS, press)

    assert sorted(answers) == ["303"] + ["409"] * (CLERKS - 1)
    with committed_sessions() as session:
        assert len(session.scalars(sa.select(Appointment)).all()) == 1
        visits = sa.select(sa.func.count()).where(Allocation.appointment_id.isnot(None))
        assert session.scalar(visits) == 3
    app.extensions["derm.sessions"].kw["bind"].dispose()
