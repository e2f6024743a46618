"""The restore drill: does everything come back from a backup of rows, objects and key."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from derm_service.audit import AuditEntry
from derm_service.custody import inventory, verifying
from derm_service.custody.anchors import Anchors
from derm_service.imaging.models import Capture
from derm_service.imaging.vault import Vault


@dataclass(frozen=True)
class Drill:
    """What came back."""

    objects: int
    whole: int  # read, opened and equal in hash
    photographs: int
    last_act_at: datetime | None  # up to when the backup knows anything
    trail: str | None  # the first thing wrong with the audit trail; cut off: the backup's age

    @property
    def passed(self) -> bool:
        """Whether every object came back as it was."""
        return self.whole == self.objects


def drill(session: Session, vault: Vault, anchors: Anchors, tick: Callable[[int], None]) -> Drill:
    """Read every object that the restored rows name, with the restored key. Changes nothing."""
    found = inventory.take(session, vault, deep=True, tick=tick)
    captures = sa.select(sa.func.count()).where(Capture.original_id.is_not(None))
    return Drill(
        objects=found.rows,
        whole=found.rows - len(found.lost),
        photographs=session.scalar(captures) or 0,
        last_act_at=session.scalar(sa.select(sa.func.max(AuditEntry.at))),
        trail=verifying.verify(session, anchors).trouble,
    )
