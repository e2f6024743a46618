"""`flask imaging`: prove a photograph."""

import uuid

import click
from flask import current_app
from flask.cli import AppGroup

from derm_service.cli.database import open_session
from derm_service.custody import anchors, proving
from derm_service.errors import Problem
from derm_service.imaging.vault import worker_vault

group = AppGroup("imaging", help="The photographs in the store.")


@group.command("prove")
@click.argument("capture", type=click.UUID)
def prove(capture: uuid.UUID) -> None:
    """Show the chain from the hash the device made of CAPTURE to the object read back now.

    Needs the database and the object store. Ends with status 1 when a link does not hold.
    """
    settings = current_app.extensions["derm.settings"]
    broken = 0
    with open_session() as session:
        try:
            links = proving.prove(
                session,
                worker_vault(settings),
                anchors.open_anchors(settings),
                capture_id=capture,
            )
            for link in links:
                click.echo(f"{'holds ' if link.holds else 'BROKEN'}  {link.step}: {link.found}")
                broken += not link.holds
        except Problem as problem:
            raise click.ClickException(problem.message) from problem
        session.commit()
    if broken:
        raise click.ClickException("The chain of this photograph does not hold.")
    click.echo("Every link holds.")
