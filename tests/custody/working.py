"""A real job worker for a test: it does all that is queued and ends."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import procrastinate
from procrastinate.periodic import PeriodicRegistry
from sqlalchemy.orm import Session, sessionmaker

from derm_service.config import Settings
from derm_service.custody.anchors import open_anchors
from derm_service.imaging.vault import worker_vault
from derm_service.jobs import jobs


def work_once(
    url: str,
    sessions: sessionmaker[Session],
    settings: Settings,
    *,
    queue: str,
    concurrency: int = 1,
) -> None:
    """Do all that is queued, in a thread: the worker runs an event loop of its own.

    Nothing is queued by the clock meanwhile: whether a test's few moments hold a full minute, and
    with it a dozen more jobs, would be chance.
    """
    with ThreadPoolExecutor(1) as thread, nothing_by_the_clock():
        thread.submit(_work, url, sessions, settings, queue, concurrency).result()


@contextmanager
def nothing_by_the_clock() -> Iterator[None]:
    """While it is open, workers of this process do what is queued and no more."""
    timetable, jobs.periodic_registry = jobs.periodic_registry, PeriodicRegistry()
    try:
        yield
    finally:
        jobs.periodic_registry = timetable


def _work(
    url: str, sessions: sessionmaker[Session], settings: Settings, queue: str, concurrency: int
) -> None:
    connector = procrastinate.PsycopgConnector(conninfo=url)
    vault, anchors = worker_vault(settings), open_anchors(settings)
    with jobs.replace_connector(connector) as app:
        app.run_worker(
            queues=[queue],
            concurrency=concurrency,
            wait=False,
            install_signal_handlers=False,
            listen_notify=False,
            additional_context={
                "settings": settings,
                "sessions": sessions,
                "vault": lambda: vault,
                "anchors": lambda: anchors,
            },
        )
