"""Telling the patient: what to say, what was said, and the way of the letters."""

from http import HTTPStatus
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from derm_service import audit, clock, wording
from derm_service.booking.letters import how_to_talk
from derm_service.errors import Invalid
from derm_service.messages import outbox
from derm_service.messages.codes import MessageState
from derm_service.messages.rules import next_working_day
from derm_service.people import Action
from derm_service.review import letters, letters_list, outcomes, posting, standing, tasks, telling
from derm_service.review.codes import OverrideReason, ToldHow
from derm_service.review.forms import (
    NotReachedForm,
    OverrideForm,
    PostedForm,
    ReturnedForm,
    ToldForm,
    now_as_typed,
    refuse,
)
from derm_service.review.models import Opinion
from derm_service.web import allowed, current_user, db_session, form_data

bp = Blueprint("telling", __name__)


@bp.route("/opinions/<uuid:opinion_id>/tell", methods=["GET", "POST"])
@allowed(Action.TELL)
def tell(opinion_id: UUID) -> ResponseReturnValue:
    """What the patient is to hear; record how and when they heard it."""
    opinion = standing.by_id(db_session(), opinion_id)
    words = {"corrections": len(opinion.addenda)}
    form = ToldForm(
        form_data(), data={"told_at": clock.today(), "at_time": now_as_typed(), **words}
    )
    if request.method == "POST" and form.validate():
        try:
            telling.tell(
                db_session(),
                opinion_id=opinion_id,
                how=ToldHow(form.how.data),
                told_at=form.moment(),
                spoken_to=form.spoken_to.data or "",
                note=form.note.data or "",
                corrections=form.corrections.data,
                by=current_user(),
            )
            return _done(opinion_id, "It is on record that the patient was told.")
        except Invalid as problem:
            refuse(form, problem)
    return _tell_page(opinion, form=form)


@bp.route("/opinions/<uuid:opinion_id>/not-reached", methods=["GET", "POST"])
@allowed(Action.TELL)
def not_reached(opinion_id: UUID) -> ResponseReturnValue:
    """A try that reached nobody; the next one goes on the Work page."""
    opinion = standing.by_id(db_session(), opinion_id)
    form = NotReachedForm(form_data(), data={"next_on": next_working_day(clock.today())})
    if request.method == "POST" and form.validate():
        try:
            item = telling.not_reached(
                db_session(),
                opinion_id=opinion_id,
                note=form.what_happened.data or "",
                next_on=form.next_on.data or clock.today(),
                by=current_user(),
            )
            return _done(
                opinion_id, f"The next try is on the Work page for {wording.day(item.due_on)}."
            )
        except Invalid as problem:
            refuse(form, problem)
    return _page("telling/not_reached.html", opinion, form=form)


@bp.route("/opinions/<uuid:opinion_id>/override", methods=["GET", "POST"])
@allowed(Action.OVERRIDE_LOCK)
def override(opinion_id: UUID) -> ResponseReturnValue:
    """A clinician lets a locked letter go, with a coded reason."""
    opinion = standing.by_id(db_session(), opinion_id)
    form = OverrideForm(form_data())
    if request.method == "POST" and form.validate():
        telling.override_lock(
            db_session(),
            opinion_id=opinion_id,
            reason=OverrideReason(form.reason.data),
            by=current_user(),
        )
        return _done(opinion_id, "The letter is ready to print and post.")
    return _page("telling/override.html", opinion, form=form)


@bp.get("/letters", endpoint="letters")
@allowed(Action.TELL)
def letters_page() -> ResponseReturnValue:
    """Every letter that waits: to post, come back, failed, locked."""
    return render_template("telling/letters.html", lists=letters_list.lists(db_session()))


@bp.get("/letters/posted")
@allowed(Action.TELL)
def posted_lately() -> ResponseReturnValue:
    """What was posted in the last 30 days."""
    return render_template("telling/posted.html", rows=letters_list.posted(db_session()))


@bp.route("/letters/<uuid:message_id>", methods=["GET", "POST"])
@allowed(Action.TELL)
def letter(message_id: UUID) -> ResponseReturnValue:
    """One letter: what it says and where it stands; post it on a day of its own."""
    form = PostedForm(form_data(), data={"posted_on": clock.today()})
    if request.method == "POST" and form.validate():
        try:
            posting.posted(
                db_session(),
                message_id=message_id,
                posted_on=form.posted_on.data or clock.today(),
                by=current_user(),
            )
            return _letters(f"Recorded as posted: {_named(message_id)}.")
        except Invalid as problem:
            refuse(form, problem)
    return _letter_page(message_id, form=form, return_form=ReturnedForm())


@bp.post("/letters/<uuid:message_id>/printed")
@allowed(Action.TELL)
def printed(message_id: UUID) -> ResponseReturnValue:
    """The letter was printed."""
    posting.printed(db_session(), message_id=message_id, by=current_user())
    return _letters(f"Recorded as printed: {_named(message_id)}.")


