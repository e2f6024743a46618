"""axe-core in the page under test, run through the browser's own door past the content policy."""

from functools import cache
from typing import Any

from playwright.sync_api import Page

from tests.fixtures.database import ROOT


@cache
def _source() -> str:
    return (ROOT / "node_modules" / "axe-core" / "axe.min.js").read_text()


def faults(page: Page) -> list[str]:
    """What axe finds on the page as it stands: rule, and the element; nothing when it is clean."""
    page.wait_for_load_state()
    page.evaluate(_source())
    result: dict[str, Any] = page.evaluate("axe.run()")
    return [
        f"{fault['id']}: {node['html'][:120]}"
        for fault in result["violations"]
        for node in fault["nodes"]
    ]
