"""The audit trail: who did and who saw what, written in the same transaction as the act."""

import uuid
from datetime import datetime
from typing import Any, Protocol

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, Session, mapped_column

from derm_service import clock
from derm_service.db import Base, add
from derm_service.people import User

SYSTEM = "system"


class Subject(Protocol):
    """Anything with a table name and an id can be the subject of an audit row."""

    @property
    def id(self) -> Any:
        """The row's primary key."""
        ...


class AuditEntry(Base):
    """One act or one look; rows are only added and then numbered (a trigger refuses the rest)."""

    __tablename__ = "audit_entry"
    __table_args__ = (
        sa.Index("audit_entry_referral_id_idx", "referral_id", "id"),
        sa.Index("audit_entry_patient_id_idx", "patient_id", "id"),
        sa.Index("audit_entry_subject_idx", "subject_kind", "subject_id"),
        sa.CheckConstraint("by_id IS NOT NULL OR by_system IS NOT NULL", name="somebody_did_it"),
        sa.CheckConstraint("(number IS NULL) = (hash IS NULL)", name="numbered_with_its_hash"),
        sa.UniqueConstraint("number"),
        sa.Index("audit_entry_waiting_idx", "id", postgresql_where=sa.text("number IS NULL")),
    )

    id: Mapped[int] = mapped_column(sa.BigInteger, sa.Identity(always=True), primary_key=True)
    at: Mapped[datetime]
    by_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("user_account.id"))
    by_system: Mapped[str | None]
    by_roles: Mapped[list[str]] = mapped_column(default=list)
    did: Mapped[str]
    subject_kind: Mapped[str]
    subject_id: Mapped[str]
    referral_id: Mapped[uuid.UUID | None]
    patient_id: Mapped[uuid.UUID | None]
    detail: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    # Both are given by the sealer, once, after the commit: in the order in which rows became
    # visible, so that transactions that end out of order leave no gap.
    number: Mapped[int | None] = mapped_column(sa.BigInteger)
    hash: Mapped[str | None]  # over this row and the hash before it, hex


def record(
    session: Session,
    *,
    by: User | None,
    did: str,
    subject: Subject,
    referral_id: uuid.UUID | None = None,
    patient_id: uuid.UUID | None = None,
    detail: dict[str, Any] | None = None,
    system: str = SYSTEM,
) -> AuditEntry:
    """Add one audit row; `by=None` is the service itself (`system` names the part).

    `did` is a past-tense phrase ("booked appointment"). `referral_id` and `patient_id` are
    taken from the subject where it has them. `detail` holds codes, old and new values: it is
    shown to governance only and is never logged.
    """
    entry = AuditEntry(
        at=clock.now(),
        by_id=by.id if by else None,
        by_system=None if by else system,
        by_roles=list(by.roles) if by else [],
        did=did,
        subject_kind=getattr(type(subject), "__tablename__", type(subject).__name__),
        subject_id=str(subject.id),
        referral_id=referral_id or _own(subject, "referral"),
        patient_id=patient_id or _own(subject, "patient"),
        detail=detail or {},
    )
    add(session, entry)
    return entry


def _own(subject: Subject, kind: str) -> uuid.UUID | None:
    if getattr(type(subject), "__tablename__", "") == kind:
        own: uuid.UUID = subject.id
        return own
    linked: uuid.UUID | None = getattr(subject, f"{kind}_id", None)
    return linked
