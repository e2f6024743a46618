"""The sealer: numbers and chains committed audit rows, and anchors the newest of them."""

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from derm_service import clock, crash
from derm_service.audit import AuditEntry
from derm_service.crash import Point
from derm_service.custody.anchors import Anchors
from derm_service.custody.chain import BEFORE_THE_FIRST, digest
from derm_service.custody.models import AuditAnchor

AT_A_TIME = 2000
ONE_SEALER = 0x5EA1  # the key of the advisory lock
# Where a row comes in the order of ids says nothing: a transaction that began first may end
# last. Rows get their number when they can be seen, and none is passed over.
NUMBER = sa.text(
    "UPDATE audit_entry SET number = new.number, hash = new.hash "
    "FROM unnest(CAST(:ids AS bigint[]), CAST(:numbers AS bigint[]), CAST(:hashes AS text[])) "
    "AS new(id, number, hash) WHERE audit_entry.id = new.id"
)


def facts(entry: AuditEntry) -> dict[str, Any]:
    """What of a row goes into its hash: everything but the hash itself."""
    return {
        "number": entry.number,
        "id": entry.id,
        "at": entry.at.isoformat(),
        "by_id": str(entry.by_id) if entry.by_id else None,
        "by_system": entry.by_system,
        "by_roles": entry.by_roles,
        "did": entry.did,
        "subject_kind": entry.subject_kind,
        "subject_id": entry.subject_id,
        "referral_id": str(entry.referral_id) if entry.referral_id else None,
        "patient_id": str(entry.patient_id) if entry.patient_id else None,
        "detail": entry.detail,
    }


def seal(session: Session) -> int:
    """Number and chain the rows that wait, at most so many; how many those were."""
    session.execute(sa.select(sa.func.pg_advisory_xact_lock(ONE_SEALER)))
    waiting = session.scalars(
        sa.select(AuditEntry)
        .where(AuditEntry.number.is_(None))
        .order_by(AuditEntry.id)
        .limit(AT_A_TIME)
    ).all()
    if not waiting:
        return 0
    number, before = newest(session) or (0, BEFORE_THE_FIRST)
    ids, numbers, hashes = [], [], []
    for entry in waiting:
        number += 1
        before = digest(before, facts(entry) | {"number": number})
        ids.append(entry.id)
        numbers.append(number)
        hashes.append(before)
    session.execute(NUMBER, {"ids": ids, "numbers": numbers, "hashes": hashes})
    session.expire_all()
    return len(ids)


def newest(session: Session) -> tuple[int, str] | None:
    """The number and hash of the last row of the chain."""
    row = session.execute(
        sa.select(AuditEntry.number, AuditEntry.hash)
        .where(AuditEntry.number.is_not(None))
        .order_by(AuditEntry.number.desc())
        .limit(1)
    ).first()
    return None if row is None else (row.number, row.hash)


def anchor(session: Session, anchors: Anchors) -> None:
    """Write the newest committed row of the chain outside the database, unless it is there."""
    last = newest(session)
    if last is None or session.get(AuditAnchor, last[0]) is not None:
        return
    anchors.drop(*last)
    crash.here(Point.ANCHOR_DROPPED)
    session.add(AuditAnchor(number=last[0], hash=last[1], at=clock.now()))
    session.flush()


def in_order(session: Session) -> Iterator[AuditEntry]:
    """Every numbered row in the order of the chain, a thousand in memory at a time."""
    query = sa.select(AuditEntry).where(AuditEntry.number.is_not(None)).order_by(AuditEntry.number)
    for some in session.scalars(query.execution_options(yield_per=1000)).partitions():
        yield from some
        for each in some:
            session.expunge(each)
