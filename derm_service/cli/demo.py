"""`flask demo`: fill an empty service with the demonstration, draw photographs to try it with."""

from pathlib import Path

import click
from flask import current_app
from flask.cli import AppGroup
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, track

from derm_service.cli.database import open_session
from derm_service.errors import Problem

group = AppGroup("demo", help="Demonstration data.")


@group.command("load")
def load() -> None:
    """Load 60 made-up referrals in every state. Needs database and image store."""
    # Drawing needs numpy and Pillow, which no other command should wait for.
    from derm_service.demo import load as demonstration

    with open_session():
        pass  # says in a sentence when there is no database
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns) as progress:
        task = progress.add_task("Loading", total=None)
        try:
            count = demonstration.load(
                current_app.extensions["derm.sessions"],
                current_app.extensions["derm.settings"],
                lambda what: progress.update(task, description=f"{what:<40}", advance=1),
            )
        except Problem as problem:
            raise click.ClickException(problem.message) from problem
    click.echo(f"{count} referrals loaded. Sign in as:")
    for line in demonstration.sign_ins():
        click.echo(f"  {line}")


@group.command("photographs")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
def photographs(folder: Path) -> None:
    """Draw seven photographs into FOLDER to try the pages with. Needs no service."""
    from derm_service.demo import album

    try:
        for path in track(album.draw(folder), description="Drawing", total=len(album.PAGES)):
            click.echo(path)
    except OSError as error:
        raise click.ClickException(f"{folder} cannot be written: {error.strerror}.") from error
