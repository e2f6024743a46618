"""The job that gives up uploads whose rest will not come."""

from typing import cast

from procrastinate import JobContext
from sqlalchemy.orm import Session, sessionmaker

from derm_service.imaging import uploads
from derm_service.jobs import ROUTINE, jobs


@jobs.periodic(cron="47 * * * *")
@jobs.task(queue=ROUTINE, name="imaging.expire_uploads", pass_context=True)
def expire_uploads(context: JobContext, timestamp: int) -> None:
    """Set aside what never arrived, and put it before a lead; end what nobody wants any more."""
    sessions = cast("sessionmaker[Session]", context.additional_context["sessions"])
    with sessions() as session:
        uploads.end_unwanted(session)
        uploads.expire(session)
        session.commit()
