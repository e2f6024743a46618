"""The tests' own eye for pages: what axe finds is told, and so is a page wider than its window."""

import pytest
from playwright.sync_api import Page

from tests.frontend.axe import faults

pytestmark = pytest.mark.browser

PAGE = "<html lang=en><head><title>A page</title></head><body><main><h1>A page</h1>{}</main></body>"


def test_page_without_a_fault_has_none(page: Page) -> None:
    page.set_content(PAGE.format("<img src='data:,' alt='A mole'>"))

    assert faults(page) == []


def test_faults_of_a_page_are_told(page: Page) -> None:
    page.set_content(PAGE.format("<img src='data:,'><p style='width: 3000px'>Wide</p>"))

    image, wide = faults(page)

    assert image.startswith("image-alt: <img")
    assert wide == "wider than the window"