@bp.post("/letters/<uuid:message_id>/posted")
@allowed(Action.TELL)
def posted(message_id: UUID) -> ResponseReturnValue:
    """The letter was posted today."""
    posting.posted(db_session(), message_id=message_id, posted_on=clock.today(), by=current_user())
    said = f"Recorded as posted today: {_named(message_id)}."
    return _letters(f"{said} If it was not posted, open it under posted letters and say so.")


@bp.post("/letters/<uuid:message_id>/not-posted")
@allowed(Action.TELL)
def not_posted(message_id: UUID) -> ResponseReturnValue:
    """The letter lies here after all."""
    posting.not_posted(db_session(), message_id=message_id, by=current_user())
    return _letters(f"Back among the letters to post: {_named(message_id)}.")


@bp.post("/letters/<uuid:message_id>/returned")
@allowed(Action.TELL)
def returned(message_id: UUID) -> ResponseReturnValue:
    """The letter came back."""
    form = ReturnedForm(request.form)
    if not form.validate():
        return _letter_page(message_id, form=form, return_form=form)
    posting.returned(
        db_session(), message_id=message_id, reason=form.came_back.data or "", by=current_user()
    )
    return _letters("It is on record that the letter came back. Find another way to tell them.")


@bp.post("/letters/<uuid:message_id>/retry")
@allowed(Action.TELL)
def retry(message_id: UUID) -> ResponseReturnValue:
    """A letter that failed is made ready once more."""
    outbox.retry(db_session(), message_id=message_id, by=current_user())
    return _letters("The letter is ready again.")


@bp.post("/letters/<uuid:message_id>/again")
@allowed(Action.TELL)
def again(message_id: UUID) -> ResponseReturnValue:
    """Write a returned letter anew, to the address that holds now."""
    posting.write_again(db_session(), message_id=message_id, by=current_user())
    return _letters("The letter has been written again, to the address on the record.")


def _tell_page(opinion: Opinion, *, form: ToldForm) -> ResponseReturnValue:
    session = db_session()
    return _page(
        "telling/tell.html",
        opinion,
        form=form,
        told=standing.told_of(session, opinion.id),
        letter=letters.patients(session, opinion.id),
        tries=tasks.tries_of(session, opinion.id),
        call=tasks.open_call(session, opinion.id),
        nobody=telling.why_nobody_is_told(opinion.lesion.referral),
        is_current=standing.is_current(session, opinion),
        how_words=telling.HOW_WORDS,
        talk=how_to_talk(opinion.lesion.referral.patient),
        locked=MessageState.LOCKED,
        speak_first=letters.SPEAK_FIRST,
    )


def _page(template: str, opinion: Opinion, *, form: Any, **more: Any) -> ResponseReturnValue:
    referral = opinion.lesion.referral
    audit.record(
        db_session(),
        by=current_user(),
        did="opened telling page",
        subject=opinion,
        referral_id=referral.id,
        patient_id=referral.patient_id,
    )
    outcome = standing.outcome_of(opinion)
    page = render_template(
        template,
        opinion=opinion,
        lesion=opinion.lesion,
        place=letters.place_of(opinion),
        outcome=outcomes.label(outcome),
        say=standing.texts_of(opinion)[0],
        referral=referral,
        patient=referral.patient,
        form=form,
        **more,
    )
    db_session().commit()
    return page, _status()


def _letter_page(message_id: UUID, **forms: Any) -> ResponseReturnValue:
    message = posting.by_id(db_session(), message_id)
    audit.record(
        db_session(),
        by=current_user(),
        did="opened letter",
        subject=message,
        patient_id=message.referral.patient_id,
    )
    page = render_template(
        "telling/letter.html",
        row=letters_list.row(message),
        referral=message.referral,
        patient=message.referral.patient,
        **forms,
    )
    db_session().commit()
    return page, _status()


def _status() -> HTTPStatus:
    return HTTPStatus.UNPROCESSABLE_ENTITY if request.method == "POST" else HTTPStatus.OK


def _done(opinion_id: UUID, sentence: str) -> ResponseReturnValue:
    db_session().commit()
    flash(sentence)
    return redirect(url_for(".tell", opinion_id=opinion_id), HTTPStatus.SEE_OTHER)


def _named(message_id: UUID) -> str:
    row = letters_list.row(posting.by_id(db_session(), message_id))
    patient = row.message.referral.patient
    to = "the GP of " if row.to == "GP" else ""
    return f"{row.about}, to {to}{wording.full_name(patient.given_name, patient.family_name)}"


def _letters(sentence: str) -> ResponseReturnValue:
    db_session().commit()
    flash(sentence)
    return redirect(url_for(".letters"), HTTPStatus.SEE_OTHER)
