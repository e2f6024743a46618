"""Runs the decoder in a child process of its own: a crash, a hang or a bomb is a verdict.

The child is a fresh interpreter for each image (never a fork of a threaded worker): it starts
with an empty environment, limits itself before it reads a byte, and ends after one file.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any, BinaryIO

import structlog

from derm_service.imaging.codes import RenditionSize, View
from derm_service.imaging.examined import Copy, Examined
from derm_service.imaging.formats import UNREADABLE
from derm_service.imaging.gate.refusal import refuse
from derm_service.imaging.gate.report import QualityReport, Verdict

WALL_SECONDS = 120  # the child's own limit is on processor time: a busy machine is no bad file
SOURCE = Path(__file__).parents[2]
MEDIA_TYPES = {
    "JPEG": "image/jpeg",
    "PNG": "image/png",
    "HEIF": "image/heic",
    "AVIF": "image/avif",
    "TIFF": "image/tiff",
    "WEBP": "image/webp",
}
log = structlog.get_logger(__name__)


def examine(pieces: Iterable[bytes], *, view: View) -> Examined:
    """Decode, judge and render one file given in pieces; never raises for what is in it."""
    with _memory_file("image") as source, _memory_file("answer") as answer:
        for piece in pieces:
            source.write(piece)
        source.seek(0)
        ending = _run(source, answer, view)
        if ending is None:
            answer.seek(0)
            examined = _read(answer)
            if examined is not None:
                return examined
            ending = "no answer"
    log.warning("sandbox_refused", ending=ending)
    return Examined(refuse(UNREADABLE.code, UNREADABLE.message, view=view))


def _memory_file(name: str) -> BinaryIO:
    """An unnamed file in memory: plain bytes never touch a disk."""
    return os.fdopen(os.memfd_create(f"derm-{name}"), "w+b")


def _run(source: BinaryIO, answer: BinaryIO, view: View) -> str | None:
    """None when the child ended well, else how it ended."""
    try:
        done = subprocess.run(  # noqa: S603 (our own interpreter and module, no shell)
            [sys.executable, "-s", "-m", "derm_service.imaging.cell", view.value],
            stdin=source,
            stdout=answer,
            stderr=subprocess.DEVNULL,
            env={"PYTHONPATH": str(SOURCE), "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
            cwd="/",
            timeout=WALL_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return "out of time"
    return None if done.returncode == 0 else f"ended with {done.returncode}"


def _read(answer: BinaryIO) -> Examined | None:
    """The child's answer, believed only where it has the agreed form."""
    try:
        header = json.loads(answer.readline(1_000_000))
        _say_once(", ".join(map(str, header["protects"])))
        report = QualityReport.from_json(header["report"])
        if report.verdict is Verdict.REJECT:
            return Examined(report)
        return Examined(
            report=report,
            media_type=MEDIA_TYPES[header["format"]],
            width=int(header["width"]),
            height=int(header["height"]),
            facts=dict(header["facts"]),
            copies=tuple(_copy(copy, answer) for copy in header["copies"]),
        )
    except (ValueError, KeyError, TypeError):
        return None


@cache
def _say_once(protects: str) -> None:
    """One line in the log for what this machine lets the sandbox give up."""
    log.info("sandbox", protects=protects)


def _copy(header: dict[str, Any], answer: BinaryIO) -> Copy:
    data = answer.read(int(header["length"]))
    if len(data) != header["length"] or not data.startswith(b"\xff\xd8\xff"):
        raise ValueError("a rendition is cut short")
    size = RenditionSize(header["size"])
    return Copy(size, int(header["width"]), int(header["height"]), data)
