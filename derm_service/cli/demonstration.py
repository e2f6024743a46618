"""The demonstration data of a first start: loaded once, whole or not at all."""

import signal
import sys
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import click
import psycopg

from derm_service.cli.parts import Parts
from derm_service.cli.supervisor import run_to_end
from derm_service.embedded.postgres import Postgres, remake_database
from derm_service.embedded.process import Program

ROOT = Path(__file__).parents[2]
LOADER = "derm_service.demo.load"
LOADING = "demonstration.loading"


def forget_unfinished(data_dir: Path, postgres: Postgres) -> None:
    """Begin again where the first start was broken off: nobody has used that data yet."""
    if (data_dir / LOADING).exists():
        remake_database(postgres.admin_url)


def load_once(data_dir: Path, parts: Parts) -> None:
    """Fill the new embedded database, in a process of its own; later starts leave it alone."""
    if not parts.demonstration or find_spec(LOADER) is None or _holds_people(parts):
        return
    click.echo(
        "Drawing and loading the demonstration data (one to four minutes, the first start only) …"
    )
    if parts.store:
        parts.store.wait_ready()
    (data_dir / LOADING).touch()
    load = Program(
        (sys.executable, "-m", "flask", "--app", "wsgi", "demo", "load"),
        log=data_dir / "log" / "demonstration.log",
        when_orphaned=signal.SIGKILL,
        env=parts.all(),
        cwd=ROOT,
    )
    run_to_end("The demonstration data", load)
    (data_dir / LOADING).unlink()


def _holds_people(parts: Parts) -> bool:
    """Whether anybody can sign in, so that this is no first start."""
    with psycopg.connect(parts.environment["DERM_DATABASE_URL"]) as connection:
        return bool(connection.execute("SELECT 1 FROM user_account LIMIT 1").fetchone())


def sign_ins() -> list[str]:
    """One line for each demonstration person."""
    if find_spec(LOADER) is None:
        return []
    return [str(line) for line in import_module(LOADER).sign_ins()]
