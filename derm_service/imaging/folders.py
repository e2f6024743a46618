"""The files under the paths somebody named, and their bytes, whatever stands there."""

import hashlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from derm_service.imaging.formats import MAX_BYTES

PIECE = 1024 * 1024


class CannotRead(Exception):
    """What stands at a path cannot be read as a file; the text says why."""


def files(paths: list[Path]) -> Iterator[Path]:
    """Every file once for each path that leads to it: folders by name, theirs after their own.

    Links are followed, each folder is gone through once; a folder that cannot be read is given
    back itself, so that nothing is passed over in silence.
    """
    seen: set[tuple[int, int]] = set()
    waiting = list(reversed(paths))
    while waiting:
        path = waiting.pop()
        if not path.is_dir():
            yield path
            continue
        try:
            found = path.stat()
            entries = sorted(os.scandir(path), key=lambda entry: os.fsencode(entry.name))
        except OSError:
            yield path
            continue
        if (found.st_dev, found.st_ino) in seen:
            continue
        seen.add((found.st_dev, found.st_ino))
        waiting += [path / entry.name for entry in reversed(entries)]


class Bytes:
    """One file's bytes in pieces, no more than a photograph may have, and the hash of them all."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.sha256: str | None = None

    def __iter__(self) -> Iterator[bytes]:
        found, given = hashlib.sha256(), 0
        try:
            with open(self._path, "rb", opener=_without_waiting) as file:
                if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                    raise CannotRead("This is not a file. Name photographs or folders of them.")
                while piece := file.read(PIECE):
                    found.update(piece)
                    if given <= MAX_BYTES:
                        yield piece
                    given += len(piece)
        except OSError as error:
            raise CannotRead(
                f"This cannot be read ({error.strerror or 'unknown cause'}). "
                "Check its name and who may read it."
            ) from error
        self.sha256 = found.hexdigest()


def _without_waiting(path: str, flags: int) -> int:
    """A pipe without a writer would otherwise never open."""
    return os.open(path, flags | os.O_NONBLOCK | os.O_CLOEXEC)
