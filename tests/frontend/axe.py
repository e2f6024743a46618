"""axe-core in the page under test, run through the browser's own door past the content policy."""

from functools import cache
from typing import Any

from playwright.sync_api import Page

from tests.fixtures.database import ROOT

RUN = "axe.run({resultTypes: ['violations']})"
"""Every rule; what passed is counted and not described, which is most of the work."""
WIDER = "document.documentElement.scrollWidth > document.documentElement.clientWidth"


@cache
def _source() -> str:
    return (ROOT / "node_modules" / "axe-core" / "axe.min.js").read_text()


def faults(page: Page) -> list[str]:
    """What axe finds on the page as it stands (rule and element), and whether it scrolls sideways.

    Nothing when it is clean.
    """
    page.wait_for_load_state()
    page.evaluate(_source())
    result: dict[str, Any] = page.evaluate(RUN)
    found = [
        f"{fault['id']}: {node['html'][:120]}"
        for fault in result["violations"]
        for node in fault["nodes"]
    ]
    return [*found, *(["wider than the window"] if page.evaluate(WIDER) else [])]
