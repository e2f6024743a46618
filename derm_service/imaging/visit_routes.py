"""The clinic day: the day list, check-in, the visit's task list, and the ends of a visit."""

from collections.abc import Callable
from datetime import date, timedelta
from http import HTTPStatus
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import Form

from derm_service import audit, clock, wording
from derm_service.booking import appointments
from derm_service.booking import queries as booking
from derm_service.booking.codes import NextStep, NotAttendedReason
from derm_service.booking.models import Appointment
from derm_service.booking.parsing import day_or_none
from derm_service.errors import Invalid
from derm_service.imaging import (
    aside,
    retake_words,
    tasks,
    visit_ending,
    visit_forms,
    visit_queries,
    visits,
)
from derm_service.imaging import day_list as days
from derm_service.imaging import visit_words as words
from derm_service.imaging.codes import NotPhotographedReason
from derm_service.imaging.models import Visit
from derm_service.imaging.progress import finish_blocked_because
from derm_service.imaging.rules import visit_closed_because
from derm_service.people import Action
from derm_service.referrals import consents
from derm_service.referrals.models import Referral
from derm_service.web import allowed, current_user, db_session, form_data, settings

bp = Blueprint("visits", __name__)


@bp.get("/clinic-day")
@allowed(Action.CLINIC_DAY)
def day_list() -> ResponseReturnValue:
    """The clinics of a day with who comes when, to work from or to print."""
    day = _day(request.args.get("on", ""))
    near = [day + timedelta(days=step) for step in (-1, 1)]
    return render_template(
        "visits/day_list.html",
        day=day,
        clinics=days.day_list(db_session(), day, current_user()),
        before=near[0] if days.may_see_day(current_user(), near[0]) else None,
        after=near[1] if days.may_see_day(current_user(), near[1]) else None,
    )


def _day(asked: str) -> date:
    return day_or_none(asked) or clock.today()


@bp.post("/appointments/<uuid:appointment_id>/check-in")
@allowed(Action.CLINIC_DAY)
def check_in(appointment_id: UUID) -> ResponseReturnValue:
    """The person has come: their visit begins."""
    found = _appointment(appointment_id)
    appointments.check_in(db_session(), appointment_id=found.id, by=current_user())
    visit = visits.begin(db_session(), appointment_id=found.id, by=current_user())
    return back(visit)


@bp.post("/visits/<uuid:visit_id>/take-back")
@allowed(Action.CLINIC_DAY)
def take_back(visit_id: UUID) -> ResponseReturnValue:
    """Somebody was checked in by mistake: they are expected again."""
    found = load(visit_id).appointment
    visits.take_back(db_session(), visit_id=visit_id, by=current_user())
    db_session().commit()
    flash("The check-in is taken back. The patient is expected again.")
    day = clock.london(found.slot.starts_at).date()
    return redirect(url_for(".day_list", on=day.isoformat()), HTTPStatus.SEE_OTHER)


@bp.route("/appointments/<uuid:appointment_id>/did-not-attend", methods=["GET", "POST"])
@allowed(Action.CLINIC_DAY)
def did_not_attend(appointment_id: UUID) -> ResponseReturnValue:
    """The person did not come: they go back on the waiting list with a next step."""
    found = _appointment(appointment_id)
    form = visit_forms.NotAttendedForm(form_data())
    if not sent(form):
        return page("visits/did_not_attend.html", found, form)
    next_step = NextStep(form.next_step.data)
    appointments.not_attended(
        db_session(),
        appointment_id=found.id,
        reason=NotAttendedReason(form.reason.data),
        next_step=next_step,
        by=current_user(),
    )
    db_session().commit()
    flash(
        "Recorded that the patient did not attend. They are back on the waiting list. "
        f"Next: {words.NEXT_STEPS[next_step]}."
    )
    day = clock.london(found.slot.starts_at).date()
    return redirect(url_for(".day_list", on=day.isoformat()), HTTPStatus.SEE_OTHER)


@bp.get("/appointments/<uuid:appointment_id>/visit")
@allowed(Action.CLINIC_DAY)
def visit(appointment_id: UUID) -> ResponseReturnValue:
    """The visit's task list; before check-in, who is expected and the button to check them in."""
    found = _appointment(appointment_id)
    audit.record(db_session(), by=current_user(), did="opened visit", subject=found)
    begun = visit_queries.visit_of(db_session(), found.id)
    if begun is None:
        shown = page(
            "visits/expected.html",
            found,
            needs=days.needs_of(found.patient),
            again=_asked_again(found.referral),
        )
    else:
        shown = _task_list(begun)
    db_session().commit()
    return shown


def _asked_again(referral: Referral) -> list[str]:
    retakes = [visit_queries.open_retake(db_session(), each.id) for each in referral.lesions]
    return [retake_words.to_book(retake) for retake in retakes if retake]


