"""The job that offers freed times and ends offers that are over; a transaction for each."""

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import cast

import structlog
from procrastinate import JobContext
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session, sessionmaker

from derm_service import clock
from derm_service.booking import offer_answers, offer_queries, offering
from derm_service.booking.offer_rules import Notice, notice_of
from derm_service.config import Settings
from derm_service.errors import Problem
from derm_service.jobs import ROUTINE, jobs

log = structlog.get_logger("offers")


@jobs.periodic(cron="* * * * *")
@jobs.task(queue=ROUTINE, name="booking.offer_freed_times", pass_context=True)
def offer_freed_times(context: JobContext, timestamp: int) -> None:
    """End what is over, then offer each freed time to the next person."""
    go_round(
        cast("sessionmaker[Session]", context.additional_context["sessions"]),
        cast("Settings", context.additional_context["settings"]),
    )


def go_round(sessions: sessionmaker[Session], settings: Settings) -> None:
    """One round: a moment's mistake about one time or person keeps no other waiting."""
    with sessions() as session:
        over = list(offer_queries.over(session))
    for offer_id in over:
        _step(sessions, _settling(offer_id))
    if not settings.auto_offers:
        return
    rules = notice_of(settings)
    before = clock.now() - timedelta(minutes=settings.offer_after_minutes)
    with sessions() as session:
        freed = [one.id for one in offer_queries.freed(session, before=before, least=rules.least)]
    for slot_id in freed:
        _step(sessions, _offering(slot_id, rules, settings.address))


def _settling(offer_id: uuid.UUID) -> Callable[[Session], object]:
    return lambda session: offer_answers.settle(session, offer_id=offer_id)


def _offering(slot_id: uuid.UUID, rules: Notice, address: str) -> Callable[[Session], object]:
    return lambda session: offering.offer_next(
        session, slot_id=slot_id, notice=rules, address=address, by=None
    )


def _step(sessions: sessionmaker[Session], act: Callable[[Session], object]) -> None:
    with sessions() as session:
        try:
            act(session)
            session.commit()
        except (Problem, OperationalError) as problem:  # or two who waited for each other
            log.info("offer_passed_over", kind=type(problem).__name__)
