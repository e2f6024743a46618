"""The only source of time: aware UTC moments and the London calendar."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

LONDON = ZoneInfo("Europe/London")


def now() -> datetime:
    """The present moment, aware, in UTC."""
    return datetime.now(UTC)


def today() -> date:
    """The present date in London, which is the date every clock and clinic counts by."""
    return now().astimezone(LONDON).date()


def london(moment: datetime) -> datetime:
    """The same moment as people in England read it on a wall clock."""
    return moment.astimezone(LONDON)
