"""What is special about a London day, and the days a calendar page shows: pure."""

from datetime import date, datetime, timedelta
from enum import StrEnum

from derm_service.clock import LONDON
from derm_service.messages.rules import bank_holiday

WEEK = 7


class Span(StrEnum):
    """How the calendar is laid out."""

    DAY = "day"
    WEEK = "week"
    PLACE = "place"  # a week, place by place


def shown(span: Span, on: date) -> list[date]:
    """The days of a page: one, or the week from Monday that holds `on`."""
    if span is Span.DAY:
        return [on]
    monday = on - timedelta(days=on.weekday())
    return [monday + timedelta(days=step) for step in range(WEEK)]


def notes(day: date) -> list[str]:
    """Its bank holiday and its change of the clocks in words; nothing for most days."""
    holiday = bank_holiday(day)
    said = [f"Bank holiday: {holiday}"] if holiday else []
    return said + _clocks(day)


def _clocks(day: date) -> list[str]:
    """The clocks change in the night from Saturday to Sunday: by this day's offset at each end."""
    before = datetime(day.year, day.month, day.day, tzinfo=LONDON).utcoffset()
    after = datetime(day.year, day.month, day.day, 23, tzinfo=LONDON).utcoffset()
    if before is None or after is None or before == after:
        return []
    if after > before:
        return ["The clocks go forward at 1am"]
    return ["The clocks go back at 2am"]
