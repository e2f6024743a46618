"""The bad line the tests use does what it says."""

import http.server
import threading
from collections.abc import Iterator

import httpx
import pytest

from tests.line import Line, now_and_then


class Counting(http.server.BaseHTTPRequestHandler):
    """Answers every POST with the number of bytes it was sent."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        """Read all of it."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        answer = str(len(body)).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_given: object) -> None:
        """Nobody reads it."""


@pytest.fixture
def server() -> Iterator[str]:
    """A small HTTP server on loopback."""
    made = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Counting)
    threading.Thread(target=made.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{made.server_port}"
    made.shutdown()
    made.server_close()


def test_line_passes_everything_on_and_counts_what_was_sent(server: str) -> None:
    with Line(server) as line:
        answer = httpx.post(line.url, content=bytes(300_000))

    assert answer.text == "300000"
    assert line.sent > 300_000  # with its headers
    assert line.cuts == 0


def test_line_cuts_a_connection_where_it_was_told(server: str) -> None:
    with Line(server, cut_after=lambda: 100_000) as line:
        with pytest.raises(httpx.TransportError):
            httpx.post(line.url, content=bytes(300_000))
        line.cut_after = lambda: None
        again = httpx.post(line.url, content=bytes(300_000))

    assert again.text == "300000"
    assert line.cuts == 1
    assert line.connections == 2


def test_frozen_line_holds_bytes_until_it_thaws(server: str) -> None:
    with Line(server) as line:
        line.frozen = True
        with pytest.raises(httpx.TimeoutException):
            httpx.post(line.url, content=b"ten bytes!", timeout=0.3)
        line.frozen = False

        assert httpx.post(line.url, content=b"ten bytes!").text == "10"


def test_cutting_a_line_resets_what_is_on_its_way(server: str) -> None:
    with Line(server, bytes_per_second=20_000) as line:
        threading.Timer(0.3, line.cut).start()
        with pytest.raises(httpx.TransportError):
            httpx.post(line.url, content=bytes(1_000_000), timeout=30)
        line.bytes_per_second = None
        line.refusing = True

        with pytest.raises(httpx.TransportError):
            httpx.post(line.url, content=b"x")


def test_share_of_connections_is_cut_the_same_way_every_time() -> None:
    first, second = (now_and_then(0.2, 1000, seed=7) for _ in range(2))

    cuts = [first() for _ in range(1000)]

    assert cuts == [second() for _ in range(1000)]
    assert 150 < sum(cut is not None for cut in cuts) < 250
