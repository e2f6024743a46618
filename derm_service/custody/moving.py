"""Moving a photograph that was filed wrongly: another lesion, another visit, another person."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from derm_service import clock, wording
from derm_service.booking.models import Appointment, Slot
from derm_service.custody import doubt
from derm_service.db import conflict_on
from derm_service.errors import Conflict, Invalid, NotFound
from derm_service.imaging import trail, visit_queries
from derm_service.imaging.codes import CaptureState
from derm_service.imaging.models import Capture, ImageSet, Visit
from derm_service.people import User
from derm_service.referrals import body_sites
from derm_service.referrals.models import Lesion

NOT_FILED = "Only a photograph that is on the record can be moved. Reload the page."
NO_PHOTOGRAPH = "There is no such photograph. Go back to the referral."
SAID_NO = "This person said no to photographs at that visit. Have the photograph erased instead."
TAKEN_AWAY = (
    "A photograph was taken off this record: it shows another place or another person. Read the "
    "lesion again without it, and ask for a retake where too little is left."
)
IN_DOUBT = "a photograph it was read from was taken off this record"
PUT_HERE = "A photograph was moved to this record, where it belongs. Read the lesion again with it."


@dataclass(frozen=True)
class Target:
    """Where a photograph may belong: one lesion at one visit."""

    visit_id: uuid.UUID
    lesion_id: uuid.UUID
    words: str

    @property
    def value(self) -> str:
        """As a form sends it."""
        return f"{self.visit_id}:{self.lesion_id}"


def capture(session: Session, capture_id: uuid.UUID) -> Capture:
    """The photograph, on the record; NotFound or Conflict otherwise."""
    found = session.get(Capture, capture_id)
    if found is None:
        raise NotFound(NO_PHOTOGRAPH)
    if found.state is not CaptureState.FILED:
        raise Conflict(NOT_FILED)
    return found


def targets(session: Session, moved: Capture) -> list[Target]:
    """Every lesion of this person's visits and of all visits of that day, but its own place."""
    own = moved.image_set
    start = own.visit.appointment.slot.starts_at
    day = timedelta(days=1)
    visits = session.scalars(
        sa.select(Visit)
        .join(Appointment)
        .join(Slot)
        .where(
            (Appointment.patient_id == own.visit.appointment.patient_id)
            | Slot.starts_at.between(start - day, start + day)
        )
        .order_by(Slot.starts_at, Visit.id)
    ).all()
    here = clock.london(start).date()
    return [
        target
        for visit in visits
        if visit.appointment.patient_id == own.visit.appointment.patient_id
        or clock.london(visit.appointment.slot.starts_at).date() == here
        for target in _lesions(visit)
        if (target.visit_id, target.lesion_id) != (own.visit_id, own.lesion_id)
    ]


def _lesions(visit: Visit) -> Iterator[Target]:
    appointment = visit.appointment
    patient = appointment.patient
    who = wording.full_name(patient.given_name, patient.family_name)
    for lesion in appointment.referral.lesions:
        site = body_sites.label(lesion.site_code, lesion.laterality)
        yield Target(
            visit.id,
            lesion.id,
            f"{who}, born {wording.day(patient.born_on)}, visit of "
            f"{wording.day_time(appointment.slot.starts_at)}: lesion {lesion.number}, {site}",
        )


def move(
    session: Session,
    *,
    capture_id: uuid.UUID,
    visit_id: uuid.UUID,
    lesion_id: uuid.UUID,
    reason: str,
    by: User,
) -> Capture:
    """Put a photograph on the record it belongs to; its bytes and hashes stay as they are.

    Both referrals' audit trails tell it, and who reads either lesion is asked to read again; what
    would tell an opinion read from it is stopped.
    """
    if not reason.strip():
        raise Invalid({"reason": "Say how you know where it belongs"})
    moved = capture(session, capture_id)
    session.refresh(moved, with_for_update=True)
    if moved.state is not CaptureState.FILED:
        raise Conflict(NOT_FILED)
    source = moved.image_set
    visit = visit_queries.visit(session, visit_id)
    lesion = visit_queries.lesion_of(session, visit, lesion_id)
    if (source.visit_id, source.lesion_id) == (visit.id, lesion.id):
        raise Invalid({"target": "It is on this record already. Choose another."})
    _check_no_refusal(session, visit, lesion)
    target = _set_at(session, visit, lesion)
    facts = {"view": moved.view.value, "sha256": moved.sha256, "reason": reason.strip()}
    trail.record(
        session, moved, "moved capture away", by=by, to_lesion=str(target.lesion_id), **facts
    )
    moved.image_set = target
    session.flush()
    trail.record(
        session,
        moved,
        "moved capture here",
        by=by,
        lesion=str(target.lesion_id),
        from_lesion=str(source.lesion_id),
        **facts,
    )
    doubt.taken_off(session, source.lesion, moved, note=TAKEN_AWAY, why=IN_DOUBT, by=by)
    doubt.ask_to_read_again(session, target.lesion, moved, PUT_HERE, by=by)
    return moved


def _check_no_refusal(session: Session, visit: Visit, lesion: Lesion) -> None:
    facts = visit_queries.facts(session, visit, lesion)
    if facts.consent_asked and not facts.consent_to_record:
        raise Invalid({"target": SAID_NO})


def _set_at(session: Session, visit: Visit, lesion: Lesion) -> ImageSet:
    """The image set of a lesion at a visit, also when that visit is finished."""
    found = visit_queries.set_of(session, visit.id, lesion.id)
    if found is not None:
        return found
    made = ImageSet(visit=visit, lesion=lesion, created_at=clock.now())
    with conflict_on(
        session,
        "image_set_visit_id_lesion_id_key",
        "A colleague is changing this record. Try again.",
    ):
        session.add(made)
    return made
