"""A photograph that was filed wrongly: move it to where it belongs, or have it erased."""

from http import HTTPStatus
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import Form, RadioField, TextAreaField

from derm_service.custody import moving, shredding
from derm_service.errors import Invalid
from derm_service.forms import Chosen, Required, stripped
from derm_service.imaging import filing_tasks, looking
from derm_service.imaging.models import Capture
from derm_service.jobs import defer
from derm_service.people import Action
from derm_service.web import allowed, current_user, db_session, form_data

bp = Blueprint("custody", __name__, url_prefix="/captures/<uuid:capture_id>")


class MoveForm(Form):
    """Where a photograph belongs, and how that is known."""

    target = RadioField(
        "Where does it belong?",
        [Chosen("Choose where it belongs")],
        validate_choice=False,
    )
    reason = TextAreaField(
        "How do you know?", [Required("Say how you know where it belongs")], filters=[stripped]
    )


class EraseForm(Form):
    """Why a photograph is to be gone for good."""

    reason = TextAreaField(
        "Why is it erased?", [Required("Say why it is erased")], filters=[stripped]
    )


@bp.route("/move", methods=["GET", "POST"])
@allowed(Action.MOVE_IMAGES)
def move(capture_id: UUID) -> ResponseReturnValue:
    """Choose the visit and lesion a photograph belongs to."""
    moved = moving.capture(db_session(), capture_id)
    form = MoveForm(form_data())
    offered = moving.targets(db_session(), moved)
    form.target.choices = [(each.value, each.words) for each in offered]
    came_from = moved.image_set.lesion.referral_id
    if request.method == "POST" and form.validate() and _moved(form, capture_id):
        db_session().commit()
        flash("The photograph was moved. Both records’ audit trails say so.")
        return _to_record(came_from)
    return _page("custody/move.html", moved, form)


def _moved(form: MoveForm, capture_id: UUID) -> bool:
    """Whether it is moved now; if not, the form says why."""
    visit_id, _, lesion_id = form.target.data.partition(":")
    try:
        moving.move(
            db_session(),
            capture_id=capture_id,
            visit_id=UUID(visit_id),
            lesion_id=UUID(lesion_id),
            reason=form.reason.data or "",
            by=current_user(),
        )
    except Invalid as problem:
        for name, sentence in problem.fields.items():
            form[name].errors = [sentence]
        return False
    return True


@bp.route("/erase", methods=["GET", "POST"])
@allowed(Action.MOVE_IMAGES)
def erase(capture_id: UUID) -> ResponseReturnValue:
    """Destroy the keys of a photograph that must not exist."""
    erased = moving.capture(db_session(), capture_id)
    form = EraseForm(form_data())
    if request.method == "POST" and form.validate():
        reason, by = form.reason.data or "", current_user()
        shredded = shredding.shred(db_session(), capture_id=capture_id, reason=reason, by=by)
        for each in shredded:  # the web may not delete from the record bucket, the worker may
            defer(db_session(), filing_tasks.delete_object, place=each.place.value, key=each.key)
        db_session().commit()
        flash("The photograph was erased. Nobody can open it again.")
        return _to_record(erased.image_set.lesion.referral_id)
    return _page("custody/erase.html", erased, form)


def _to_record(referral_id: UUID) -> ResponseReturnValue:
    target = url_for("record.referral", referral_id=referral_id)
    return redirect(target, HTTPStatus.SEE_OTHER)


def _page(template: str, shown: Capture, form: Form) -> ResponseReturnValue:
    referral = shown.image_set.lesion.referral
    page = render_template(
        template,
        form=form,
        capture=shown,
        lesion=shown.image_set.lesion,
        view=shown.view.words,
        may_see=looking.may_see(shown, current_user()),
        patient=referral.patient,
        referral=referral,
    )
    return page, HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
