"""`flask imaging`: prove a photograph, reconcile, shred, drill; the gate and its agreement."""

import uuid
from pathlib import Path

import click
import sqlalchemy as sa
from flask import current_app
from flask.cli import AppGroup

from derm_service import wording
from derm_service.cli import agreement, gate
from derm_service.cli.database import open_session, told
from derm_service.cli.progress import counting
from derm_service.custody import anchors, inventory, proving, reconciling, shredding
from derm_service.custody import drill as drills
from derm_service.db import make_engine, make_sessions
from derm_service.imaging import filing_tasks
from derm_service.imaging.vault import worker_vault
from derm_service.people import User

group = AppGroup("imaging", help="The photographs in the store, and the quality gate.")
group.add_command(gate.check)
group.add_command(gate.compare)
group.add_command(agreement.compare_with_readers)


@group.command("prove")
@click.argument("capture", type=click.UUID)
def prove(capture: uuid.UUID) -> None:
    """Show the chain from the hash the device made of CAPTURE to the object read back now.

    Needs the database and the object store. Ends with status 1 when a link does not hold.
    """
    settings = current_app.extensions["derm.settings"]
    broken = 0
    with open_session() as session, told():
        links = proving.prove(
            session,
            worker_vault(settings),
            anchors.open_anchors(settings),
            capture_id=capture,
        )
        for link in links:
            click.echo(f"{'holds ' if link.holds else 'BROKEN'}  {link.step}: {link.found}")
            broken += not link.holds
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
    with open_session() as session, told():
        with counting() as progress:
            task = progress.add_task("Objects", total=inventory.count(session))
            found = inventory.take(
                session, vault, deep=deep, tick=lambda rows: progress.advance(task, rows)
            )
        findings, strangers = reconciling.reconcile(session, found)
        session.commit()
        filing_tasks.delete(vault, strangers)
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


@group.command("shred")
@click.argument("capture", type=click.UUID)
@click.option("--by", "email", required=True, help="The lead who decided it.")
@click.option("--reason", required=True, help="Why; it is kept in the audit trail.")
def shred(capture: uuid.UUID, email: str, reason: str) -> None:
    """Destroy the keys of CAPTURE, so that no copy of it can ever be opened again.

    Needs the database and the object store. The row and the audit trail stay.
    """
    vault = worker_vault(current_app.extensions["derm.settings"])
    with open_session() as session, told():
        by = session.scalar(sa.select(User).where(sa.func.lower(User.email) == email.lower()))
        if by is None:
            raise click.ClickException(f"Nobody has the email address {email}.")
        leftovers = shredding.shred(session, capture_id=capture, reason=reason, by=by)
        session.commit()
        filing_tasks.delete(vault, leftovers)
    click.echo(f"Shredded, with {wording.count(len(leftovers), 'object')}.")


@group.command("drill")
@click.option("--database-url", required=True, help="The restored database.")
@click.option(
    "--key-file",
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The restored key file.",
)
def drill(database_url: str, key_file: Path) -> None:
    """Read every object that a RESTORED database names, with the restored key.

    The object store is that of DERM_S3_*, or of the service running here. Changes nothing. Ends
    with status 1 when an object did not come back.
    """
    settings = current_app.extensions["derm.settings"].model_copy(update={"key_file": key_file})
    engine = make_engine(database_url, pool_size=1)
    try:
        with make_sessions(engine)() as session, told(), counting() as progress:
            task = progress.add_task("Objects", total=inventory.count(session))
            found = drills.drill(
                session,
                worker_vault(settings),
                anchors.open_anchors(settings),
                lambda rows: progress.advance(task, rows),
            )
    finally:
        engine.dispose()
    click.echo(
        f"{found.whole} of {wording.count(found.objects, 'object')} of "
        f"{wording.count(found.photographs, 'photograph')} came back with the same hash."
    )
    click.echo(f"The backup knows all until {wording.day_time(found.last_act_at) or 'never'}.")
    click.echo(f"Its audit trail: {found.trail or 'adds up and is as long as its anchors.'}")
    if not found.passed:
        raise click.ClickException("Not everything came back.")
