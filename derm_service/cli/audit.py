"""`flask audit`: prove that nobody changed the audit trail."""

import click
from flask import current_app
from flask.cli import AppGroup

from derm_service import wording
from derm_service.cli.database import open_session, told
from derm_service.cli.progress import counting
from derm_service.custody import anchors, verifying

group = AppGroup("audit", help="The audit trail.")


@group.command("verify")
def verify() -> None:
    """Walk the whole audit trail and name the first row changed, removed or cut off.

    Needs the database and the object store. Ends with status 1 when anything is wrong.
    """
    with open_session() as session, told(), counting() as progress:
        task = progress.add_task("Audit rows", total=verifying.count(session))
        verified = verifying.verify(
            session,
            anchors.open_anchors(current_app.extensions["derm.settings"]),
            lambda rows: progress.advance(task, rows),
        )
    if verified.trouble:
        raise click.ClickException(verified.trouble)
    click.echo(
        f"The audit trail adds up: {wording.count(verified.rows, 'row')}, "
        f"{wording.count(verified.anchors, 'anchor')}, {verified.waiting} not numbered yet."
    )
