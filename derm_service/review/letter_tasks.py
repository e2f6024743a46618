"""The job of letters about opinions: hold back those that must not go."""

from typing import cast

from procrastinate import JobContext
from sqlalchemy.orm import Session, sessionmaker

from derm_service.jobs import ROUTINE, jobs
from derm_service.review import holding


@jobs.periodic(cron="* * * * *")
@jobs.task(queue=ROUTINE, name="review.hold_back", pass_context=True)
def hold_back(context: JobContext, timestamp: int) -> None:
    """Hold back letters to people who may only be rung by now."""
    sessions = cast("sessionmaker[Session]", context.additional_context["sessions"])
    with sessions() as session:
        holding.hold_back(session)
        session.commit()
