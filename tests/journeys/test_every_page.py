"""Every page of the demonstration, as each role finds it by following links, desk and phone."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page

from derm_service.db import make_engine, make_sessions
from derm_service.demo import load
from derm_service.demo.people import SIGN_INS, SignIn
from derm_service.embedded.object_store import ObjectStore
from derm_service.embedded.postgres import Postgres
from tests.fixtures.app import make_settings
from tests.fixtures.browser import DESK, PHONE
from tests.fixtures.database import copied_database
from tests.fixtures.service import PATIENCE_SECONDS, RunningService, free_port, start, until_up
from tests.frontend.axe import faults
from tests.journeys.steps import Walker

ID = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}")
NO_PAGE = re.compile(r"/images/|\.(pdf|csv|ics)(\?|$)|/static/|template")
OF_A_KIND = 2
"""How many pages of one address pattern are looked at: the first may lack what the second has."""


@pytest.fixture(scope="module")
def demonstration(
    postgres: Postgres,
    object_store: ObjectStore,
    key_file: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[RunningService]:
    """A service with one referral of each story of the demonstration."""
    place = tmp_path_factory.mktemp("demonstration")
    with copied_database(postgres) as url:
        settings = make_settings(url, object_store, key_file, place, port=free_port())
        engine = make_engine(url, pool_size=4)
        load.load(make_sessions(engine), settings, lambda _: None, each_story_once=True)
        output = place / "service.out"
        process = start(settings, output)
        until_up(process, output)
        running = RunningService(settings.address, settings, make_sessions(engine), process, output)
        yield running
        running.stop()
        process.wait(PATIENCE_SECONDS)
        engine.dispose()


@pytest.mark.long
@pytest.mark.parametrize("person", SIGN_INS, ids=lambda person: str(person.role))
def test_no_page_that_a_role_can_reach_has_a_fault(
    demonstration: RunningService, new_page: Callable[..., Page], person: SignIn
) -> None:
    walker = Walker(new_page(demonstration.url))
    walker.sign_in(person.email, person.password)
    page, wrong = walker.page, dict[str, list[str]]()
    waiting, seen = ["/"], dict[str, int]()

    while waiting:
        path = waiting.pop(0)
        kind = ID.sub("…", path.partition("?")[0])
        if seen.setdefault(kind, 0) >= OF_A_KIND:
            continue
        seen[kind] += 1
        for size in (DESK, PHONE):
            page.set_viewport_size({"width": size[0], "height": size[1]})
            answer = page.goto(path)
            problems = faults(page)
            if answer is None or answer.status >= 400:
                problems.append(f"answered {answer.status if answer else 'nothing'}")
            if problems:
                wrong[f"{path} at {size[0]}"] = problems
        for link in page.locator("a[href^='/']").all():
            href = (link.get_attribute("href") or "").partition("#")[0]
            if href and not NO_PAGE.search(href):
                waiting.append(href)

    assert not wrong
    assert len(seen) > 2
