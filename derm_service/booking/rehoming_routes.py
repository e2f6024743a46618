"""The pages of a clinic that is cancelled or changed with people in it."""

from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import Form, SelectMultipleField, StringField
from wtforms.validators import Length

from derm_service import clock
from derm_service.booking import ledger, places, queries, rehoming, rules
from derm_service.booking.clinics import SLOT_MINUTES, Offered
from derm_service.booking.codes import ResourceKind
from derm_service.booking.models import Clinic
from derm_service.booking.offered_form import OfferedForm, of_clinic
from derm_service.booking.overbooking import LONGEST_REASON, TOO_LONG
from derm_service.booking.parsing import uuid_or_none, wall_clock
from derm_service.errors import Conflict, Invalid
from derm_service.forms import Required, stripped, whole_number
from derm_service.people import Action, may
from derm_service.web import allowed, current_user, db_session
from derm_service.wording import count

bp = Blueprint("rehoming", __name__, url_prefix="/clinics/<uuid:clinic_id>")

WAITING_LIST = "waiting_list"
KIND_ORDER = list(ResourceKind)


@dataclass(frozen=True)
class Wanted:
    """What a clinic is to become."""

    starts_at: datetime
    ends_at: datetime
    slot_minutes: int
    resource_ids: list[UUID]
    offered: Offered


class CancelForm(Form):
    """Why a clinic is cancelled; it is kept in the audit."""

    reason = StringField(
        "Why is the clinic cancelled?",
        [
            Required("Enter why the clinic is cancelled."),
            Length(max=LONGEST_REASON, message=TOO_LONG),
        ],
        [stripped],
    )


class ChangeForm(OfferedForm):
    """Other hours, slots, staff, kit or offers of a clinic on the same day."""

    starts = StringField("Starts at", filters=[stripped])
    ends = StringField("Ends at", filters=[stripped])
    slot_minutes = StringField("Minutes for each appointment", filters=[stripped])
    resource_ids = SelectMultipleField("Room or van, staff and kit", validate_choice=False)


@bp.route("/cancel", methods=["GET", "POST"])
@allowed(Action.MANAGE_PLACES)
def cancel(clinic_id: UUID) -> ResponseReturnValue:
    """Who is affected, most at risk first, with a place for each; then all of it in one step."""
    form = CancelForm(request.form if request.method == "POST" else None)
    status, sentence = HTTPStatus.OK, ""
    if request.method == "POST":
        status = HTTPStatus.UNPROCESSABLE_ENTITY
        if form.validate():
            try:
                return _cancel(clinic_id, form.reason.data or "")
            except Conflict as problem:
                db_session().rollback()
                status, sentence = HTTPStatus.CONFLICT, problem.message
    clinic = queries.clinic(db_session(), clinic_id)
    rows = rehoming.affected(db_session(), clinic, None)
    rehoming.check_may(rows, by=current_user())
    page = render_template(
        "booking/rehome.html",
        form=form,
        clinic=clinic,
        back=_back_to(clinic),
        sentence=sentence,
        rows=rows,
        chosen=_choices(),
        waiting_list=WAITING_LIST,
    )
    return page, status


@bp.route("/change", methods=["GET", "POST"])
@allowed(Action.MANAGE_PLACES)
def change(clinic_id: UUID) -> ResponseReturnValue:
    """Other hours, staff or kit; whoever no longer fits in is shown first, with a place each."""
    clinic = queries.clinic(db_session(), clinic_id)
    form = _change_form(clinic)
    rows: list[rehoming.Affected] = []
    status, sentence = HTTPStatus.OK, ""
    if request.method == "POST":
        try:
            wanted = _wanted(form, clinic)
            hours = ledger.span(wanted.starts_at, wanted.ends_at)
            rows = rehoming.affected(db_session(), clinic, hours, wanted.slot_minutes)
            rehoming.check_may(rows, by=current_user())
            if {row.appointment.id for row in rows} <= set(_choices()):
                return _change(clinic, wanted)
        except Invalid as problem:
            status = HTTPStatus.UNPROCESSABLE_ENTITY
            _show(form, problem)
        except Conflict as problem:
            db_session().rollback()
            status, sentence = HTTPStatus.CONFLICT, problem.message
    page = render_template(
        "booking/clinic_change.html",
        form=form,
        clinic=clinic,
        back=_back_to(clinic),
        sentence=sentence,
        rows=rows,
        chosen=_choices(),
        waiting_list=WAITING_LIST,
    )
    return page, status


