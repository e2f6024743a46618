"""The gate's verdicts beside what readers did: counts by view, and no person in them."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Session

from derm_service.imaging.codes import CaptureState, RetakeReason, View
from derm_service.imaging.gate.report import Verdict
from derm_service.imaging.models import Capture, Retake
from derm_service.review.models import Opinion

SAID = (Verdict.ACCEPT, Verdict.ADVISE, Verdict.RETAKE)


@dataclass
class Row:
    """Photographs of one view about which the gate said the same.

    What it would have had taken again is on the record because somebody kept it with a reason.
    """

    view: View
    said: Verdict
    photographs: int = 0
    adequate: int = 0  # an opinion was signed on them, and no new ones were asked for
    inadequate: Counter[RetakeReason] = field(default_factory=Counter)

    @property
    def unread(self) -> int:
        """How many no reader has answered yet."""
        return self.photographs - self.adequate - self.inadequate.total()


def rows(session: Session, *, first: date, last: date) -> list[Row]:
    """The photographs put on the record on those days (London), in the order of the views."""
    found = {(view, said): Row(view, said) for view in View for said in SAID}
    for view, verdict, reason, is_read, count in session.execute(_counted(first, last)):
        row = found[view, Verdict(verdict)]
        row.photographs += count
        if reason is not None:
            row.inadequate[reason] += count
        elif is_read:
            row.adequate += count
    return [row for row in found.values() if row.photographs]


def total(found: Iterable[Row], *said: Verdict) -> tuple[int, int, int]:
    """How many there are of those verdicts, found adequate, and asked for again."""
    chosen = [row for row in found if row.said in said]
    return (
        sum(row.photographs for row in chosen),
        sum(row.adequate for row in chosen),
        sum(row.inadequate.total() for row in chosen),
    )


def _counted(first: date, last: date) -> sa.Select[View, str, RetakeReason | None, bool, int]:
    day = sa.cast(sa.func.timezone("Europe/London", Capture.filed_at), sa.Date)
    judged = (
        sa.select(
            Capture.view,
            Capture.verdict,
            sa.select(Retake.reason)
            .where(Retake.capture_id == Capture.id)
            .order_by(Retake.asked_at)
            .limit(1)
            .scalar_subquery()
            .label("reason"),
            sa.exists().where(Opinion.image_set_id == Capture.image_set_id).label("is_read"),
        )
        .where(
            Capture.state == CaptureState.FILED,
            Capture.verdict.in_(SAID),
            day.between(first, last),
        )
        .subquery()
    )
    named = (judged.c.view, judged.c.verdict, judged.c.reason, judged.c.is_read)
    return sa.select(*named, sa.func.count()).group_by(*named)
