"""How many wrong secret addresses one sender may try; counted in this process alone."""

from collections import OrderedDict, deque
from datetime import datetime, timedelta
from threading import Lock


class Guesses:
    """Wrong tries by sender: after `most` within `during` the sender is not listened to.

    The secrets have 256 bits, so this keeps the database from work, not the secret from being
    found; that each process counts for itself is enough. It remembers `senders` at most.
    """

    def __init__(self, *, most: int, during: timedelta, senders: int = 10_000) -> None:
        self.most, self.during, self.senders = most, during, senders
        self._wrong: OrderedDict[str, deque[datetime]] = OrderedDict()
        self._lock = Lock()

    def too_many(self, sender: str, now: datetime) -> bool:
        """Whether this sender has been wrong too often just now."""
        with self._lock:
            wrong = self._wrong.get(sender)
            while wrong and wrong[0] <= now - self.during:
                wrong.popleft()
            return wrong is not None and len(wrong) >= self.most

    def count(self, sender: str, now: datetime) -> None:
        """Remember one wrong try."""
        with self._lock:
            self._wrong.setdefault(sender, deque(maxlen=self.most)).append(now)
            self._wrong.move_to_end(sender)
            while len(self._wrong) > self.senders:
                self._wrong.popitem(last=False)
