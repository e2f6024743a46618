"""Entering a referral: the form, the check of the answers, likely duplicates beside their match."""

import re
import uuid
from dataclasses import asdict
from http import HTTPStatus

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict
from wtforms import Form, RadioField

from derm_service import clock
from derm_service.errors import Conflict
from derm_service.forms import whole_number
from derm_service.people import Action
from derm_service.referrals import (
    body_sites,
    comparing,
    duplicates,
    import_routes,
    queries,
    reading,
    seven_point,
)
from derm_service.referrals.entry_form import PRIORITIES, put_problems, referral_form, texts_of
from derm_service.referrals.inputs import MOST_LESIONS
from derm_service.referrals.intake import refer
from derm_service.referrals.matching import Match
from derm_service.web import allowed, current_user, db_session, form_data, settings
from derm_service.wording import count

bp = Blueprint("referrals", __name__)

NEW_PERSON = "new"
REMOVE = "remove_lesion_"
LESION_FIELD = re.compile(r"lesion_(\d)_(.+)")
NOT_ANSWERS = frozenset({"csrf_token", "step", "person"})


class PersonForm(Form):
    """Whether somebody here is the person who was referred."""

    person = RadioField("Is this somebody we know?", choices={}, validate_choice=False)


@bp.route("/referrals/new", methods=["GET", "POST"])
@allowed(Action.REFER)
def new() -> ResponseReturnValue:
    """Enter a referral, check the answers, save it."""
    step = request.form.get("step", "check") if request.method == "POST" else "start"
    entered = _without_removed(form_data() or MultiDict(), step)
    form = referral_form(_lesions_on_page(entered), entered or None)
    if step in ("start", "change", "add_lesion") or step.startswith(REMOVE):
        return _form_page(form)
    found = reading.read(texts_of(form), today=clock.today(), allow_test=settings().demonstration)
    if isinstance(found, dict):
        put_problems(form, found)
        return _form_page(form), HTTPStatus.UNPROCESSABLE_ENTITY
    person = PersonForm(request.form)
    if step != "save":
        return _check_page(found, duplicates.likely(db_session(), found.patient), person)
    duplicates.one_at_a_time(db_session(), found.patient)
    return _save(found, duplicates.likely(db_session(), found.patient), person)


def _save(found: reading.Entry, matches: list[Match], person: PersonForm) -> ResponseReturnValue:
    chosen = person.person.data
    known = {str(match.person.key): match.person.key for match in matches}
    if matches and chosen != NEW_PERSON and chosen not in known:
        person.person.errors = ["Choose whether this is somebody we know"]
        return _check_page(found, matches, person), HTTPStatus.UNPROCESSABLE_ENTITY
    patient_id = known.get(chosen or "")
    try:
        made = refer(
            db_session(),
            patient=patient_id if isinstance(patient_id, uuid.UUID) else found.patient,
            referral=found.referral,
            lesions=found.lesions,
            heard=found.heard,
            by=current_user(),
        )
    except Conflict as problem:
        person.person.errors = [problem.message]
        return _check_page(found, matches, person), HTTPStatus.CONFLICT
    db_session().commit()
    flash(f"The referral with {count(len(found.lesions), 'lesion')} is saved. Find a slot next.")
    return redirect(url_for("record.referral", referral_id=made.id), HTTPStatus.SEE_OTHER)


def _without_removed(data: MultiDict[str, str], step: str) -> MultiDict[str, str]:
    """What was entered without the lesion that `step` removes; those after it move up by one."""
    gone = whole_number(step.removeprefix(REMOVE)) if step.startswith(REMOVE) else None
    if gone is None:
        return data
    kept: MultiDict[str, str] = MultiDict()
    for name, value in data.items(multi=True):
        found = LESION_FIELD.fullmatch(name)
        number = int(found[1]) if found else 0
        if found is None or number < gone:
            kept.add(name, value)
        elif number > gone:
            kept.add(f"lesion_{number - 1}_{found[2]}", value)
    return kept


def _lesions_on_page(data: MultiDict[str, str]) -> int:
    numbers = [whole_number(name.split("_")[1]) or 1 for name in data if name.startswith("lesion_")]
    asked = max(numbers, default=1) + (1 if data.get("step") == "add_lesion" else 0)
    return min(asked, MOST_LESIONS)


def _form_page(form: Form) -> str:
    lesions = sum(name.startswith("lesion_") and name.endswith("_site") for name in form._fields)
    return render_template(
        "referrals/new.html",
        form=form,
        lesions=range(1, lesions + 1),
        most=MOST_LESIONS,
        regions=body_sites.regions(),
    )


def _check_page(found: reading.Entry, matches: list[Match], form: PersonForm) -> str:
    people = [
        (
            match,
            comparing.side_by_side(found.patient, queries.patient(db_session(), match.person.key)),
        )
        for match in matches
        if isinstance(match.person.key, uuid.UUID)
    ]
    form.person.choices = _choices(matches)
    answers = [
        (name, value)
        for name, values in request.form.lists()
        if name not in NOT_ANSWERS
        for value in values
    ]
    return render_template(
        "referrals/check.html",
        form=form,
        entry=found,
        people=people,
        answers=answers,
        priorities=PRIORITIES,
        history=asdict(found.referral.history),
        site_of=body_sites.site,
        seven_point_labels=seven_point.labels,
        size_contradiction=seven_point.size_contradiction,
    )


def _choices(matches: list[Match]) -> dict[str, str]:
    same = {
        str(match.person.key): f"The same person as number {n}: the referral goes on their record"
        for n, match in enumerate(matches, start=1)
    }
    return same | {NEW_PERSON: "A different person: make a new record"}


for rule, view, methods in (
    ("/referrals/import", import_routes.import_csv, ["GET", "POST"]),
    ("/referrals/import/template.csv", import_routes.import_template, ["GET"]),
    ("/referrals/import/<uuid:file_id>", import_routes.import_file, ["GET", "POST"]),
    ("/referrals/import/<uuid:file_id>/problems.csv", import_routes.import_problems, ["GET"]),
    ("/referrals/import/<uuid:file_id>/discard", import_routes.discard_file, ["POST"]),
):
    bp.add_url_rule(rule, view_func=view, methods=methods)
