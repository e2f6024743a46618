"""The page behind an offer's link: yes or no, without signing in; looking changes nothing."""

from http import HTTPStatus

from flask import Blueprint, make_response, render_template, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import TooManyRequests
from wtforms import Form, RadioField, SelectField

from derm_service import clock
from derm_service.accounts.sign_in import digest
from derm_service.booking import offer_answers, offer_queries, offer_texts, queries, texts
from derm_service.booking.codes import AnsweredBy, DeclineReason, OfferState
from derm_service.booking.offer_limits import Limit
from derm_service.booking.offer_models import Offer
from derm_service.booking.offer_rules import OWN_WORDS
from derm_service.errors import Conflict, Invalid
from derm_service.forms import Chosen
from derm_service.web import db_session, public

bp = Blueprint("offer_link", __name__)
YES, NO = "yes", "no"
WRONG, ASKED = Limit(20), Limit(30)
"""A minute, of one address that knows no link, and of one link."""
LONGEST_TOKEN = 64
AGAIN = "Your answer could not be recorded just now. Send it again, or ring us."


class AnswerForm(Form):
    """Yes or no."""

    answer = RadioField(
        "Do you want this time?",
        [Chosen("Choose yes or no.")],
        choices={YES: "Yes, I will come", NO: "No"},
        validate_choice=False,
    )
    reason = SelectField(
        "Why not? You do not have to say.",
        choices={each.value: words for each, words in OWN_WORDS.items()},
        default=DeclineReason.NOT_SAID.value,
        validate_choice=False,
    )


@bp.route("/offer/<token>", methods=["GET", "POST"])
@public
def answer(token: str) -> ResponseReturnValue:
    """Show the offered time, and take the answer once."""
    found = _found(token)
    if found is None:
        return _page(None, AnswerForm(), HTTPStatus.NOT_FOUND)
    form = AnswerForm(request.form)
    if request.method == "GET":
        return _page(found, AnswerForm())
    if not form.validate():
        return _page(found, form, HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        _record(found, form)
    except (Conflict, Invalid):
        db_session().rollback()
        form.answer.errors = [AGAIN]
        return _page(_found(token), form, HTTPStatus.CONFLICT)
    db_session().commit()
    return _page(found, form)


def _record(found: Offer, form: AnswerForm) -> None:
    how = AnsweredBy.LINK
    if form.answer.data == YES:
        offer_answers.accept(db_session(), offer_id=found.id, how=how, by=None)
        return
    known = form.reason.data in {each.value for each in OWN_WORDS}
    reason = DeclineReason(form.reason.data) if known else DeclineReason.NOT_SAID
    offer_answers.decline(db_session(), offer_id=found.id, how=how, reason=reason, by=None)


def _found(token: str) -> Offer | None:
    """The offer of a link, until the day after its time; too many questions are refused (429)."""
    asked = digest(token) if len(token) <= LONGEST_TOKEN else ""
    found = offer_queries.by_token(db_session(), asked) if asked else None
    if found is None or found.slot.ends_at < clock.now() or _is_not_for_them(found):
        _check(WRONG.takes(request.remote_addr or ""))
        return None
    _check(ASKED.takes(asked))
    return found


def _is_not_for_them(found: Offer) -> bool:
    """Whether whoever holds the link may read nothing more: a stranger's number, a death."""
    has_died = found.patient.deceased_on is not None
    return has_died or offer_queries.went_astray(db_session(), found.id)


def _check(taken: bool) -> None:
    if not taken:
        raise TooManyRequests("You have asked too often. Wait a minute, then try again.")


def _page(
    found: Offer | None,
    form: AnswerForm,
    status: HTTPStatus = HTTPStatus.OK,
) -> ResponseReturnValue:
    waiting = queries.waiting_appointment(db_session(), found.referral_id) if found else None
    is_open = bool(
        found
        and found.state is OfferState.OPEN
        and found.hold_id
        and found.expires_at > clock.now()
    )
    page = render_template(
        "booking/offer_link.html",
        offer=found,
        form=form,
        is_open=is_open,
        is_accepted=bool(found and found.state is OfferState.ACCEPTED),
        is_declined=bool(found and found.state is OfferState.DECLINED),
        waiting=waiting,
        when=offer_texts.when,
        place=texts.place,
        stands=offer_texts.stands(found.instead_of) if found else "",
    )
    response = make_response(page, status)
    response.headers["X-Robots-Tag"] = "noindex"
    return response
