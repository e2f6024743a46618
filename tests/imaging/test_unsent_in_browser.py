"""The capture page on bad lines: what is not sent yet is never lost, and never called sent."""

import base64
import hashlib
import io
import json
import re
import zipfile
from itertools import pairwise
from pathlib import Path

import pytest
import sqlalchemy as sa
from playwright.sync_api import Dialog, Request, Route, expect

from derm_service import clock
from derm_service.accounts.models import UserSession
from derm_service.imaging import standing
from derm_service.imaging.codes import CaptureState, SetAsideReason, View
from tests.fixtures.browser import DESK, NewPage
from tests.fixtures.service import RunningService
from tests.frontend import axe
from tests.imaging import files
from tests.imaging.test_capture_in_browser import Scene, open_scene
from tests.line import Line

pytestmark = pytest.mark.browser

UPLOADS = "**/api/v1/uploads/*"


@pytest.fixture
def scene(service: RunningService, new_page: NewPage) -> Scene:
    return open_scene(service, new_page, DESK)


@pytest.fixture
def photographs(tmp_path: Path) -> list[Path]:
    """Three good photographs, each of several hundred kilobytes."""
    paths = []
    for seed in range(3):
        path = tmp_path / f"{seed}.jpg"
        path.write_bytes(files.of_its_own(files.encoded(files.skin(1800, 1350, seed=seed))))
        paths.append(path)
    return paths


def no_line(scene: Scene) -> None:
    """From now on nothing of a photograph gets through; pages do."""
    scene.page.route(UPLOADS, lambda route: route.abort())


def test_photographs_arrive_whole_through_a_line_that_is_cut(
    service: RunningService, new_page: NewPage, photographs: list[Path]
) -> None:
    with Line(service.url) as line:
        scene = open_scene(service, new_page, DESK, through=line.url)
        cuts = iter([60_000, 90_000, 40_000, 120_000])
        line.cut_after = lambda: next(cuts, None)
        line.cut()

        scene.choose(View.OVERVIEW, *photographs)

        filed = scene.view(View.OVERVIEW).locator("[data-card][data-state=filed]")
        expect(filed).to_have_count(3, timeout=90_000)
    hashes = [hashlib.sha256(path.read_bytes()).hexdigest() for path in photographs]
    assert [capture.sha256 for capture in scene.captures()] == hashes
    assert [capture.sha256_received for capture in scene.captures()] == hashes
    assert line.cuts > 0


def test_next_photograph_begins_with_the_pieces_the_line_has_shown_it_carries(
    scene: Scene, photographs: list[Path]
) -> None:
    begun: list[tuple[str, int]] = []

    def hear(sent: Request) -> None:
        if "upload-checksum" in sent.headers:  # a piece, not a question
            begun.append((sent.method, int(sent.headers.get("upload-offset", 0))))

    scene.page.on("request", hear)
    scene.page.evaluate("performance.now = () => 0")  # a fast line, however slow the machine
    filed = scene.view(View.OVERVIEW).locator("[data-card][data-state=filed]")

    scene.choose(View.OVERVIEW, photographs[0])
    expect(filed).to_have_count(1)
    first = list(begun)
    begun.clear()
    scene.choose(View.OVERVIEW, photographs[1])
    expect(filed).to_have_count(2)

    assert first[:2] == [("POST", 0), ("PATCH", 256 * 1024)]
    assert begun[0] == ("POST", 0)
    starts = [start for _method, start in begun]
    assert all(later - earlier >= 512 * 1024 for earlier, later in pairwise(starts))


def test_photograph_survives_a_reload_and_goes_on_by_itself(
    scene: Scene, photographs: list[Path]
) -> None:
    warned: list[str] = []

    def leave(dialog: Dialog) -> None:
        warned.append(dialog.type)
        dialog.accept()

    scene.page.on("dialog", leave)
    no_line(scene)
    scene.choose(View.OVERVIEW, photographs[0])
    card = scene.view(View.OVERVIEW).locator("[data-card]")
    expect(card).to_have_attribute("data-state", "paused")
    expect(card).to_contain_text("It goes on by itself")
    expect(scene.page.locator("[data-unsent]")).to_contain_text("1 photograph is not sent yet")
    scene.page.unroute(UPLOADS)

    scene.page.reload()

    expect(card).to_have_count(1)
    expect(card).to_have_attribute("data-state", "filed")
    expect(scene.page.locator("[data-unsent]")).to_be_empty()
    assert warned == ["beforeunload"]
    assert scene.captures()[0].state is CaptureState.FILED
    kept = "indexedDB.databases().then(all => all.map(one => one.name))"
    assert scene.page.evaluate(kept) == ["derm-unsent"]
    assert still_kept(scene) == []


