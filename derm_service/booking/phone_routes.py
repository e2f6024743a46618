"""Booking on the telephone, on one page: find, confirm, read out three times, book."""

from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any
from uuid import UUID

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from wtforms import Form, SelectMultipleField, StringField, TextAreaField

from derm_service import audit, clock
from derm_service.booking import appointments, callers, facts, holds, queries, search, telling
from derm_service.booking.ledger import Taken
from derm_service.booking.letters import PREPARE
from derm_service.booking.models import Appointment, Hold
from derm_service.booking.parsing import uuid_or_none
from derm_service.booking.search import Offer
from derm_service.booking.slot_routes import needs_of
from derm_service.errors import Conflict, Invalid
from derm_service.forms import DayField, Required, stripped
from derm_service.people import Action
from derm_service.referrals import search as people
from derm_service.referrals.models import Referral
from derm_service.web import allowed, current_user, db_session, form_data

bp = Blueprint("phone", __name__)

OFFERS = 3
NOBODY = "Nobody fits. Check the spelling and the date, or use the patient search."


class FindForm(Form):
    """The two things a caller is asked first."""

    name = StringField(
        "Family name, or NHS number", [Required("Enter a name or an NHS number")], [stripped]
    )
    born_on = DayField("Date of birth", [Required("Enter the date of birth")])


class ConfirmForm(Form):
    """The things a caller proves who they are with."""

    identifiers = SelectMultipleField(
        "What has the caller told you?", choices=callers.IDENTIFIERS, validate_choice=False
    )


class BookForm(Form):
    """What was arranged where a need is not met."""

    note = TextAreaField("What have you arranged? (where something is missing)", filters=[stripped])


@bp.route("/phone", methods=["GET", "POST"])
@allowed(Action.BOOK)
def phone() -> ResponseReturnValue:
    """One address for the whole call: nothing about the caller stands in it."""
    form = FindForm(form_data())
    if request.method == "GET":
        return _page(form)
    step = STEPS.get(request.form.get("step", ""), _find)
    return step()


def _find() -> ResponseReturnValue:
    form = FindForm(form_data())
    if not form.validate() or form.born_on.data is None:
        return _page(form), HTTPStatus.UNPROCESSABLE_ENTITY
    typed = people.wanted(form.name.data or "")
    what = people.Wanted(typed.nhs_number, form.born_on.data, "", typed.words)
    found = people.find(db_session(), what)[: people.MOST]
    return _page(form, found=callers.candidates(db_session(), found), nobody=NOBODY)


def _choose() -> ResponseReturnValue:
    return _person(ConfirmForm(None))


def _person(form: ConfirmForm) -> str:
    referral = _referral()
    facts.check_bookable(referral)
    audit.record(db_session(), by=current_user(), did="opened for a call", subject=referral)
    db_session().commit()
    return _page(form, confirming=form, **needs_of(referral, None))


def _confirm() -> ResponseReturnValue:
    form = ConfirmForm(form_data())
    try:
        referral = callers.confirm(
            db_session(),
            referral_id=_referral().id,
            identifiers=form.identifiers.data or [],
            by=current_user(),
        )
    except Invalid as problem:
        db_session().rollback()
        form.identifiers.errors = list(problem.fields.values())
        return _person(form), HTTPStatus.UNPROCESSABLE_ENTITY
    db_session().commit()
    return _offer(referral, None)


def _other() -> ResponseReturnValue:
    """Three more, later than those that were read out."""
    return _offer(_referral(), _after())


def _book() -> ResponseReturnValue:
    form, referral = BookForm(form_data()), _referral()
    chosen, _, hold_id = request.form.get("choice", "").partition(" ")
    slot_id = uuid_or_none(chosen) or UUID(int=0)
    slot = queries.slot(db_session(), slot_id)
    try:
        done = appointments.book(
            db_session(),
            slot_id=slot_id,
            referral_id=referral.id,
            slots=search.slots_for(db_session(), referral, slot),
            note=form.note.data or "",
            hold_id=uuid_or_none(hold_id),
            by=current_user(),
        )
        db_session().commit()
    except Invalid as problem:
        db_session().rollback()
        form.note.errors = list(problem.fields.values())
        return _offer(referral, _after(), form), HTTPStatus.UNPROCESSABLE_ENTITY
    except Conflict as problem:
        db_session().rollback()
        already = queries.waiting_appointment(db_session(), referral.id)
        if already is not None and already.slot_id == slot_id:
            return _done(already)
        return _offer(referral, _after(), form, sentence=problem.message), HTTPStatus.CONFLICT
    return _done(done)


STEPS = {"find": _find, "choose": _choose, "confirm": _confirm, "other": _other, "book": _book}


def _offer(
    referral: Referral, after: datetime | None, form: BookForm | None = None, sentence: str = ""
) -> str:
    """The best times, each kept while the clerk talks; what was kept before is let go first."""
    session, referral_id = db_session(), referral.id
    for old in facts.holds_of(session, referral_id):
        if not old.is_offer:  # a time that is offered is kept until they answer
            holds.release(session, hold_id=old.id, by=current_user())
            session.commit()
    within = search.Range(after=after)
    answer = search.best(session, queries.referral(session, referral_id), limit=9, within=within)
    kept: list[tuple[Offer, Hold]] = []
    for offer in answer.offers:
        held = _keep(offer, referral_id)
        kept += [(offer, held)] if held else []
        if len(kept) == OFFERS:
            break
    later = max((offer.slot.starts_at for offer, _ in kept), default=None)
    return _page(
        form or BookForm(None),
        kept=kept,
        notes=answer.notes,
        sentence=sentence,
        after=(later + timedelta(minutes=1)).isoformat() if later else "",
        shown_after=after.isoformat() if after else "",
        **needs_of(queries.referral(session, referral_id), None),
    )


def _keep(offer: Offer, referral_id: UUID) -> Hold | None:
    """One hold is one transaction, so that two clerks never wait for each other."""
    try:
        held = holds.hold(
            db_session(),
            slot_id=offer.slot.id,
            referral_id=referral_id,
            minutes=holds.PHONE_MINUTES,
            slots=offer.slots,
            by=current_user(),
        )
        db_session().commit()
    except Taken:
        db_session().rollback()
        return None
    return held


def _done(booked: Appointment) -> ResponseReturnValue:
    found = queries.appointment(db_session(), booked.id)
    on = clock.london(found.slot.starts_at).date()
    return _page(
        FindForm(None),
        booked=found,
        prepare=PREPARE,
        how_told=telling.how(found.patient, clock.today(), on),
        **needs_of(found.referral, None),
    )


def _page(form: Form, **shown: Any) -> str:
    return render_template("booking/phone.html", form=form, **shown)


def _after() -> datetime | None:
    """Later than which moment the times are that the page shows, or is to show; None: any."""
    try:
        after = datetime.fromisoformat(request.form.get("after", ""))
    except ValueError:
        return None
    return after if after.tzinfo is not None and after.year in clock.YEARS else None


def _referral() -> Referral:
    found = uuid_or_none(request.form.get("referral_id"))
    return queries.referral(db_session(), found or UUID(int=0))
