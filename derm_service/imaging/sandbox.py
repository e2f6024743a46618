"""Examines files in confined child processes: a crash, a hang or a bomb is a verdict.

A clean helper (`nursery.py`) stands behind each of two places. It is spawned, never forked from
this process, with an almost empty environment, and forks a fresh child for each file.
"""

import atexit
import json
import os
import queue
import socket
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any, BinaryIO

import structlog

from derm_service.errors import Unavailable
from derm_service.imaging.codes import RenditionSize, View
from derm_service.imaging.examined import Copy, Examined, Want
from derm_service.imaging.formats import UNREADABLE
from derm_service.imaging.gate.refusal import refuse
from derm_service.imaging.gate.report import QualityReport, Verdict

PLACES = 2
PATIENCE = 180  # seconds for an answer; the helper ends a child that takes 120
SOURCE = Path(__file__).parents[2]
ENVIRONMENT = {
    "PYTHONPATH": str(SOURCE),
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    # large pages: a child's memory is all new to it, and a progressive JPEG takes 70 MB of it;
    # and nothing given back in between: a child lives for one file
    "GLIBC_TUNABLES": (
        "glibc.malloc.hugetlb=1"
        ":glibc.malloc.mmap_threshold=1000000000:glibc.malloc.trim_threshold=1000000000"
    ),
}
EVERYTHING = frozenset(
    {"limits", "no network", "no root", "no files", "no signals", "few system calls"}
)
MEDIA_TYPES = {
    "JPEG": "image/jpeg",
    "PNG": "image/png",
    "HEIF": "image/heic",
    "AVIF": "image/avif",
    "TIFF": "image/tiff",
    "WEBP": "image/webp",
}
CANNOT_START = (
    "Photographs cannot be checked just now: the process that does it does not start on this "
    "machine. Whoever looks after the service has to look at it."
)
log = structlog.get_logger(__name__)


class _Gone(Exception):
    """A helper no longer answers; another is started in its place."""


def examine(pieces: Iterable[bytes], *, view: View | None, want: Want = Want.COPIES) -> Examined:
    """Decode and judge one file given in pieces; never raises for what is in it.

    Without a view the gate goes by what it sees.
    """
    with _memory_file("image") as source, _memory_file("answer") as answer:
        for piece in pieces:
            source.write(piece)
        source.flush()
        order = {"view": view, "want": want}
        ending = _run(order, source, answer)
        if ending is None:
            answer.seek(0)
            examined = _read(answer)
            if examined is not None:
                return examined
            ending = "no answer"
    log.warning("sandbox_refused", ending=ending)
    return Examined(refuse(UNREADABLE.code, UNREADABLE.message, view=view))


def close() -> None:
    """Let every helper go that has no file at work; the next file starts another."""
    idle = []
    with suppress(queue.Empty):
        while True:
            idle.append(_places().get_nowait())
    for helper in idle:
        if helper is not None:
            helper.end()
        _places().put(None)


def _memory_file(name: str) -> BinaryIO:
    """An unnamed file in memory: plain bytes never touch a disk."""
    return os.fdopen(os.memfd_create(f"derm-{name}"), "w+b")


def _run(order: dict[str, Any], source: BinaryIO, answer: BinaryIO) -> str | None:
    """None when the child ended well, else how it ended; a lost helper is replaced once."""
    for _ in range(2):
        source.seek(0)
        answer.seek(0)
        answer.truncate()
        try:
            with _a_place() as helper:
                return helper.run(order, source.fileno(), answer.fileno())
        except _Gone:
            log.warning("sandbox_helper_lost")
    return "helper lost"


def _started(line: int) -> "subprocess.Popen[bytes]":
    """A clean helper that takes orders from that socket."""
    try:
        return subprocess.Popen(  # noqa: S603 (our own interpreter, no shell)
            [sys.executable, "-s", "-m", "derm_service.imaging.nursery", str(line)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=ENVIRONMENT,
            cwd="/",
            pass_fds=[line],
            start_new_session=True,
        )
    except OSError as error:  # no interpreter there, or no room for a process
        raise Unavailable(CANNOT_START) from error


class _Helper:
    """One running nursery and the socket to it."""

    def __init__(self) -> None:
        self._line, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._line.settimeout(PATIENCE)
        with theirs:
            self._process = _started(theirs.fileno())
        atexit.register(self.end)
        try:
            _say_once(", ".join(self._heard()["protects"]))
        except _Gone as gone:
            self.end()
            raise Unavailable(CANNOT_START) from gone

    def run(self, order: dict[str, Any], source: int, answer: int) -> str | None:
        """How the child ended that got this order; None when well."""
        try:
            socket.send_fds(self._line, [json.dumps(order).encode()], [source, answer])
        except OSError as error:
            raise _Gone from error
        ending = self._heard()["ending"]
        return None if ending is None else str(ending)

    def end(self) -> None:
        """Let it go: its end of the socket closes, and it ends itself and its child."""
        atexit.unregister(self.end)
        self._line.close()
        self._process.kill()
        self._process.wait()

    def _heard(self) -> dict[str, Any]:
        try:
            said = self._line.recv(4096)
        except OSError as error:
            raise _Gone from error
        if not said:
            raise _Gone
        return dict(json.loads(said))


@cache
def _places() -> "queue.LifoQueue[_Helper | None]":
    """The places, each with its helper once it was used; last used first."""
    places: queue.LifoQueue[_Helper | None] = queue.LifoQueue()
    for _ in range(PLACES):
        places.put(None)
    return places


@contextmanager
def _a_place() -> Iterator[_Helper]:
    """A helper for one file; what goes wrong with it empties its place for the next."""
    helper = _places().get()
    try:
        helper = helper or _Helper()
        yield helper
    except BaseException:
        if helper is not None:
            helper.end()
        _places().put(None)
        raise
    _places().put(helper)


def _read(answer: BinaryIO) -> Examined | None:
    """The child's answer, believed only where it has the agreed form."""
    try:
        header = json.loads(answer.readline(1_000_000))
        report = QualityReport.from_json(header["report"])
        milliseconds = {str(key): float(ms) for key, ms in header["milliseconds"].items()}
        if report.verdict is Verdict.REJECT:
            return Examined(report, milliseconds=milliseconds)
        return Examined(
            report=report,
            media_type=MEDIA_TYPES[header["format"]],
            width=int(header["width"]),
            height=int(header["height"]),
            facts=dict(header["facts"]),
            copies=tuple(_copy(copy, answer) for copy in header["copies"]),
            milliseconds=milliseconds,
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


@cache
def _say_once(protects: str) -> None:
    """One line in the log for what this machine lets the sandbox give up, and what not."""
    missing = EVERYTHING - set(protects.split(", ")) - ({"no root"} if os.geteuid() else set())
    if missing:
        log.warning("sandbox", protects=protects, missing=", ".join(sorted(missing)))
    else:
        log.info("sandbox", protects=protects)


def _copy(header: dict[str, Any], answer: BinaryIO) -> Copy:
    data = answer.read(int(header["length"]))
    if len(data) != header["length"] or not data.startswith(b"\xff\xd8\xff"):
        raise ValueError("a rendition is cut short")
    size = RenditionSize(header["size"])
    return Copy(size, int(header["width"]), int(header["height"]), data)
