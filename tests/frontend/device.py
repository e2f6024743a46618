"""The gate on the device, alone in a browser: the capture page's worker, fed with files."""

import base64
import json
from typing import Any

from playwright.sync_api import Page, Route

from derm_service.imaging.codes import View
from tests.fixtures.database import ROOT

BUILD = ROOT / "derm_service" / "static" / "build"
ORIGIN = "https://device.test/"
START = """async () => {
  window.gate = new Worker("/gate.js", { type: "module" });
  window.ask = (file, view) => new Promise((resolve) => {
    window.gate.onmessage = (event) => resolve(event.data);
    window.gate.postMessage({ number: 1, file, view });
  });
}"""
JUDGE = """async ([file, view]) => {
  const bytes = Uint8Array.from(atob(file), (letter) => letter.charCodeAt(0));
  let ticks = 0;
  const timer = setInterval(() => { ticks += 1; }, 5);
  const { report, milliseconds } = await window.ask(new Blob([bytes]), view);
  clearInterval(timer);
  return { report, milliseconds, ticks };
}"""


class Device:
    """A page with the gate's worker; nothing of it leaves the browser."""

    def __init__(self, page: Page) -> None:
        self._page = page
        page.route(f"{ORIGIN}**", _answer)
        page.goto(ORIGIN)
        page.evaluate(START)

    def judge(self, data: bytes, view: View) -> dict[str, Any]:
        """`report` (None where the browser cannot open the file), milliseconds, and the page's
        ticks meanwhile."""
        found: dict[str, Any] = self._page.evaluate(
            JUDGE, [base64.b64encode(data).decode(), view.value]
        )
        return found


def _answer(route: Route) -> None:
    if not route.request.url.endswith("/gate.js"):
        page = "<!doctype html><title>Gate</title><link rel=icon href=data:>"
        route.fulfill(body=page, content_type="text/html")
        return
    built = json.loads((BUILD / "manifest.json").read_text())["gate.js"]
    route.fulfill(body=(BUILD / built).read_text(), content_type="text/javascript")
