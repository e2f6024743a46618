"""Correcting a patient's details, so that a second clerk never overwrites a first unseen."""

from http import HTTPStatus
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from derm_service.errors import Conflict, Invalid
from derm_service.forms import version_on_page
from derm_service.people import Action
from derm_service.referrals import corrections, queries
from derm_service.referrals.corrections import Change, ChangedMeanwhile
from derm_service.referrals.entry_form import PatientForm, as_entered, put_problems, texts_of
from derm_service.referrals.inputs import PatientInput
from derm_service.referrals.models import Patient
from derm_service.referrals.reader import Reader
from derm_service.referrals.reading import read_patient
from derm_service.web import allowed, current_user, db_session, form_data, settings

bp = Blueprint("corrections", __name__)


@bp.route("/patients/<uuid:patient_id>/details", methods=["GET", "POST"])
@allowed(Action.REFER)
def details(patient_id: UUID) -> ResponseReturnValue:
    """Correct details, address, GP, contact choices, needs and language."""
    patient = queries.patient(db_session(), patient_id)
    form = PatientForm(form_data(), data=as_entered(patient))
    if request.method == "GET":
        return _page(patient, form)
    try:
        changed = corrections.correct(
            db_session(),
            patient_id=patient_id,
            version=version_on_page(form_data(), patient.version),
            details=_read(form),
            by=current_user(),
        )
    except Invalid as problem:
        put_problems(form, problem.fields)
        return _page(patient, form), HTTPStatus.UNPROCESSABLE_ENTITY
    except ChangedMeanwhile as problem:
        patient = queries.patient(db_session(), patient_id)
        page = _page(patient, form, problem.message, problem.changes, version=patient.version)
        return page, HTTPStatus.CONFLICT
    except Conflict as problem:
        put_problems(form, {"nhs_number": problem.message})
        return _page(patient, form), HTTPStatus.CONFLICT
    db_session().commit()
    if changed:
        flash("The corrected details are saved.")
    else:
        flash("Nothing was different, so nothing was changed.", "note")
    return redirect(url_for("record.patient", patient_id=patient_id), HTTPStatus.SEE_OTHER)


def _read(form: PatientForm) -> PatientInput:
    reader = Reader(texts_of(form))
    found = read_patient(reader, allow_test=settings().demonstration)
    if found is None or reader.problems:
        raise Invalid(reader.problems)
    return found


def _page(
    patient: Patient,
    form: PatientForm,
    meanwhile: str = "",
    changes: list[Change] | None = None,
    version: int | None = None,
) -> str:
    # Only who has been shown the changes of others gets the newest version to save over.
    return render_template(
        "referrals/details.html",
        patient=patient,
        form=form,
        version=version_on_page(form_data(), patient.version) if version is None else version,
        meanwhile=meanwhile,
        changes=changes or [],
    )
