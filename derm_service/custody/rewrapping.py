"""Rotation: the rows' keysets wrapped by the newest key; no object is read or written."""

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from derm_service import audit
from derm_service.imaging.models import SealedObject
from derm_service.imaging.sealing import Sealer

AT_A_TIME = 200
SERVICE = "keys"


@dataclass(frozen=True)
class Key:
    """A key-encryption key as the subject of an audit row."""

    id: str  # its name


def left(session: Session, key: str) -> int:
    """How many keysets another key than this one wraps."""
    query = sa.select(sa.func.count()).where(SealedObject.key_encryption_key != key)
    return session.scalar(query) or 0


def rewrap_some(session: Session, sealer: Sealer, key: str) -> int:
    """Wrap some keysets by `key`, the one of now; how many there were, none at the end.

    Uploads go on meanwhile: rows are held one batch at a time. The caller commits each batch,
    so that whoever breaks off goes on where they were.
    """
    rows = session.scalars(
        sa.select(SealedObject)
        .where(SealedObject.key_encryption_key != key)
        .order_by(SealedObject.id)
        .limit(AT_A_TIME)
        .with_for_update()
    ).all()
    for row in rows:
        row.wrapped_keyset, row.key_encryption_key = sealer.rewrap(object_id=row.id, seal=row)
    session.flush()
    return len(rows)


def record(session: Session, did: str, key: str, **detail: str | int) -> None:
    """What was done with a key, in the audit trail."""
    audit.record(session, by=None, system=SERVICE, did=did, subject=Key(key), detail=dict(detail))
