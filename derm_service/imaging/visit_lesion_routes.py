"""Lesions at a visit: closed without photographs, opened again, found there; consent taken back."""

from http import HTTPStatus
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from derm_service.errors import Invalid
from derm_service.imaging import visit_forms, visit_lesions, visit_queries, withdrawals
from derm_service.imaging import visit_words as words
from derm_service.imaging.visit_routes import back, done, load, page
from derm_service.people import Action
from derm_service.referrals import body_sites, consents, queries
from derm_service.referrals.codes import Laterality, Purpose, UnphotographedReason
from derm_service.web import allowed, current_user, db_session, form_data

bp = Blueprint("visit_lesions", __name__)


@bp.get("/visits/<uuid:visit_id>/lesions/<uuid:lesion_id>/chaperone")
@allowed(Action.CLINIC_DAY)
def chaperone_needed(visit_id: UUID, lesion_id: UUID) -> ResponseReturnValue:
    """An intimate site without a chaperone settled: stop, and the ways on."""
    visit = load(visit_id)
    lesion = visit_queries.lesion_of(db_session(), visit, lesion_id)
    return page(
        "visits/chaperone_needed.html",
        visit.appointment,
        visit=visit,
        lesion=lesion,
        site=body_sites.label(lesion.site_code, lesion.laterality),
    )


@bp.route("/visits/<uuid:visit_id>/lesions/<uuid:lesion_id>/close", methods=["GET", "POST"])
@allowed(Action.CLINIC_DAY)
def close(visit_id: UUID, lesion_id: UUID) -> ResponseReturnValue:
    """Close one lesion without photographs; the reader is told why."""
    visit = load(visit_id)
    lesion = visit_queries.lesion_of(db_session(), visit, lesion_id)
    form = visit_forms.CloseLesionForm(form_data())
    if done(
        form,
        lambda: visit_lesions.close_lesion(
            db_session(),
            visit_id=visit_id,
            lesion_id=lesion_id,
            reason=UnphotographedReason(form.reason.data),
            note=form.note.data or "",
            by=current_user(),
        ),
    ):
        return back(visit, f"Lesion {lesion.number} is closed without photographs.")
    site = body_sites.label(lesion.site_code, lesion.laterality)
    return page("visits/close_lesion.html", visit.appointment, form, lesion=lesion, site=site)


@bp.post("/visits/<uuid:visit_id>/lesions/<uuid:lesion_id>/reopen")
@allowed(Action.CLINIC_DAY)
def reopen(visit_id: UUID, lesion_id: UUID) -> ResponseReturnValue:
    """Photograph a lesion after all."""
    visit = load(visit_id)
    lesion = visit_lesions.reopen_lesion(
        db_session(), visit_id=visit_id, lesion_id=lesion_id, by=current_user()
    )
    return back(visit, f"Lesion {lesion.number} can be photographed again.")


@bp.route("/visits/<uuid:visit_id>/lesions/add", methods=["GET", "POST"])
@allowed(Action.CLINIC_DAY)
def add(visit_id: UUID) -> ResponseReturnValue:
    """Add a lesion found at the visit; the reader sees that nobody referred it."""
    visit = load(visit_id)
    form = visit_forms.AddLesionForm(form_data())
    if done(
        form,
        lambda: visit_lesions.add_lesion(
            db_session(),
            visit_id=visit_id,
            site_code=form.code(),
            laterality=Laterality(form.laterality.data),
            reason=form.reason.data or "",
            site_note=form.site_note.data or "",
            by=current_user(),
        ),
    ):
        return back(visit, "The lesion is on the list. The reader will see that it was found here.")
    return page("visits/add_lesion.html", visit.appointment, form, sites=body_sites.SITES)


@bp.route("/referrals/<uuid:referral_id>/consents", methods=["GET", "POST"])
@allowed(Action.CHANGE_CONSENT)
def withdraw(referral_id: UUID) -> ResponseReturnValue:
    """What the photographs may be used for, and taking a use back at any time."""
    if request.method == "POST":
        withdrawals.withdraw_use(
            db_session(), referral_id=referral_id, purpose=_purpose(), by=current_user()
        )
        db_session().commit()
        flash("The consent has been withdrawn. It takes effect at once.")
        target = url_for(".withdraw", referral_id=referral_id)
        return redirect(target, HTTPStatus.SEE_OTHER)
    referral = queries.referral(db_session(), referral_id)
    return render_template(
        "visits/consents.html",
        patient=referral.patient,
        referral=referral,
        words=words,
        consents=consents.in_force(db_session(), referral_id),
    )


def _purpose() -> Purpose:
    try:
        return Purpose(request.form.get("purpose", ""))
    except ValueError as error:
        raise Invalid({"purpose": "Choose teaching or publication."}) from error
