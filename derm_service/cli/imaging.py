"""`flask imaging`: prove a photograph, reconcile store and rows."""

import uuid

import click
from flask import current_app
from flask.cli import AppGroup

from derm_service import wording
from derm_service.cli.database import open_session
from derm_service.cli.progress import counting
from derm_service.custody import anchors, inventory, proving, reconciling
from derm_service.errors import Problem
from derm_service.imaging import filing_tasks
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


@group.command("reconcile")
@click.option("--deep", is_flag=True, help="Read every object and compare its hash as well.")
def reconcile(*, deep: bool) -> None:
    """Compare the rows with the store; mend what can be mended, put the rest on the Work page.

    Needs the database and the object store. Ends with status 1 when something is left for people.
    """
    vault = worker_vault(current_app.extensions["derm.settings"])
    with open_session() as session:
        try:
            with counting() as progress:
                task = progress.add_task("Objects", total=inventory.count(session))
                found = inventory.take(
                    session, vault, deep=deep, tick=lambda rows: progress.advance(task, rows)
                )
            findings, strangers = reconciling.reconcile(session, found)
            session.commit()
            filing_tasks.delete(vault, strangers)
        except Problem as problem:
            raise click.ClickException(problem.message) from problem
    for finding in findings:
        click.echo(f"{'mended' if finding.is_mended else 'RAISED'}  {finding.what}")
    read = "read and compared" if deep else "there with their size"
    sound = found.rows - len(found.lost)
    click.echo(f"{sound} of {wording.count(found.rows, 'object')} {read}.")
    if found.young:
        waiting = wording.count(found.young, "object")
        click.echo(f"{waiting} without a row: deleted when a week old.")
    if not all(finding.is_mended for finding in findings):
        raise click.ClickException("Something is left for people: see the Work page.")
