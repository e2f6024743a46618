"""The page that records a death."""

from http import HTTPStatus
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import Form

from derm_service.booking import endings
from derm_service.errors import Invalid
from derm_service.forms import DayField, Required
from derm_service.people import Action
from derm_service.referrals import queries as referral_queries
from derm_service.web import allowed, current_user, db_session, form_data

bp = Blueprint("endings", __name__)


class DeathForm(Form):
    """When somebody died."""

    on = DayField("Date of death", [Required("Enter the date of death.")])


@bp.route("/patients/<uuid:patient_id>/death", methods=["GET", "POST"])
@allowed(Action.REFER)
def death(patient_id: UUID) -> ResponseReturnValue:
    """Ask for the date and say what ends with it, then record the death."""
    form = DeathForm(form_data())
    session = db_session()
    status = HTTPStatus.OK
    if request.method == "POST" and form.validate() and form.on.data is not None:
        try:
            endings.record_death(session, patient_id=patient_id, on=form.on.data, by=current_user())
            session.commit()
            flash("The death is recorded. No message or letter will be sent.")
            return redirect(url_for("record.patient", patient_id=patient_id), HTTPStatus.SEE_OTHER)
        except Invalid as problem:
            session.rollback()
            form.on.errors = list(problem.fields.values())
    if form.errors:
        status = HTTPStatus.UNPROCESSABLE_ENTITY
    patient = referral_queries.patient(session, patient_id)
    return render_template("booking/death.html", form=form, patient=patient), status
