"""Keeps the service's processes alive together and ends them together."""

import math
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import FrameType

import click

from derm_service.embedded.process import CannotStart, Program, died, stop

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
GLANCE_SECONDS = 0.2
DEATHS_FORGIVEN, FORGIVEN_WITHIN_SECONDS = 4, 60.0
LAST_WORDS_SECONDS = 4.0


class Asked(BaseException):
    """Somebody asked us to stop; a BaseException so that nothing swallows it on its way out."""


@contextmanager
def stopping_when_asked() -> Iterator[None]:
    """The first Ctrl-C, SIGTERM or SIGHUP ends the block quietly; later ones do not disturb."""

    def asked(_number: int, _frame: FrameType | None) -> None:
        for each in STOP_SIGNALS:
            signal.signal(each, signal.SIG_IGN)
        raise Asked

    before = {each: signal.signal(each, asked) for each in STOP_SIGNALS}
    try:
        yield
    except Asked:
        click.echo("Stopped.")
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


@dataclass
class Watched:
    """One process that is to stay: how it is looked up and how it is started again."""

    name: str
    process: Callable[[], subprocess.Popen[bytes]]
    restart: Callable[[], None]
    forgiven: float = DEATHS_FORGIVEN
    deaths: list[float] = field(default_factory=list)

    def look(self) -> None:
        """Start it again when it ended; CannotStart when it keeps ending."""
        status = self.process().poll()
        if status is None:
            return
        now = time.monotonic()
        self.deaths = [at for at in self.deaths if now - at < FORGIVEN_WITHIN_SECONDS] + [now]
        if len(self.deaths) > self.forgiven:
            raise CannotStart(
                f"The {self.name} ended {len(self.deaths)} times within a minute, so everything "
                "was stopped: read its log and start again."
            )
        click.echo(f"The {self.name} ended (status {status}) and is started again.", err=True)
        self.restart()


@dataclass
class Own:
    """A process of ours: the web server or the job worker."""

    name: str
    program: Program
    process: subprocess.Popen[bytes] = field(init=False)

    def __post_init__(self) -> None:
        self.process = self.program.start()

    def restart(self) -> None:
        """Start it again."""
        self.process = self.program.start()

    def watched(self, *, deaths_wanted: bool) -> Watched:
        """As the supervisor sees it; `deaths_wanted` while its crash points are tried out."""
        forgiven = math.inf if deaths_wanted else DEATHS_FORGIVEN
        return Watched(self.name, lambda: self.process, self.restart, forgiven)

    def check(self) -> None:
        """CannotStart with its last words when it ended while the service starts."""
        if self.process.poll() is not None:
            raise died(f"The {self.name}", self.process, self.program.log)


def watch(watched: list[Watched]) -> None:
    """Look after everything until somebody asks to stop."""
    while True:
        time.sleep(GLANCE_SECONDS)
        for each in watched:
            each.look()


def stop_own(own: list[Own]) -> None:
    """Let requests and jobs in hand finish, for a moment."""
    stop([each.process for each in own], (signal.SIGTERM, LAST_WORDS_SECONDS))


def run_to_end(name: str, program: Program) -> None:
    """Run a program that is to end by itself; CannotStart when it fails."""
    process = program.start()
    try:
        if process.wait() != 0:
            raise died(name, process, program.log)
    finally:
        stop([process])
