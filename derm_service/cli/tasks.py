"""Opens the job queue on the real database and runs its tasks."""

from collections.abc import Sequence
from functools import cache
from importlib import import_module

import procrastinate

from derm_service.config import Settings
from derm_service.custody.anchors import open_anchors
from derm_service.db import make_engine, make_sessions
from derm_service.imaging.vault import worker_vault
from derm_service.jobs import jobs

TASK_MODULES: tuple[str, ...] = (
    "messages.tasks",
    "booking.tasks",
    "booking.offer_tasks",
    "imaging.filing_tasks",
    "imaging.expiry_tasks",
    "review.letter_tasks",
    "review.reading_tasks",
    "custody.tasks",
)
"""Modules whose import registers tasks."""


def run_worker(settings: Settings, *, queues: Sequence[str], concurrency: int) -> None:
    """Work until SIGTERM or SIGINT; a job in hand is finished first."""
    for name in TASK_MODULES:
        import_module(f"derm_service.{name}")
    connector = procrastinate.PsycopgConnector(conninfo=settings.database_url)
    context = {
        "settings": settings,
        "sessions": make_sessions(make_engine(settings.database_url)),
        "anchors": cache(lambda: open_anchors(settings)),
        "vault": cache(lambda: worker_vault(settings)),  # opened by the first job that needs it
    }
    with jobs.replace_connector(connector) as app:
        app.run_worker(
            queues=list(queues),
            concurrency=concurrency,
            delete_jobs="successful",
            update_heartbeat_interval=settings.worker_silent_seconds / 4,
            stalled_worker_timeout=settings.worker_silent_seconds,
            additional_context=context,
        )
