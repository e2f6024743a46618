"""The office's pages of offers: what is offered to whom, and the call that offers a time."""

from http import HTTPStatus
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import Form, RadioField, SelectField, StringField, TextAreaField

from derm_service import clock
from derm_service.booking import (
    letters,
    offer_answers,
    offer_queries,
    offer_rules,
    offer_texts,
    offering,
)
from derm_service.booking.codes import AnsweredBy, DeclineReason, OfferState
from derm_service.booking.offer_models import Offer
from derm_service.booking.offer_rules import DECLINE_WORDS, STATE_WORDS, Notice
from derm_service.booking.slot_routes import needs_of
from derm_service.errors import Invalid
from derm_service.forms import Chosen, choices, stripped
from derm_service.messages import work
from derm_service.people import Action
from derm_service.referrals.clocks import clock_of
from derm_service.web import allowed, current_user, db_session, form_data, settings
from derm_service.wording import day_time

bp = Blueprint("offers", __name__)
SHOWN = 20
YES, NO, LATER, NOBODY = "yes", "no", "later", "nobody"
NOBODY_LEFT = (
    "Nobody is left who would be seen sooner, whom this time fits and who may be asked. "
    "It stays free."
)


class CallForm(Form):
    """What came of offering a time on the telephone."""

    outcome = RadioField(
        "What did they say?",
        [Chosen("Choose what came of the call.")],
        choices={
            YES: "Yes: they take the offered time",
            NO: "No: they do not want it",
            LATER: "Nobody was reached: try again later",
            NOBODY: "Nobody was reached: offer it to somebody else",
        },
        validate_choice=False,
    )
    note = TextAreaField("What have you arranged for the visit?", filters=[stripped])
    reason = SelectField(
        "Why not, if they say?",
        choices=choices(DeclineReason, {each.value: DECLINE_WORDS[each] for each in DeclineReason}),
        default=DeclineReason.NOT_SAID.value,
        validate_choice=False,
    )
    tried = StringField("What happened? (optional)", filters=[stripped])


@bp.get("/offers")
@allowed(Action.BOOK)
def listing() -> ResponseReturnValue:
    """What waits for an answer, which freed times nobody is asked about, and what came of it."""
    session = db_session()
    return render_template(
        "booking/offers.html",
        offers=offer_queries.open_offers(session),
        freed=offer_queries.freed(session, before=clock.now(), least=_notice().least),
        ended=offer_queries.lately(session, SHOWN),
        state_words=STATE_WORDS,
        decline_words=DECLINE_WORDS,
        is_automatic=settings().auto_offers,
        after_minutes=settings().offer_after_minutes,
        clock_of_offer=lambda offer: clock_of(offer.referral),
    )


@bp.post("/offers/times/<uuid:slot_id>")
@allowed(Action.BOOK)
def offer(slot_id: UUID) -> ResponseReturnValue:
    """Offer a freed time to the next person now instead of with the next round."""
    made = offering.offer_next(
        db_session(),
        slot_id=slot_id,
        notice=_notice(),
        address=settings().address,
        by=current_user(),
    )
    db_session().commit()
    if made is None:
        flash(NOBODY_LEFT, "note")
    else:
        flash(f"Offered, and kept until {day_time(made.expires_at)}.")
    return redirect(url_for(".listing"), HTTPStatus.SEE_OTHER)


@bp.route("/offers/<uuid:offer_id>/call", methods=["GET", "POST"])
@allowed(Action.BOOK)
def call(offer_id: UUID) -> ResponseReturnValue:
    """Read the offer out to somebody and record what they say; also for who rings up about it."""
    found = offer_queries.offer(db_session(), offer_id)
    form = CallForm(form_data())
    if request.method == "POST" and form.validate():
        try:
            said = _record(found, form)
            db_session().commit()
            flash(said)
            return redirect(url_for(".listing"), HTTPStatus.SEE_OTHER)
        except Invalid as problem:
            for name, sentence in problem.fields.items():
                form[name if name in form else "outcome"].errors = [sentence]
    elif form_data() is None and found.instead_of is not None:
        form = CallForm(None, data={"note": found.instead_of.note})
    return _call_page(found, form)


def _record(found: Offer, form: CallForm) -> str:
    session, by, how = db_session(), current_user(), AnsweredBy.PHONE
    if form.outcome.data == YES:
        note = form.note.data or ("" if found.instead_of is None else None)
        new = offer_answers.accept(session, offer_id=found.id, how=how, note=note, by=by)
        return f"Given to them: {day_time(new.slot.starts_at)}. The patient is told."
    if form.outcome.data == NO:
        reason = DeclineReason(
            form.reason.data if form.reason.data in DECLINE_WORDS else "not_said"
        )
        offer_answers.decline(session, offer_id=found.id, how=how, reason=reason, by=by)
        return f"Recorded. {offer_answers.what_stands(session, found)}"
    if form.outcome.data == NOBODY:
        offer_answers.nobody_reached(session, offer_id=found.id, by=by)
        return f"It goes to somebody else. {offer_answers.what_stands(session, found)}"
    return _try_again(found, form.tried.data or "")


def _try_again(found: Offer, note: str) -> str:
    """Leave the call on the list, with the try noted."""
    item = offer_queries.call_of(db_session(), found.id)
    if item is None:
        raise Invalid({"outcome": "This person was asked by a message and need not be rung."})
    last = item.not_after or clock.today()
    next_on = min(work.next_try(item), max(last, clock.today()))
    work.try_again(db_session(), item_id=item.id, note=note, next_on=next_on, by=current_user())
    return f"The call stays on the list. The time is kept until {day_time(found.expires_at)}."


def _call_page(found: Offer, form: CallForm) -> ResponseReturnValue:
    page = render_template(
        "booking/offer_call.html",
        form=form,
        offer=found,
        is_open=found.state is OfferState.OPEN and found.expires_at > clock.now(),
        state=STATE_WORDS[found.state],
        stands=offer_answers.what_stands(db_session(), found),
        when=offer_texts.when,
        whom=letters.whom_to_ring(found.patient, clock.today()),
        **needs_of(found.referral, found.slot),
    )
    return page, HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK


def _notice() -> Notice:
    return offer_rules.notice_of(settings())
