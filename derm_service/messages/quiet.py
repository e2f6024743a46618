"""The hours in which no text goes out and no telephone rings, on London's wall clocks; pure."""

from datetime import datetime, time, timedelta

from derm_service.clock import LONDON, london

FIRST_HOUR, LAST_HOUR = 8, 20


def is_quiet(moment: datetime) -> bool:
    """From 8pm to 8am people are left in peace, whatever the clocks did that night."""
    return not FIRST_HOUR <= london(moment).hour < LAST_HOUR


def when_awake(moment: datetime) -> datetime:
    """The moment itself, or the next 8am."""
    if not is_quiet(moment):
        return moment
    local = london(moment)
    day = local.date() + timedelta(days=local.hour >= LAST_HOUR)
    return datetime.combine(day, time(FIRST_HOUR), tzinfo=LONDON)
