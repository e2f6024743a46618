"""How often somebody who is not signed in may ask, in this process."""

from collections import OrderedDict
from datetime import datetime, timedelta
from threading import Lock

from derm_service import clock

KEPT = 10_000  # who asked; the oldest are forgotten first
WINDOW = timedelta(minutes=1)


class Limit:
    """So many a minute for each key; safe for threads."""

    def __init__(self, most: int) -> None:
        self.most = most
        self._asked: OrderedDict[str, list[datetime]] = OrderedDict()
        self._lock = Lock()

    def takes(self, key: str) -> bool:
        """Count one more; whether it is within the limit."""
        now = clock.now()
        with self._lock:
            before = self._asked.pop(key, [])
            recent = [*(at for at in before if now - at < WINDOW), now][-self.most - 1 :]
            self._asked[key] = recent
            while len(self._asked) > KEPT:
                self._asked.popitem(last=False)
        return len(recent) <= self.most
