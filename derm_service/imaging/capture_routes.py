"""The capture page: one lesion of a visit, its wanted views, what becomes of each photograph."""

from dataclasses import replace
from http import HTTPStatus
from typing import Any
from uuid import UUID

from flask import Blueprint, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from derm_service.errors import NotFound
from derm_service.imaging import capture_page, rules, visit_queries, visits
from derm_service.imaging import capture_words as words
from derm_service.imaging.formats import MAX_BYTES
from derm_service.imaging.models import Capture, Retake, Visit
from derm_service.people import Action
from derm_service.referrals import body_sites
from derm_service.referrals.models import Lesion
from derm_service.web import allowed, current_user, db_session

bp = Blueprint("captures", __name__)

ANY_CAPTURE = UUID(int=0)
"""Stands for a capture id in the addresses the page's script fills in."""


@bp.get("/visits/<uuid:visit_id>/lesions/<uuid:lesion_id>")
@allowed(Action.CAPTURE)
def lesion(visit_id: UUID, lesion_id: UUID) -> ResponseReturnValue:
    """One lesion: site, side, the referrer's words, and its photographs as they stand."""
    return _page(visit_id, lesion_id)


@bp.get("/visits/<uuid:visit_id>/lesions/<uuid:lesion_id>/wanted")
@allowed(Action.CAPTURE)
def wanted(visit_id: UUID, lesion_id: UUID) -> ResponseReturnValue:
    """The list of wanted views alone, for the page's script."""
    shown = _shown(*_visit_and_lesion(visit_id, lesion_id))
    return render_template("imaging/wanted.html", **shown)


@bp.post("/visits/<uuid:visit_id>/lesions/<uuid:lesion_id>/site")
@allowed(Action.CAPTURE)
def confirm_site(visit_id: UUID, lesion_id: UUID) -> ResponseReturnValue:
    """Site and side were confirmed with the patient."""
    visits.confirm_site(db_session(), visit_id=visit_id, lesion_id=lesion_id, by=current_user())
    db_session().commit()
    return _back(visit_id, lesion_id)


@bp.get("/captures/<uuid:capture_id>/card")
@allowed(Action.CAPTURE)
def card(capture_id: UUID) -> ResponseReturnValue:
    """One photograph's card alone, for the page's script."""
    capture = db_session().get(Capture, capture_id)
    if capture is None:
        raise NotFound("There is no such photograph. Reload the page.")
    images = capture.image_set
    shown = _shown(images.visit, images.lesion)
    cards = capture_page.all_cards(images.captures)
    found = next(each for each in cards if each.capture.id == capture_id)
    return render_template("imaging/card.html", shown=found, **shown)


def _back(visit_id: UUID, lesion_id: UUID, anchor: str | None = None) -> ResponseReturnValue:
    target = url_for(".lesion", visit_id=visit_id, lesion_id=lesion_id, _anchor=anchor)
    return redirect(target, HTTPStatus.SEE_OTHER)


def _visit_and_lesion(visit_id: UUID, lesion_id: UUID) -> tuple[Visit, Lesion]:
    visit = visit_queries.visit(db_session(), visit_id)
    return visit, visit_queries.lesion_of(db_session(), visit, lesion_id)


def _page(visit_id: UUID, lesion_id: UUID, **extra: Any) -> str:
    visit, lesion = _visit_and_lesion(visit_id, lesion_id)
    lesions = visit_queries.lesions(db_session(), visit)
    numbers = [each.lesion_id for each in lesions]
    return render_template(
        "imaging/capture.html",
        **{"errors": {}, **_shown(visit, lesion), **extra},
        referral=lesion.referral,
        visit=visit,
        lesion=lesion,
        number=numbers.index(lesion.id) + 1 if lesion.id in numbers else lesion.number,
        total=max(len(numbers), 1),
        visit_url=url_for("visits.visit", appointment_id=visit.appointment_id),
        capture_url=f"/api/v1/captures/{ANY_CAPTURE}",
        card_url=url_for(".card", capture_id=ANY_CAPTURE),
        max_bytes=MAX_BYTES,
    )


def _shown(visit: Visit, lesion: Lesion) -> dict[str, Any]:
    """What the page and both its fragments need."""
    session = db_session()
    facts = visit_queries.facts(session, visit, lesion)
    images = visit_queries.set_of(session, visit.id, lesion.id)
    retake = visit_queries.open_retake(session, lesion.id)
    taken = list(images.captures) if images else []
    closed_but_for_site = rules.shutter_closed_because(replace(facts, site_confirmed=True))
    return {
        "words": words,
        "visit_id": visit.id,
        "lesion_id": lesion.id,
        "site": body_sites.label(lesion.site_code, lesion.laterality),
        "side": words.SIDE_WORDS[lesion.laterality],
        "sections": capture_page.sections(taken, retake.views if retake else []),
        "set_aside": capture_page.set_aside(taken),
        "closed_because": closed_but_for_site,
        "needs_confirming": closed_but_for_site is None and not facts.site_confirmed,
        "is_open": closed_but_for_site is None and facts.site_confirmed,
        "retake": retake,
        "retake_words": _asked_again(retake) if retake else "",
        "failed": _failed(retake),
        "thumbnail_url": _thumbnail_url,
    }


def _asked_again(retake: Retake) -> str:
    return f"{rules.words(rules.wanted_views(retake.views))}. {words.RETAKE_WORDS[retake.reason]}"


def _failed(retake: Retake | None) -> Capture | None:
    if retake is None or retake.capture_id is None:
        return None
    return db_session().get(Capture, retake.capture_id)


def _thumbnail_url(capture: Capture) -> str:
    return url_for("images.image", capture_id=capture.id, size="1024")
