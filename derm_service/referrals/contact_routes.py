"""The page on how a person may be reached, and who hears for them."""

from http import HTTPStatus
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from derm_service import clock
from derm_service.errors import Conflict, Invalid
from derm_service.forms import version_on_page
from derm_service.people import Action
from derm_service.referrals import contacts, queries
from derm_service.referrals.entry_form import HeardForm, as_heard, texts_of
from derm_service.referrals.heard import read_heard
from derm_service.referrals.models import Patient
from derm_service.referrals.proxy import Heard
from derm_service.referrals.reader import Reader
from derm_service.web import allowed, current_user, db_session, form_data

bp = Blueprint("contacts", __name__)


@bp.route("/patients/<uuid:patient_id>/contact", methods=["GET", "POST"])
@allowed(Action.REFER)
def contact(patient_id: UUID) -> ResponseReturnValue:
    """Say how a person may be reached and who hears for them."""
    patient = queries.patient(db_session(), patient_id)
    form = HeardForm(form_data(), data=as_heard(patient))
    if request.method == "GET":
        return _page(patient, form)
    try:
        heard = _read(form)
        contacts.keep(
            db_session(),
            patient_id=patient_id,
            version=version_on_page(form_data(), patient.version),
            safe_contact=heard.safe_contact,
            proxy=heard.proxy,
            by=current_user(),
        )
    except Invalid as problem:
        for name, sentence in problem.fields.items():
            form[name].errors = [sentence]
        return _page(patient, form), HTTPStatus.UNPROCESSABLE_ENTITY
    except Conflict as problem:
        form.proxy_name.errors = [problem.message]
        patient = queries.patient(db_session(), patient_id)
        return _page(patient, form, patient.version), HTTPStatus.CONFLICT
    db_session().commit()
    flash("How this person is reached is saved.")
    return redirect(url_for("record.patient", patient_id=patient_id), HTTPStatus.SEE_OTHER)


def _read(form: HeardForm) -> Heard:
    reader = Reader(texts_of(form))
    heard = read_heard(reader, clock.today())
    if reader.problems:
        raise Invalid(reader.problems)
    return heard


def _page(patient: Patient, form: HeardForm, version: int | None = None) -> str:
    if version is None:
        version = version_on_page(form_data(), patient.version)
    return render_template("referrals/contact.html", patient=patient, form=form, version=version)