def _task_list(visit: Visit) -> ResponseReturnValue:
    facts = visit_queries.facts(db_session(), visit)
    lesions = visit_queries.lesions(db_session(), visit)
    return page(
        "visits/visit.html",
        visit.appointment,
        visit=visit,
        facts=facts,
        closed_because=visit_closed_because(facts),
        tasks=tasks.tasks(facts, lesions, has_notes=bool(visit.notes_for_reader)),
        said_after_a_no=aside.said_after_a_no(db_session(), visit),
        is_untouched=visits.is_untouched(visit),
        any_photographs=any(lesion.live for lesion in lesions),
        needs=days.needs_of(visit.appointment.patient),
        again=_asked_again(visit.appointment.referral),
        consents=consents.in_force(db_session(), visit.appointment.referral_id),
        urgent_contact=settings().urgent_contact,
    )


@bp.route("/visits/<uuid:visit_id>/finish", methods=["GET", "POST"])
@allowed(Action.CLINIC_DAY)
def finish(visit_id: UUID) -> ResponseReturnValue:
    """Check what is there, say what is missing and why, and finish."""
    visit = load(visit_id)
    lesions = visit_queries.lesions(db_session(), visit)
    form = visit_forms.finish_form(lesions)(form_data())

    def act() -> None:
        endings = {
            lesion.lesion_id: visit_forms.ending_of(form, lesion)
            for lesion in visit_forms.needing_a_word(lesions)
        }
        visit_ending.finish(db_session(), visit_id=visit_id, by=current_user(), endings=endings)

    if done(form, act):
        flash(f"The visit of {wording.time(visit.appointment.slot.starts_at)} is finished.")
        return _to_day(visit.appointment)
    return page(
        "visits/finish.html",
        visit.appointment,
        form,
        visit=visit,
        lesions=lesions,
        blocked=finish_blocked_because(lesions),
    )


@bp.route("/visits/<uuid:visit_id>/end", methods=["GET", "POST"])
@allowed(Action.CLINIC_DAY)
def end(visit_id: UUID) -> ResponseReturnValue:
    """End a visit at which nothing could be photographed."""
    visit = load(visit_id)
    form = visit_forms.EndForm(form_data())

    def act() -> None:
        visit_ending.end_without_photographs(
            db_session(),
            visit_id=visit_id,
            reason=NotPhotographedReason(form.reason.data),
            note=form.note.data or "",
            to_reader=form.lesions.data == "reader",
            by=current_user(),
        )

    if done(form, act):
        flash(
            f"The visit of {wording.time(visit.appointment.slot.starts_at)} has ended without "
            "photographs."
        )
        return _to_day(visit.appointment)
    return page("visits/end.html", visit.appointment, form, visit=visit)


def _to_day(appointment: Appointment) -> ResponseReturnValue:
    day = clock.london(appointment.slot.starts_at).date()
    return redirect(url_for(".day_list", on=day.isoformat()), HTTPStatus.SEE_OTHER)


def _appointment(appointment_id: UUID) -> Appointment:
    found = booking.appointment(db_session(), appointment_id)
    days.check_may_open(db_session(), found, current_user())
    return found


def load(visit_id: UUID) -> Visit:
    """The visit, if this person may open it."""
    visit = visit_queries.visit(db_session(), visit_id)
    days.check_may_open(db_session(), visit.appointment, current_user())
    return visit


def sent(form: Form) -> bool:
    """Whether the form was posted and each field has what it asks for."""
    return request.method == "POST" and form.validate()


def done(form: Form, act: Callable[[], object]) -> bool:
    """Act and commit on a posted, valid form; what the action refuses is put at its field."""
    if not sent(form):
        return False
    try:
        act()
    except Invalid as problem:
        strangers = set(problem.fields) - {field.name for field in form}
        if strangers:
            raise
        for name, sentence in problem.fields.items():
            form[name].errors = [sentence]
        db_session().rollback()
        return False
    db_session().commit()
    return True


def back(visit: Visit, said: str = "") -> ResponseReturnValue:
    """Commit and go to the visit's task list."""
    db_session().commit()
    if said:
        flash(said)
    target = url_for("visits.visit", appointment_id=visit.appointment_id)
    return redirect(target, HTTPStatus.SEE_OTHER)


def page(
    template: str, appointment: Appointment, form: Form | None = None, **context: Any
) -> ResponseReturnValue:
    """A page about one appointment, 422 when its form has errors."""
    shown = render_template(
        template,
        form=form,
        appointment=appointment,
        patient=appointment.patient,
        referral=appointment.referral,
        words=words,
        visit_url=url_for("visits.visit", appointment_id=appointment.id),
        **context,
    )
    return shown, HTTPStatus.UNPROCESSABLE_ENTITY if form and form.errors else HTTPStatus.OK
