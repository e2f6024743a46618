"""`flask postcodes load FILE`: where postcodes are, from the Office for National Statistics."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

import click
from flask.cli import AppGroup
from rich.progress import Progress

from derm_service.cli.database import open_session
from derm_service.errors import Invalid
from derm_service.referrals import postcodes

group = AppGroup("postcodes", help="Postcodes with coordinates and deprivation.")


@group.command("load")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def load(file: Path) -> None:
    """Load FILE, a CSV file of the ONS (ONSPD or NSPL). Needs the database.

    Postcodes that are there already are brought up to date; nothing is taken away.
    """
    with open_session() as session, file.open("rb") as lines, Progress() as progress:
        task = progress.add_task("Loading postcodes", total=file.stat().st_size)
        told = _tell(lines, lambda read: progress.update(task, advance=read))
        try:
            done = postcodes.load(session, postcodes.read(told), by=None)
        except (Invalid, UnicodeDecodeError) as problem:
            raise click.ClickException(postcodes.NOT_ONS) from problem
        session.commit()
    click.echo(
        f"{done.kept:,} postcodes loaded, {done.left_out:,} rows without coordinates left out."
    )


def _tell(lines: IO[bytes], read: Callable[[int], None]) -> Iterator[str]:
    waiting = 0
    for line in lines:
        waiting += len(line)
        if waiting > 100_000:
            read(waiting)
            waiting = 0
        yield line.decode("utf-8")
    read(waiting)
