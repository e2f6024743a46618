"""What /healthz says when a part is there, and when it is not."""

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy.orm import Session, sessionmaker

from derm_service.app import create_app
from derm_service.config import Settings


@pytest.fixture
def worker(session: Session) -> None:
    """A job worker that has just been heard."""
    session.execute(sa.text("INSERT INTO procrastinate_workers DEFAULT VALUES"))


def test_healthz_is_ok_when_every_part_is_there(client: FlaskClient, worker: None) -> None:
    answer = client.get("/healthz")

    assert answer.status_code == 200
    assert answer.json == {
        "down": [],
        "parts": {"database": "ok", "object_store": "ok", "jobs": "ok", "disk": "ok"},
    }


def test_healthz_names_the_jobs_when_no_worker_was_heard(client: FlaskClient) -> None:
    answer = client.get("/healthz")

    assert (answer.status_code, answer.json and answer.json["down"]) == (503, ["jobs"])


@pytest.mark.parametrize(
    ("part", "broken"),
    [
        ("object_store", {"s3_endpoint": "http://127.0.0.1:9"}),
        ("disk", {"minimum_free_mb": 10**9}),
    ],
)
def test_healthz_names_the_part_that_is_down(
    settings: Settings,
    joined_sessions: sessionmaker[Session],
    worker: None,
    session: Session,
    part: str,
    broken: dict[str, object],
) -> None:
    app = create_app(settings.model_copy(update=broken))
    app.extensions["derm.sessions"] = joined_sessions
    session.flush()

    answer = app.test_client().get("/healthz")

    assert (answer.status_code, answer.json and answer.json["down"]) == (503, [part])


def test_unreachable_database_is_named_and_other_pages_say_so_in_words(settings: Settings) -> None:
    gone = settings.model_copy(update={"database_url": "postgresql://nobody@127.0.0.1:9/nothing"})
    client = create_app(gone).test_client()

    health = client.get("/healthz")
    with client.session_transaction() as cookie:
        cookie["token"] = "a token the database would have to look up"
    page = client.get("/")

    assert health.status_code == 503
    assert health.json is not None
    assert "database" in health.json["down"]
    assert page.status_code == 503
    assert "The database cannot be reached just now. Nothing was changed." in page.text
