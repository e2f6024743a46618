"""The home page says what each page is for, and how much waits."""

from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from derm_service import clock
from derm_service.messages import work
from derm_service.messages.codes import WorkKind
from derm_service.people import Role
from tests import make
from tests.surf import sign_in_as


def test_home_counts_the_work_of_this_persons_roles_only(
    client: FlaskClient, session: Session
) -> None:
    for role in (Role.CLERK, Role.CLERK, Role.PHOTOGRAPHER):
        work.raise_item(
            session,
            kind=WorkKind.SAFETY_ALERT,
            role=role,
            due_on=clock.today(),
            subject_id=make.location(session).id,
        )
    sign_in_as(client, session, make.user(session, Role.CLERK))

    page = client.get("/").text

    assert "2 things now" in page
    assert "Letters to print and post" in page
    assert "Clinic day" not in page
