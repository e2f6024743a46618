"""The capture page: one lesion of a visit, its wanted views, what becomes of each photograph."""

import hmac
from base64 import b64encode
from dataclasses import replace
from http import HTTPStatus
from typing import Any
from uuid import UUID

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import Form, RadioField, StringField
from wtforms.validators import AnyOf

from derm_service.errors import Invalid, NotFound
from derm_service.forms import stripped
from derm_service.imaging import (
    capture_page,
    captures,
    day_list,
    retake_words,
    rules,
    visit_queries,
    visits,
)
from derm_service.imaging import capture_words as words
from derm_service.imaging.codes import CaptureState, KeptReason
from derm_service.imaging.formats import MAX_BYTES
from derm_service.imaging.models import Capture, ImageSet, Retake, Visit
from derm_service.people import Action, User
from derm_service.referrals import body_sites
from derm_service.referrals.models import Lesion
from derm_service.web import allowed, current_user, db_session, settings

bp = Blueprint("captures", __name__)

ANY_CAPTURE = UUID(int=0)
"""Stands for a capture id in the addresses the page's script fills in."""


class KeepForm(Form):
    """Why a photograph is kept that the check would have taken again."""

    reason = RadioField(
        "Why keep it?",
        [AnyOf(list(KeptReason), "Choose why you keep this photograph.")],
        choices={reason.value: text for reason, text in words.KEPT_WORDS.items()},
        validate_choice=False,  # its sentence is not ours
    )
    note = StringField("More for the reader", filters=[stripped])


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
    images = _image_set(capture_id)
    shown = _shown(images.visit, images.lesion)
    cards = capture_page.all_cards(images.captures)
    found = next(each for each in cards if each.capture.id == capture_id)
    return render_template("imaging/card.html", shown=found, **shown)


@bp.get("/captures/<uuid:capture_id>/retake")
@allowed(Action.CAPTURE)
def ask_retake(capture_id: UUID) -> ResponseReturnValue:
    """Ask once before a photograph that is on the record is set aside."""
    images = _image_set(capture_id)
    visit, lesion = _visit_and_lesion(images.visit_id, images.lesion_id)
    cards = capture_page.all_cards(list(images.captures))
    shown = next(each for each in cards if each.capture.id == capture_id)
    if shown.capture.state is not CaptureState.FILED:
        return _back(visit.id, lesion.id)
    return render_template(
        "imaging/set_aside.html",
        shown=shown,
        lesion=lesion,
        referral=lesion.referral,
        site=body_sites.label(lesion.site_code, lesion.laterality),
        page_url=url_for(".lesion", visit_id=visit.id, lesion_id=lesion.id),
    )


@bp.post("/captures/<uuid:capture_id>/retake")
@allowed(Action.CAPTURE)
def retake(capture_id: UUID) -> ResponseReturnValue:
    """Set a photograph aside: it is taken again."""
    _image_set(capture_id)
    capture = captures.set_aside(db_session(), capture_id=capture_id, by=current_user())
    visit_id, lesion_id = capture.image_set.visit_id, capture.image_set.lesion_id
    view = capture.view.value
    db_session().commit()
    return _back(visit_id, lesion_id, anchor=f"view-{view}")


@bp.get("/captures/<uuid:capture_id>/keep")
@allowed(Action.CAPTURE)
def keep_address(capture_id: UUID) -> ResponseReturnValue:
    """Who opens the address of an answer that could not be taken goes back to the photographs."""
    images = _image_set(capture_id)
    return _back(images.visit_id, images.lesion_id, anchor=f"capture-{capture_id}")


@bp.post("/captures/<uuid:capture_id>/keep")
@allowed(Action.CAPTURE)
def keep(capture_id: UUID) -> ResponseReturnValue:
    """Keep a photograph all the same, with a reason the reader sees."""
    form = KeepForm(request.form)
    images = _image_set(capture_id)
    visit_id, lesion_id = images.visit_id, images.lesion_id
    if form.validate() and _kept(form, capture_id):
        db_session().commit()
        return _back(visit_id, lesion_id, anchor=f"capture-{capture_id}")
    form.reason.id, form.note.id = f"reason-{capture_id}", f"note-{capture_id}"
    page = _page(visit_id, lesion_id, form=form, sent={capture_id: form})
    return page, HTTPStatus.UNPROCESSABLE_ENTITY


def _kept(form: KeepForm, capture_id: UUID) -> bool:
    """Whether the photograph is kept now; if not, the form says why."""
    try:
        captures.keep_with_reason(
            db_session(),
            capture_id=capture_id,
            reason=KeptReason(form.reason.data),
            note=form.note.data or "",
            by=current_user(),
        )
    except Invalid as problem:
        form.note.errors = list(problem.fields.values())
        return False
    return True


def _image_set(capture_id: UUID) -> ImageSet:
    capture = db_session().get(Capture, capture_id)
    if capture is None:
        raise NotFound("There is no such photograph. Reload the page.")
    day_list.check_may_open(db_session(), capture.image_set.visit.appointment, current_user())
    return capture.image_set


def _back(visit_id: UUID, lesion_id: UUID, anchor: str | None = None) -> ResponseReturnValue:
    target = url_for(".lesion", visit_id=visit_id, lesion_id=lesion_id, _anchor=anchor)
    return redirect(target, HTTPStatus.SEE_OTHER)


def _visit_and_lesion(visit_id: UUID, lesion_id: UUID) -> tuple[Visit, Lesion]:
    visit = visit_queries.visit(db_session(), visit_id)
    day_list.check_may_open(db_session(), visit.appointment, current_user())
    return visit, visit_queries.lesion_of(db_session(), visit, lesion_id)


def _page(visit_id: UUID, lesion_id: UUID, **extra: Any) -> str:
    visit, lesion = _visit_and_lesion(visit_id, lesion_id)
    return render_template(
        "imaging/capture.html",
        **{"sent": {}, **_shown(visit, lesion), **extra},
        referral=lesion.referral,
        visit=visit,
        lesion=lesion,
        number=lesion.number,  # as in the referral, the letters and the reader's page
        total=len(lesion.referral.lesions),
        visit_url=url_for("visits.visit", appointment_id=visit.appointment_id),
        capture_url=url_for("capture_api.capture", capture_id=ANY_CAPTURE),
        card_url=url_for(".card", capture_id=ANY_CAPTURE),
        manifest_url=url_for("manifest.compare", appointment_id=ANY_CAPTURE),
        owner=current_user().id,
        device_key=_device_key(current_user()),
        max_bytes=MAX_BYTES,
        remedies=words.first_look_remedies(),
    )


def _device_key(user: User) -> str:
    """Seals what this person's browser keeps of unsent photographs; no other page holds it."""
    secret = settings().secret_key.get_secret_value().encode()
    return b64encode(hmac.digest(secret, b"unsent photographs:" + user.id.bytes, "sha256")).decode()


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
        "retake_words": retake_words.headline(retake) if retake else "",
        "failed": _failed(retake),
        "thumbnail_url": _thumbnail_url,
    }


def _failed(retake: Retake | None) -> Capture | None:
    if retake is None or retake.capture_id is None:
        return None
    return db_session().get(Capture, retake.capture_id)


def _thumbnail_url(capture: Capture) -> str:
    return url_for("images.image", capture_id=capture.id, size="thumb")
