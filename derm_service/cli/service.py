"""`flask service`: the whole service from one command, every part of it real."""

import errno
import logging
import signal
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

import click
import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from flask.cli import AppGroup
from pydantic import ValidationError

from derm_service.cli import demonstration
from derm_service.cli.parts import Parts, announced, launch
from derm_service.cli.supervisor import Own, Watched, stop_own, stopping_when_asked, watch
from derm_service.config import Settings
from derm_service.embedded import root_home
from derm_service.embedded.process import CannotStart, Program, check_space, holding

ROOT = Path(__file__).parents[2]
PATIENCE_SECONDS = 60
BACKLOG = 128
WORD = "remove"

group = AppGroup("service", help="The whole service on this machine.")


@group.command("run")
def run() -> None:
    """Start everything, keep it running, stop all of it at Ctrl-C. Needs no running service."""
    try:
        with stopping_when_asked():
            _run(Settings())
    except (CannotStart, ValidationError) as error:
        click.echo(str(error), err=True)
        sys.exit(1)


@group.command("clean")
@click.option("--yes", is_flag=True, envvar="CI", help="Do not ask; also where CI is set.")
def clean(yes: bool) -> None:
    """Remove all data of the embedded parts on this machine, after saying what that is."""
    data_dir = Settings().data_dir.absolute()
    try:
        places = _data_places(data_dir)
        for place in places:
            click.echo(f"Removes {place}")
        click.echo("Patients, photographs, keys and logs in them are gone for ever.")
        if not yes and click.prompt("Type remove to go on", default="", show_default=False) != WORD:
            click.echo("Nothing was removed.")
            return
        with holding(data_dir):
            root_home.forget(data_dir)
            root_home.remove_tree(data_dir)
    except CannotStart as error:
        click.echo(str(error), err=True)
        sys.exit(1)
    click.echo("Removed.")


def _data_places(data_dir: Path) -> list[Path]:
    """Where the embedded parts keep their data; CannotStart where this is no such place."""
    if not (data_dir / "log").is_dir():
        raise CannotStart(f"{data_dir} holds no data of this service: nothing was removed.")
    return [data_dir, *root_home.places(data_dir)]


def _run(settings: Settings) -> None:
    data_dir = settings.data_dir.absolute()
    check_space(data_dir, settings.minimum_free_mb)
    with (
        holding(data_dir),
        _listening(settings) as listener,
        _parts(settings) as parts,
        announced(data_dir, parts),
        _processes(data_dir, listener, parts) as own,
    ):
        if parts.store:  # it takes a while: web server and worker start meanwhile
            parts.store.wait_ready()
        _until_healthy(settings, own)
        _greet(settings, data_dir, parts)
        deaths_wanted = settings.crash_file is not None
        watch([*(each.watched(deaths_wanted=deaths_wanted) for each in own), *_watched(parts)])


@contextmanager
def _listening(settings: Settings) -> Iterator[socket.socket]:
    """The service's address, taken before anything is started."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((settings.host, settings.port))
            listener.listen(BACKLOG)
        except OSError as error:
            where = f"{settings.host}:{settings.port}"
            if error.errno == errno.EADDRINUSE:
                raise CannotStart(
                    f"Another program is using {where}: stop it, or choose another port, for "
                    f"example DERM_PORT={settings.port + 1} make run."
                ) from error
            raise CannotStart(
                f"The service cannot listen at {where} ({error.strerror}): choose others with "
                "DERM_HOST and DERM_PORT."
            ) from error
        yield listener


@contextmanager
def _parts(settings: Settings) -> Iterator[Parts]:
    """The embedded parts, ready, with tables and on the first start with demonstration data."""
    click.echo("Starting …")
    parts = launch(settings)
    try:
        if parts.postgres:
            parts.postgres.wait_ready()
            demonstration.forget_unfinished(settings.data_dir, parts.postgres)
        migrate(parts.environment.get("DERM_DATABASE_URL", settings.database_url))
        demonstration.load_once(settings.data_dir.absolute(), parts)
        yield parts
    finally:
        parts.stop()


def migrate(url: str) -> None:
    """Bring the tables up to date; a sentence without secrets when that cannot be done."""
    config = Config(ROOT / "alembic.ini")
    config.attributes["url"] = url
    logging.getLogger("alembic").setLevel(logging.WARNING)
    try:
        command.upgrade(config, "head")
    except sa.exc.OperationalError as error:
        raise CannotStart(
            "The database cannot be reached: check DERM_DATABASE_URL and that it is running."
        ) from error
    except sa.exc.DBAPIError as error:
        raise CannotStart(
            f"The tables cannot be brought up to date ({str(error.orig).splitlines()[0]}): check "
            "that the account in DERM_DATABASE_URL owns its database."
        ) from error


@contextmanager
def _processes(data_dir: Path, listener: socket.socket, parts: Parts) -> Iterator[list[Own]]:
    """The web server and the job worker, each with its own identity and no other."""
    descriptor = listener.fileno()
    gunicorn = ("-m", "gunicorn", "--config", ROOT / "gunicorn.conf.py")
    web = Program(
        (sys.executable, *gunicorn, "--bind", f"fd://{descriptor}"),
        log=data_dir / "log" / "web.log",
        when_orphaned=signal.SIGTERM,
        env=parts.web(),
        cwd=ROOT,
        pass_fds=(descriptor,),
    )
    worker = Program(
        (sys.executable, "-m", "flask", "--app", "wsgi", "jobs", "work"),
        log=data_dir / "log" / "worker.log",
        when_orphaned=signal.SIGKILL,  # jobs are done again; without its database it never ends
        env=parts.worker(),
        cwd=ROOT,
    )
    own: list[Own] = []
    try:
        own.append(Own("web server", web))
        own.append(Own("job worker", worker))
        yield own
    finally:
        stop_own(own)


def _watched(parts: Parts) -> list[Watched]:
    """The embedded parts, as the supervisor sees them."""
    watched = []
    if postgres := parts.postgres:
        watched.append(Watched("database", lambda: postgres.process, postgres.restart))
    if store := parts.store:
        watched.append(Watched("object store", lambda: store.process, store.restart))
    return watched


def _until_healthy(settings: Settings, own: list[Own]) -> None:
    """Return when /healthz says that every part works."""
    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(settings.host, settings.host)  # noqa: S104
    answer = "no answer"
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        for each in own:
            each.check()
        try:
            url = f"http://{host}:{settings.port}/healthz"
            with urlopen(url, timeout=10):
                return
        except HTTPError as error:
            answer = error.read(300).decode(errors="replace")
        except (URLError, OSError):
            pass
        time.sleep(0.1)
    raise CannotStart(f"The service is not healthy after {PATIENCE_SECONDS} s: {answer}")


def _greet(settings: Settings, data_dir: Path, parts: Parts) -> None:
    """Where the service is and, for a demonstration, who may sign in."""
    click.echo(f"\nThe service is running at {settings.address}")
    if parts.demonstration:
        for line in demonstration.sign_ins():
            click.echo(f"  {line}")
    click.echo(f"Logs are in {data_dir / 'log'}. Ctrl-C stops the service.")
