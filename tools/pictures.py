"""Draws the README's picture of the main pages from a running demonstration (`make pictures`)."""

import io
import sys
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

sys.path.insert(0, str(Path(__file__).parents[1]))

from derm_service.demo.people import SIGN_INS
from tests.fixtures.browser import FLAGS, chromium

ROOT = Path(__file__).parents[1]
SIZE = (1280, 960)
SHOWN = (800, 600)
GAP = 16


def signed_in(browser: Browser, address: str, role: str) -> Page:
    """A page of the demonstration person of this role."""
    person = next(each for each in SIGN_INS if each.role == role)
    page = browser.new_page(
        base_url=address, viewport={"width": SIZE[0], "height": SIZE[1]}, locale="en-GB"
    )
    page.goto("/sign-in")
    page.get_by_label("Email address").fill(person.email)
    page.get_by_label("Password", exact=True).fill(person.password)
    page.get_by_role("button", name="Sign in").click()
    return page


def taken(page: Page, path: str, *, follow: str = "", to: str = "") -> Image.Image:
    """A page as it is seen first, after following one link and scrolling to one place."""
    page.goto(path)
    if follow:
        page.locator(follow).first.click()
    page.wait_for_load_state("networkidle")
    if to:
        page.locator(to).first.scroll_into_view_if_needed()
        page.wait_for_load_state("networkidle")
    return Image.open(io.BytesIO(page.screenshot())).convert("RGB")


def main(address: str) -> None:
    """Draw four pages side by side."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        clerk = signed_in(browser, address, "clerk")
        photographer = signed_in(browser, address, "photographer")
        reader = signed_in(browser, address, "dermatologist")
        shots = [
            taken(clerk, "/waiting-list"),
            taken(photographer, "/clinic-day"),
            taken(photographer, "/clinic-day", follow="main a:has-text('Go on with the visit')"),
            taken(reader, "/review", follow="main td a", to="[data-viewer]"),
        ]
        browser.close()
    width, height = SHOWN
    sheet = Image.new("RGB", (2 * width + 3 * GAP, 2 * height + 3 * GAP), "#768692")
    for n, shot in enumerate(shots):
        at = (GAP + (n % 2) * (width + GAP), GAP + (n // 2) * (height + GAP))
        sheet.paste(shot.resize(SHOWN, Image.Resampling.LANCZOS), at)
    place = ROOT / "docs" / "pictures" / "pages.png"
    place.parent.mkdir(exist_ok=True)
    sheet.quantize(256).save(place, optimize=True)
    print(f"{place.relative_to(ROOT)}: {place.stat().st_size // 1000} kB")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8000")
