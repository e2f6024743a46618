"""One capture through the real service: web server, database, object store, worker."""

import base64
import hashlib
from uuid import UUID

import httpx

from derm_service.accounts.sign_in import make_token
from derm_service.imaging.codes import CaptureState
from derm_service.imaging.models import Capture
from derm_service.imaging.vault import web_vault
from tests.fixtures.service import RunningService, until
from tests.imaging import files, sending, visiting

DATA = files.with_camera_data(files.skin(2400, 1800))


def test_a_capture_travels_from_the_device_to_the_record(service: RunningService) -> None:
    with service.sessions() as session:
        person = visiting.photographer(session)
        metadata = sending.described(visiting.ready(session, by=person), DATA)
        token = make_token(session, user=person, label="test", by=None)
        session.commit()
    headers = {**sending.TUS, "Authorization": f"Bearer {token}"}
    described = ",".join(
        f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in metadata.items()
    )

    with httpx.Client(base_url=service.url, headers=headers, timeout=30) as device:
        made = device.post(
            sending.UPLOADS,
            headers={"Upload-Length": str(len(DATA)), "Upload-Metadata": described},
        )
        for at in range(0, len(DATA), 1_000_000):
            device.patch(
                made.headers["Location"],
                headers={
                    "Upload-Offset": str(at),
                    "Content-Type": "application/offset+octet-stream",
                },
                content=DATA[at : at + 1_000_000],
            ).raise_for_status()
        status = f"/api/v1/captures/{metadata['capture']}"
        until(lambda: device.get(status).json()["state"] == "filed", "the filing")

    with service.sessions() as session:
        capture = session.get_one(Capture, UUID(metadata["capture"]))
        assert capture.state is CaptureState.FILED
        assert capture.original is not None
        vault = web_vault(service.settings)
        assert b"".join(vault.open(capture.original)) == DATA
        stored = vault.store.record.get(capture.original.key)
        assert hashlib.sha256(stored).hexdigest() == capture.original.sha256_cipher
        assert DATA[:100] not in stored
