"""An honest device: it keeps its photograph until the service has filed the same bytes."""

import base64
import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

import httpx

from derm_service.db import new_id
from tests.imaging import files

UPLOADS = "/api/v1/uploads"
OCTETS = "application/offset+octet-stream"
TUS = {"Tus-Resumable": "1.0.0"}
PIECE = 256 * 1024
PATIENCE_SECONDS = 240
SAFE = ("filed", "set_aside")


@dataclass
class Photograph:
    """One photograph on the device, and what the service has said about it."""

    data: bytes
    appointment_id: UUID
    lesion_id: UUID
    id: UUID = field(default_factory=new_id)
    captured_at: datetime | None = None  # by the device's clock
    acknowledged: bool = False  # the service said that all of it is there
    refusals: list[int] = field(default_factory=list)  # statuses that were no good news

    @property
    def sha256(self) -> str:
        """As the device hashes it."""
        return hashlib.sha256(self.data).hexdigest()


def picture(seed: int, width: int = 1200, height: int = 900) -> bytes:
    """A good photograph of some 500 KB that no other seed draws."""
    return files.encoded(files.skin(width, height, seed=seed))


class Device:
    """Sends photographs over a line that may break anywhere, and asks until they are filed."""

    def __init__(
        self, url: str, token: Callable[[], str] | str, *, piece: int = PIECE, timeout: float = 90
    ) -> None:
        self._token = token if callable(token) else lambda: token
        self._piece = piece
        self._http = httpx.Client(base_url=url, timeout=timeout)

    def close(self) -> None:
        """Put it away."""
        self._http.close()

    def send(self, photo: Photograph) -> None:
        """Announce with the first piece, as the page; go on where the service stands, to the end.

        After a break it asks before it sends a byte.
        """
        deadline = time.monotonic() + PATIENCE_SECONDS
        first = photo.data[: self._piece]
        while not photo.acknowledged:
            assert time.monotonic() < deadline, f"not taken in time: {photo.refusals[-5:]}"
            try:
                self._go_on(photo, first)
            except httpx.TransportError:
                time.sleep(0.2)
            first = b""

    def send_once(self, photo: Photograph) -> None:
        """One try only; TransportError when the line breaks."""
        self._go_on(photo)

    def send_piece(self, photo: Photograph, start: int) -> int:
        """Announce, and send one piece from anywhere; the status of the answer."""
        self._http.post(UPLOADS, headers=self._announcement(photo))
        return self._piece_from(photo, start).status_code

    def offset(self, photo: Photograph) -> int:
        """How much the service has."""
        answer = self._http.head(f"{UPLOADS}/{photo.id}", headers=self._headers())
        return int(answer.headers["Upload-Offset"])

    def look(self, photo: Photograph) -> httpx.Response:
        """Ask for its smallest copy, on a line of its own."""
        address = self._http.base_url.join(f"/images/{photo.id}/thumb")
        return httpx.get(address, headers=self._headers(), timeout=90)

    def wait_filed(self, photo: Photograph) -> str:
        """Ask until the service has filed it or set it aside; which."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            assert time.monotonic() < deadline, "not filed in time"
            try:
                answer = self._http.get(f"/api/v1/captures/{photo.id}", headers=self._headers())
                said = answer.json() if answer.status_code == httpx.codes.OK else {}
                assert said.get("verdict") not in ("retake", "reject"), said
                if said.get("state") in SAFE:
                    return str(said["state"])
            except httpx.TransportError:
                pass
            time.sleep(0.2)

    def _headers(self) -> dict[str, str]:
        return {**TUS, "Authorization": f"Bearer {self._token()}"}

    def _go_on(self, photo: Photograph, first: bytes = b"") -> None:
        headers = self._announcement(photo)
        if first:
            headers["Content-Type"] = OCTETS
        announced = self._http.post(UPLOADS, headers=headers, content=first)
        if not announced.is_success:
            return self._refused(photo, announced)
        offset = self._offset(photo)
        while offset is not None and offset < len(photo.data):
            offset = self._patch(photo, offset)
        photo.acknowledged = offset == len(photo.data)
        return None

    def _announcement(self, photo: Photograph) -> dict[str, str]:
        said = {
            "capture": str(photo.id),
            "sha256": photo.sha256,
            "appointment": str(photo.appointment_id),
            "lesion": str(photo.lesion_id),
            "view": "close_up",
            "filename": "IMG_0001.JPG",
        }
        if photo.captured_at is not None:
            said["captured_at"] = photo.captured_at.isoformat()
        coded = {key: base64.b64encode(value.encode()).decode() for key, value in said.items()}
        return {
            **self._headers(),
            "Upload-Length": str(len(photo.data)),
            "Upload-Metadata": ",".join(f"{key} {value}" for key, value in coded.items()),
        }

    def _offset(self, photo: Photograph) -> int | None:
        answer = self._http.head(f"{UPLOADS}/{photo.id}", headers=self._headers())
        if answer.is_success:
            return int(answer.headers["Upload-Offset"])
        self._refused(photo, answer)
        return None

    def _patch(self, photo: Photograph, offset: int) -> int | None:
        answer = self._piece_from(photo, offset)
        if answer.is_success:
            return int(answer.headers["Upload-Offset"])
        self._refused(photo, answer)
        return None

    def _piece_from(self, photo: Photograph, offset: int) -> httpx.Response:
        return self._http.patch(
            f"{UPLOADS}/{photo.id}",
            headers={
                **self._headers(),
                "Upload-Offset": str(offset),
                "Content-Type": OCTETS,
            },
            content=photo.data[offset : offset + self._piece],
        )

    def _refused(self, photo: Photograph, answer: httpx.Response) -> None:
        photo.refusals.append(answer.status_code)
        time.sleep(0.2)