def still_kept(scene: Scene) -> list[str]:
    """The ids the browser still holds copies of."""
    found: list[str] = scene.page.evaluate(
        """() => new Promise((resolve, reject) => {
            const opened = indexedDB.open("derm-unsent", 1);
            opened.onerror = reject;
            opened.onsuccess = () => {
                const rows = opened.result.transaction("photographs").objectStore("photographs");
                rows.getAllKeys().onsuccess = (event) => resolve(event.target.result);
            };
        })"""
    )
    return found


def test_photograph_that_changed_on_the_way_is_sent_again_by_itself(
    scene: Scene, photographs: list[Path]
) -> None:
    other = base64.b64encode(b"0" * 64).decode()
    changed: list[str] = []

    def change(route: Route) -> None:
        """The first announcement names another hash, as if the bytes had changed after it."""
        headers = route.request.headers
        if not changed:
            changed.append(headers["upload-metadata"])
            headers["upload-metadata"] = re.sub(r"sha256 [^,]+", f"sha256 {other}", changed[0])
        route.continue_(headers=headers)

    scene.page.route("**/api/v1/uploads", change)
    scene.page.route("**/manifest", lambda route: route.abort())

    scene.choose(View.OVERVIEW, photographs[0])

    card = scene.view(View.OVERVIEW).locator("[data-card]")
    expect(card).to_have_attribute("data-state", "filed")
    expect(card).to_contain_text("Overview photograph 2")
    first, second = scene.captures()
    assert first.set_aside_reason is SetAsideReason.CHANGED_ON_THE_WAY
    assert second.sha256 == hashlib.sha256(photographs[0].read_bytes()).hexdigest()
    expect(scene.page.locator("[data-unsent]")).to_be_empty()
    assert still_kept(scene) == []


def test_what_is_kept_on_the_device_is_not_readable_there(
    scene: Scene, photographs: list[Path]
) -> None:
    no_line(scene)
    scene.choose(View.OVERVIEW, photographs[0])
    expect(scene.view(View.OVERVIEW).locator("[data-card]")).to_have_attribute(
        "data-state", "paused"
    )

    kept = scene.page.evaluate(
        """() => new Promise((resolve) => {
            indexedDB.open("derm-unsent", 1).onsuccess = (event) => {
                const reading = event.target.result.transaction("photographs");
                const rows = reading.objectStore("photographs");
                rows.getAll().onsuccess = (done) => resolve(
                    Array.from(new Uint8Array(done.target.result[0].bytes).slice(0, 64)));
            };
        })"""
    )

    assert len(still_kept(scene)) == 1
    assert bytes(kept)[:2] != b"\xff\xd8"
    assert bytes(kept) not in photographs[0].read_bytes()


def test_unsent_photographs_are_saved_to_a_file(scene: Scene, photographs: list[Path]) -> None:
    no_line(scene)
    scene.choose(View.OVERVIEW, *photographs[:2])
    cards = scene.view(View.OVERVIEW).locator("[data-card][data-state=paused]")
    expect(cards).to_have_count(2)
    assert axe.faults(scene.page) == []

    with scene.page.expect_download() as download:
        scene.page.get_by_role("button", name="Save all unsent to a file").click()

    saved = zipfile.ZipFile(io.BytesIO(Path(download.value.path()).read_bytes()))
    listed = json.loads(saved.read("photographs.json"))
    assert [saved.read(each["file"]) for each in listed] == [
        path.read_bytes() for path in photographs[:2]
    ]
    assert [each["filename"] for each in listed] == ["0.jpg", "1.jpg"]


