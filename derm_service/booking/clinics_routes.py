"""The pages of a clinic: who comes when, and opening one or a series."""

import re
from datetime import date
from http import HTTPStatus
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import (
    BooleanField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.validators import Length

from derm_service import clock, wording
from derm_service.booking import access, places, queries, rules, series
from derm_service.booking.codes import ClinicState, LocationKind, ResourceKind
from derm_service.booking.models import Clinic, Location, Resource
from derm_service.booking.offered_form import OfferedForm
from derm_service.booking.parsing import day_or_none, uuid_or_none, wall_clock
from derm_service.booking.recurring import Pattern
from derm_service.booking.series import Series
from derm_service.errors import Conflict, Invalid
from derm_service.forms import DayField, Required, stripped, whole_number
from derm_service.people import Action
from derm_service.web import allowed, current_user, db_session, form_data
from derm_service.wording import count

bp = Blueprint("clinics", __name__, url_prefix="/clinics")

KIT = (ResourceKind.DERMATOSCOPE, ResourceKind.HOIST, ResourceKind.INTERPRETER)
LONGEST_NOTE = 500
KIT_AND_PEOPLE = (*KIT, ResourceKind.CHAPERONE)


class ClinicForm(OfferedForm):
    """A clinic to open: where, when, with whom and what."""

    location_id = SelectField("Place", validate_choice=False)
    place_id = SelectField("Room or van", validate_choice=False)
    on = DayField("Date", [Required("Enter the date of the clinic.")])
    starts = StringField("Starts at", [Required("Enter when the clinic starts.")], [stripped])
    ends = StringField("Ends at", [Required("Enter when the clinic ends.")], [stripped])
    slot_minutes = StringField("Minutes for each appointment", filters=[stripped], default="20")
    photographer_id = RadioField("Photographer", validate_choice=False)
    resource_ids = SelectMultipleField("Kit and other people", validate_choice=False)
    note = StringField(
        "Note for the team",
        [Length(max=LONGEST_NOTE, message=f"Enter the note in {LONGEST_NOTE} characters at most.")],
        [stripped],
    )
    repeat_until = DayField("Repeat every week until (leave empty for one clinic)")
    every_weeks = StringField("Every how many weeks", filters=[stripped], default="1")
    except_on = TextAreaField("Dates to leave out", filters=[stripped])
    on_bank_holidays = BooleanField("Hold it on bank holidays too")


@bp.get("/<uuid:clinic_id>")
@allowed(Action.BOOK)
def clinic(clinic_id: UUID) -> ResponseReturnValue:
    """One clinic: its staff and kit, and who comes when."""
    return _page(queries.clinic(db_session(), clinic_id))


@bp.route("/open", methods=["GET", "POST"])
@allowed(Action.MANAGE_PLACES)
def open_clinic() -> ResponseReturnValue:
    """Open a clinic."""
    form = _clinic_form()
    status = HTTPStatus.OK
    if request.method == "POST":
        try:
            made = _open(form) if form.validate() else None
            if made is not None:
                db_session().commit()
                return _opened(made)
            status = HTTPStatus.UNPROCESSABLE_ENTITY
        except Invalid as problem:
            for name, sentence in problem.fields.items():
                form[name].errors = [sentence]
            status = HTTPStatus.UNPROCESSABLE_ENTITY
        except Conflict as problem:
            form.starts.errors = [problem.message]
            status = HTTPStatus.CONFLICT
        db_session().rollback()
        form = _with_choices(form)
    return render_template("booking/clinic_open.html", form=form), status


def _opened(made: Series) -> ResponseReturnValue:
    slots = sum(len(each.slots) for each in made.opened)
    flash(f"{count(len(made.opened), 'clinic is', 'clinics are')} open with {slots} slots to book.")
    for day in made.left_out:
        flash(f"{wording.weekday(day.on)} is left out: {day.left_out}")
    if len(made.opened) == 1:
        address = url_for(".clinic", clinic_id=made.opened[0].id)
    else:
        week = clock.london(made.opened[0].starts_at).date().isoformat()
        address = url_for("calendar.listing", on=week)
    return redirect(address, HTTPStatus.SEE_OTHER)


def _open(form: ClinicForm) -> Series:
    place = _chosen(form.place_id.data, "place_id", "Choose a room or a van.")
    photographer = _chosen(form.photographer_id.data, "photographer_id", "Choose a photographer.")
    kit = [each for each in (uuid_or_none(one) for one in form.resource_ids.data or []) if each]
    on = form.on.data
    if on is None:
        raise Invalid({"on": "Enter the date of the clinic."})
    return series.open_series(
        db_session(),
        pattern=_pattern(form, on),
        starts=wall_clock(form.starts.data, "starts"),
        ends=wall_clock(form.ends.data, "ends"),
        location_id=_id(form.location_id.data, "location_id", "Choose a place."),
        mobile_unit_id=place.mobile_unit_id,
        slot_minutes=_minutes(form.slot_minutes.data),
        resource_ids=[place.id, photographer.id, *kit],
        note=form.note.data or "",
        offered=form.offered(),
        by=current_user(),
    )


def _pattern(form: ClinicForm, on: date) -> Pattern:
    """One day, or its weekday every so many weeks; a clinic of one day is held on any day."""
    last_on = form.repeat_until.data
    every = whole_number(form.every_weeks.data) if form.every_weeks.data else 1
    if every is None:
        raise Invalid({"every_weeks": "Enter every how many weeks, from 1 to 12."})
    return Pattern(
        first_on=on,
        last_on=last_on or on,
        weekdays=frozenset({on.weekday()}),
        every_weeks=every,
        except_on=_dates(form.except_on.data),
        on_bank_holidays=last_on is None or form.on_bank_holidays.data,
    )


def _dates(typed: str | None) -> frozenset[date]:
    """Dates typed one a line like 25 12 2026."""
    found = set()
    for line in (typed or "").splitlines():
        if not line.strip():
            continue
        try:
            day, month, year = (int(part) for part in re.split(r"[ ./-]+", line.strip()))
            if year not in clock.YEARS:
                raise ValueError("year")
            found.add(date(year, month, day))
        except (ValueError, OverflowError) as error:
            raise Invalid({"except_on": "Enter one date on each line, like 25 12 2026."}) from error
    return frozenset(found)


def _clinic_form() -> ClinicForm:
    given = {"on": day_or_none(request.args.get("on"))}  # the day of the calendar it came from
    return _with_choices(ClinicForm(form_data(), data=given))


def _with_choices(form: ClinicForm) -> ClinicForm:
    session = db_session()
    open_places = places.open_locations(session)
    names = {each.id: each.name for each in open_places}
    rooms = places.resources(session, ResourceKind.ROOM, ResourceKind.VAN)
    form.location_id.choices = {str(each.id): _place_label(each) for each in open_places}
    form.place_id.choices = {str(each.id): _room_label(each, names) for each in rooms}
    form.photographer_id.choices = _labels(places.resources(session, ResourceKind.PHOTOGRAPHER))
    form.resource_ids.choices = _labels(places.resources(session, *KIT_AND_PEOPLE))
    return form


def _page(found: Clinic) -> ResponseReturnValue:
    session = db_session()
    return render_template(
        "booking/clinic.html",
        clinic=found,
        on=clock.london(found.starts_at).date(),
        location=found.location,
        features=access.feature_words(found.access),
        views=access.view_words(found.views),
        rows=queries.rows_of(session, [found])[found.id],
        resources=queries.resources_in(session, [found]).get(found.id, []),
        states=rules.STATE_WORDS,
        is_open=found.state is ClinicState.OPEN,
    )


def _place_label(location: Location) -> str:
    return (
        f"{location.name} (van stop)" if location.kind == LocationKind.VAN_STOP else location.name
    )


def _room_label(resource: Resource, places_by_id: dict[UUID, str]) -> str:
    if resource.location_id is None:
        return resource.name
    return f"{places_by_id.get(resource.location_id, 'Closed place')}: {resource.name}"


def _labels(resources: list[Resource]) -> dict[str, str]:
    return {str(each.id): each.name for each in resources}


def _chosen(value: str | None, name: str, sentence: str) -> Resource:
    found = db_session().get(Resource, _id(value, name, sentence))
    if found is None:
        raise Invalid({name: sentence})
    return found


def _id(value: str | None, name: str, sentence: str) -> UUID:
    found = uuid_or_none(value)
    if found is None:
        raise Invalid({name: sentence})
    return found


def _minutes(value: str | None) -> int:
    number = whole_number(value)
    if number is None:
        raise Invalid({"slot_minutes": "Enter a whole number of minutes, like 20."})
    return number
