"""How many requests of one kind a web process serves at a time; pages always find a thread free."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore

from derm_service.errors import Unavailable


class Places:
    """So many may be in hand at once; who comes then is refused at once, and asks again."""

    def __init__(self, many: int, busy: str) -> None:
        self._free = BoundedSemaphore(many)
        self._busy = busy

    @contextmanager
    def one(self) -> Iterator[None]:
        """Hold a place; Unavailable with its sentence when none is free."""
        if not self._free.acquire(blocking=False):
            raise Unavailable(self._busy)
        try:
            yield
        finally:
            self._free.release()
