"""The page that withdraws a referral."""

from http import HTTPStatus
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import Form, RadioField, TextAreaField

from derm_service.booking import queries, withdrawing
from derm_service.errors import Invalid
from derm_service.forms import Chosen, stripped
from derm_service.people import Action
from derm_service.referrals.codes import WithdrawnReason
from derm_service.review import withdrawals
from derm_service.web import allowed, current_user, db_session, form_data

bp = Blueprint("withdrawals", __name__)

REASON_WORDS: dict[WithdrawnReason, str] = {
    WithdrawnReason.PATIENT_WISH: "The patient wishes it",
    WithdrawnReason.REFERRER_WISH: "The referrer wishes it",
    WithdrawnReason.DUPLICATE: "It is a duplicate of another referral",
    WithdrawnReason.WRONG_PATIENT: "It was entered for the wrong patient",
    WithdrawnReason.SEEN_ELSEWHERE: "The patient has been seen elsewhere",
}
"""A death has a page of its own, which withdraws every open referral."""


class WithdrawForm(Form):
    """Why a referral is withdrawn."""

    reason = RadioField(
        "Why is the referral withdrawn?",
        [Chosen("Choose why the referral is withdrawn.")],
        validate_choice=False,
        choices={each.value: words for each, words in REASON_WORDS.items()},
    )
    note = TextAreaField("Why must it end before the patient was told?", filters=[stripped])


@bp.route("/referrals/<uuid:referral_id>/withdraw", methods=["GET", "POST"])
@allowed(Action.REFER)
def withdraw(referral_id: UUID) -> ResponseReturnValue:
    """Ask why and say what ends with it, then withdraw the referral."""
    form = WithdrawForm(form_data())
    session = db_session()
    if request.method == "POST" and form.validate() and _withdraw(form, referral_id):
        flash("The referral is withdrawn.")
        return redirect(url_for("record.referral", referral_id=referral_id), HTTPStatus.SEE_OTHER)
    referral = queries.referral(session, referral_id)
    page = render_template(
        "record/withdraw.html",
        form=form,
        referral=referral,
        patient=referral.patient,
        appointment=queries.waiting_appointment(session, referral_id),
        untold=withdrawing.untold(session, referral_id),
        why_not=withdrawing.UNTOLD,
    )
    return page, HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK


def _withdraw(form: WithdrawForm, referral_id: UUID) -> bool:
    session = db_session()
    try:
        withdrawals.withdraw(
            session,
            referral_id=referral_id,
            reason=WithdrawnReason(form.reason.data),
            note=form.note.data or "",
            by=current_user(),
        )
        session.commit()
    except Invalid as problem:
        session.rollback()
        form.note.errors = list(problem.fields.values())
    return not form.errors
