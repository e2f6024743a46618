"""`flask keys`: rotate the key that wraps every image's own key."""

from datetime import timedelta
from pathlib import Path

import click
from flask import current_app
from flask.cli import AppGroup
from sqlalchemy.orm import Session

from derm_service import clock, wording
from derm_service.cli.database import open_session, told
from derm_service.cli.progress import counting
from derm_service.config import Settings
from derm_service.custody import rewrapping
from derm_service.imaging import keys
from derm_service.imaging.keys import KEY_MISSING, KeyFile
from derm_service.imaging.sealing import Sealer

# A photograph sealed by the old key just before the rotation may not be committed yet: nobody can
# count its row, and without that key nobody could open it.
ON_THE_WAY = timedelta(hours=1)
TOO_EARLY = (
    "The key file was changed less than an hour ago, and photographs on their way may still need "
    "the old key. Try again in an hour."
)

group = AppGroup("keys", help="The key that wraps every image's own key.")


@group.command("rotate")
def rotate() -> None:
    """Add a new key to the key file and rewrap every row with it. Objects are not touched.

    Uploads and views go on meanwhile. Broken off, `flask keys rewrap` goes on. Copy the key file
    to its safe place before and after.
    """
    path = _path()
    with open_session() as session, told():
        name = keys.add_key(path)
        rewrapping.record(session, "added key", name)
        session.commit()
        _rewrap(session, path)


@group.command("rewrap")
def rewrap() -> None:
    """Go on with a rotation that was broken off."""
    with open_session() as session, told():
        _rewrap(session, _path())


@group.command("retire")
def retire() -> None:
    """Take the old keys out of the key file, an hour after the rotation, once no row needs them.

    Backups of the database made before the rotation need them still: keep a copy of the old file
    until those backups are gone.
    """
    path = _path()
    with open_session() as session, told():
        current = KeyFile(path).current().name
        left = rewrapping.left(session, current)
        if left:
            rows = wording.count(left, "row")
            raise click.ClickException(f"{rows} need an old key: run flask keys rewrap first.")
        if path.stat().st_mtime > (clock.now() - ON_THE_WAY).timestamp():
            raise click.ClickException(TOO_EARLY)
        gone = keys.remove_old_keys(path)
        for name in gone:
            rewrapping.record(session, "retired key", name)
        session.commit()
    click.echo(f"{wording.count(len(gone), 'old key')} taken out of the key file.")


def _rewrap(session: Session, path: Path) -> None:
    key = KeyFile(path)
    sealer, name = Sealer(key), key.current().name
    with counting() as progress:
        task = progress.add_task("Rows", total=rewrapping.left(session, name))
        done = 0
        while some := rewrapping.rewrap_some(session, sealer, name):
            session.commit()
            done += some
            progress.advance(task, some)
    rewrapping.record(session, "rewrapped keysets", name, rows=done)
    session.commit()
    click.echo(f"{wording.count(done, 'row')} wrapped by {name}.")


def _path() -> Path:
    settings: Settings = current_app.extensions["derm.settings"]
    if settings.key_file is None:
        raise click.ClickException(KEY_MISSING)
    return settings.key_file
