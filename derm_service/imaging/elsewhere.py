"""The same bytes on two people's records: one of the two is wrong, and nobody knows which."""

import sqlalchemy as sa
from sqlalchemy.orm import Session

from derm_service import audit, clock, wording
from derm_service.booking.models import Appointment
from derm_service.errors import Conflict
from derm_service.imaging.codes import CaptureState
from derm_service.imaging.models import Capture, ImageSet, Visit
from derm_service.messages import work
from derm_service.messages.codes import WorkKind
from derm_service.people import Role, User
from derm_service.referrals.models import Referral

HERE = frozenset({CaptureState.RECEIVED, CaptureState.CHECKED, CaptureState.FILED})
"""The states in which the service holds a capture's bytes as somebody's photograph."""

ELSEWHERE = (
    "This photograph is already filed elsewhere, on the record of another person. "
    "Photograph again. A lead has been asked to look at both."
)


_TWIN = (
    sa.select(Capture.id)
    .join(ImageSet)
    .join(Visit)
    .join(Appointment)
    .where(
        Capture.sha256 == sa.bindparam("sha256"),
        Capture.id != sa.bindparam("capture_id", type_=sa.Uuid()),
        Capture.state.in_(HERE),
        Appointment.patient_id != sa.bindparam("patient_id", type_=sa.Uuid()),
    )
    .order_by(Capture.received_at)
    .limit(1)
)


class FiledElsewhere(Conflict):
    """Refused; the alert it left behind in the session must be committed all the same."""


def refuse(session: Session, capture: Capture, images: ImageSet, *, by: User) -> None:
    """Raise FiledElsewhere, and alert the lead on both records, when another person has it."""
    first = twin(session, capture, images)
    if first is not None:
        alert(session, first=first, second=capture, images=images, by=by)
        raise FiledElsewhere(ELSEWHERE)


def twin(session: Session, capture: Capture, images: ImageSet) -> Capture | None:
    """A capture with the same bytes that is, or is about to be, on another person's record."""
    of_whom = images.visit.appointment.patient_id
    asked = {"sha256": capture.sha256, "capture_id": capture.id, "patient_id": of_whom}
    found = session.scalar(_TWIN, asked)
    return session.get_one(Capture, found) if found else None


def alert(
    session: Session, *, first: Capture, second: Capture, images: ImageSet, by: User | None
) -> None:
    """One urgent row on the lead's Work page for each of the two records, naming the other."""
    older, newer = first.image_set.visit.appointment, images.visit.appointment
    on_both = f"The first was taken at the visit on {_when(older)}, the second on {_when(newer)}."
    _raise(
        session,
        second,
        newer.referral,
        f"A photograph sent for this person is already on the record of {_who(older)}, so it was "
        f"not taken. {on_both} Find out whose it is: the first may be the wrong one.",
        by,
    )
    _raise(
        session,
        first,
        older.referral,
        f"The same photograph was sent for {_who(newer)}, and was not taken there. "
        f"{on_both} Find out whose it is: the one on this record may be the wrong one.",
        by,
    )
    audit.record(
        session,
        by=by,
        did="refused capture filed elsewhere",
        subject=first,
        referral_id=newer.referral_id,
        patient_id=newer.patient_id,
        detail={"refused": str(second.id), "sha256": second.sha256},
    )


def lock(session: Session, sha256: str) -> None:
    """Let one at a time receive bytes of this hash, so that of two twins the second is seen."""
    session.execute(sa.select(sa.func.pg_advisory_xact_lock(int(sha256[:15], 16))))


def _raise(
    session: Session, subject: Capture, referral: Referral, note: str, by: User | None
) -> None:
    work.raise_item(
        session,
        kind=WorkKind.SAFETY_ALERT,
        role=Role.LEAD,
        due_on=clock.today(),
        referral_id=referral.id,
        subject_id=subject.id,
        note=note,
        urgent=True,
        by=by,
    )


def _who(appointment: Appointment) -> str:
    patient = appointment.patient
    return wording.full_name(patient.given_name, patient.family_name)


def _when(appointment: Appointment) -> str:
    return wording.day(appointment.slot.starts_at)
