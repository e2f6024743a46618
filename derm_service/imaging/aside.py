"""Setting photographs aside: out of the record, their bytes sealed for 30 days more."""

import sqlalchemy as sa
from sqlalchemy.orm import Session

from derm_service import audit, clock, wording
from derm_service.imaging import trail
from derm_service.imaging.codes import CaptureState, SetAsideReason
from derm_service.imaging.gate.report import Verdict
from derm_service.imaging.models import Capture, ImageSet, Visit
from derm_service.imaging.rules import check_move
from derm_service.people import User

GONE = (CaptureState.SET_ASIDE, CaptureState.ERASED)
NOT_GOOD = (Verdict.RETAKE.value, Verdict.REJECT.value)


def put(
    session: Session,
    capture: Capture,
    reason: SetAsideReason,
    *,
    by: User | None,
    system: str = audit.SYSTEM,
) -> None:
    """Set one photograph aside; the caller holds its row. `by=None` is the service itself."""
    check_move(capture.state, CaptureState.SET_ASIDE)
    was, capture.state = capture.state, CaptureState.SET_ASIDE
    capture.set_aside_reason = reason
    capture.set_aside_at = clock.now()
    trail.record(
        session,
        capture,
        "set aside capture",
        by=by,
        system=system,
        reason=reason.value,
        was=was.value,
    )


def replaced_by(session: Session, good: Capture, *, system: str) -> None:
    """A good photograph is there: those of its view that failed and wait for a word go."""
    failed = session.scalars(
        sa.select(Capture)
        .where(
            Capture.image_set_id == good.image_set_id,
            Capture.view == good.view,
            Capture.state == CaptureState.CHECKED,
            Capture.verdict.in_(NOT_GOOD),
            Capture.kept_reason.is_(None),
        )
        .order_by(Capture.id)
        .with_for_update(of=Capture)
        .execution_options(populate_existing=True)
    ).all()
    for each in failed:
        put(session, each, taken_again(each), by=None, system=system)


def taken_again(capture: Capture) -> SetAsideReason:
    """Why a photograph goes that was taken again: it could not be used, or a better one came."""
    is_rejected = capture.verdict == Verdict.REJECT
    return SetAsideReason.REJECTED if is_rejected else SetAsideReason.RETAKEN


def after_a_no(session: Session, visit: Visit, *, by: User) -> int:
    """Set aside every photograph of a visit at which the person has now said no; how many."""
    taken = session.scalars(
        sa.select(Capture)
        .join(ImageSet)
        .where(ImageSet.visit_id == visit.id, Capture.state.not_in(GONE))
        .order_by(Capture.id)
        .with_for_update(of=Capture)
        .execution_options(populate_existing=True)
    ).all()
    for capture in taken:
        put(session, capture, SetAsideReason.CONSENT_REFUSED, by=by)
    return len(taken)


def said_after_a_no(session: Session, visit: Visit) -> str:
    """What the page says of photographs set aside because of a no; empty without any."""
    query = (
        sa.select(sa.func.count())
        .select_from(Capture)
        .join(ImageSet)
        .where(
            ImageSet.visit_id == visit.id,
            Capture.set_aside_reason == SetAsideReason.CONSENT_REFUSED,
        )
    )
    number = session.scalar(query) or 0
    if not number:
        return ""
    were = "was" if number == 1 else "were"
    return (
        f"{wording.count(number, 'photograph')} of this visit {were} set aside because of the no. "
        "Nobody reads them. They are kept sealed for 30 days, then destroyed. If the person "
        "changes their mind, take new ones."
    )
