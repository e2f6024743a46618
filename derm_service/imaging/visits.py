"""A visit from check-in to the open shutter: identity, consent, chaperone, site, notes.

Every action takes the visit's row lock first, so that two photographers act one after the other.
"""

import uuid
from collections.abc import Collection, Mapping

from sqlalchemy.orm import Session

from derm_service import audit, clock, wording
from derm_service.booking import undoing
from derm_service.booking.codes import AppointmentState
from derm_service.booking.models import Appointment
from derm_service.db import conflict_on
from derm_service.errors import Conflict, Invalid, NotFound
from derm_service.imaging import aside, consent, shutter, visit_queries
from derm_service.imaging.codes import Chaperone
from derm_service.imaging.consent import ConsentTaken
from derm_service.imaging.models import ImageSet, Visit
from derm_service.imaging.rules import (
    identity_problem,
    shutter_closed_because,
    visit_closed_because,
)
from derm_service.messages import work
from derm_service.messages.codes import WorkKind
from derm_service.people import Role, User
from derm_service.referrals import consents
from derm_service.referrals.codes import Purpose


def begin(session: Session, *, appointment_id: uuid.UUID, by: User) -> Visit:
    """Open the visit of an appointment that has just been checked in; once per appointment."""
    appointment = session.get(Appointment, appointment_id)
    if appointment is None:
        raise NotFound("There is no such appointment. Go back to the day list.")
    if appointment.state is not AppointmentState.CHECKED_IN:
        raise Conflict("Check this person in on the day list first.")
    visit = Visit(appointment=appointment)
    with conflict_on(
        session,
        "visit_appointment_id_key",
        "A colleague has just checked this person in. Reload the day list.",
    ):
        session.add(visit)
    record(session, visit, "began visit", by=by)
    return visit


def take_back(session: Session, *, visit_id: uuid.UUID, by: User) -> None:
    """Undo a check-in that was a mistake; Conflict once anything is recorded at the visit."""
    visit = unfinished(session, visit_id)
    if not is_untouched(visit):
        raise Conflict(
            "Something is recorded at this visit already, so the check-in stands. "
            "End the visit without photographs instead."
        )
    record(session, visit, "took back visit", by=by)
    undoing.undo_check_in(session, appointment_id=visit.appointment_id, by=by)
    session.delete(visit)
    session.flush()


def is_untouched(visit: Visit) -> bool:
    """Whether nothing was done yet but to check the person in."""
    return not any(
        (
            visit.finished_at,
            visit.identity_confirmed_at,
            visit.identity_failed_at,
            visit.consent_recorded_at,
            visit.chaperone,
            visit.notes_for_reader,
            visit.needs_someone_today,
            visit.image_sets,
        )
    )


def confirm_identity(
    session: Session,
    *,
    visit_id: uuid.UUID,
    identifiers: Collection[str],
    by: User,
    sorted_out: str = "",
) -> Visit:
    """Record which identifiers the person gave correctly: name, born_on and one more.

    After a mismatch (`visit_ending.stop_for_identity`) `sorted_out` must say how it was cleared up.
    """
    visit = unfinished(session, visit_id)
    if visit.identity_confirmed_at is not None:
        raise Conflict("A colleague has already confirmed who this person is. Reload the page.")
    known = visit_queries.identifiers_on_record(visit.appointment.patient)
    problem = identity_problem(identifiers)
    if problem or not set(identifiers) <= set(known):
        raise Invalid({"identifiers": problem or "Choose identifiers that are on the record."})
    if visit.identity_failed_at is not None and not sorted_out.strip():
        raise Invalid({"sorted_out": "Enter how you sorted out who this person is"})
    visit.identifiers = sorted(set(identifiers))
    visit.identity_confirmed_at = clock.now()
    visit.identity_confirmed_by_id = by.id
    visit.identity_failed_at = None
    visit.identity_sorted_note = sorted_out.strip()
    detail = {"identifiers": visit.identifiers, "after_mismatch": bool(sorted_out.strip())}
    record(session, visit, "confirmed identity", by=by, detail=detail)
    return visit


def record_consent(
    session: Session, *, visit_id: uuid.UUID, taken: ConsentTaken, by: User
) -> Visit:
    """Record one conversation about photographs: an answer for each purpose, and who decided.

    May be called again during the visit; the newest answer to each purpose is in force. A no to
    the record sets aside what was photographed at this visit. Raises Invalid by field where the
    conversation is incomplete.
    """
    visit = unfinished(session, visit_id)
    identity_first(visit)
    patient = visit.appointment.patient
    found = consent.problems(
        taken,
        age=wording.age(patient.born_on, clock.today()),
        interpreter_needed=bool(patient.interpreter_needed),
    )
    if found:
        raise Invalid(found)
    for purpose in Purpose:
        _answer(session, visit, purpose, taken, by=by)
    visit.has_capacity = taken.has_capacity
    visit.competence_note = taken.competence_note.strip()
    visit.interpreter = taken.interpreter.strip()
    visit.no_interpreter_reason = taken.no_interpreter_reason.strip()
    visit.consent_recorded_at = clock.now()
    if not taken.said(Purpose.RECORD):
        aside.after_a_no(session, visit, by=by)
    detail = {"has_capacity": taken.has_capacity, "given_by": taken.given_by}
    record(session, visit, "took consent", by=by, detail=detail)
    return visit


