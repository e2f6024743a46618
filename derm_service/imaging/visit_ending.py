"""The ends of a visit: finished, stopped over identity, or ended without photographs."""

import uuid
from collections.abc import Mapping

from sqlalchemy.orm import Session

from derm_service import clock
from derm_service.booking import appointments
from derm_service.booking.codes import AppointmentState
from derm_service.errors import Conflict, Invalid
from derm_service.imaging import visit_queries
from derm_service.imaging.codes import NotPhotographedReason
from derm_service.imaging.models import Visit
from derm_service.imaging.progress import (
    Ending,
    LesionProgress,
    ending_problems,
    finish_blocked_because,
)
from derm_service.imaging.visits import identity_first, record, unfinished
from derm_service.messages import work
from derm_service.messages.codes import WorkKind
from derm_service.people import Role, User
from derm_service.referrals import lesions
from derm_service.referrals.codes import LesionState, ReferralState, UnphotographedReason


def finish(
    session: Session,
    *,
    visit_id: uuid.UUID,
    by: User,
    endings: Mapping[uuid.UUID, Ending] | None = None,
) -> Visit:
    """Finish a visit: lesions go to the reader or wait for another visit, the appointment ends.

    `endings` says by lesion id what happens where wanted views are missing. Raises Conflict while
    photographs are on their way or undecided, Invalid (field `lesion-<id>`) where a word on a
    missing view is missing.
    """
    visit = unfinished(session, visit_id)
    if visit.appointment.referral.state is ReferralState.WITHDRAWN:
        return _close(session, visit, by=by)
    identity_first(visit)
    if visit.consent_recorded_at is None:
        raise Conflict("Ask for consent first, or end the visit without photographs.")
    endings = endings or {}
    progress = visit_queries.lesions(session, visit)
    blocked = finish_blocked_because(progress)
    if blocked:
        raise Conflict(blocked)
    problems = ending_problems(progress, endings)
    if problems:
        raise Invalid(problems)
    for lesion in progress:
        if lesion.waits:
            _end_lesion(session, visit, lesion, endings.get(lesion.lesion_id), by=by)
    return _close(session, visit, by=by)


def _end_lesion(
    session: Session, visit: Visit, progress: LesionProgress, ending: Ending | None, *, by: User
) -> None:
    """Send one lesion to the reader, or leave it waiting when the person comes back."""
    detail = {"lesion_id": str(progress.lesion_id)}
    if ending is not None and ending.come_back:
        record(session, visit, "left lesion for another visit", by=by, detail=detail)
        return
    images = visit_queries.set_of(session, visit.id, progress.lesion_id)
    if images is None:
        raise Conflict(f"{progress.name} has no photographs. Reload the page.")
    images.missing_views_reason = (
        ending.missing_because.strip() if ending and progress.missing else ""
    )
    lesion = visit_queries.lesion_of(session, visit, progress.lesion_id)
    lesions.move(session, lesion, LesionState.AWAITING_REVIEW, by=by)


def end_without_photographs(
    session: Session,
    *,
    visit_id: uuid.UUID,
    reason: NotPhotographedReason,
    note: str,
    to_reader: bool,
    by: User,
) -> Visit:
    """End a visit at which nothing was photographed; no lesion is lost.

    `to_reader` sends every waiting lesion to the dermatologist as unphotographed, otherwise all
    go back to the waiting list.
    """
    visit = unfinished(session, visit_id)
    waiting = [one for one in visit_queries.lesions(session, visit) if one.waits]
    if any(one.live for one in visit_queries.lesions(session, visit)):
        raise Conflict("Photographs were taken at this visit. Use “Check and finish” instead.")
    problems = _why_not(visit, reason, note, to_reader)
    if problems:
        raise Invalid(problems)
    for one in waiting if to_reader else ():
        lesions.close_unphotographed(
            session, lesion_id=one.lesion_id, reason=_as_lesion(reason), note=note, by=by
        )
    visit.not_photographed_reason = reason
    visit.not_photographed_note = note.strip()
    detail = {"reason": reason, "to_reader": to_reader}
    record(session, visit, "ended visit without photographs", by=by, detail=detail)
    return _close(session, visit, by=by)


def _why_not(
    visit: Visit, reason: NotPhotographedReason, note: str, to_reader: bool
) -> dict[str, str]:
    found = {}
    if reason is NotPhotographedReason.OTHER and not note.strip():
        found["note"] = "Enter why no photographs were taken"
    if to_reader and visit.identity_confirmed_at is None:
        found["lesions"] = (
            "Choose the waiting list: it is not confirmed that this was the person referred"
        )
    return found


def _as_lesion(reason: NotPhotographedReason) -> UnphotographedReason:
    if reason is NotPhotographedReason.CONSENT_REFUSED:
        return UnphotographedReason.DECLINED
    if reason is NotPhotographedReason.UNWELL:
        return UnphotographedReason.UNSAFE
    return UnphotographedReason.NOT_POSSIBLE


def stop_for_identity(session: Session, *, visit_id: uuid.UUID, note: str, by: User) -> Visit:
    """The person does not match the record: the visit stands still and the lead hears of it.

    The shutter is shut until identity is confirmed anew with a word on how it was sorted out.
    """
    visit = unfinished(session, visit_id)
    photographed = any(one.live for one in visit_queries.lesions(session, visit))
    visit.identity_failed_at = clock.now()
    visit.identity_failed_note = note.strip()
    visit.identifiers = []
    visit.identity_confirmed_at = visit.identity_confirmed_by_id = None
    said = "The person at the visit did not match the record."
    if photographed:
        said += " Photographs were already taken: check whose they are."
    work.raise_item(
        session,
        kind=WorkKind.SAFETY_ALERT,
        role=Role.LEAD,
        due_on=clock.today(),
        referral_id=visit.appointment.referral_id,
        subject_id=visit.id,
        note=f"{said} {visit.identity_failed_note}".strip(),
        urgent=True,
        by=by,
    )
    detail = {"photographed": photographed}
    record(session, visit, "stopped visit: identity does not match", by=by, detail=detail)
    return visit


def _close(session: Session, visit: Visit, *, by: User) -> Visit:
    visit.finished_at = clock.now()
    visit.finished_by_id = by.id
    _answer_retakes(session, visit, by=by)
    if visit.appointment.state is AppointmentState.CHECKED_IN:
        appointments.complete(session, appointment_id=visit.appointment_id, by=by)
    record(session, visit, "finished visit", by=by)
    return visit


def _answer_retakes(session: Session, visit: Visit, *, by: User) -> None:
    """What was asked for again is answered once its lesion has gone back to the reader."""
    session.flush()
    for lesion in visit.appointment.referral.lesions:
        retake = visit_queries.open_retake(session, lesion.id)
        if retake is None or lesion.state is LesionState.AWAITING_IMAGES:
            continue
        retake.done_at = visit.finished_at
        work.finish(
            session, kind=WorkKind.RETAKE_TO_BOOK, subject_id=lesion.id, how="Answered", by=by
        )
