"""`flask jobs`: the job worker."""

import click
from flask import current_app
from flask.cli import AppGroup

from derm_service.cli import tasks
from derm_service.config import Settings
from derm_service.jobs import QUEUES

group = AppGroup("jobs", help="Work that runs behind the pages.")


@group.command("work")
@click.option("--concurrency", default=2, show_default=True, help="Jobs at the same time.")
def work(concurrency: int) -> None:
    """Take jobs from the queue until stopped. Needs the database and the object store."""
    settings: Settings = current_app.extensions["derm.settings"]
    if not settings.database_url:
        raise click.ClickException("The worker needs the database. Set DERM_DATABASE_URL.")
    tasks.run_worker(settings, queues=QUEUES, concurrency=concurrency)
