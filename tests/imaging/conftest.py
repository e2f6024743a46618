"""What most tests of captures begin with: a photographer in a visit, signed in."""

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from derm_service.imaging.models import Visit
from derm_service.people import User
from tests.imaging import visiting
from tests.surf import csrf_token, sign_in_as


@pytest.fixture
def photographer(session: Session) -> User:
    """Who may take photographs."""
    return visiting.photographer(session)


@pytest.fixture
def visit(session: Session, photographer: User) -> Visit:
    """A visit whose shutter is open."""
    return visiting.ready(session, by=photographer)


@pytest.fixture
def token(client: FlaskClient, session: Session, photographer: User) -> str:
    """The photographer's token for forms; `client` is signed in."""
    sign_in_as(client, session, photographer)
    return csrf_token(client)