def test_no_piece_is_repeated_while_the_service_cannot_take_it(
    scene: Scene, photographs: list[Path]
) -> None:
    asked: list[str] = []

    def away(route: Route) -> None:
        """As while the database is down."""
        asked.append(route.request.method)
        route.fulfill(status=503, json={"error": "The database cannot be reached just now."})

    scene.page.route(re.compile("/api/v1/uploads"), away)
    scene.choose(View.OVERVIEW, photographs[0])
    card = scene.view(View.OVERVIEW).locator("[data-card]")
    with scene.page.expect_request(lambda _: asked.count("HEAD") >= 2):
        expect(card).to_contain_text("The service cannot take it just now.")

    scene.page.unroute(re.compile("/api/v1/uploads"))

    expect(card).to_have_attribute("data-state", "filed")
    assert asked[:3] == ["POST", "HEAD", "HEAD"]
    assert "POST" not in asked[1:]


def test_removed_photograph_is_given_up_everywhere(scene: Scene, photographs: list[Path]) -> None:
    no_line(scene)
    scene.choose(View.OVERVIEW, photographs[0])
    card = scene.view(View.OVERVIEW).locator("[data-card]")
    expect(card).to_have_attribute("data-state", "paused")
    scene.page.unroute(UPLOADS)
    scene.page.route(UPLOADS, refused_for_good)
    expect(card).to_have_attribute("data-state", "not_sent")
    scene.page.unroute(UPLOADS)

    with scene.page.expect_response(lambda answer: answer.request.method == "DELETE"):
        card.get_by_role("button", name="Remove Overview photograph 1").click()

    expect(card).to_have_count(0)
    expect(scene.page.locator("[data-unsent]")).to_be_empty()
    assert still_kept(scene) == []
    with scene.service.sessions():
        (capture,) = scene.captures()
    assert capture.set_aside_reason is SetAsideReason.STOPPED


def refused_for_good(route: Route) -> None:
    """What a proxy with a rule of its own might say."""
    route.fulfill(status=403, json={"error": "This is not allowed here."})


SHOWN = """() => {
    window.shown = [];
    new MutationObserver(() => {
        for (const tag of document.querySelectorAll("[data-card-state]")) {
            window.shown.push(tag.textContent);
        }
    }).observe(document.body, { subtree: true, childList: true, characterData: true });
}"""


def test_upload_whose_session_ends_is_kept_and_no_percent_promised_more_than_had_arrived(
    scene: Scene, photographs: list[Path]
) -> None:
    def end_session_after_the_first_piece(route: Route) -> None:
        if route.request.headers.get("upload-offset", "0") != "0":
            end_every_session(scene)
        route.continue_()

    scene.page.evaluate(SHOWN)
    scene.page.route(UPLOADS, end_session_after_the_first_piece)

    scene.choose(View.OVERVIEW, photographs[0])

    card = scene.view(View.OVERVIEW).locator("[data-card]")
    expect(card).to_contain_text("You are signed out. It is kept on this device")
    expect(scene.page.locator("[data-signed-out]")).to_be_visible()
    expect(scene.page.locator("[data-unsent]")).to_contain_text("1 photograph is not sent yet")
    with scene.service.sessions() as session:
        (capture,) = scene.captures()
        arrived = standing.of(session, capture.id).offset
    assert 0 < arrived < capture.size_bytes
    promised = [int(found[1]) for found in re.finditer(r"Sending (\d+)%", all_shown(scene))]
    assert max(promised) == 100 * arrived // capture.size_bytes
    assert "Received" not in all_shown(scene)
    assert still_kept(scene) == [str(capture.id)]


def all_shown(scene: Scene) -> str:
    """Every state a card has ever named."""
    found: list[str] = scene.page.evaluate("window.shown")
    return "\n".join(found)


def end_every_session(scene: Scene) -> None:
    """As if the working day were over."""
    with scene.service.sessions() as session:
        session.execute(sa.update(UserSession).values(ended_at=clock.now()))
        session.commit()


def test_pending_verdict_says_signed_out_instead_of_asking_for_ever(
    scene: Scene, photographs: list[Path]
) -> None:
    def end_session(route: Route) -> None:
        end_every_session(scene)
        route.continue_()

    scene.page.route("**/api/v1/captures/*", end_session)

    scene.choose(View.OVERVIEW, photographs[0])

    card = scene.view(View.OVERVIEW).locator("[data-card]")
    expect(card).to_contain_text("You are signed out. It has arrived")
    banner = scene.page.locator("[data-signed-out]")
    expect(banner.get_by_role("link", name="Sign in again")).to_be_visible()
    assert axe.faults(scene.page) == []
