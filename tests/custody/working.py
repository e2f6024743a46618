"""A real job worker for a test: it does all that is queued and ends."""

from concurrent.futures import ThreadPoolExecutor

import procrastinate
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
    """Do all that is queued, in a thread: the worker runs an event loop of its own."""
    with ThreadPoolExecutor(1) as thread:
        thread.submit(_work, url, sessions, settings, queue, concurrency).result()


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
