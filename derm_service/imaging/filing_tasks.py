"""The jobs of imaging: examine, file, draw again, erase. Each commits as its last act."""

import uuid
from collections.abc import Callable
from typing import cast

import structlog
from procrastinate import JobContext, RetryStrategy
from sqlalchemy.orm import Session, sessionmaker

from derm_service import crash
from derm_service.crash import Point
from derm_service.errors import Unavailable
from derm_service.imaging import filing, sweeping
from derm_service.imaging.filing import Leftover
from derm_service.imaging.vault import Place, Vault
from derm_service.jobs import CAPTURE, RENDER, ROUTINE, defer, jobs

log = structlog.get_logger("imaging")

# 2, 4, 8 ... seconds: a store that is down for ten minutes costs no capture
RETRY = RetryStrategy(max_attempts=12, exponential_wait=2)

Step = Callable[[Session, Vault], list[Leftover]]


@jobs.task(queue=CAPTURE, name="imaging.examine", pass_context=True, retry=RETRY)
def examine(context: JobContext, capture_id: str) -> None:
    """Judge a received capture; file it when it is good."""
    number = uuid.UUID(capture_id)
    _run(context, lambda session, vault: filing.examine(session, vault, capture_id=number))


@jobs.task(queue=CAPTURE, name="imaging.file_kept", pass_context=True, retry=RETRY)
def file_kept(context: JobContext, capture_id: str) -> None:
    """File what the photographer kept with a reason."""
    number = uuid.UUID(capture_id)
    _run(context, lambda session, vault: filing.file_kept(session, vault, capture_id=number))


@jobs.task(queue=RENDER, name="imaging.redraw", pass_context=True, retry=RETRY)
def redraw(context: JobContext, capture_id: str) -> None:
    """Draw the copies of a photograph again."""
    number = uuid.UUID(capture_id)
    _run(context, lambda session, vault: filing.redraw(session, vault, capture_id=number))


@jobs.task(queue=ROUTINE, name="imaging.delete_object", pass_context=True, retry=RETRY)
def delete_object(context: JobContext, place: str, key: str) -> None:
    """Delete an object whose row, and with it its key, is gone."""
    _vault(context).delete(Place(place), key)


@jobs.periodic(cron="* * * * *")
@jobs.task(queue=ROUTINE, name="imaging.catch_up", pass_context=True)
def catch_up(context: JobContext, timestamp: int) -> None:
    """Queue again what should be done by now, and say what still is not.

    A worker that was killed leaves no waiting job.
    """
    with _sessions(context)() as session:
        for capture_id in sweeping.not_examined(session):
            defer(session, examine, capture_id=str(capture_id))
        for capture_id in sweeping.kept_not_filed(session):
            defer(session, file_kept, capture_id=str(capture_id))
        sweeping.ask_for_help(session)
        session.commit()


@jobs.periodic(cron="17 * * * *")
@jobs.task(queue=ROUTINE, name="imaging.erase_set_aside", pass_context=True, retry=RETRY)
def erase_set_aside(context: JobContext, timestamp: int) -> None:
    """Shred what was set aside 30 days ago."""
    _run(context, lambda session, _vault: sweeping.erase_set_aside(session))


def _run(context: JobContext, step: Step) -> None:
    crash.here(Point.JOB_TAKEN)
    vault = _vault(context)
    with _sessions(context)() as session:
        leftovers = step(session, vault)
        crash.here(Point.STEP_WRITTEN)
        session.commit()
    crash.here(Point.STEP_COMMITTED)
    delete(vault, leftovers)


def delete(vault: Vault, leftovers: list[Leftover]) -> None:
    """Their rows are gone already; what cannot be deleted now, reconciling finds."""
    for leftover in leftovers:
        try:
            vault.delete(leftover.place, leftover.key)
            crash.here(Point.LEFTOVERS_HALF_DELETED)
        except Unavailable:
            log.warning("leftover_stays", key=leftover.key)


def _sessions(context: JobContext) -> sessionmaker[Session]:
    return cast("sessionmaker[Session]", context.additional_context["sessions"])


def _vault(context: JobContext) -> Vault:
    return cast("Callable[[], Vault]", context.additional_context["vault"])()
