"""Giving an opinion on one lesion: outcome, words, signature; new photographs; corrections."""

from http import HTTPStatus
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from derm_service import audit
from derm_service.errors import Invalid
from derm_service.imaging import retake_words
from derm_service.imaging.codes import RetakeReason, View
from derm_service.people import Action
from derm_service.review import (
    addenda,
    cases,
    first_words,
    opinions,
    outcomes,
    retakes,
    standing,
    viewing,
)
from derm_service.review.cases import LesionCase
from derm_service.review.codes import Outcome
from derm_service.review.forms import (
    CorrectionForm,
    OpinionForm,
    OutcomeForm,
    RetakeForm,
    WordsForm,
    refuse,
)
from derm_service.review.models import Opinion
from derm_service.web import allowed, current_user, db_session, form_data

bp = Blueprint("opinions", __name__)
CODES = frozenset(outcomes.choices())


@bp.route("/review/lesions/<uuid:lesion_id>/opinion", methods=["GET", "POST"])
@allowed(Action.REVIEW)
def opinion(lesion_id: UUID) -> ResponseReturnValue:
    """Read and change the words of an opinion, then sign it."""
    shown = cases.one_lesion(db_session(), lesion_id=lesion_id, by=current_user())
    outcome = request.values.get("outcome", "")
    if outcome not in CODES:
        return _choose(shown, is_asked=request.method == "POST" or "outcome" in request.args)
    there = viewing.named([shot.capture for each in shown.attempts[:1] for shot in each.shots])
    form = OpinionForm(form_data(), data={**_first_words(outcome), "images": there})
    form.outcome.data = outcome
    form.site_confirmed.label.text = f"The images show the {shown.place}"
    if request.method == "POST":
        if _wants_a_second_look(form, shown):
            return _page("review/second_look.html", shown, form=form, outcome=outcome)
        try:
            opinions.sign(
                db_session(),
                lesion_id=lesion_id,
                wording=form.wording,
                site_confirmed=bool(form.site_confirmed.data),
                images_waived_reason=form.images_waived_reason.data or "",
                images=form.images.data or "",
                sure=form.sure.data == "y",
                by=current_user(),
            )
            db_session().commit()
            flash(f"The opinion on lesion {shown.lesion.number}, {shown.place}, is signed.")
            return _after(shown)
        except Invalid as problem:
            refuse(form, problem)
            form.images.data = there  # which the page shows from now on
    return _page("review/opinion.html", shown, form=form, outcome=outcome)


@bp.route("/review/lesions/<uuid:lesion_id>/retake", methods=["GET", "POST"])
@allowed(Action.REVIEW)
def retake(lesion_id: UUID) -> ResponseReturnValue:
    """Ask for new photographs of named views."""
    shown = cases.one_lesion(db_session(), lesion_id=lesion_id, by=current_user())
    form = RetakeForm(form_data())
    form.capture_id.choices = _images(shown)
    if request.method == "POST" and form.validate():
        try:
            retakes.ask(
                db_session(),
                lesion_id=lesion_id,
                views=[View(view) for view in form.views.data or []],
                reason=RetakeReason(form.reason.data),
                note=form.note.data or "",
                capture_id=UUID(form.capture_id.data) if form.capture_id.data else None,
                by=current_user(),
            )
            db_session().commit()
            flash(
                f"New photographs of lesion {shown.lesion.number} have been asked for. "
                "The clock keeps running."
            )
            return _after(shown)
        except Invalid as problem:
            refuse(form, problem)
    return _page("review/retake.html", shown, form=form)


@bp.route("/opinions/<uuid:opinion_id>/correct", methods=["GET", "POST"])
@allowed(Action.REVIEW)
def correct(opinion_id: UUID) -> ResponseReturnValue:
    """Correct a signed opinion by a dated addendum."""
    held = standing.by_id(db_session(), opinion_id)
    shown = cases.one_lesion(db_session(), lesion_id=held.lesion_id, by=current_user())
    outcome = request.values.get("outcome", standing.outcome_of(held).value)
    if outcome not in CODES or "change" in request.args:
        return _choose(shown, is_asked=False, opinion=held)
    words = {**_standing_words(held, outcome), "corrections": len(held.addenda)}
    form = CorrectionForm(form_data(), data=words)
    form.outcome.data = outcome
    if request.method == "POST":
        if _wants_a_second_look(form, shown):
            return _page("review/second_look.html", shown, form=form, outcome=outcome)
        try:
            addenda.correct(
                db_session(),
                opinion_id=opinion_id,
                wording=form.wording,
                sure=form.sure.data == "y",
                corrections=form.corrections.data,
                by=current_user(),
            )
            db_session().commit()
            flash("The correction is signed. New letters replace the old ones.")
            return _to_case(shown)
        except Invalid as problem:
            refuse(form, problem)
    return _page("review/correct.html", shown, form=form, outcome=outcome, opinion=held)


def _choose(shown: LesionCase, *, is_asked: bool, **more: Any) -> ResponseReturnValue:
    form = OutcomeForm(request.values if is_asked else None)
    if is_asked:
        form.validate()
    return _page("review/outcome.html", shown, form=form, **more)


def _first_words(outcome: str) -> dict[str, str]:
    chosen = Outcome(outcome)
    return {
        "text_for_patient": first_words.for_patient(chosen),
        "text_for_gp": first_words.for_gp(chosen),
    }


def _standing_words(held: Opinion, outcome: str) -> dict[str, str]:
    if outcome != standing.outcome_of(held).value:
        return _first_words(outcome)
    for_patient, for_gp = standing.texts_of(held)
    return {"text_for_patient": for_patient, "text_for_gp": for_gp}


def _wants_a_second_look(form: WordsForm, shown: LesionCase) -> bool:
    asks = outcomes.needs_second_look(form.wording.outcome, shown.lesion.seven_point_score)
    return asks and form.sure.data != "y"


def _images(shown: LesionCase) -> dict[str, str]:
    current = [shot for attempt in shown.attempts[:1] for shot in attempt.shots]
    named = {
        str(shot.capture.id): f"{number}. {shot.view.capitalize()}"
        for number, shot in enumerate(current, start=1)
    }
    return {**named, "": "None of them: a view is missing"}


def _page(template: str, shown: LesionCase, **more: Any) -> ResponseReturnValue:
    """The page with its patient; 422 after an answer that could not be taken."""
    referral = shown.lesion.referral
    failed = request.method == "POST" and template != "review/second_look.html"
    page = render_template(
        template,
        shown=shown,
        referral=referral,
        patient=referral.patient,
        labels=outcomes.choices(),
        writes_letters=outcomes.writes_letters,
        locks_letter=outcomes.locks_letter,
        retake_words=retake_words.asked,
        **more,
    )
    audit.record(
        db_session(),
        by=current_user(),
        did="opened lesion for review",
        subject=shown.lesion,
        patient_id=referral.patient_id,
    )
    db_session().commit()
    return page, HTTPStatus.UNPROCESSABLE_ENTITY if failed else HTTPStatus.OK


def _after(shown: LesionCase) -> ResponseReturnValue:
    """The case while it waits for more, else the worklist."""
    if standing.waits_for(db_session(), shown.lesion.referral_id, current_user()):
        return _to_case(shown)
    return redirect(url_for("review.worklist"), HTTPStatus.SEE_OTHER)


def _to_case(shown: LesionCase) -> ResponseReturnValue:
    target = url_for("review.case", referral_id=shown.lesion.referral_id)
    return redirect(target, HTTPStatus.SEE_OTHER)
