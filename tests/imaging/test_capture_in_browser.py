"""The capture page in a real browser, on the running service with its worker."""

import hashlib
import uuid
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import pytest
import sqlalchemy as sa
from playwright.sync_api import Locator, Page, Route, expect

from derm_service.accounts.passwords import hash_password
from derm_service.imaging.codes import CaptureState, Contact, Immersion, Polarisation, View
from derm_service.imaging.models import Capture, ImageSet
from derm_service.people import Role
from tests import make
from tests.fixtures.browser import DESK, PHONE, NewPage
from tests.fixtures.service import RunningService
from tests.frontend import axe
from tests.imaging import files, scenes, visiting

pytestmark = pytest.mark.browser

PASSWORD = "three random words here"


@dataclass
class Scene:
    """A visit with an open shutter, and the photographer at its capture page."""

    page: Page
    lesion_id: uuid.UUID
    service: RunningService

    def view(self, name: View) -> Locator:
        """The part of the page for one view."""
        return self.page.locator(f"[data-view={name.value}]")

    def choose(self, view: View, *paths: Path) -> None:
        """Choose files for a view."""
        self.page.locator(f"#{view.value}-files").set_input_files(list(paths))

    def captures(self) -> list[Capture]:
        """What the database holds of the lesion, in the order of choosing."""
        with self.service.sessions() as session:
            found = session.scalars(
                sa.select(Capture)
                .join(ImageSet)
                .where(ImageSet.lesion_id == self.lesion_id)
                .order_by(Capture.id)
            )
            return list(found)


@pytest.fixture
def scene(service: RunningService, new_page: NewPage) -> Scene:
    """A photographer who has signed in and opened the capture page of a lesion."""
    return open_scene(service, new_page, DESK)


