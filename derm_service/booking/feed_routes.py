"""The calendar feed itself, and the pages where its secret address is made and revoked."""

from datetime import timedelta
from hashlib import sha256
from http import HTTPStatus
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from derm_service import clock
from derm_service.accounts import people
from derm_service.booking import feeds
from derm_service.booking import ics as files
from derm_service.booking.guessing import Guesses
from derm_service.errors import NotFound
from derm_service.people import Action, User
from derm_service.web import allowed, current_user, db_session, public, settings

bp = Blueprint("feeds", __name__)

GUESSES = Guesses(most=20, during=timedelta(minutes=1))


@bp.get("/calendar/<token>.ics")
@public
def ics(token: str) -> ResponseReturnValue:
    """The clinics of whoever was given this address; 404 for any other, 429 for many others."""
    sender = request.remote_addr or ""
    try:
        user = feeds.owner(db_session(), token)
    except NotFound:
        if GUESSES.too_many(sender, clock.now()):  # others behind one address are not kept out
            return Response(status=HTTPStatus.TOO_MANY_REQUESTS, headers={"Retry-After": "60"})
        GUESSES.count(sender, clock.now())
        raise
    shifts = feeds.shifts(db_session(), user)
    body = files.calendar(f"{settings().organisation}: clinics", shifts)
    answer = Response(body, mimetype="text/calendar")
    answer.set_etag(sha256(body).hexdigest())
    answer.last_modified = max((each.clinic.changed_at for each in shifts), default=None)
    answer.cache_control.private = True
    answer.cache_control.no_cache = True
    return answer.make_conditional(request)


@bp.get("/account/calendar")
@allowed(Action.CLINIC_DAY)
def mine() -> ResponseReturnValue:
    """Whether one's own clinics have an address; to make one, or to end it."""
    return _page(current_user())


@bp.post("/account/calendar/make")
@allowed(Action.CLINIC_DAY)
def make_mine() -> ResponseReturnValue:
    """Make one's own address; it is shown once."""
    return _made(current_user())


@bp.post("/account/calendar/revoke")
@allowed(Action.CLINIC_DAY)
def revoke_mine() -> ResponseReturnValue:
    """End one's own address."""
    _revoke(current_user())
    return redirect(url_for(".mine"), HTTPStatus.SEE_OTHER)


@bp.get("/people/<uuid:person_id>/calendar")
@allowed(Action.MANAGE_PEOPLE)
def of_person(person_id: UUID) -> ResponseReturnValue:
    """The same for somebody else."""
    return _page(people.person(db_session(), person_id))


@bp.post("/people/<uuid:person_id>/calendar/make")
@allowed(Action.MANAGE_PEOPLE)
def make_of_person(person_id: UUID) -> ResponseReturnValue:
    """Make somebody's address, to hand over; it is shown once."""
    return _made(people.person(db_session(), person_id))


@bp.post("/people/<uuid:person_id>/calendar/revoke")
@allowed(Action.MANAGE_PEOPLE)
def revoke_of_person(person_id: UUID) -> ResponseReturnValue:
    """End somebody's address, for example when their phone is lost."""
    _revoke(people.person(db_session(), person_id))
    return redirect(url_for(".of_person", person_id=person_id), HTTPStatus.SEE_OTHER)


def _page(person: User, address: str = "") -> ResponseReturnValue:
    own = person.id == current_user().id
    ending = "mine" if own else "of_person"
    ids: dict[str, Any] = {} if own else {"person_id": person.id}
    return render_template(
        "booking/feed.html",
        person=person,
        own=own,
        feed=feeds.of(db_session(), person),
        address=address,
        make=url_for(f".make_{ending}", **ids),
        revoke=url_for(f".revoke_{ending}", **ids),
        back=url_for("accounts.account") if own else url_for("people.change", **ids),
    )


def _made(person: User) -> ResponseReturnValue:
    """The page itself, not a redirect: the address is in no other answer."""
    token = feeds.make(db_session(), user=person, by=current_user())
    db_session().commit()
    return _page(person, settings().address + url_for(".ics", token=token))


def _revoke(person: User) -> None:
    feeds.revoke(db_session(), user=person, by=current_user())
    db_session().commit()
    flash("The address no longer works. Calendars that used it stop being brought up to date.")
