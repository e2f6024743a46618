"""gunicorn's thread worker with a deadline: who sends a request too slowly does not keep a thread.

A slow request occupies a thread from its first byte to its last. It is cut off after `PATIENCE`
seconds, and after `SHORT` when no thread is free. To the application the body then ends as if the
line had broken: of a photograph what came is kept and the device goes on from there, half a form
is refused. A proxy that buffers requests spares both; this holds without one.
"""

import socket
import time
from contextlib import suppress
from typing import Any

from gunicorn.http.body import Body, LengthReader
from gunicorn.workers.gthread import TConn, ThreadWorker

PATIENCE = 20.0  # seconds; 256 KiB take 8 on a line of 256 kbit/s
SHORT = 5.0


class PromptBody(Body):  # type: ignore[misc]
    """A request's body that also hands on what has come, straight from the socket.

    `read` waits until all it was asked for is there, and passes it through four buffers. Of a
    photograph the next bytes will do, and what came before a break is not lost in a buffer.
    """

    def read1(self, size: int) -> bytes:
        """At most so many bytes of those that have come; waits for some, empty at the end."""
        reader = self.reader
        if self.buf.tell() or not isinstance(reader, LengthReader):
            return bytes(self.read(size))
        most = min(size, reader.length)
        some = reader.unreader.take_buffered()  # came with the headers
        reader.unreader.unread(some[most:])
        some = some[:most] or self._received(most)
        reader.length -= len(some)
        return some

    def _received(self, most: int) -> bytes:
        try:
            return bytes(self.reader.unreader.sock.recv(most)) if most else b""
        except OSError:
            self.failed = True  # the next request's place is unknown
            raise


class PatientWorker(ThreadWorker):  # type: ignore[misc]  # gunicorn has no types
    """Serves as gthread does, and looks once a second who is still sending."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._since: dict[TConn, float] = {}  # when a thread took each connection up

    def handle(self, conn: TConn) -> Any:
        """One request, on a thread."""
        self._since[conn] = time.monotonic()
        try:
            keeps = super().handle(conn)
        finally:
            del self._since[conn]
        if keeps is False:
            _hang_up(conn)  # or the main loop would wait for what a slow client still sends
        return keeps

    def handle_request(self, req: Any, conn: TConn) -> Any:
        """One request of a connection."""
        req.body = PromptBody(req.body.reader)
        return super().handle_request(req, conn)

    def notify(self) -> None:
        """Called by the main loop about once a second."""
        super().notify()
        held = dict(self._since)
        patience = SHORT if len(held) >= self.cfg.threads else PATIENCE
        for conn, since in held.items():
            if time.monotonic() - since > patience:
                _hang_up(conn)


def _hang_up(conn: TConn) -> None:
    """Read no more from it; an answer can still be sent, and one in the making is not disturbed."""
    with suppress(OSError):
        conn.sock.shutdown(socket.SHUT_RD)
