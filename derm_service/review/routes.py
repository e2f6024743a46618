"""The reader's worklist and case: claim, look, release."""

from http import HTTPStatus
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from derm_service.errors import Invalid, NotAllowed
from derm_service.imaging import looking, retake_words
from derm_service.imaging.codes import RenditionSize
from derm_service.imaging.models import Capture
from derm_service.people import Action
from derm_service.referrals import queries as referrals
from derm_service.review import cases, claims, downgrades, viewing, worklist
from derm_service.review.forms import DowngradeForm, OutcomeForm, refuse
from derm_service.web import allowed, current_user, db_session, form_data

bp = Blueprint("review", __name__, url_prefix="/review")


@bp.get("", endpoint="worklist")
@allowed(Action.REVIEW)
def worklist_page() -> ResponseReturnValue:
    """Every case that waits for a reader."""
    rows = worklist.rows(db_session(), by=current_user())
    return render_template("review/worklist.html", rows=rows)


@bp.post("/claim-next")
@allowed(Action.REVIEW)
def claim_next() -> ResponseReturnValue:
    """Take the most pressing case that nobody holds."""
    session, reader = db_session(), current_user()
    ids = worklist.to_claim(session, by=reader)
    held = claims.claim_next(session, referral_ids=ids, by=reader)
    session.commit()
    if held is None:
        flash("No case is free to read just now.", "note")
        return redirect(url_for(".worklist"), HTTPStatus.SEE_OTHER)
    return _to_case(held.referral_id)


@bp.get("/<uuid:referral_id>")
@allowed(Action.REVIEW)
def case(referral_id: UUID) -> ResponseReturnValue:
    """One case: the story, the images, the opinions."""
    found = cases.case(db_session(), referral_id=referral_id, by=current_user())
    page = render_template(
        "review/case.html",
        case=found,
        referral=found.referral,
        patient=found.referral.patient,
        outcome_form=OutcomeForm,
        retake_words=retake_words.asked,
    )
    db_session().commit()
    return page


@bp.post("/<uuid:referral_id>/claim")
@allowed(Action.REVIEW)
def claim(referral_id: UUID) -> ResponseReturnValue:
    """Take this case for reading."""
    claims.claim(db_session(), referral_id=referral_id, by=current_user())
    db_session().commit()
    return _to_case(referral_id)


@bp.post("/<uuid:referral_id>/release")
@allowed(Action.REVIEW)
def release(referral_id: UUID) -> ResponseReturnValue:
    """Give this case back."""
    referrals.referral(db_session(), referral_id, lock=True)
    claims.release(db_session(), referral_id=referral_id, by=current_user())
    db_session().commit()
    flash("The case is back on the worklist.")
    return redirect(url_for(".worklist"), HTTPStatus.SEE_OTHER)


@bp.post("/images/<uuid:capture_id>/opened")
@allowed(Action.REVIEW)
def opened(capture_id: UUID) -> ResponseReturnValue:
    """The viewer says that an image is on the screen; signing depends on it."""
    _open(capture_id)
    return "", HTTPStatus.NO_CONTENT


@bp.get("/images/<uuid:capture_id>")
@allowed(Action.REVIEW)
def image(capture_id: UUID) -> ResponseReturnValue:
    """An image without the viewer: following the link is opening it, and is recorded as such."""
    copies = {each.size for each in _open(capture_id).renditions}
    size = RenditionSize.MEDIUM if RenditionSize.MEDIUM in copies else RenditionSize.FULL
    return redirect(url_for("images.image", capture_id=capture_id, size=size.value))


@bp.route("/<uuid:referral_id>/downgrade", methods=["GET", "POST"])
@allowed(Action.REVIEW)
def downgrade(referral_id: UUID) -> ResponseReturnValue:
    """Take the referral off the suspected cancer clock, as the referrer agreed."""
    referral = referrals.referral(db_session(), referral_id)
    form = DowngradeForm(form_data())
    if request.method == "POST" and form.validate():
        try:
            downgrades.downgrade(
                db_session(),
                referral_id=referral_id,
                agreed_with=form.agreed_with.data or "",
                agreed_on=form.agreed_on.data or referral.clock_started_on,
                by=current_user(),
            )
            db_session().commit()
            flash("The downgrade is recorded: the referral is routine now. Its clock counts weeks.")
            return _to_case(referral_id)
        except Invalid as problem:
            refuse(form, problem)
    page = render_template(
        "review/downgrade.html", form=form, referral=referral, patient=referral.patient
    )
    return page, HTTPStatus.UNPROCESSABLE_ENTITY if request.method == "POST" else HTTPStatus.OK


def _open(capture_id: UUID) -> Capture:
    """Record the opening; a try without the right is on record as well."""
    session = db_session()
    try:
        capture = viewing.opened(session, capture_id=capture_id, by=current_user())
    except NotAllowed:
        looking.record_refusal(session, capture_id=capture_id, by=current_user())
        session.commit()
        raise
    session.commit()
    return capture


def _to_case(referral_id: UUID) -> ResponseReturnValue:
    return redirect(url_for("review.case", referral_id=referral_id), HTTPStatus.SEE_OTHER)
