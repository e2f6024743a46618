"""A database session for commands, and a sentence when something is wrong."""

from collections.abc import Iterator
from contextlib import contextmanager

import click
import sqlalchemy as sa
from flask import current_app
from sqlalchemy.orm import Session

from derm_service.errors import Problem


@contextmanager
def told() -> Iterator[None]:
    """A problem of the service as the last words of the command."""
    try:
        yield
    except Problem as problem:
        raise click.ClickException(problem.message) from problem


@contextmanager
def open_session() -> Iterator[Session]:
    """A session on the configured database; the command commits."""
    sessions = current_app.extensions.get("derm.sessions")
    if sessions is None:
        raise click.ClickException(
            "This command needs the database. Set DERM_DATABASE_URL (make run prints it)."
        )
    try:
        with sessions() as session:
            yield session
    except sa.exc.OperationalError as error:
        raise click.ClickException(
            "The database cannot be reached. Check DERM_DATABASE_URL and that it is running."
        ) from error
