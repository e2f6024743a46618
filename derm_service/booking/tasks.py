"""The jobs of booking. Each commits as its last act."""

from typing import cast

from procrastinate import JobContext
from sqlalchemy.orm import Session, sessionmaker

from derm_service.api import idempotency
from derm_service.booking import capacity, holds, reminding
from derm_service.jobs import ROUTINE, jobs


@jobs.periodic(cron="*/10 * * * *")
@jobs.task(queue=ROUTINE, name="booking.sweep_holds", pass_context=True)
def sweep_holds(context: JobContext, timestamp: int) -> None:
    """Delete what lapsed long ago: holds, and what keys of the API were answered."""
    sessions = cast("sessionmaker[Session]", context.additional_context["sessions"])
    with sessions() as session:
        holds.sweep(session)
        idempotency.forget_old(session)
        session.commit()


@jobs.periodic(cron="5 * * * *")
@jobs.task(queue=ROUTINE, name="booking.sound_capacity_alarm", pass_context=True)
def sound_capacity_alarm(context: JobContext, timestamp: int) -> None:
    """Tell the lead before people breach, not after."""
    sessions = cast("sessionmaker[Session]", context.additional_context["sessions"])
    with sessions() as session:
        capacity.sound_the_alarm(session)
        session.commit()


@jobs.periodic(cron="*/10 * * * *")
@jobs.task(queue=ROUTINE, name="booking.remind", pass_context=True)
def remind(context: JobContext, timestamp: int) -> None:
    """Write the reminders that have fallen due."""
    remind_all(cast("sessionmaker[Session]", context.additional_context["sessions"]))


def remind_all(sessions: sessionmaker[Session]) -> int:
    """Write every reminder that is due, a transaction for each batch; how many."""
    total, after = 0, None
    while True:
        with sessions() as session:
            written, after = reminding.remind(session, after)
            session.commit()
        total += written
        if after is None:
            return total
