"""Where the audit trail was anchored: a note beside the anchors, which lie outside."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from derm_service.db import Base


class AuditAnchor(Base):
    """One row of the audit trail whose hash was written outside the database."""

    __tablename__ = "audit_anchor"

    number: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True, autoincrement=False)
    hash: Mapped[str]
    at: Mapped[datetime]
