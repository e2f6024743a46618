"""tuspy and tus-js-client, unchanged, upload through lines that break and arrive whole."""

import hashlib
import io
import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest
from tusclient.client import TusClient

from derm_service.accounts.sign_in import make_token
from derm_service.imaging.codes import CaptureState
from derm_service.imaging.models import Capture, Chunk
from derm_service.imaging.vault import web_vault
from tests.fixtures.service import RunningService, until
from tests.imaging import visiting
from tests.imaging.sending import UPLOADS, described
from tests.line import Line, now_and_then
from tools.node import node

NODE_CLIENT = Path(__file__).with_name("tus_client.mjs")


@dataclass
class Sender:
    """A program with a token and what it says of its photograph."""

    service: RunningService
    bearer: str
    metadata: dict[str, str]
    data: bytes

    def arrived(self) -> bytes:
        """What the service holds of it, once all is there."""
        capture_id = self.metadata["capture"]
        with self.service.sessions() as session:
            until(
                lambda: (
                    session.get_one(Capture, capture_id, populate_existing=True).received_at
                    is not None
                ),
                "the arrival of the photograph",
            )
            capture = session.get_one(Capture, capture_id, populate_existing=True)
            if capture.original is not None:
                return b"".join(web_vault(self.service.settings).open(capture.original))
            chunks = session.query(Chunk).filter_by(capture_id=capture.id).order_by(Chunk.start)
            vault = web_vault(self.service.settings)
            return b"".join(piece for chunk in chunks for piece in vault.open(chunk.sealed))


@pytest.fixture
def sender(service: RunningService) -> Sender:
    data = os.urandom(3_000_000)
    with service.sessions() as session:
        person = visiting.photographer(session)
        metadata = described(visiting.ready(session, by=person), data)
        bearer = make_token(session, user=person, label="a program", by=None)
        session.commit()
    return Sender(service, bearer, metadata, data)


@pytest.mark.parametrize("checksums", [False, True], ids=["plain", "with checksums"])
def test_tuspy_uploads_through_a_line_that_cuts_every_fifth_connection(
    sender: Sender, checksums: bool
) -> None:
    with Line(sender.service.url, cut_after=now_and_then(0.2, 200_000, seed=3)) as line:
        client = TusClient(line.url + UPLOADS, headers={"Authorization": f"Bearer {sender.bearer}"})
        uploader = client.uploader(
            file_stream=io.BytesIO(sender.data),
            metadata=sender.metadata,
            chunk_size=256 * 1024,
            retries=9,
            retry_delay=0,
            upload_checksum=checksums,
        )

        uploader.upload()

    assert line.cuts > 0
    assert hashlib.sha256(sender.arrived()).hexdigest() == sender.metadata["sha256"]


@pytest.mark.parametrize("at_once", [False, True], ids=["creation", "creation-with-upload"])
def test_tus_js_client_uploads_through_a_line_that_is_cut(sender: Sender, at_once: bool) -> None:
    with Line(sender.service.url) as line:
        # Each is shorter than a piece, so that it is reached however requests share connections.
        line.cut_after = lambda: (400_000, 100_000, 300_000, None)[line.cuts]
        told = {
            "endpoint": line.url + UPLOADS,
            "bearer": sender.bearer,
            "metadata": sender.metadata,
            "chunkSize": 512 * 1024,
            "atOnce": at_once,
        }

        done = subprocess.run(
            [str(node()), str(NODE_CLIENT), json.dumps(told)],
            input=sender.data,
            capture_output=True,
            timeout=120,
        )

    assert done.returncode == 0, done.stderr.decode()
    assert line.cuts == 3
    assert sender.arrived() == sender.data


def test_tus_js_client_ends_an_upload(sender: Sender) -> None:
    told = {
        "endpoint": sender.service.url + UPLOADS,
        "bearer": sender.bearer,
        "metadata": sender.metadata,
        "chunkSize": 512 * 1024,
        "endAfter": 1_000_000,
    }

    done = subprocess.run(
        [str(node()), str(NODE_CLIENT), json.dumps(told)],
        input=sender.data,
        capture_output=True,
        timeout=120,
    )

    assert done.returncode == 0, done.stderr.decode()
    with sender.service.sessions() as session:
        capture = session.get_one(Capture, sender.metadata["capture"])
        assert capture.state is CaptureState.SET_ASIDE
        assert capture.received_at is None
