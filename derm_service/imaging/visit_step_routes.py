"""The steps of a visit, a page each: identity, consent, chaperone, notes, someone today."""

from uuid import UUID

from flask import Blueprint
from flask.typing import ResponseReturnValue

from derm_service import clock, wording
from derm_service.imaging import visit_ending, visit_forms, visit_queries, visits
from derm_service.imaging.codes import Chaperone
from derm_service.imaging.models import Visit
from derm_service.imaging.visit_routes import back, done, load, page
from derm_service.people import Action
from derm_service.referrals import consents
from derm_service.referrals.codes import Purpose
from derm_service.referrals.consent_rules import TEXTS
from derm_service.referrals.models import Consent
from derm_service.web import allowed, current_user, db_session, form_data, settings

bp = Blueprint("visit_steps", __name__, url_prefix="/visits/<uuid:visit_id>")


@bp.route("/identity", methods=["GET", "POST"])
@allowed(Action.CLINIC_DAY)
def identity(visit_id: UUID) -> ResponseReturnValue:
    """Three identifiers, asked for and ticked one by one."""
    visit = load(visit_id)
    known = visit_queries.identifiers_on_record(visit.appointment.patient)
    form = visit_forms.IdentityForm(form_data())
    form.offer(known)
    if done(
        form,
        lambda: visits.confirm_identity(
            db_session(),
            visit_id=visit_id,
            identifiers=form.identifiers.data or [],
            sorted_out=form.sorted_out.data or "",
            by=current_user(),
        ),
    ):
        return back(visit)
    return page("visits/identity.html", visit.appointment, form, visit=visit, known=known)


@bp.route("/identity/mismatch", methods=["GET", "POST"])
@allowed(Action.CLINIC_DAY)
def mismatch(visit_id: UUID) -> ResponseReturnValue:
    """The person does not match the record: stop, and what to do now."""
    visit = load(visit_id)
    form = visit_forms.MismatchForm(form_data())
    if done(
        form,
        lambda: visit_ending.stop_for_identity(
            db_session(), visit_id=visit_id, note=form.note.data or "", by=current_user()
        ),
    ):
        return back(visit, "The visit is stopped and a lead has been alerted.")
    return page(
        "visits/mismatch.html",
        visit.appointment,
        form,
        visit=visit,
        phone=settings().contact_phone,
    )


@bp.route("/consent", methods=["GET", "POST"])
@allowed(Action.CLINIC_DAY)
def consent(visit_id: UUID) -> ResponseReturnValue:
    """Consent by purpose, and who decides."""
    visit = load(visit_id)
    age = wording.age(visit.appointment.patient.born_on, clock.today())
    in_force = consents.in_force(db_session(), visit.appointment.referral_id)
    form = visit_forms.ConsentForm(form_data(), data=_answers(visit, in_force))
    form.offer(age)
    if done(
        form,
        lambda: visits.record_consent(
            db_session(), visit_id=visit_id, taken=form.taken(age), by=current_user()
        ),
    ):
        return back(visit)
    return page(
        "visits/consent.html",
        visit.appointment,
        form,
        visit=visit,
        age_now=age,
        texts={purpose.value: text for purpose, text in TEXTS.items()},
    )


def _answers(visit: Visit, in_force: dict[Purpose, Consent]) -> dict[str, object]:
    """What was answered at this visit, to change it without typing it again."""
    record = in_force.get(Purpose.RECORD)
    if record is None or visit.consent_recorded_at is None:
        return {}
    publication = in_force.get(Purpose.PUBLICATION)
    return {
        "given_by": record.given_by.value,
        "giver_name": record.giver_name,
        "giver_relation": record.giver_relation,
        "competence_note": visit.competence_note,
        "interpreter": visit.interpreter,
        "no_interpreter_reason": visit.no_interpreter_reason,
        "publication_name": publication.publication_name if publication else "",
        **(record.best_interests or {}),
        **{purpose.value: "yes" if row.is_given else "no" for purpose, row in in_force.items()},
    }


@bp.route("/chaperone", methods=["GET", "POST"])
@allowed(Action.CLINIC_DAY)
def chaperone(visit_id: UUID) -> ResponseReturnValue:
    """Who is present as chaperone, or that the patient declined one."""
    visit = load(visit_id)
    form = visit_forms.ChaperoneForm(
        form_data(), data={"chaperone": visit.chaperone, "chaperone_name": visit.chaperone_name}
    )
    if done(
        form,
        lambda: visits.record_chaperone(
            db_session(),
            visit_id=visit_id,
            chaperone=Chaperone(form.chaperone.data),
            name=form.chaperone_name.data or "",
            by=current_user(),
        ),
    ):
        return back(visit)
    return page("visits/chaperone.html", visit.appointment, form, visit=visit)


@bp.route("/notes", methods=["GET", "POST"])
@allowed(Action.CLINIC_DAY)
def notes(visit_id: UUID) -> ResponseReturnValue:
    """Notes for the reader."""
    visit = load(visit_id)
    form = visit_forms.NotesForm(form_data(), data={"note": visit.notes_for_reader})
    if done(
        form,
        lambda: visits.note_for_reader(
            db_session(), visit_id=visit_id, note=form.note.data or "", by=current_user()
        ),
    ):
        return back(visit)
    return page("visits/notes.html", visit.appointment, form, visit=visit)


@bp.route("/someone-today", methods=["GET", "POST"])
@allowed(Action.CLINIC_DAY)
def someone_today(visit_id: UUID) -> ResponseReturnValue:
    """Somebody must look today: whom to ring, and the case on top for the readers."""
    visit = load(visit_id)
    form = visit_forms.TodayForm(form_data(), data={"reason": visit.needs_someone_today})
    if done(
        form,
        lambda: visits.needs_someone_today(
            db_session(), visit_id=visit_id, reason=form.reason.data or "", by=current_user()
        ),
    ):
        contact = settings().urgent_contact
        return back(visit, f"The case is on top of the readers’ list. Now ring {contact}.")
    return page(
        "visits/someone_today.html",
        visit.appointment,
        form,
        visit=visit,
        urgent_contact=settings().urgent_contact,
    )