@bp.get("/contacts")
@allowed(Action.BOOK)
def contacts(clinic_id: UUID) -> ResponseReturnValue:
    """Whom to tell, how to reach them and where they go now; made to be printed."""
    session = db_session()
    return render_template(
        "booking/contacts.html",
        clinic=queries.clinic(session, clinic_id),
        rows=rehoming.contacts(session, clinic_id),
    )


def _change_form(clinic: Clinic) -> ChangeForm:
    session = db_session()
    held = queries.resources_in(session, [clinic]).get(clinic.id, [])
    form = ChangeForm(
        request.form if request.method == "POST" else None,
        data={
            "starts": f"{clock.london(clinic.starts_at):%H:%M}",
            "ends": f"{clock.london(clinic.ends_at):%H:%M}",
            "slot_minutes": str(clinic.slot_minutes),
            "resource_ids": [str(each.id) for each in held],
            **of_clinic(clinic),
        },
    )
    here = [
        each for each in places.resources(session) if each.location_id in {None, clinic.location_id}
    ]
    form.resource_ids.choices = {
        str(each.id): f"{each.kind.capitalize()}: {each.name}"
        for each in sorted(here, key=lambda each: KIND_ORDER.index(each.kind))
    }
    return form


def _wanted(form: ChangeForm, clinic: Clinic) -> Wanted:
    on = clock.london(clinic.starts_at).date()
    ids = [uuid_or_none(each) for each in form.resource_ids.data or []]
    starts_at = rules.moment(on, wall_clock(form.starts.data, "starts"))
    ends_at = rules.moment(on, wall_clock(form.ends.data, "ends"))
    if ends_at <= starts_at:
        raise Invalid({"ends": "The clinic must end after it starts."})
    minutes = whole_number(form.slot_minutes.data)
    if minutes is None or minutes not in SLOT_MINUTES:
        raise Invalid({"slot_minutes": "Enter a slot length from 5 to 240 minutes."})
    resource_ids = [each for each in ids if each is not None]
    return Wanted(starts_at, ends_at, minutes, resource_ids, form.offered())


def _change(clinic: Clinic, wanted: Wanted) -> ResponseReturnValue:
    rehoming.change(
        db_session(),
        clinic_id=clinic.id,
        starts_at=wanted.starts_at,
        ends_at=wanted.ends_at,
        slot_minutes=wanted.slot_minutes,
        resource_ids=wanted.resource_ids,
        offered=wanted.offered,
        choices=_choices(),
        by=current_user(),
    )
    db_session().commit()
    flash("The clinic is changed. Who stays keeps their time.")
    where = url_for(".contacts", clinic_id=clinic.id) if _choices() else _back_to(clinic)
    return redirect(where, HTTPStatus.SEE_OTHER)


def _back_to(clinic: Clinic) -> str:
    """The clinic's own page, or its day for who may not see the people in it."""
    if may(current_user(), Action.BOOK):
        return url_for("clinics.clinic", clinic_id=clinic.id)
    on = clock.london(clinic.starts_at).date()
    return url_for("calendar.listing", view="day", on=on.isoformat())


def _show(form: ChangeForm, problem: Invalid) -> None:
    """Each sentence at its field; what names no field of this page stands at the staff and kit."""
    for name, sentence in problem.fields.items():
        named = name if name in form else "resource_ids"
        form[named].errors = [sentence]


def _cancel(clinic_id: UUID, reason: str) -> ResponseReturnValue:
    session = db_session()
    choices = _choices()
    rehoming.cancel(session, clinic_id=clinic_id, choices=choices, reason=reason, by=current_user())
    session.commit()
    if not choices:
        flash("The clinic is cancelled.")
        return redirect(_back_to(queries.clinic(session, clinic_id)), HTTPStatus.SEE_OTHER)
    moved = sum(slot_id is not None for slot_id in choices.values())
    waiting = len(choices) - moved
    said = [
        f"{count(moved, 'person has', 'people have')} a new time" if moved else "",
        f"{count(waiting, 'person is', 'people are')} back on the waiting list" if waiting else "",
    ]
    flash(f"The clinic is cancelled. {' and '.join(filter(None, said))}.")
    return redirect(url_for(".contacts", clinic_id=clinic_id), HTTPStatus.SEE_OTHER)


def _choices() -> dict[UUID, UUID | None]:
    """What was chosen for each appointment: fields `to-<appointment id>`."""
    found: dict[UUID, UUID | None] = {}
    for name, value in request.form.items():
        appointment_id = uuid_or_none(name.removeprefix("to-"))
        if not name.startswith("to-") or appointment_id is None:
            continue
        slot_id = uuid_or_none(value)
        if slot_id is not None or value == WAITING_LIST:
            found[appointment_id] = slot_id
    return found
