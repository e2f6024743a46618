"""Starting and stopping the programs that come in wheels, so that none outlives its starter."""

import ctypes
import errno
import fcntl
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

PR_SET_PDEATHSIG = 1
LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None
FULL = (errno.ENOSPC, errno.EDQUOT)
LOG_KEPT_BYTES = 10_000_000


class CannotStart(Exception):
    """A part cannot start; the message is a sentence that says what to do."""


@dataclass(frozen=True)
class Owner:
    """The system account a program runs as."""

    uid: int
    gid: int


def disk_full(path: Path) -> CannotStart:
    """The one sentence for a full disk."""
    return CannotStart(
        f"The disk that holds {path} is full: free some space there (or set DERM_DATA_DIR to a "
        "directory on a larger disk) and start again."
    )


def check_space(path: Path, needed_mb: int) -> None:
    """Refuse to start where less than `needed_mb` megabytes are free."""
    place = path.absolute()
    while not place.exists():
        place = place.parent
    free_mb = shutil.disk_usage(place).free // 1_000_000
    if free_mb < needed_mb:
        raise CannotStart(
            f"The disk that holds {path} has only {free_mb} MB free and the service needs "
            f"{needed_mb} MB to start: free some space there (or set DERM_DATA_DIR to a directory "
            "on a larger disk) and start again."
        )


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turn the usual failures of writing below `path` into a sentence."""
    try:
        yield
    except OSError as error:
        if error.errno in FULL:
            raise disk_full(path) from error
        raise CannotStart(
            f"{path} cannot be written ({error.strerror}): make it writable for this account, or "
            "set DERM_DATA_DIR to a directory that is."
        ) from error


@contextmanager
def holding(data_dir: Path) -> Iterator[None]:
    """Keep this data to one copy of the service; the lock goes with the process."""
    with writing(data_dir):
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = (data_dir / "lock").open("a")
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise CannotStart(
                f"Another copy of the service is running on the data in {data_dir}: use that one, "
                "stop it first, or set DERM_DATA_DIR to another directory."
            ) from error
        yield


def open_log(path: Path) -> int:
    """A log opened for appending, for the owner's eyes only; a long one is set aside first."""
    with writing(path):
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if path.exists() and path.stat().st_size > LOG_KEPT_BYTES:
            path.replace(path.with_suffix(".1.log"))
        return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)


@dataclass(frozen=True)
class Program:
    """How one program is started, as often as need be."""

    argv: tuple[str | Path, ...]
    log: Path
    when_orphaned: signal.Signals  # what it is sent when its starter dies
    env: Mapping[str, str]
    cwd: Path
    owner: Owner | None = None
    pass_fds: tuple[int, ...] = ()

    def start(self) -> subprocess.Popen[bytes]:
        """Start it in a session of its own (Ctrl-C reaches only us), tied to our life."""
        parent = os.getpid()

        def tie_to_parent() -> None:
            if LIBC is not None:
                LIBC.prctl(PR_SET_PDEATHSIG, int(self.when_orphaned))
                if os.getppid() != parent:
                    os._exit(1)

        output = open_log(self.log)
        try:
            return subprocess.Popen(  # noqa: S603 (no shell; argv is ours)
                [str(part) for part in self.argv],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=dict(self.env),
                cwd=self.cwd,
                start_new_session=True,
                preexec_fn=tie_to_parent,
                pass_fds=self.pass_fds,
                user=self.owner.uid if self.owner else None,
                group=self.owner.gid if self.owner else None,
                extra_groups=[] if self.owner else None,
            )
        except OSError as error:
            raise cannot_run(Path(self.argv[0]), error) from error
        finally:
            os.close(output)


def cannot_run(program: Path, error: OSError) -> CannotStart:
    """Why the kernel refused a program, and what helps."""
    if error.errno in FULL:
        return disk_full(program)
    if error.errno == errno.ENOEXEC:
        why = "it was made for another kind of processor"
    elif error.errno in (errno.EACCES, errno.EPERM):
        why = "its disk or its permissions forbid running programs (noexec)"
    else:
        why = f"{error.strerror}"
    return CannotStart(
        f"{program.name} cannot run: {why}. Put the checkout on a disk that allows programs, on a "
        f"64-bit Linux with glibc, delete .venv and start again ({program})."
    )


def died(name: str, process: subprocess.Popen[bytes], log: Path) -> CannotStart:
    """Why a program that was to stay has ended, from the last line of its log."""
    text = log.read_text(errors="replace") if log.exists() else ""
    if "No space left on device" in text[-4000:]:
        return disk_full(log.parent)
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    last = lines[-1] if lines else f"it ended with status {process.returncode}"
    return CannotStart(f"{name} did not start: {last[:300]} (the whole story is in {log}).")


def stop(
    processes: Sequence[subprocess.Popen[bytes]], *steps: tuple[signal.Signals, float]
) -> None:
    """Send each signal and wait its seconds for all to end; then kill what is left of the groups.

    Only the programs themselves are signalled politely: they know best how to end their children.
    """
    for sig, seconds in steps:
        for process in processes:
            if process.poll() is None:
                process.send_signal(sig)
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and any(each.poll() is None for each in processes):
            time.sleep(0.02)
    for process in processes:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
