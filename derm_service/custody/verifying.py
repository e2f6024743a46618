"""Does the audit trail add up: every row against the chain, the chain against its anchors."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from derm_service import clock, wording
from derm_service.audit import AuditEntry
from derm_service.custody import sealer
from derm_service.custody.anchors import Anchor, Anchors
from derm_service.custody.chain import BEFORE_THE_FIRST, digest
from derm_service.custody.models import AuditAnchor

SEALED_WITHIN = timedelta(minutes=10)  # a worker that stands still this long is trouble
Tick = Callable[[int], None]


@dataclass(frozen=True)
class Verified:
    """How far the trail was checked, and the first thing that is wrong with it."""

    rows: int
    anchors: int
    waiting: int  # written, not numbered yet
    trouble: str | None

    @property
    def is_sound(self) -> bool:
        """Whether nothing is wrong."""
        return self.trouble is None


def count(session: Session) -> int:
    """How many rows there are to check."""
    query = sa.select(sa.func.count(AuditEntry.number))
    return session.scalar(query) or 0


def verify(session: Session, anchors: Anchors, tick: Tick = lambda _rows: None) -> Verified:
    """Walk the whole chain; `tick` hears of every row. Unavailable when the store is down.

    The first row that was changed, removed or cut off is named by its number.
    """
    held = sorted(anchors.all(), key=lambda each: each.number)
    walk = _Walk(held)
    for entry in sealer.in_order(session):
        walk.step(entry)
        tick(1)
        if walk.trouble:
            break
    trouble = walk.trouble or walk.cut_off() or walk.not_anchored() or _anchor_gone(session, held)
    waiting, oldest = session.execute(
        sa.select(sa.func.count(), sa.func.min(AuditEntry.at)).where(AuditEntry.number.is_(None))
    ).one()
    if trouble is None and oldest is not None and oldest < clock.now() - SEALED_WITHIN:
        trouble = (
            f"{wording.count(waiting, 'row')} since {wording.day_time(oldest)} were not numbered: "
            "no job worker is running, or somebody stopped the sealer."
        )
    return Verified(rows=walk.last, anchors=len(held), waiting=waiting, trouble=trouble)


def _anchor_gone(session: Session, held: Iterable[Anchor]) -> str | None:
    """The first anchor that was written, by the database, and is not in its bucket any more.

    Who takes the newest anchors away can cut off the rows that only they vouched for.
    """
    there = {each.number for each in held}
    for written in session.scalars(sa.select(AuditAnchor).order_by(AuditAnchor.number)):
        if written.number not in there:
            return (
                f"The anchor of row {written.number}, written at "
                f"{wording.day_time(written.at)}, is gone from its bucket."
            )
    return None


class _Walk:
    """One pass along the chain, the anchors beside it."""

    def __init__(self, anchors: Iterable[Anchor]) -> None:
        self.last, self.hash = 0, BEFORE_THE_FIRST
        self.trouble: str | None = None
        self._held = list(anchors)
        self._sound = 0  # the newest row an anchor vouches for
        self._loose: datetime | None = None  # when the first row after it was written

    def step(self, entry: AuditEntry) -> None:
        """Check one row against the one before it and against the anchor of its number."""
        number = entry.number or 0
        if number != self.last + 1:
            self.trouble = f"Row {self.last + 1} was removed: row {number} follows {self.last}."
            return
        if digest(self.hash, sealer.facts(entry)) != entry.hash:
            self.trouble = f"Row {number} was changed: it does not fit its hash."
            return
        self.last, self.hash = number, entry.hash
        self._loose = self._loose or entry.at
        while self._held and self._held[0].number == number:
            anchor = self._held.pop(0)
            if anchor.hash != entry.hash:
                self.trouble = (
                    f"The chain was made again: a row from {self._sound + 1} to {number} was "
                    f"changed after {wording.day_time(anchor.at)}, when row {number} was anchored."
                )
                return
            self._sound, self._loose = number, None

    def not_anchored(self) -> str | None:
        """Rows that nothing outside the database vouches for, though there was time enough."""
        if self._loose is None or self._loose > clock.now() - SEALED_WITHIN:
            return None
        return (
            f"The rows from {self._sound + 1} on, since {wording.day_time(self._loose)}, were not "
            "anchored: no job worker is running, or somebody stopped the sealer."
        )

    def cut_off(self) -> str | None:
        """Anchors beyond the end: what they vouch for is gone."""
        if not self._held:
            return None
        newest = self._held[-1]
        return (
            f"The rows from {self.last + 1} on were cut off: row {newest.number} was there at "
            f"{wording.day_time(newest.at)}."
        )
