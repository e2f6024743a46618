"""The only source of time: aware UTC moments and the London calendar."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

LONDON = ZoneInfo("Europe/London")
YEARS = range(1800, 2200)
"""What a typed year may be: sums with days and zones fail at the ends of Python's calendar."""

_back: ContextVar[timedelta] = ContextVar("how far back the demonstration is", default=timedelta())


def now() -> datetime:
    """The present moment, aware, in UTC."""
    return datetime.now(UTC) - _back.get()


def today() -> date:
    """The present date in London, which is the date every clock and clinic counts by."""
    return now().astimezone(LONDON).date()


def london(moment: datetime) -> datetime:
    """The same moment as people in England read it on a wall clock."""
    return moment.astimezone(LONDON)


@contextmanager
def set_back_to(moment: datetime) -> Iterator[None]:
    """Let the clock run on from an earlier moment: for demonstration data, which need a past.

    Only `demo` may use it (a house rule test sees to that), and never to look ahead.
    """
    back = datetime.now(UTC) - moment
    token = _back.set(max(back, timedelta()))
    try:
        yield
    finally:
        _back.reset(token)
