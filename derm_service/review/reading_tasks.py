"""The job of the worklist: no case waits for a reader there is not."""

from typing import cast

from procrastinate import JobContext
from sqlalchemy.orm import Session, sessionmaker

from derm_service.jobs import ROUTINE, jobs
from derm_service.review import worklist


@jobs.periodic(cron="23 * * * *")
@jobs.task(queue=ROUTINE, name="review.find_readers", pass_context=True)
def find_readers(context: JobContext, timestamp: int) -> None:
    """Tell the lead of cases that nobody may read."""
    sessions = cast("sessionmaker[Session]", context.additional_context["sessions"])
    with sessions() as session:
        worklist.tell_whom_nobody_may_read(session)
        session.commit()
