"""The pages for a photograph filed wrongly, as a lead sees them, desk and phone."""

from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page

from derm_service.imaging.vault import worker_vault
from derm_service.people import Role
from tests import make
from tests.custody.filed import filed
from tests.fixtures.browser import DESK, PHONE
from tests.fixtures.service import RunningService
from tests.frontend.axe import faults
from tests.imaging import visiting
from tests.journeys.conftest import PASSWORD, make_team
from tests.journeys.steps import Walker


def test_pages_to_move_and_erase_have_no_fault(
    service: RunningService, new_page: Callable[..., Page], tmp_path: Path
) -> None:
    team = make_team(service)
    with service.sessions() as session:
        person = visiting.photographer(session)
        visit = visiting.ready(session, by=person)
        visiting.visit(session, referral=make.referral(session), by=person)
        vault = worker_vault(service.settings)
        capture_id = filed(session, vault, visit=visit, by=person).id
    walker = Walker(new_page(service.url))
    walker.sign_in(team.people[Role.LEAD].email, PASSWORD)
    wrong: dict[str, list[str]] = {}

    for name in ("move", "erase"):
        for size in (DESK, PHONE):
            walker.page.set_viewport_size({"width": size[0], "height": size[1]})
            answer = walker.page.goto(f"/captures/{capture_id}/{name}")
            assert answer is not None
            assert answer.status == 200
            walker.page.screenshot(path=tmp_path / f"{name}{size[0]}.png", full_page=True)
            if problems := faults(walker.page):
                wrong[f"{name} at {size[0]}"] = problems

    assert not wrong
