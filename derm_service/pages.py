"""What every page shares: the template environment, navigation, assets and response headers."""

import json
import re
import secrets
from dataclasses import dataclass
from functools import cache
from http import HTTPStatus
from itertools import cycle
from pathlib import Path
from typing import Any

from flask import Flask, Response, current_app, g, request, url_for
from flask_wtf.csrf import generate_csrf
from jinja2 import ChainableUndefined, ChoiceLoader, FileSystemLoader, PackageLoader
from markupsafe import Markup, escape

from derm_service import clock, wording
from derm_service.forms import form_errors
from derm_service.people import Action, may
from derm_service.web import settings, signed_in_user

HERE = Path(__file__).parent
BUILD = HERE / "static" / "build"
_PHONE = re.compile(r"((?:\+44 ?|\b0)\d(?: ?\d){7,10}\b)")


@dataclass(frozen=True)
class Entry:
    """One entry of the menu; `what` is its line on the home page."""

    text: str
    endpoint: str
    action: Action
    what: str


NAVIGATION: tuple[Entry, ...] = (
    Entry("Work", "messages.work", Action.WORK, "What waits for you, the urgent first"),
    Entry("Phone", "phone.phone", Action.BOOK, "Book for somebody who rings, on one page"),
    Entry(
        "Waiting list",
        "booking.waiting_list",
        Action.BOOK,
        "Who still needs an appointment, by the day they must be answered",
    ),
    Entry("Offers", "offers.listing", Action.BOOK, "Times that fell free, and who is asked"),
    Entry(
        "New referral",
        "referrals.new",
        Action.REFER,
        "Enter a referral, or import a file of them",
    ),
    Entry(
        "Clinic day",
        "visits.day_list",
        Action.CLINIC_DAY,
        "Who comes today: check in, identity, consent, photographs",
    ),
    Entry(
        "Clinics",
        "calendar.listing",
        Action.SEE_CLINICS,
        "Clinics and van stops by day, week and place, and how full they are",
    ),
    Entry(
        "Review",
        "review.worklist",
        Action.REVIEW,
        "Photographs to read and opinions to sign, by the day they must be answered",
    ),
    Entry(
        "Letters", "telling.letters", Action.TELL, "Letters to print and post, and returned ones"
    ),
    Entry(
        "Messages",
        "outbox.listing",
        Action.TELL,
        "Every text, email, letter and call, and how far it is",
    ),
    Entry(
        "Audit", "search.find", Action.SEE_AUDIT, "Find a patient, then see who did and saw what"
    ),
    Entry(
        "Offer figures",
        "offer_figures.figures",
        Action.SEE_FIGURES,
        "Who is offered earlier times and who accepts, by age, deprivation, ethnicity and language",
    ),
    Entry(
        "People", "people.listing", Action.MANAGE_PEOPLE, "Who may sign in, and what they may do"
    ),
    Entry("Places", "places.listing", Action.MANAGE_PLACES, "Hospitals, vans, rooms and kit"),
)


@cache
def _manifest(_built_at: float) -> dict[str, str]:
    names: dict[str, str] = json.loads((BUILD / "manifest.json").read_text())
    return names


def asset(name: str) -> str:
    """The address of a built file ("app.css"); its hash is in the name, so it is kept for ever."""
    built = BUILD / "manifest.json"
    names = _manifest(built.stat().st_mtime) if built.exists() else {}
    return url_for("static", filename=f"build/{names.get(name, name)}")


def csrf() -> Markup:
    """The hidden field every form carries."""
    return Markup('<input type="hidden" name="csrf_token" value="{}">').format(generate_csrf())


def csp_nonce() -> str:
    """This response's nonce for the one inline script of the NHS.UK page template."""
    if "csp_nonce" not in g:
        g.csp_nonce = secrets.token_urlsafe(16)
    return str(g.csp_nonce)


def tel(words: str) -> Markup:
    """The same words with every telephone number in them a link that rings it."""
    pieces = _PHONE.split(words)  # what lies between two numbers, then a number, in turn
    made = [
        Markup('<a class="nhsuk-u-nowrap" href="tel:{}">{}</a>').format(
            piece.replace(" ", ""), piece
        )
        if is_number
        else escape(piece)
        for piece, is_number in zip(pieces, cycle((False, True)))
    ]
    return Markup("").join(made)


def navigation() -> list[dict[str, Any]]:
    """The menu of the signed-in person: only what their roles may open."""
    user = signed_in_user()
    if user is None:
        return []
    return [
        {
            "text": each.text,
            "href": url_for(each.endpoint),
            "current": request.endpoint == each.endpoint,
            "what": each.what,
        }
        for each in NAVIGATION
        if may(user, each.action) and each.endpoint in current_app.view_functions
    ]


def _context() -> dict[str, Any]:
    user = signed_in_user()
    return {
        "cspNonce": csp_nonce(),
        "assetPath": url_for("static", filename="build"),
        "signed_in": user,
        "organisation": settings().organisation,
        "contact_phone": settings().contact_phone,
        "demonstration": settings().demonstration,
        "Action": Action,
        "may": lambda action: user is not None and may(user, action),
        "today": clock.today(),
        "now": clock.now,
        "endpoints": current_app.view_functions,
    }


KEPT_FOR_LONG = (HTTPStatus.OK, HTTPStatus.PARTIAL_CONTENT, HTTPStatus.NOT_MODIFIED)
"""The answers about an asset that never change; one that is missing may be there tomorrow."""


def _headers(response: Response) -> Response:
    response.headers.setdefault(
        "Content-Security-Policy",
        "default-src 'none'; "
        f"script-src 'self' 'nonce-{csp_nonce()}'; style-src 'self'; font-src 'self'; "
        "img-src 'self' data: blob:; connect-src 'self'; worker-src 'self'; manifest-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    )
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    response.headers.setdefault("Referrer-Policy", "same-origin")
    response.headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
    response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
    response.headers.setdefault(
        "Permissions-Policy", "geolocation=(), microphone=(), camera=(self)"
    )
    if settings().secure_cookies:
        response.headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    if request.endpoint == "static" and response.status_code in KEPT_FOR_LONG:
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    elif not response.cache_control.private:  # only what holds no patient says so itself
        response.headers["Cache-Control"] = "no-store"
    return response


def install(app: Flask) -> None:
    """Give the app its templates, filters, globals and headers."""
    app.jinja_options = {
        "undefined": ChainableUndefined,  # the NHS.UK macros read chains of absent parameters
        "autoescape": True,
        "trim_blocks": True,
        "lstrip_blocks": True,
        "loader": ChoiceLoader(
            [FileSystemLoader(HERE / "templates"), PackageLoader("nhsuk_frontend_jinja")]
        ),
    }
    env = app.jinja_env
    for name in ("day", "weekday", "time", "day_time", "nhs_number", "code", "within"):
        env.filters[name] = getattr(wording, name)
    env.filters["tel"] = tel
    env.globals.update(
        asset=asset,
        csrf=csrf,
        navigation=navigation,
        full_name=wording.full_name,
        age=wording.age,
        count=wording.count,
        form_errors=form_errors,
    )
    app.context_processor(_context)
    app.after_request(_headers)
