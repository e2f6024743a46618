"""The pages of a clinic that is cancelled or changed with people in it."""

from http import HTTPStatus
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import Form, StringField

from derm_service.booking import queries, rehoming
from derm_service.booking.parsing import uuid_or_none
from derm_service.errors import Conflict
from derm_service.forms import Required, stripped
from derm_service.people import Action
from derm_service.web import allowed, current_user, db_session
from derm_service.wording import count

bp = Blueprint("rehoming", __name__, url_prefix="/clinics/<uuid:clinic_id>")

WAITING_LIST = "waiting_list"


class CancelForm(Form):
    """Why a clinic is cancelled; it is kept in the audit."""

    reason = StringField(
        "Why is the clinic cancelled?", [Required("Enter why the clinic is cancelled.")], [stripped]
    )


@bp.route("/cancel", methods=["GET", "POST"])
@allowed(Action.MANAGE_PLACES)
def cancel(clinic_id: UUID) -> ResponseReturnValue:
    """Who is affected, most at risk first, with a place for each; then all of it in one step."""
    form = CancelForm(request.form if request.method == "POST" else None)
    status, sentence = HTTPStatus.OK, ""
    if request.method == "POST":
        status = HTTPStatus.UNPROCESSABLE_ENTITY
        if form.validate():
            try:
                return _cancel(clinic_id, form.reason.data or "")
            except Conflict as problem:
                db_session().rollback()
                status, sentence = HTTPStatus.CONFLICT, problem.message
    clinic = queries.clinic(db_session(), clinic_id)
    page = render_template(
        "booking/rehome.html",
        form=form,
        clinic=clinic,
        sentence=sentence,
        rows=rehoming.affected(db_session(), clinic, None),
        chosen=_choices(),
        waiting_list=WAITING_LIST,
    )
    return page, status


@bp.get("/contacts")
@allowed(Action.BOOK)
def contacts(clinic_id: UUID) -> ResponseReturnValue:
    """Whom to tell, how to reach them and where they go now; made to be printed."""
    session = db_session()
    return render_template(
        "booking/contacts.html",
        clinic=queries.clinic(session, clinic_id),
        rows=rehoming.contacts(session, clinic_id),
    )


def _cancel(clinic_id: UUID, reason: str) -> ResponseReturnValue:
    session = db_session()
    choices = _choices()
    rehoming.cancel(session, clinic_id=clinic_id, choices=choices, reason=reason, by=current_user())
    session.commit()
    if not choices:
        flash("The clinic is cancelled.")
        return redirect(url_for("clinics.clinic", clinic_id=clinic_id), HTTPStatus.SEE_OTHER)
    moved = sum(slot_id is not None for slot_id in choices.values())
    flash(
        f"The clinic is cancelled. {count(moved, 'person has', 'people have')} a new time and "
        f"{count(len(choices) - moved, 'person is', 'people are')} back on the waiting list."
    )
    return redirect(url_for(".contacts", clinic_id=clinic_id), HTTPStatus.SEE_OTHER)


def _choices() -> dict[UUID, UUID | None]:
    """What was chosen for each appointment: fields `to-<appointment id>`."""
    found: dict[UUID, UUID | None] = {}
    for name, value in request.form.items():
        appointment_id = uuid_or_none(name.removeprefix("to-"))
        if not name.startswith("to-") or appointment_id is None:
            continue
        slot_id = uuid_or_none(value)
        if slot_id is not None or value == WAITING_LIST:
            found[appointment_id] = slot_id
    return found
