"""Plays the demonstration's past: acts in order of time, each lived through on a set-back clock."""

import heapq
import itertools
from collections.abc import Callable
from datetime import date, datetime, time, timedelta

from sqlalchemy.orm import Session

from derm_service import clock

Act = Callable[[], None]


class Play:
    """Acts waiting for their moment; an act may call for later ones."""

    def __init__(self, session: Session, told: Callable[[str], None]) -> None:
        self.session = session
        self.now = clock.now()
        self.today = clock.today()
        self.told = told
        self._acts: list[tuple[datetime, int, str, Act]] = []
        self._order = itertools.count()

    def at(self, moment: datetime, what: str, act: Act) -> None:
        """Let something happen at a moment; what would lie in the future happens now."""
        heapq.heappush(self._acts, (min(moment, self.now), next(self._order), what, act))

    def run(self) -> None:
        """Let everything happen, oldest first; every act is a transaction of its own."""
        while self._acts:
            moment, _, what, act = heapq.heappop(self._acts)
            with clock.set_back_to(moment):
                act()
                self.session.commit()
            self.told(what)

    def moment(self, day: date, hour: int, minute: int = 0) -> datetime:
        """A London wall-clock moment."""
        return datetime.combine(day, time(hour, minute), tzinfo=clock.LONDON)

    def days_ago(self, days: int, hour: int = 10, minute: int = 0) -> datetime:
        """A London moment some days before today."""
        return self.moment(self.today - timedelta(days=days), hour, minute)

    def working_days(self, count: int, *, ahead: bool = False) -> list[date]:
        """The nearest Mondays to Fridays before today, or after it, nearest first."""
        step = 1 if ahead else -1
        days = (self.today + timedelta(days=step * n) for n in itertools.count(1))
        weekdays = (day for day in days if day.weekday() < 5)
        return list(itertools.islice(weekdays, count))
