"""The Procrastinate app: jobs live in the same PostgreSQL and the same transaction as the act."""

from typing import Any

import procrastinate
from procrastinate.tasks import Task
from sqlalchemy.orm import Session

CAPTURE = "capture"  # somebody sits in the chair and waits
RENDER = "render"
ROUTINE = "routine"
QUEUES = (CAPTURE, RENDER, ROUTINE)

jobs = procrastinate.App(connector=procrastinate.PsycopgConnector())
"""Tasks register here (`@jobs.task(queue=..., name=...)`); the worker opens it with a real URL."""


def defer(session: Session, task: Task[Any, Any, Any], **arguments: str) -> None:
    """Queue a job on the session's own connection: it exists only if the transaction commits.

    Arguments are ids as text, never anything that tells who a person is.
    """
    connection = session.connection().connection.driver_connection
    task.configure(connection=connection).defer(**arguments)
