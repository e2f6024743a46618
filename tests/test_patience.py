"""People who send slowly, or never finish, do not keep others out."""

import os
import socket
from collections.abc import Iterator
from contextlib import ExitStack

import httpx
import pytest

from derm_service.accounts.sign_in import make_token
from tests.fixtures.service import RunningService
from tests.imaging import visiting
from tests.imaging.sending import OCTETS, TUS, UPLOADS, described, encoded

DATA = os.urandom(1_000_000)  # nobody else's photograph
SLOW = 64  # more than both processes have threads


@pytest.fixture
def lines() -> Iterator[ExitStack]:
    """Closes what a test has opened."""
    with ExitStack() as stack:
        yield stack


def begun(service: RunningService, lines: ExitStack, head: str, some: bytes = b"") -> socket.socket:
    """A request whose head, and some of its body, has been sent and nothing more."""
    host, port = service.url.removeprefix("http://").split(":")
    line = lines.enter_context(socket.create_connection((host, int(port)), timeout=120))
    line.sendall(head.replace("\n", "\r\n").encode() + some)
    return line


def form(length: int) -> str:
    return (
        "POST /sign-in HTTP/1.1\nHost: x\nContent-Type: application/x-www-form-urlencoded\n"
        f"Content-Length: {length}\n\n"
    )


def test_pages_are_served_while_more_people_send_slowly_than_there_are_threads(
    service: RunningService, lines: ExitStack
) -> None:
    slow = [begun(service, lines, form(1000), b"email=") for _ in range(SLOW)]

    answer = httpx.get(f"{service.url}/healthz", timeout=60)

    assert answer.status_code == 200
    assert len(slow) == SLOW


def test_pages_are_served_while_nobody_finishes_the_head_of_a_request(
    service: RunningService, lines: ExitStack
) -> None:
    for _ in range(SLOW):
        begun(service, lines, "GET /sign-in HTTP/1.1\nHost")

    assert httpx.get(f"{service.url}/healthz", timeout=60).status_code == 200


def test_half_a_form_is_refused(service: RunningService, lines: ExitStack) -> None:
    line = begun(service, lines, form(1000), b"email=somebody&password=something")

    line.shutdown(socket.SHUT_WR)

    assert line.recv(1000).startswith(b"HTTP/1.1 400")


def test_slow_photograph_is_cut_off_and_what_came_of_it_is_kept(
    service: RunningService, lines: ExitStack
) -> None:
    with service.sessions() as session:
        person = visiting.photographer(session)
        bearer = make_token(session, user=person, label="slow line", by=None)
        metadata = described(visiting.ready(session, by=person), DATA)
        session.commit()
    headers = {**TUS, "Authorization": f"Bearer {bearer}"}
    made = httpx.post(
        service.url + UPLOADS,
        headers={**headers, "Upload-Length": str(len(DATA)), "Upload-Metadata": encoded(metadata)},
    )
    where = f"{UPLOADS}/{metadata['capture']}"
    head = (
        f"PATCH {where} HTTP/1.1\nHost: x\nAuthorization: Bearer {bearer}\n"
        f"Tus-Resumable: 1.0.0\nUpload-Offset: 0\nContent-Type: {OCTETS}\n"
        f"Content-Length: {len(DATA)}\n\n"
    )

    line = begun(service, lines, head, DATA[:200_000])
    answer = line.recv(2000).decode()
    stands = httpx.head(service.url + where, headers=headers).headers["Upload-Offset"]

    assert made.status_code == 201
    assert answer.startswith("HTTP/1.1 204")
    assert "upload-offset: 200000" in answer.lower()
    assert stands == "200000"
