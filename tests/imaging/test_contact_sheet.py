"""`flask imaging compare`: the sheet as a person opens it, from a file and without a service."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.frontend import axe
from tests.imaging import files

pytestmark = pytest.mark.browser

HOUSE = Path(__file__).parents[2]


def compare(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "flask", "--app", "wsgi", "imaging", "compare", *arguments],
        cwd=HOUSE,
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        timeout=300,
    )


@pytest.fixture(scope="module")
def sheet(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("photographs")
    burnt = files.skin()
    burnt[100:650, 300:900] = 255
    (folder / "a good.jpg").write_bytes(files.encoded(files.skin()))
    (folder / "b burnt.jpg").write_bytes(files.encoded(burnt))
    (folder / "c <b>cut.jpg").write_bytes(files.truncated())
    out = folder.parent / "sheet.html"
    done = compare(folder, "--view", "close_up", "--out", out)
    assert done.returncode == 0, done.stderr
    return out


def test_the_worst_come_first_with_their_sentences_and_marks(page: Page, sheet: Path) -> None:
    page.goto(sheet.as_uri())

    names = page.locator("h2").all_inner_texts()
    assert [name.rpartition("/")[2] for name in names] == [
        "c <b>cut.jpg",
        "b burnt.jpg",
        "a good.jpg",
    ]
    burnt = page.locator(".photograph.retake")
    assert "burnt out" in burnt.inner_text()
    boxes = [each.bounding_box() for each in burnt.locator(".derm-marks__box").all()]
    picture = burnt.locator("img").bounding_box()
    assert picture is not None
    leftmost = min(box["x"] for box in boxes if box)
    assert (leftmost - picture["x"]) / picture["width"] == pytest.approx(0.3, abs=0.1)
    assert "Photo quality only" in page.inner_text("main")


@pytest.mark.parametrize("width", [320, 1280])
def test_the_sheet_fits_its_window_and_axe_finds_no_fault(
    page: Page, sheet: Path, width: int
) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(sheet.as_uri())

    assert axe.faults(page) == []


def test_the_sheet_fetches_nothing(page: Page, sheet: Path) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))

    page.goto(sheet.as_uri())

    assert [url for url in asked if not url.startswith("data:")] == [sheet.as_uri()]


def test_a_sheet_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    done = compare(tmp_path, "--out", tmp_path / "no" / "such" / "folder.html")

    assert done.returncode != 0
    assert "folder.html" in done.stderr
