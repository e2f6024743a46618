"""A bad line of the tests' own: between a client and a server it cuts, slows, freezes, counts."""

import asyncio
import random
import socket
import struct
import threading
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

READ = 16 * 1024
RESET = struct.pack("ii", 1, 0)  # SO_LINGER: on, no seconds, so that closing sends a reset

CutAfter = Callable[[], int | None]


def never() -> int | None:
    """A connection that is never cut."""
    return None


def now_and_then(share: float, within: int, *, seed: int) -> CutAfter:
    """Cut this share of the connections somewhere in the first `within` bytes sent."""
    chance = random.Random(seed)

    def next_cut() -> int | None:
        return chance.randrange(within) if chance.random() < share else None

    return next_cut


class Line:
    """A TCP proxy on loopback to one server; its faults may be changed while it runs.

    `cut_after` is asked once for each connection: after how many bytes sent by the client both
    sides are reset. `bytes_per_second` is what all connections share in each direction.
    """

    def __init__(
        self,
        to: str,
        *,
        cut_after: CutAfter = never,
        bytes_per_second: float | None = None,
        delay_seconds: float = 0,
    ) -> None:
        target = urlsplit(to)
        self._to = (target.hostname or "127.0.0.1", target.port or 80)
        self.cut_after = cut_after
        self.bytes_per_second = bytes_per_second
        self.delay_seconds = delay_seconds
        self.frozen = False  # connections stay open and nothing passes
        self.refusing = False  # new connections are reset at once
        self.sent = 0  # bytes taken from clients, whether or not they arrived
        self.connections = 0
        self.cuts = 0
        self.url = ""
        self._open: set[asyncio.StreamWriter] = set()
        self._free_at = [0.0, 0.0]  # when each direction may pass its next byte
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        self._server = asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result()
        port = self._server.sockets[0].getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        asyncio.run_coroutine_threadsafe(self._stop(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def cut(self) -> None:
        """Reset every connection that is open now."""
        self._loop.call_soon_threadsafe(self._cut_all)

    async def _listen(self) -> asyncio.Server:
        return await asyncio.start_server(self._carry, "127.0.0.1", 0, limit=READ)

    async def _stop(self) -> None:
        self._server.close()
        self._cut_all()
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _cut_all(self) -> None:
        for end in list(self._open):
            self._reset(end)

    def _reset(self, end: asyncio.StreamWriter) -> None:
        self._open.discard(end)
        held: socket.socket | None = end.get_extra_info("socket")
        if held is not None:
            with suppress(OSError):
                held.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        end.transport.abort()

    async def _carry(self, near: asyncio.StreamReader, client: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._open.add(client)
        if self.refusing:
            self._reset(client)
            return
        server: asyncio.StreamWriter | None = None
        try:
            far, server = await asyncio.open_connection(*self._to, limit=READ)
            self._open.add(server)
            await asyncio.gather(
                self._pass_on(near, server, 0, self.cut_after()),
                self._pass_on(far, client, 1, None),
            )
        except (OSError, _Cut, asyncio.CancelledError):
            for end in (client, server):
                if end is not None:
                    self._reset(end)
        finally:
            for end in (client, server):
                if end is not None:
                    self._open.discard(end)
                    end.close()

    async def _pass_on(
        self,
        source: asyncio.StreamReader,
        sink: asyncio.StreamWriter,
        way: int,
        cut_after: int | None,
    ) -> None:
        passed = 0
        while data := await source.read(READ):
            if way == 0:
                self.sent += len(data)
            passed += len(data)
            await self._hold_up(len(data), way)
            if cut_after is not None and passed > cut_after:
                sink.write(data[: len(data) - (passed - cut_after)])
                with suppress(OSError):
                    await sink.drain()
                self.cuts += 1
                raise _Cut
            sink.write(data)
            await sink.drain()
        with suppress(OSError):
            sink.write_eof()

    async def _hold_up(self, many: int, way: int) -> None:
        while self.frozen:
            await asyncio.sleep(0.02)
        wait = self.delay_seconds
        if self.bytes_per_second:
            now = self._loop.time()
            self._free_at[way] = max(now, self._free_at[way]) + many / self.bytes_per_second
            wait += self._free_at[way] - now
        if wait > 0:
            await asyncio.sleep(wait)


class _Cut(Exception):
    """This connection has sent as much as it may."""
