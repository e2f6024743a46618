"""The clerk's pages: the waiting list, a slot for a referral, the appointment."""

from enum import StrEnum
from http import HTTPStatus
from typing import TypeVar
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import Form, RadioField

from derm_service import audit, clock
from derm_service.booking import (
    access,
    appointments,
    capacity,
    letters,
    offer_queries,
    overbook_routes,
    overbooking,
    queries,
    replies,
    rules,
    slot_routes,
    telling,
    undoing,
    waiting,
)
from derm_service.booking.codes import CancelReason
from derm_service.booking.models import Appointment
from derm_service.booking.parsing import member_or_none
from derm_service.booking.slot_routes import needs_of
from derm_service.forms import Chosen
from derm_service.people import Action
from derm_service.referrals.codes import Mobility, Need, Priority
from derm_service.web import allowed, current_user, db_session, form_data

bp = Blueprint("booking", __name__)
for name, address, view in (
    ("find_slot", "/referrals/<uuid:referral_id>/book", slot_routes.find_slot),
    ("confirm", "/referrals/<uuid:referral_id>/book/<uuid:slot_id>", slot_routes.confirm),
    ("move", "/appointments/<uuid:appointment_id>/move", slot_routes.move),
    (
        "confirm_move",
        "/appointments/<uuid:appointment_id>/move/<uuid:slot_id>",
        slot_routes.confirm_move,
    ),
    ("overbook", "/referrals/<uuid:referral_id>/overbook", overbook_routes.choose),
    (
        "confirm_overbook",
        "/referrals/<uuid:referral_id>/overbook/<uuid:slot_id>",
        overbook_routes.confirm,
    ),
    ("overbook_move", "/appointments/<uuid:appointment_id>/overbook", overbook_routes.choose_move),
    (
        "confirm_overbook_move",
        "/appointments/<uuid:appointment_id>/overbook/<uuid:slot_id>",
        overbook_routes.confirm_move,
    ),
):
    methods = ["GET"] if name in ("overbook", "overbook_move") else ["GET", "POST"]
    bp.add_url_rule(address, name, view, methods=methods)

T = TypeVar("T", bound=StrEnum)


PRIORITY_WORDS = {
    Priority.URGENT_SUSPECTED_CANCER: "Urgent suspected cancer",
    Priority.URGENT: "Urgent",
    Priority.ROUTINE: "Routine",
}


class CancelForm(Form):
    """Why an appointment is cancelled."""

    reason = RadioField(
        "Why is it cancelled?",
        [Chosen("Choose why the appointment is cancelled.")],
        validate_choice=False,
        choices={each.value: rules.CANCEL_WORDS[each] for each in rules.CHOOSABLE_CANCEL_REASONS},
    )


@bp.get("/waiting-list")
@allowed(Action.BOOK)
def waiting_list() -> ResponseReturnValue:
    """Who waits for an appointment, the earliest breach first; filters name no person."""
    priority = member_or_none(Priority, request.args.get("priority"))
    need = member_or_none(Need, request.args.get("need"))
    mobility = member_or_none(Mobility, request.args.get("mobility"))
    retakes_only = request.args.get("retakes") == "y"
    rows = waiting.waiting_list(
        db_session(),
        priority=priority,
        need=need,
        mobility=mobility,
        retakes_only=retakes_only,
    )
    return render_template(
        "booking/waiting_list.html",
        rows=rows,
        last_slots=capacity.last_slots(db_session(), rows),
        alarms=capacity.alarms(db_session(), waiting.waiting_list(db_session())),
        unrecorded=queries.without_outcome(db_session(), queries.london_day(clock.today())[0]),
        chosen={"priority": priority, "need": need, "mobility": mobility},
        retakes_only=retakes_only,
        filtered=retakes_only or any((priority, need, mobility)),
        priorities=PRIORITY_WORDS,
        needs=access.NEED_WORDS,
        mobilities=access.MOBILITY_WORDS,
    )


@bp.get("/appointments/<uuid:appointment_id>")
@allowed(Action.SEE_PATIENT)
def appointment(appointment_id: UUID) -> ResponseReturnValue:
    """The appointment: when, where, how the person is told, what can be done with it."""
    session = db_session()
    found = queries.appointment(session, appointment_id)
    audit.record(session, by=current_user(), did="looked at appointment", subject=found)
    page = render_template(
        "booking/appointment.html",
        appointment=found,
        location=found.slot.clinic.location,
        place=letters.place(found.slot.clinic.location),
        state=rules.STATE_WORDS[found.state],
        may_become=rules.ALLOWED.get(found.state, frozenset()),
        may_undo=undoing.may_undo(found),
        offer=offer_queries.open_of_patient(session, found.patient_id),
        whom=letters.whom_to_ring(found.patient, clock.today()),
        above=overbooking.reasons(session, [found.id]).get(found.id),
        has_begun=found.slot.starts_at <= clock.now(),
        told=telling.told(session, found),
        replies=replies.of(session, found.id),
        meanings=replies.MEANINGS,
        cancel_words=rules.CANCEL_WORDS,
        not_attended_words=rules.NOT_ATTENDED_WORDS,
        **needs_of(found.referral, found.slot),
    )
    session.commit()
    return page


@bp.route("/appointments/<uuid:appointment_id>/cancel", methods=["GET", "POST"])
@allowed(Action.BOOK)
def cancel(appointment_id: UUID) -> ResponseReturnValue:
    """Cancel with a coded reason."""
    form = CancelForm(form_data())
    if request.method == "POST" and form.validate():
        done = appointments.cancel(
            db_session(),
            appointment_id=appointment_id,
            reason=CancelReason(form.reason.data),
            by=current_user(),
        )
        db_session().commit()
        flash("The appointment is cancelled. The patient is back on the waiting list.")
        return _to(done)
    return _ask("booking/cancel.html", form, appointment_id)


@bp.post("/appointments/<uuid:appointment_id>/undo")
@allowed(Action.BOOK)
def undo(appointment_id: UUID) -> ResponseReturnValue:
    """Take back a cancellation, a move or a “did not attend” of the last hour."""
    done = undoing.undo(db_session(), appointment_id=appointment_id, by=current_user())
    db_session().commit()
    told = (
        " The patient is told if they need to hear of it."
        if done.slot.starts_at > clock.now()
        else ""
    )
    flash(f"Undone: the appointment stands again.{told}")
    return _to(done)


def _ask(template: str, form: Form, appointment_id: UUID) -> ResponseReturnValue:
    found = queries.appointment(db_session(), appointment_id)
    page = render_template(
        template,
        form=form,
        appointment=found,
        patient=found.patient,
        referral=found.referral,
    )
    return page, HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK


def _to(done: Appointment) -> ResponseReturnValue:
    return redirect(url_for(".appointment", appointment_id=done.id), HTTPStatus.SEE_OTHER)