def _answer(
    session: Session, visit: Visit, purpose: Purpose, taken: ConsentTaken, *, by: User
) -> None:
    try:
        consents.record(
            session,
            referral_id=visit.appointment.referral_id,
            appointment_id=visit.appointment_id,
            purpose=purpose,
            is_given=taken.said(purpose),
            given_by=taken.given_by,
            giver_name=taken.giver_name,
            giver_relation=taken.giver_relation,
            best_interests=taken.best_interests,
            publication_name=taken.publication_name,
            by=by,
        )
    except Invalid as error:
        # The page has one field per purpose where the record has "is_given".
        raise Invalid(
            {purpose.value if name == "is_given" else name: s for name, s in error.fields.items()}
        ) from error


def record_chaperone(
    session: Session, *, visit_id: uuid.UUID, chaperone: Chaperone, name: str = "", by: User
) -> Visit:
    """Record who is present as chaperone, or that the patient declined one."""
    visit = unfinished(session, visit_id)
    identity_first(visit)
    if chaperone is Chaperone.PRESENT and not name.strip():
        raise Invalid({"chaperone_name": "Enter the name of the chaperone"})
    visit.chaperone = chaperone
    visit.chaperone_name = name.strip() if chaperone is Chaperone.PRESENT else ""
    record(session, visit, "settled chaperone", by=by, detail={"chaperone": chaperone})
    return visit


def image_set(session: Session, *, visit_id: uuid.UUID, lesion_id: uuid.UUID, by: User) -> ImageSet:
    """The image set of a lesion at this visit, made when it is first asked for."""
    visit = unfinished(session, visit_id)
    lesion = visit_queries.lesion_of(session, visit, lesion_id)
    found = visit_queries.set_of(session, visit.id, lesion.id)
    if found is None:
        found = ImageSet(visit=visit, lesion=lesion, created_at=clock.now())
        session.add(found)
        session.flush()
        record(session, visit, "opened lesion", by=by, detail={"lesion_id": str(lesion.id)})
    return found


def confirm_site(
    session: Session, *, visit_id: uuid.UUID, lesion_id: uuid.UUID, by: User
) -> ImageSet:
    """Record that site and side were confirmed with the patient, before the first shot."""
    visit = unfinished(session, visit_id)
    lesion = visit_queries.lesion_of(session, visit, lesion_id)
    closed = visit_closed_because(visit_queries.facts(session, visit, lesion))
    if closed:
        raise Conflict(closed)
    images = image_set(session, visit_id=visit_id, lesion_id=lesion_id, by=by)
    if images.site_confirmed_at is None:
        images.site_confirmed_at = clock.now()
        images.site_confirmed_by_id = by.id
        record(session, visit, "confirmed site", by=by, detail={"lesion_id": str(lesion.id)})
    return images


def open_shutter(
    session: Session, *, visit_id: uuid.UUID, lesion_id: uuid.UUID, by: User
) -> ImageSet:
    """The image set a new capture belongs to; Conflict with the sentence when shut.

    The upload endpoint calls this in the transaction that announces the capture: it holds the
    visit's lock, so that a visit cannot finish between the look and the announcement.
    """
    seen = shutter.held(session, visit_id, lesion_id)
    visit = _not_finished(seen.visit)
    facts = visit_queries.facts_of(visit, seen.consent, seen.lesion, seen.images)
    closed = shutter_closed_because(facts)
    if closed:
        raise Conflict(closed)
    return seen.images or image_set(session, visit_id=visit_id, lesion_id=lesion_id, by=by)


def note_for_reader(session: Session, *, visit_id: uuid.UUID, note: str, by: User) -> Visit:
    """Keep what the photographer wants the dermatologist to know; an empty note clears it."""
    visit = unfinished(session, visit_id)
    visit.notes_for_reader = note.strip()
    record(session, visit, "wrote notes for reader", by=by)
    return visit


def needs_someone_today(session: Session, *, visit_id: uuid.UUID, reason: str, by: User) -> Visit:
    """Put the case on top for the readers and on the dermatologists' Work page, at once."""
    visit = unfinished(session, visit_id)
    if not reason.strip():
        raise Invalid({"reason": "Enter why somebody must look at this today"})
    visit.needs_someone_today = reason.strip()
    visit.needs_someone_today_at = visit.needs_someone_today_at or clock.now()
    item = work.raise_item(
        session,
        kind=WorkKind.NEEDS_SOMEONE_TODAY,
        role=Role.DERMATOLOGIST,
        due_on=clock.today(),
        referral_id=visit.appointment.referral_id,
        subject_id=visit.id,
        note=visit.needs_someone_today,
        urgent=True,
        by=by,
    )
    item.note = visit.needs_someone_today
    record(session, visit, "asked for someone today", by=by)
    return visit


def unfinished(session: Session, visit_id: uuid.UUID) -> Visit:
    """The visit, its row locked; Conflict once it is finished."""
    return _not_finished(visit_queries.visit(session, visit_id, lock=True))


def _not_finished(visit: Visit) -> Visit:
    if visit.finished_at is not None:
        raise Conflict(
            "This visit is finished, so it cannot be changed any more. "
            "Ring the office if something in it is wrong."
        )
    return visit


def identity_first(visit: Visit) -> None:
    """Refuse what must not happen before it is known who the person is."""
    if visit.identity_confirmed_at is None:
        raise Conflict("Confirm who this person is first.")


def record(
    session: Session,
    visit: Visit,
    did: str,
    *,
    by: User,
    detail: Mapping[str, object] | None = None,
) -> None:
    """Write one audit row about a visit, under its referral and patient."""
    session.flush()
    audit.record(
        session,
        by=by,
        did=did,
        subject=visit,
        referral_id=visit.appointment.referral_id,
        patient_id=visit.appointment.patient_id,
        detail=dict(detail or {}),
    )
