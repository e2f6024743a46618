"""What programs asked with an Idempotency-Key, and what they were answered."""

import uuid
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from derm_service.db import Base, new_id


class ApiRequest(Base):
    """One request that was carried out; the same key is answered from here for a day."""

    __tablename__ = "api_request"
    __table_args__ = (sa.UniqueConstraint("user_id", "key"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    user_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("user_account.id"))
    key: Mapped[str]
    asked_sha256: Mapped[str]  # of method, path and body: another question is refused
    status: Mapped[int | None]  # null only while the transaction that asks is open
    answer: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    asked_at: Mapped[datetime] = mapped_column(index=True)