def open_scene(
    service: RunningService, new_page: NewPage, size: tuple[int, int], *, through: str = ""
) -> Scene:
    """A photographer at the capture page; `through` is another address of the service."""
    with service.sessions() as session:
        photographer = make.user(
            session,
            Role.PHOTOGRAPHER,
            email=f"photographer-{uuid.uuid4()}@example.nhs.uk",
            password_hash=hash_password(PASSWORD),
        )
        visit = visiting.ready(session, by=photographer)
        lesion_id = visiting.lesion_id(visit)
        address = f"/visits/{visit.id}/lesions/{lesion_id}"
        session.commit()
        email = photographer.email
    page = new_page(through or service.url, size=size)
    page.goto(address)
    page.get_by_label("Email address").fill(email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.locator("[data-capture-page]").wait_for()
    return Scene(page, lesion_id, service)


@pytest.fixture
def sharp(tmp_path: Path) -> Path:
    """A photograph in focus."""
    path = tmp_path / "sharp.jpg"
    path.write_bytes(files.of_its_own(files.encoded(files.skin(2400, 1800))))
    return path


@pytest.fixture
def blurred(tmp_path: Path) -> Path:
    """A photograph out of focus."""
    path = tmp_path / "blurred.jpg"
    soft = cv2.GaussianBlur(files.skin(2400, 1800), (0, 0), 9).astype(np.uint8)
    path.write_bytes(files.of_its_own(files.encoded(soft)))
    return path


@pytest.fixture
def burnt(tmp_path: Path) -> Path:
    """A photograph with a flash on the skin."""
    path = tmp_path / "burnt.jpg"
    pixels = files.skin(2400, 1800)
    pixels[300:1500, 720:2100] = 255
    path.write_bytes(files.of_its_own(files.encoded(pixels)))
    return path


@pytest.fixture
def through_lens(tmp_path: Path) -> Path:
    """A photograph in focus, taken through a dermatoscope."""
    path = tmp_path / "dermoscopic.jpg"
    path.write_bytes(files.of_its_own(files.encoded(scenes.taken(View.DERMOSCOPIC)[0])))
    return path


def test_good_photograph_is_sent_judged_and_filed_unaltered(scene: Scene, sharp: Path) -> None:
    scene.choose(View.OVERVIEW, sharp)

    card = scene.view(View.OVERVIEW).locator("[data-card][data-state=filed]")
    expect(card).to_contain_text("Photo quality only.")
    expect(card.get_by_role("img")).to_have_js_property("complete", True)
    expect(scene.page.locator("[data-wanted]")).to_contain_text("Taken")
    expect(scene.page.locator("[data-unsent]")).to_be_empty()
    (capture,) = scene.captures()
    assert capture.state is CaptureState.FILED
    busy = iter([503])
    scene.page.route(
        "**/images/*/thumb",
        lambda route: route.fulfill(status=code) if (code := next(busy, 0)) else route.continue_(),
    )
    scene.page.reload()  # the service draws the same
    expect(card).to_contain_text("Overview photograph 1")
    expect(card.get_by_role("img")).not_to_have_js_property("naturalWidth", 0)  # asked for again
    assert capture.sha256 == hashlib.sha256(sharp.read_bytes()).hexdigest()


def test_blurred_photograph_can_be_kept_with_a_reason(scene: Scene, blurred: Path) -> None:
    scene.choose(View.CLOSE_UP, blurred)
    card = scene.view(View.CLOSE_UP).locator("[data-card][data-state=checked]")
    expect(card).to_contain_text("Not good enough")

    card.get_by_text("Keep it with a reason").click()
    card.get_by_label("The patient cannot hold still or is in pain").check()
    card.get_by_role("button", name="Keep this photograph").click()

    filed = scene.view(View.CLOSE_UP).locator("[data-card][data-state=filed]")
    expect(filed).to_contain_text("The patient cannot hold still or is in pain")
    assert scene.captures()[0].state is CaptureState.FILED


def test_burnt_photograph_shows_where_and_how_it_should_look(
    scene: Scene, burnt: Path, sharp: Path
) -> None:
    scene.choose(View.CLOSE_UP, burnt)

    card = scene.view(View.CLOSE_UP).locator("[data-card][data-state=checked]")
    expect(card.get_by_role("listitem").filter(has_text="burnt out")).to_be_visible()
    expect(card.locator("figcaption")).to_contain_text("how it should look")
    boxes = [each.bounding_box() for each in card.locator(".derm-marks__box").all()]
    picture = card.get_by_role("img").bounding_box()
    assert picture is not None
    shown_width = picture["height"] * 4 / 3  # object-fit: contain, in the middle
    left = picture["x"] + (picture["width"] - shown_width) / 2
    leftmost = min(box["x"] for box in boxes if box)
    assert (leftmost - left) / shown_width == pytest.approx(0.3, abs=0.1)
    scene.choose(View.CLOSE_UP, sharp)
    wanted = scene.page.locator("[data-wanted] li").filter(has_text="Close-up")
    expect(wanted).to_contain_text("Taken")
    aside = scene.view(View.CLOSE_UP).locator("[data-card][data-state=set_aside]")
    expect(aside).to_contain_text("It is not on the record")  # the burnt one went by itself
    assert axe.faults(scene.page) == []


def test_blurred_photograph_is_taken_again(scene: Scene, blurred: Path, sharp: Path) -> None:
    scene.choose(View.CLOSE_UP, blurred)
    cards = scene.view(View.CLOSE_UP).locator("[data-card]")
    cards.get_by_role("button", name="Take again Close-up photograph 1").click()
    expect(cards).to_have_count(0)

    scene.choose(View.CLOSE_UP, sharp)

    expect(cards.filter(has_text="Close-up photograph 2")).to_have_attribute("data-state", "filed")
    states = [capture.state for capture in scene.captures()]
    assert states == [CaptureState.SET_ASIDE, CaptureState.FILED]


def test_device_says_what_to_do_before_anything_is_sent_and_the_service_has_the_last_word(
    scene: Scene, blurred: Path, sharp: Path
) -> None:
    scene.page.route("**/api/v1/uploads**", lambda route: route.abort())
    scene.choose(View.CLOSE_UP, blurred)
    scene.choose(View.OVERVIEW, sharp)

    soft = scene.view(View.CLOSE_UP).locator("[data-card]")
    expect(soft).to_contain_text("This device would take it again: ")
    expect(soft.get_by_role("listitem")).to_contain_text(["not sharp"])
    expect(soft).to_contain_text("Photo quality only. It says nothing about the lesion.")
    good = scene.view(View.OVERVIEW).locator("[data-card]")
    expect(good).to_contain_text("This device sees nothing to take it again for.")
    assert axe.faults(scene.page) == []
    assert scene.captures() == [] or scene.captures()[0].verdict is None
    scene.page.unroute("**/api/v1/uploads**")

    expect(good).to_have_attribute("data-state", "filed")
    expect(soft).to_have_attribute("data-state", "checked")
    expect(scene.page.locator("[data-first-look]")).to_have_count(0)
    expect(soft).to_contain_text("Not good enough")


def test_photograph_chosen_before_the_page_has_woken_up_is_sent(scene: Scene, sharp: Path) -> None:
    asleep: list[Route] = []
    scene.page.route("**/capture-*.js", lambda route: asleep.append(route))
    with scene.page.expect_request("**/capture-*.js"):
        scene.page.goto(scene.page.url, wait_until="commit")

    scene.choose(View.OVERVIEW, sharp)
    for script in asleep:
        script.continue_()

    card = scene.view(View.OVERVIEW).locator("[data-card]")
    expect(card).to_have_attribute("data-state", "filed")


def test_photograph_is_sent_where_the_device_cannot_judge(scene: Scene, sharp: Path) -> None:
    refused: list[str] = []

    def refuse(route: Route) -> None:
        refused.append(route.request.url)
        route.abort()

    scene.page.route("**/gate-*.js", refuse)
    scene.page.reload()

    scene.choose(View.OVERVIEW, sharp)

    card = scene.view(View.OVERVIEW).locator("[data-card]")
    expect(card).to_have_attribute("data-state", "filed")
    assert refused


def test_dermoscopic_photograph_is_taken_only_with_its_lens_described(
    scene: Scene, through_lens: Path
) -> None:
    chooser = scene.page.locator("#dermoscopic-files")
    expect(chooser).to_be_disabled()

    for answer in ("Not polarised", "Touching the skin", "Gel"):
        scene.view(View.DERMOSCOPIC).get_by_label(answer, exact=True).check()
    expect(chooser).to_be_enabled()
    scene.choose(View.DERMOSCOPIC, through_lens)

    scene.view(View.DERMOSCOPIC).locator("[data-card][data-state=filed]").wait_for()
    (capture,) = scene.captures()
    assert capture.polarisation is Polarisation.NON_POLARISED
    assert capture.contact is Contact.CONTACT
    assert capture.immersion is Immersion.GEL


def test_three_photographs_at_once_all_arrive_in_their_order(
    scene: Scene, sharp: Path, tmp_path: Path
) -> None:
    paths = [tmp_path / f"{number}.jpg" for number in range(3)]
    for number, path in enumerate(paths):
        path.write_bytes(files.of_its_own(files.encoded(files.skin(1600, 1200, seed=number))))

    scene.choose(View.OVERVIEW, *paths)

    filed = scene.view(View.OVERVIEW).locator("[data-card][data-state=filed]")
    expect(filed).to_have_count(3)
    hashes = [hashlib.sha256(path.read_bytes()).hexdigest() for path in paths]
    assert [capture.sha256 for capture in scene.captures()] == hashes


def test_line_that_breaks_is_picked_up_where_it_broke(scene: Scene, sharp: Path) -> None:
    scene.page.context.set_offline(True)
    scene.choose(View.OVERVIEW, sharp)
    card = scene.view(View.OVERVIEW).locator("[data-card]")
    expect(card).to_contain_text("Paused")
    expect(scene.page.locator("[data-unsent]")).to_contain_text("not sent yet")

    scene.page.context.set_offline(False)

    expect(card).to_have_attribute("data-state", "filed")


def test_file_that_is_no_photograph_is_refused_in_plain_words(scene: Scene, tmp_path: Path) -> None:
    path = tmp_path / "letter.jpg"
    path.write_bytes(b"Dear Dr Patel, this is no photograph." * 100)

    scene.choose(View.OVERVIEW, path)

    card = scene.view(View.OVERVIEW).locator("[data-card]")
    expect(card).to_contain_text("Cannot be used")
    expect(card.get_by_text("Keep it with a reason")).to_have_count(0)


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_capture_page_is_clean_for_axe_and_fits_the_screen(
    service: RunningService, new_page: NewPage, blurred: Path, size: tuple[int, int]
) -> None:
    scene = open_scene(service, new_page, size)
    scene.choose(View.CLOSE_UP, blurred)
    scene.view(View.CLOSE_UP).locator("[data-card][data-state=checked]").wait_for()

    assert axe.faults(scene.page) == []
