"""What is overdue: the net under the jobs."""

import uuid
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from derm_service import clock
from derm_service.imaging import filing
from derm_service.imaging.codes import CaptureState
from derm_service.imaging.filing import Leftover
from derm_service.imaging.models import Capture
from derm_service.messages import work
from derm_service.messages.codes import WorkKind
from derm_service.people import Role

OVERDUE = timedelta(minutes=2)
STUCK = timedelta(minutes=15)
KEPT_SET_ASIDE = timedelta(days=30)
NOT_JUDGED = (
    "A photograph has arrived but could not be checked for 15 minutes, so its visit cannot be "
    "finished. It is tried again by itself. Ring the service desk."
)
NOT_QUEUED = sa.text(
    "NOT EXISTS (SELECT FROM procrastinate_jobs "
    "WHERE status = 'todo' AND args->>'capture_id' = capture.id::text)"
)


def not_examined(session: Session) -> list[uuid.UUID]:
    """Captures received a while ago that nobody has judged and no waiting job will."""
    return list(
        session.scalars(
            sa.select(Capture.id).where(
                Capture.state == CaptureState.RECEIVED,
                Capture.received_at < clock.now() - OVERDUE,
                NOT_QUEUED,
            )
        )
    )


def kept_not_filed(session: Session) -> list[uuid.UUID]:
    """Captures the photographer kept that are not on the record yet."""
    return list(
        session.scalars(
            sa.select(Capture.id).where(
                Capture.state == CaptureState.CHECKED,
                Capture.kept_reason.is_not(None),
                Capture.checked_at < clock.now() - OVERDUE,
                NOT_QUEUED,
            )
        )
    )


def ask_for_help(session: Session) -> None:
    """Put photographs that nobody could judge for a quarter of an hour before a lead."""
    stuck = session.scalars(
        sa.select(Capture).where(
            Capture.state == CaptureState.RECEIVED, Capture.received_at < clock.now() - STUCK
        )
    )
    for capture in stuck:
        work.raise_item(
            session,
            kind=WorkKind.IMAGE_TROUBLE,
            role=Role.LEAD,
            due_on=clock.today(),
            referral_id=capture.image_set.lesion.referral_id,
            subject_id=capture.id,
            note=NOT_JUDGED,
            urgent=True,
        )


def erase_set_aside(session: Session) -> list[Leftover]:
    """Shred what was set aside 30 days ago."""
    due = session.scalars(
        sa.select(Capture)
        .where(
            Capture.state == CaptureState.SET_ASIDE,
            Capture.set_aside_at < clock.now() - KEPT_SET_ASIDE,
        )
        .with_for_update(skip_locked=True)
    )
    return [leftover for capture in due for leftover in filing.erase(session, capture)]
