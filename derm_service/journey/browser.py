"""A person at a browser without scripts: cookies, pages, forms; and the tus upload of a device."""

from __future__ import annotations

import base64
import hashlib
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin

import httpx

from derm_service.journey.pages import Answer, Form, Page, Stuck, read

PIECE = 1024 * 1024
_PATIENCE_S = 120


@dataclass(frozen=True)
class Who:
    """Somebody who signs in."""

    role: str
    email: str
    password: str


class Browser:
    """One person's browser; every refusal becomes Stuck with what the page said."""

    def __init__(self, address: str) -> None:
        self._http = httpx.Client(base_url=address, timeout=60, follow_redirects=True)

    def close(self) -> None:
        """Close the window."""
        self._http.close()

    def sign_in(self, who: Who) -> Page:
        """Sign in at the page everybody uses."""
        page = self.open("/sign-in")
        home = self.send(page, page.form("email"), email=who.email, password=who.password)
        if "/sign-in" in home.url:
            raise Stuck(f"{who.email} cannot sign in: {_said(home)}")
        return home

    def open(self, address: str) -> Page:
        """Follow a link."""
        return self._page(self._request("GET", address))

    def send(self, page: Page, form: Form, **answers: Answer) -> Page:
        """Fill in a form and press its button; Stuck with the page's own sentences if refused."""
        target = urljoin(page.url, form.action or page.url)
        data = form.filled(answers)
        if form.method == "get":
            return self._page(self._request("GET", target, params=data))
        return self._page(self._request("POST", target, data=data))

    def look(self, address: str) -> bytes:
        """Load an image."""
        answer = self._request("GET", address)
        if answer.is_error:
            raise Stuck(f"The image at {address} was not given out: {answer.status_code}.")
        return answer.content

    def upload(self, image: bytes, told: Any = None, **metadata: str) -> None:
        """Send one file by tus, piece by piece; `told` hears how many bytes are safe."""
        described = {"sha256": hashlib.sha256(image).hexdigest(), **metadata}
        opened = self._tus(
            "POST",
            "/api/v1/uploads",
            headers={
                "Upload-Length": str(len(image)),
                "Upload-Metadata": ",".join(
                    f"{key} {base64.b64encode(value.encode()).decode()}"
                    for key, value in described.items()
                ),
            },
        )
        location, offset = opened.headers["Location"], 0
        while offset < len(image):
            sent = self._tus(
                "PATCH",
                location,
                headers={
                    "Upload-Offset": str(offset),
                    "Content-Type": "application/offset+octet-stream",
                },
                content=image[offset : offset + PIECE],
            )
            offset = int(sent.headers["Upload-Offset"])
            if told:
                told(offset)

    def verdict(self, capture_id: str) -> dict[str, Any]:
        """Wait until a capture was checked; what was found."""
        until = time.monotonic() + _PATIENCE_S
        while time.monotonic() < until:
            answer = self._request("GET", f"/api/v1/captures/{capture_id}")
            found: dict[str, Any] = answer.json()
            if found["state"] in ("checked", "filed", "set_aside"):
                return found
            time.sleep(0.3)
        raise Stuck("A photograph was not checked within two minutes. Is the job worker running?")

    def _tus(self, method: str, address: str, **sent: Any) -> httpx.Response:
        sent["headers"] = {**sent["headers"], "Tus-Resumable": "1.0.0", **self._token()}
        answer = self._request(method, address, **sent)
        if answer.is_error:
            raise Stuck(f"The upload was refused ({answer.status_code}): {answer.text[:200]}")
        return answer

    def _token(self) -> dict[str, str]:
        """The page's CSRF token, as the capture page's script sends it."""
        return {"X-CSRFToken": self._csrf} if self._csrf else {}

    _csrf = ""

    def _page(self, answer: httpx.Response) -> Page:
        page = read(answer.text, url=str(answer.url), status=answer.status_code)
        for form in page.forms:
            self._csrf = form.values.get("csrf_token", [self._csrf])[0]
        if answer.is_error:
            raise Stuck(f"“{page.heading or answer.url.path}”: {_said(page)}")
        return page

    def _request(self, method: str, address: str, **sent: Any) -> httpx.Response:
        try:
            return self._http.request(method, address, **sent)
        except httpx.TransportError as error:
            raise Stuck(
                f"The service at {self._http.base_url} cannot be reached ({error}). "
                "Start it with make run."
            ) from error


def _said(page: Page) -> str:
    return " ".join(page.errors) or page.text[:300] or f"answer {page.status}."
