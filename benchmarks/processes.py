"""What the processes below this one use, by kind, from /proc: CPU seconds and peak memory."""

import os
import threading
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

TICKS = os.sysconf("SC_CLK_TCK")
KINDS = {
    "gunicorn": "web",
    "jobs": "worker",
    "nursery": "decoder",
    "weed": "store",
    "postgres": "database",
}


def below(pid: int) -> Iterator[tuple[int, str]]:
    """Every process below this one with its kind, as far as it has one."""
    parents: dict[int, list[int]] = defaultdict(list)
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and (fields := _stat(int(entry.name))):
            parents[int(fields[1])].append(int(entry.name))
    waiting = list(parents[pid])
    while waiting:
        child = waiting.pop()
        waiting += parents[child]
        yield child, _kind(child)


def of_kind(pid: int, kind: str) -> list[int]:
    """The ids of the processes of one kind below this one."""
    return [child for child, found in below(pid) if found == kind]


def cpu_seconds() -> dict[str, float]:
    """By kind, with what children that ended have used."""
    used: dict[str, float] = defaultdict(float)
    for child, kind in below(os.getpid()):
        if kind and (fields := _stat(child)):
            used[kind] += sum(int(each) for each in fields[11:15]) / TICKS
    return used


class Peaks:
    """While it is open: the largest resident memory of any one process of each kind, in MB."""

    def __init__(self) -> None:
        self.mb: dict[str, float] = {}
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self._done.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._done.wait(0.1):
            for child, kind in below(os.getpid()):
                fields = _stat(child)
                if kind and fields:
                    mb = int(fields[21]) * os.sysconf("SC_PAGE_SIZE") / 1e6
                    self.mb[kind] = max(mb, self.mb.get(kind, 0))


def _stat(pid: int) -> list[str] | None:
    """The fields of /proc/PID/stat after the name, `state` first; None when it is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None


def _kind(pid: int) -> str:
    try:
        command = Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace")
    except OSError:
        return ""
    return next((kind for word, kind in KINDS.items() if word in command), "")
