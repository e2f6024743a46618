"""A tus client over the app's test client, and the vaults of a test."""

import base64
import hashlib
from typing import Any
from uuid import UUID

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from derm_service.db import new_id
from derm_service.imaging.models import Visit
from tests.imaging import visiting

UPLOADS = "/api/v1/uploads"
TUS = {"Tus-Resumable": "1.0.0"}
OCTETS = "application/offset+octet-stream"
DERMOSCOPIC = {"polarisation": "polarised", "contact": "contact", "immersion": "gel"}


def described(visit: Visit, data: bytes, **given: str) -> dict[str, str]:
    """The metadata of a close-up of the visit's first lesion."""
    return {
        "capture": str(new_id()),
        "sha256": hashlib.sha256(data).hexdigest(),
        "appointment": str(visit.appointment_id),
        "lesion": str(visiting.lesion_id(visit)),
        "view": "close_up",
        "filename": "IMG_0001.JPG",
        "captured_at": "2026-08-06T09:20:00Z",
        **given,
    }


def encoded(metadata: dict[str, str]) -> str:
    """Metadata as tus puts it in a header."""
    pairs = (
        f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in metadata.items()
    )
    return ",".join(pairs)


def announce(
    client: FlaskClient,
    token: str,
    metadata: dict[str, str],
    length: int | str,
    data: bytes | None = None,
    **headers_too: str,
) -> TestResponse:
    """POST: creation, with `data` as the first piece when there is some."""
    headers = {
        **TUS,
        "X-CSRFToken": token,
        "Upload-Length": str(length),
        "Upload-Metadata": encoded(metadata),
        **headers_too,
    }
    if data is None:
        return client.post(UPLOADS, headers=headers)
    return client.post(UPLOADS, headers=headers, data=data, content_type=OCTETS)


def patch(
    client: FlaskClient,
    token: str,
    capture_id: UUID | str,
    offset: int,
    data: bytes,
    **headers_too: str,
) -> TestResponse:
    """PATCH: one piece."""
    headers = {**TUS, "X-CSRFToken": token, "Upload-Offset": str(offset), **headers_too}
    return client.patch(
        f"{UPLOADS}/{capture_id}",
        headers=headers,
        data=data,
        content_type=OCTETS,
    )


def stop(client: FlaskClient, token: str, capture_id: UUID | str) -> TestResponse:
    """DELETE: termination."""
    return client.delete(f"{UPLOADS}/{capture_id}", headers={**TUS, "X-CSRFToken": token})


def checksum(data: bytes, name: str = "sha256") -> dict[str, str]:
    """The header a device sends with a piece."""
    digest = hashlib.new(name, data).digest()
    return {"Upload-Checksum": f"{name} {base64.b64encode(digest).decode()}"}


def offset(client: FlaskClient, capture_id: UUID | str) -> int:
    """HEAD: where the upload stands."""
    return int(client.head(f"{UPLOADS}/{capture_id}", headers=TUS).headers["Upload-Offset"])


def send(client: FlaskClient, token: str, visit: Visit, data: bytes, **given: Any) -> UUID:
    """A whole capture in one piece; its id."""
    metadata = described(visit, data, **given)
    made = announce(client, token, metadata, len(data))
    assert made.status_code == 201, made.text
    done = patch(client, token, metadata["capture"], 0, data)
    assert done.status_code == 204, done.text
    return UUID(metadata["capture"])
