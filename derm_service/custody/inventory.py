"""The store's inventory: every row's object is there and whole, every object has its row."""

import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from derm_service import clock
from derm_service.errors import Unavailable
from derm_service.imaging.filing import Leftover
from derm_service.imaging.models import SealedObject
from derm_service.imaging.store import StoredObject
from derm_service.imaging.vault import Place, Vault
from derm_service.messages.codes import WorkKind
from derm_service.messages.models import WorkItem

# An object is older than the row still being written, and a database that was set back to an
# older copy may yet be set back to a newer one that knows it.
UNKNOWN_KEPT = timedelta(days=7)
NIGHTS = 32  # every object is read once in so many nights
Tick = Callable[[int], None]


@dataclass
class Inventory:
    """What was found; nothing is changed by taking it."""

    rows: int = 0
    missing: list[SealedObject] = field(default_factory=list)
    damaged: list[SealedObject] = field(default_factory=list)  # another size, or another content
    unknown: list[Leftover] = field(default_factory=list)  # no row knows them, for a week
    young: int = 0  # no row knows them, not for a week yet

    @property
    def lost(self) -> list[SealedObject]:
        """Rows whose bytes cannot be had just now."""
        return [*self.missing, *self.damaged]


def count(session: Session) -> int:
    """How many objects there should be."""
    return session.scalar(sa.select(sa.func.count()).select_from(SealedObject)) or 0


def take(
    session: Session,
    vault: Vault,
    *,
    deep: bool = False,
    night: int | None = None,
    unknown_kept: timedelta = UNKNOWN_KEPT,
    tick: Tick = lambda _rows: None,
) -> Inventory:
    """Compare rows with objects; `deep` reads every object, `night` reads one share of them.

    What stands on the Work page is read every time: only its bytes can say that it is whole again.
    Unavailable when the store cannot be reached, so that nothing is called lost then.
    """
    found, in_doubt = Inventory(), _in_doubt(session)
    before = clock.now() - unknown_kept
    for place in Place:
        # rows before objects: whatever row is seen here, its object was put before it
        rows = session.scalars(
            sa.select(SealedObject).where(SealedObject.bucket == place.value)
        ).all()
        strangers = _compare(vault.objects(place), {row.key: row for row in rows}, found)
        old = [Leftover(place, each.key) for each in strangers if each.changed_at < before]
        known = _known(session, place, old)
        found.unknown += [each for each in old if each.key not in known]
        found.young += len(strangers) - len(old)
        found.rows += len(rows)
        lost = {row.id for row in found.lost}
        share = in_doubt | _share(session, place, night)
        for row in rows:
            if row.id not in lost and (deep or row.id in share) and _is_damaged(vault, row):
                found.damaged.append(row)
            tick(1)
    found.missing = _still_known(session, found.missing)
    found.damaged = _still_known(session, found.damaged)
    return found


def _compare(
    stored: Iterator[StoredObject], rows: dict[str, SealedObject], found: Inventory
) -> list[StoredObject]:
    """Note what is missing or of another size; the objects no row knows."""
    left, strangers = dict(rows), []
    for each in stored:
        row = left.pop(each.key, None)
        if row is None:
            strangers.append(each)
        elif each.size != row.size_cipher:
            found.damaged.append(row)
    found.missing += left.values()
    return strangers


def _known(session: Session, place: Place, strangers: list[Leftover]) -> set[str]:
    """Which of these have a row by now."""
    keys = _any_of([each.key for each in strangers], sa.Text())
    query = sa.select(SealedObject.key).where(
        SealedObject.bucket == place.value, SealedObject.key == keys
    )
    return set(session.scalars(query)) if strangers else set()


def _still_known(session: Session, rows: list[SealedObject]) -> list[SealedObject]:
    """Those whose row is still there: what was filed or erased meanwhile took its bytes along."""
    ids = _any_of([row.id for row in rows], sa.Uuid())
    there = set(session.scalars(sa.select(SealedObject.id).where(SealedObject.id == ids)))
    return [row for row in rows if row.id in there]


def _any_of(values: Sequence[object], of: sa.types.TypeEngine[Any]) -> sa.CollectionAggregate[bool]:
    """One parameter however many there are: a bucket that is gone is more than IN can list."""
    return sa.any_(sa.literal(values, sa.ARRAY(of)))


def _in_doubt(session: Session) -> set[uuid.UUID | None]:
    """The objects somebody is asked about."""
    query = sa.select(WorkItem.subject_id).where(
        WorkItem.kind == WorkKind.IMAGE_TROUBLE, WorkItem.done_at.is_(None)
    )
    return set(session.scalars(query))


def _share(session: Session, place: Place, night: int | None) -> set[uuid.UUID | None]:
    """The rows whose turn it is to be read tonight."""
    if night is None:
        return set()
    turn = sa.func.hashtext(SealedObject.key).op("&")(NIGHTS - 1) == night % NIGHTS
    query = sa.select(SealedObject.id).where(SealedObject.bucket == place.value, turn)
    return set(session.scalars(query))


def _is_damaged(vault: Vault, row: SealedObject) -> bool:
    """Whether the bytes do not come back as they were; asked twice, and the store itself too."""
    for _ in range(2):
        try:
            for _piece in vault.open(row):
                pass
        except Unavailable:
            vault.probe()
        else:
            return False
    return True
