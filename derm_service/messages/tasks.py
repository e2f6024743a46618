"""The jobs of messages: send, ask what became of them, settle what lies too long."""

from datetime import timedelta
from typing import cast

from procrastinate import JobContext
from sqlalchemy.orm import Session, sessionmaker

from derm_service.config import Settings
from derm_service.jobs import ROUTINE, jobs
from derm_service.messages import holding, notify, overdue, receipt_tasks, sending_tasks, texts


@jobs.periodic(cron="* * * * *")
@jobs.task(
    queue=ROUTINE,
    name="messages.send",
    queueing_lock="messages.send",
    lock="messages.send",
    pass_context=True,
)
def send(context: JobContext, timestamp: int) -> None:
    """Hand what waits to the carrier; without one it stays in the outbox."""
    settings = _settings(context)
    if carrier := notify.of_settings(settings):
        ask_after = timedelta(seconds=settings.notify_ask_after_seconds)
        post = sending_tasks.Post(carrier, texts.sender_of(settings), ask_after)
        sending_tasks.send_waiting(_sessions(context), post)


@jobs.periodic(cron="*/5 * * * *")
@jobs.task(
    queue=ROUTINE,
    name="messages.ask_receipts",
    queueing_lock="messages.ask_receipts",
    lock="messages.ask_receipts",
    pass_context=True,
)
def ask_receipts(context: JobContext, timestamp: int) -> None:
    """Ask the carrier what was delivered and what was not."""
    if carrier := notify.of_settings(_settings(context)):
        receipt_tasks.ask(_sessions(context), carrier)


@jobs.periodic(cron="*/10 * * * *")
@jobs.task(queue=ROUTINE, name="messages.sweep", pass_context=True)
def sweep(context: JobContext, timestamp: int) -> None:
    """Tell another way what lies too long; a demonstration without a carrier keeps its texts."""
    settings = _settings(context)
    shown_only = settings.demonstration and notify.of_settings(settings) is None
    with _sessions(context)() as session:
        overdue.sweep(session, carried=not shown_only)
        session.commit()


@jobs.periodic(cron="* * * * *")
@jobs.task(queue=ROUTINE, name="messages.hold_back", pass_context=True)
def hold_back(context: JobContext, timestamp: int) -> None:
    """Hold back what may go to a person this way no longer."""
    with _sessions(context)() as session:
        holding.hold_back(session)
        session.commit()


def _settings(context: JobContext) -> Settings:
    return cast("Settings", context.additional_context["settings"])


def _sessions(context: JobContext) -> "sessionmaker[Session]":
    return cast("sessionmaker[Session]", context.additional_context["sessions"])
