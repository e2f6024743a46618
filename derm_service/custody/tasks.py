"""The jobs of custody: seal the audit trail, verify it. Each commits as its last act."""

from collections.abc import Callable
from typing import cast

import structlog
from procrastinate import JobContext
from sqlalchemy.orm import Session, sessionmaker

from derm_service import clock
from derm_service.custody import sealer, verifying
from derm_service.custody.anchors import Anchors
from derm_service.errors import Unavailable
from derm_service.jobs import ROUTINE, jobs
from derm_service.messages import work
from derm_service.messages.codes import WorkKind
from derm_service.people import Role

log = structlog.get_logger("custody")


@jobs.periodic(cron="* * * * * */5")
@jobs.task(queue=ROUTINE, name="audit.seal", queueing_lock="audit.seal", pass_context=True)
def seal(context: JobContext, timestamp: int) -> None:
    """Number and chain what was committed, then anchor it; a store that is down is tried again."""
    with _sessions(context)() as session:
        while sealer.seal(session):
            session.commit()
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


def _sessions(context: JobContext) -> sessionmaker[Session]:
    return cast("sessionmaker[Session]", context.additional_context["sessions"])


def _anchors(context: JobContext) -> Anchors:
    return cast("Callable[[], Anchors]", context.additional_context["anchors"])()
