"""The jobs of custody: audit, reconciling, jobs themselves. Each commits as its last act."""

from collections.abc import Callable
from typing import cast

import structlog
from procrastinate import JobContext
from procrastinate.jobs import Status
from sqlalchemy.orm import Session, sessionmaker

from derm_service import clock, crash
from derm_service.crash import Point
from derm_service.custody import inventory, job_care, reconciling, sealer, verifying
from derm_service.custody.anchors import Anchors
from derm_service.errors import Unavailable
from derm_service.imaging import filing_tasks
from derm_service.imaging.vault import Vault
from derm_service.jobs import ROUTINE, jobs
from derm_service.messages import work
from derm_service.messages.codes import WorkKind
from derm_service.people import Role

READING_HOUR = 3  # London
log = structlog.get_logger("custody")


@jobs.periodic(cron="* * * * * */5")
@jobs.task(queue=ROUTINE, name="audit.seal", queueing_lock="audit.seal", pass_context=True)
def seal(context: JobContext, timestamp: int) -> None:
    """Number and chain what was committed, then anchor it; a store that is down is tried again."""
    with _sessions(context)() as session:
        while sealer.seal(session):
            crash.here(Point.AUDIT_NUMBERED)
            session.commit()
        crash.here(Point.AUDIT_SEALED)
        try:
            sealer.anchor(session, _anchors(context))
        except Unavailable:
            log.warning("not_anchored")
        session.commit()


@jobs.periodic(cron="41 2 * * *")
@jobs.task(queue=ROUTINE, name="audit.verify", queueing_lock="audit.verify", pass_context=True)
def verify(context: JobContext, timestamp: int) -> None:
    """Walk the whole audit trail every night; governance hears of the first thing wrong."""
    with _sessions(context)() as session:
        verified = verifying.verify(session, _anchors(context))
        if verified.trouble:
            work.raise_item(
                session,
                kind=WorkKind.AUDIT_BROKEN,
                role=Role.GOVERNANCE,
                due_on=clock.today(),
                note=verified.trouble,
                urgent=True,
            )
        session.commit()
    log.info("verified", rows=verified.rows, sound=verified.is_sound)


@jobs.periodic(cron="37 * * * *")
@jobs.task(
    queue=ROUTINE, name="imaging.reconcile", queueing_lock="imaging.reconcile", pass_context=True
)
def reconcile(context: JobContext, timestamp: int) -> None:
    """Compare store, rows and states every hour; at three at night read a share of the objects."""
    vault = _vault(context)
    night = clock.today().toordinal() if clock.london(clock.now()).hour == READING_HOUR else None
    with _sessions(context)() as session:
        found = inventory.take(session, vault, night=night)
        findings, strangers = reconciling.reconcile(session, found)
        session.commit()
    filing_tasks.delete(vault, strangers)
    raised = sum(not each.is_mended for each in findings)
    log.info("reconciled", objects=found.rows, mended=len(findings) - raised, raised=raised)


@jobs.periodic(cron="* * * * * */5")
@jobs.task(queue=ROUTINE, name="jobs.take_over", queueing_lock="jobs.take_over", pass_context=True)
async def take_over(context: JobContext, timestamp: int) -> None:
    """Queue again what a worker that died had in hand; give up what kills its worker."""
    manager = context.app.job_manager
    silent = context.additional_context["settings"].worker_silent_seconds
    for job in await manager.get_stalled_jobs(seconds_since_heartbeat=silent):
        if job.id is None:
            continue
        if "timestamp" in job.task_kwargs:  # it comes again by itself
            await manager.finish_job_by_id_async(job.id, Status.FAILED, delete_job=True)
        elif job.attempts >= job_care.MOST_TAKEN_OVER:
            await manager.finish_job_by_id_async(job.id, Status.FAILED, delete_job=False)
        else:
            await manager.retry_job_by_id_async(job.id, retry_at=clock.now())
        log.warning("taken_over", task=job.task_name, attempts=job.attempts)


@jobs.periodic(cron="* * * * *")
@jobs.task(queue=ROUTINE, name="jobs.park", queueing_lock="jobs.park", pass_context=True)
def park(context: JobContext, timestamp: int) -> None:
    """Put jobs that were given up before an administrator."""
    with _sessions(context)() as session:
        job_care.park(session)
        session.commit()


def _vault(context: JobContext) -> Vault:
    return cast("Callable[[], Vault]", context.additional_context["vault"])()


def _sessions(context: JobContext) -> sessionmaker[Session]:
    return cast("sessionmaker[Session]", context.additional_context["sessions"])


def _anchors(context: JobContext) -> Anchors:
    return cast("Callable[[], Anchors]", context.additional_context["anchors"])()
