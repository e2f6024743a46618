"""The viewer shows what is there, says what it does not show, and never swaps left and right."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.fixtures.browser import PHONE, NewPage
from tests.frontend.gallery import Gallery, gallery

pytestmark = pytest.mark.browser

FAILED = "Image could not be loaded. Do not give an opinion on this lesion until it opens."


@pytest.fixture
def photographs() -> Iterator[Gallery]:
    """A page with one photograph in three sizes."""
    with gallery() as shown:
        yield shown


def opened(page: Page, photographs: Gallery) -> Page:
    """The page, once its photograph is on the screen and its opening is on record."""
    page.goto(photographs.url)
    page.locator("[data-viewer-state=recorded]").wait_for()
    return page


def pixels(page: Page) -> str:
    """What is drawn just now."""
    drawn = page.evaluate("document.querySelector('.openseadragon-canvas canvas').toDataURL()")
    return str(drawn)


def test_viewer_reports_the_opening_once_the_photograph_is_drawn(
    page: Page, photographs: Gallery
) -> None:
    opened(page, photographs)

    assert photographs.opened == ["the-token"]


def test_viewer_reports_no_opening_of_a_photograph_nobody_scrolled_to(
    page: Page, photographs: Gallery
) -> None:
    photographs.lines_above = 100
    page.goto(photographs.url)
    page.locator("[data-viewer-state=open]").wait_for()
    page.wait_for_timeout(500)  # time in which a report would have come
    assert photographs.opened == []

    page.locator("[data-viewer]").scroll_into_view_if_needed()

    page.locator("[data-viewer-state=recorded]").wait_for()
    assert photographs.opened == ["the-token"]


def test_viewer_ignores_the_mirror_key(page: Page, photographs: Gallery) -> None:
    opened(page, photographs)
    before = pixels(page)
    page.get_by_role("application").focus()

    page.keyboard.press("f")
    page.keyboard.press("Shift+F")
    page.wait_for_timeout(600)  # longer than any turn of the viewer takes

    assert pixels(page) == before
    page.keyboard.press("r")
    page.wait_for_timeout(600)
    assert pixels(page) != before


def test_full_screen_says_whose_photograph_it_is_and_gives_the_focus_back(
    page: Page, photographs: Gallery
) -> None:
    photographs.lines_above = 100
    page.goto(photographs.url)
    who, button = page.get_by_text("OKAFOR, Adaeze"), page.get_by_role("button", name="Full screen")
    expect(who).to_be_hidden()

    button.click()
    expect(who).to_be_visible()
    page.evaluate("document.exitFullscreen()")

    expect(who).to_be_hidden()
    expect(button).to_be_focused()
    expect(button).to_be_in_viewport()


def test_viewer_zooms_in_steps_and_to_actual_pixels_by_key(
    page: Page, photographs: Gallery
) -> None:
    opened(page, photographs)
    badge = page.locator("[data-badge=reduced]")
    photograph = page.get_by_role("application")
    photograph.focus()
    before = pixels(page)

    page.keyboard.press("+")
    page.wait_for_timeout(600)  # longer than any zoom of the viewer takes
    assert pixels(page) != before
    page.keyboard.press("-")
    page.wait_for_timeout(600)
    assert pixels(page) == before
    page.keyboard.press("1")

    expect(badge).to_be_hidden()


def test_viewer_says_how_far_it_is_rotated(page: Page, photographs: Gallery) -> None:
    opened(page, photographs)
    badge = page.locator("[data-badge=rotated]")

    page.get_by_role("button", name="Rotate right").click()
    expect(badge).to_have_text("Rotated 90°")
    page.get_by_role("application").press("Shift+R")

    expect(badge).to_be_hidden()


def test_viewer_says_reduced_view_until_the_full_copy_is_drawn(
    page: Page, photographs: Gallery
) -> None:
    opened(page, photographs)
    badge = page.locator("[data-badge=reduced]")
    expect(badge).to_contain_text("Reduced view")

    page.get_by_role("button", name="Actual pixels").click()

    expect(badge).to_be_hidden()


def test_viewer_stays_reduced_and_warns_when_the_full_copy_fails(
    page: Page, photographs: Gallery
) -> None:
    photographs.broken = {6000}
    opened(page, photographs)

    page.get_by_role("button", name="Actual pixels").click()

    expect(page.get_by_role("alert")).to_contain_text(FAILED)
    expect(page.locator("[data-badge=reduced]")).to_contain_text("Reduced view")


def test_viewer_warns_of_a_missing_image_reports_nothing_and_tries_again(
    page: Page, photographs: Gallery
) -> None:
    photographs.broken = {1024, 3072, 6000}
    page.goto(photographs.url)
    expect(page.get_by_role("alert")).to_contain_text(FAILED)
    assert photographs.opened == []

    photographs.broken = set()
    page.get_by_role("button", name="Try again").click()

    page.locator("[data-viewer-state=recorded]").wait_for()
    expect(page.get_by_role("alert")).to_have_count(0)
    assert photographs.opened == ["the-token"]


def test_viewer_fits_a_phone_with_targets_for_a_finger(
    new_page: NewPage, photographs: Gallery
) -> None:
    page = opened(new_page(size=PHONE), photographs)

    buttons = page.get_by_role("button").all()
    boxes = [box for button in buttons if (box := button.bounding_box())]

    assert len(boxes) >= 6
    assert all(box["width"] >= 44 and box["height"] >= 44 for box in boxes)
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE[0]
