"""Jobs that will not be done by themselves: parked on the administrator's Work page."""

import uuid
from collections.abc import Sequence
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from derm_service import clock, wording
from derm_service.messages import work
from derm_service.messages.codes import WorkKind
from derm_service.messages.models import WorkItem
from derm_service.people import Role

MOST_TAKEN_OVER = 5  # a job whose worker dies this often is what kills it
FORGOTTEN_AFTER = timedelta(days=1)
# A periodic job comes again by itself: only one that fails again and again is anybody's business.
GIVEN_UP = sa.text(
    "SELECT id, task_name, attempts FROM procrastinate_jobs "
    "WHERE status = 'failed' AND NOT args ? 'timestamp' ORDER BY id"
)
PERIODIC_GIVEN_UP = sa.text(
    "SELECT max(id) AS id, task_name, count(*) AS attempts FROM procrastinate_jobs "
    "WHERE status = 'failed' AND args ? 'timestamp' "
    "AND (args->>'timestamp')::bigint > :since GROUP BY task_name HAVING count(*) >= 3"
)
FORGET = sa.text(
    "DELETE FROM procrastinate_jobs WHERE status = 'failed' "
    "AND (args->>'timestamp')::bigint < :before"
)


def park(session: Session) -> int:
    """Put every job that was given up on the administrator's list, once; how many are there.

    A row leaves the list by itself when its job has run after all.
    """
    before = (clock.now() - FORGOTTEN_AFTER).timestamp()
    session.execute(FORGET, {"before": int(before)})
    failed = {uuid.UUID(int=row.id): row for row in session.execute(GIVEN_UP)}
    for row in session.execute(PERIODIC_GIVEN_UP, {"since": int(before)}):
        failed[uuid.uuid5(uuid.NAMESPACE_OID, row.task_name)] = row
    known = _known(session, failed)
    for subject_id, row in failed.items():
        if subject_id not in known:
            work.raise_item(
                session,
                kind=WorkKind.JOB_FAILED,
                role=Role.ADMINISTRATOR,
                due_on=clock.today(),
                subject_id=subject_id,
                note=(
                    f"Job {row.id} ({row.task_name}) was given up after "
                    f"{wording.count(row.attempts, 'try', 'tries')}. Ring the service desk: once "
                    f"the cause is mended, flask jobs retry {row.id} runs it again."
                ),
            )
    _settle(session, failed)
    return len(failed)


def _known(session: Session, failed: dict[uuid.UUID, sa.Row[tuple[int]]]) -> Sequence[uuid.UUID]:
    """Those an administrator has, or had, on the list."""
    query = sa.select(WorkItem.subject_id).where(
        WorkItem.kind == WorkKind.JOB_FAILED, WorkItem.subject_id.in_(failed)
    )
    return [each for each in session.scalars(query) if each is not None]


def _settle(session: Session, failed: dict[uuid.UUID, sa.Row[tuple[int]]]) -> None:
    waiting = sa.select(WorkItem).where(
        WorkItem.kind == WorkKind.JOB_FAILED, WorkItem.done_at.is_(None)
    )
    for item in session.scalars(waiting).all():
        if item.subject_id not in failed:
            work.finish(session, item_id=item.id, how="It ran after all", by=None)
