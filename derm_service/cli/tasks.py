"""Opens the job queue on the real database and runs its tasks."""

from collections.abc import Sequence
from importlib import import_module

import procrastinate

from derm_service.config import Settings
from derm_service.jobs import jobs

TASK_MODULES: tuple[str, ...] = ()
"""Modules whose import registers tasks."""


def run_worker(settings: Settings, *, queues: Sequence[str], concurrency: int) -> None:
    """Work until SIGTERM or SIGINT; a job in hand is finished first."""
    for name in TASK_MODULES:
        import_module(f"derm_service.{name}")
    connector = procrastinate.PsycopgConnector(conninfo=settings.database_url)
    with jobs.replace_connector(connector) as app:
        app.run_worker(queues=list(queues), concurrency=concurrency, delete_jobs="successful")
