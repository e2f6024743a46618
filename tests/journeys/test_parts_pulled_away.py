"""The object store, then the database, is pulled away in the middle of a visit."""

from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import UUID

import pytest
from playwright.sync_api import Page, expect

from derm_service.db import make_engine, make_sessions
from derm_service.embedded.object_store import ObjectStore, start_object_store
from derm_service.embedded.postgres import Postgres, start_postgres
from derm_service.imaging.codes import CaptureState, View
from derm_service.people import Role
from tests import make
from tests.fixtures.app import make_settings
from tests.fixtures.database import migrate
from tests.fixtures.service import PATIENCE_SECONDS, RunningService, free_port, start, until_up
from tests.journeys import look
from tests.journeys.conftest import PASSWORD, Team, make_team
from tests.journeys.steps import Walker

RECOVERY_MILLISECONDS = 90_000


@pytest.fixture
def own_postgres(tmp_path: Path) -> Iterator[Postgres]:
    """A PostgreSQL this test may stop."""
    server = start_postgres(tmp_path / "own", durable=False)
    migrate(server.url)
    yield server
    server.stop()


@pytest.fixture
def own_store(tmp_path: Path) -> Iterator[ObjectStore]:
    """An object store this test may stop."""
    server = start_object_store(tmp_path / "own")
    yield server
    server.stop()


@pytest.fixture
def own_service(
    own_postgres: Postgres, own_store: ObjectStore, key_file: Path, tmp_path: Path
) -> Iterator[RunningService]:
    """A service on those two, as on parts that somebody else runs."""
    settings = make_settings(
        own_postgres.url, own_store, key_file, tmp_path / "service", port=free_port()
    )
    output = tmp_path / "service.out"
    process = start(settings, output)
    until_up(process, output)
    engine = make_engine(own_postgres.url, pool_size=2)
    running = RunningService(settings.address, settings, make_sessions(engine), process, output)
    yield running
    engine.dispose()
    running.stop()
    assert process.wait(PATIENCE_SECONDS) == 0


def test_visit_survives_the_store_and_the_database_being_pulled_away(
    own_service: RunningService,
    own_postgres: Postgres,
    own_store: ObjectStore,
    new_page: Callable[..., Page],
    photographs: dict[str, Path],
) -> None:
    team = make_team(own_service)
    referral_id = _booked(own_service, team)
    photographer = Walker(new_page(own_service.url))
    photographer.sign_in(team.people[Role.PHOTOGRAPHER].email, PASSWORD)
    photographer.check_in("Okafor")
    photographer.confirm_identity()
    photographer.take_consent()
    photographer.open_lesion(1)
    lesion_page = photographer.page.url

    # The store is gone: the page says so and keeps the photograph; nothing is acknowledged.
    own_store.stop()
    health = photographer.page.request.get("/healthz")
    assert (health.status, health.json()["down"]) == (503, ["object_store"])
    section = photographer.page.locator("[data-view=overview]")
    section.locator("#overview-files").set_input_files(photographs[View.OVERVIEW])
    expect(section.get_by_text("It is tried again by itself")).to_be_visible(
        timeout=RECOVERY_MILLISECONDS
    )
    expect(section.get_by_text("On the record")).to_have_count(0)
    with own_service.sessions() as session:
        assert [each.received_at for each in look.captures(session, referral_id)] == [None]

    # It is back: the same photograph arrives, once, whole.
    own_store.restart()
    own_store.wait_ready()
    again = section.get_by_role("button", name="Try again")
    arrived = section.get_by_text("On the record")
    expect(again.or_(arrived)).to_be_visible(timeout=RECOVERY_MILLISECONDS)
    if again.is_visible():
        again.click()
    expect(arrived).to_be_visible(timeout=RECOVERY_MILLISECONDS)

    # The database is gone: a clear page, and what was acknowledged is still there afterwards.
    own_postgres.stop()
    answer = photographer.page.goto(lesion_page)
    assert answer is not None
    assert answer.status == 503
    expect(photographer.page.locator("main")).to_contain_text("The database cannot be reached")
    assert photographer.page.request.get("/healthz").status == 503
    own_postgres.restart()
    own_postgres.wait_ready()
    photographer.open(lesion_page)
    expect(photographer.page.locator("[data-view=overview]")).to_contain_text("On the record")

    look.assert_filed_untouched(own_service, referral_id, photographs)
    with own_service.sessions() as session:
        assert [each.state for each in look.captures(session, referral_id)] == [CaptureState.FILED]


def _booked(service: RunningService, team: Team) -> UUID:
    with service.sessions() as session:
        referral = make.referral(session)
        make.appointment(session, slot=session.merge(team.clinic.slots[0]), referral=referral)
        session.commit()
        return referral.id
