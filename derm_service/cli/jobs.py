"""`flask jobs`: the job worker, and a job that was given up."""

import click
import sqlalchemy as sa
from flask import current_app
from flask.cli import AppGroup

from derm_service.cli import tasks
from derm_service.cli.database import open_session
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


@group.command("retry")
@click.argument("job", type=int)
def retry(job: int) -> None:
    """Run a JOB that was given up once more. Needs the database and a worker."""
    with open_session() as session:
        found = session.scalar(
            sa.text(
                "UPDATE procrastinate_jobs SET status = 'todo', attempts = 0, scheduled_at = NULL "
                "WHERE id = :id AND status = 'failed' RETURNING id"
            ),
            {"id": job},
        )
        if found is None:
            raise click.ClickException(f"There is no job {job} that was given up.")
        session.commit()
    click.echo(f"Job {job} is queued again.")
