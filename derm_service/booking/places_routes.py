"""The pages of places: hospitals and van stops, vans, rooms, photographers, kit."""

from http import HTTPStatus
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import (
    Form,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)

from derm_service.booking import access, places
from derm_service.booking.codes import LocationKind, ResourceKind
from derm_service.booking.models import Location
from derm_service.booking.parsing import uuid_or_none
from derm_service.errors import Conflict, Invalid, Problem
from derm_service.forms import stripped, whole_number
from derm_service.people import Action
from derm_service.referrals import languages
from derm_service.web import allowed, current_user, db_session, form_data

bp = Blueprint("places", __name__, url_prefix="/places")

KIND_WORDS = {
    LocationKind.HOSPITAL.value: "Community hospital",
    LocationKind.VAN_STOP.value: "Van stop",
}
KIT_KINDS = (
    ResourceKind.ROOM,
    ResourceKind.DERMATOSCOPE,
    ResourceKind.HOIST,
    ResourceKind.INTERPRETER,
    ResourceKind.CHAPERONE,
)


class PlaceForm(Form):
    """A place as letters and pages describe it."""

    name = StringField("Name", filters=[stripped])
    kind = RadioField("What sort of place is it?", choices=KIND_WORDS)
    address = TextAreaField("Address", filters=[stripped])
    postcode = StringField("Postcode", filters=[stripped])
    directions = TextAreaField("How to get there and where to park", filters=[stripped])
    features = SelectMultipleField(
        "Access", choices={each.value: words for each, words in access.FEATURE_WORDS.items()}
    )


class VanForm(Form):
    """A van."""

    name = StringField("Name or registration of the van", filters=[stripped])


class ResourceForm(Form):
    """A room or a piece of kit."""

    kind = RadioField(
        "What is it?", choices={each.value: each.value.capitalize() for each in KIT_KINDS}
    )
    name = StringField("Name", filters=[stripped])
    location_id = SelectField("Place (for a room)", validate_choice=False)
    capacity = StringField("How many people at once?", filters=[stripped], default="1")
    language = SelectField(
        "Language (for an interpreter)",
        choices={"": "Choose a language"} | dict(languages.choices()),
        validate_choice=False,
    )


class PhotographerForm(Form):
    """Somebody who can be put into clinics."""

    user_id = RadioField("Who is it?", validate_choice=False)


@bp.get("")
@allowed(Action.MANAGE_PLACES)
def listing() -> ResponseReturnValue:
    """Every place, van, room, photographer and piece of kit."""
    session = db_session()
    return render_template(
        "booking/places.html",
        locations=places.locations(session),
        kinds=KIND_WORDS,
        features=access.feature_words,
        resources=places.resources(session),
        names={each.id: each.name for each in places.locations(session)},
    )


@bp.route("/add", methods=["GET", "POST"])
@allowed(Action.MANAGE_PLACES)
def add() -> ResponseReturnValue:
    """Add a community hospital or a van stop."""
    form = PlaceForm(form_data())
    if request.method == "POST":
        try:
            made = places.add_location(db_session(), by=current_user(), details=_place(form))
        except (Invalid, Conflict) as problem:
            return _refused("booking/place.html", form, problem)
        return _done(f"{made.name} has been added.")
    return render_template("booking/place.html", form=form, place=None)


@bp.route("/<uuid:location_id>", methods=["GET", "POST"])
@allowed(Action.MANAGE_PLACES)
def change(location_id: UUID) -> ResponseReturnValue:
    """Change a place."""
    place = places.location(db_session(), location_id)
    form = PlaceForm(form_data(), obj=place, data={"address": "\n".join(place.address_lines)})
    if request.method == "POST":
        try:
            places.change_location(
                db_session(), location_id=location_id, by=current_user(), details=_place(form)
            )
        except (Invalid, Conflict) as problem:
            return _refused("booking/place.html", form, problem, location_id)
        return _done(f"{place.name} has been changed.")
    return render_template("booking/place.html", form=form, place=place)


@bp.post("/<uuid:location_id>/close")
@allowed(Action.MANAGE_PLACES)
def close(location_id: UUID) -> ResponseReturnValue:
    """Hold no more clinics there."""
    closed = places.close_location(db_session(), location_id=location_id, by=current_user())
    return _done(f"{closed.name} is closed. No clinic can be opened there.")


@bp.route("/vans/add", methods=["GET", "POST"])
@allowed(Action.MANAGE_PLACES)
def add_van() -> ResponseReturnValue:
    """Add a van."""
    form = VanForm(form_data())
    if request.method == "POST":
        try:
            made = places.add_van(db_session(), name=form.name.data or "", by=current_user())
        except (Invalid, Conflict) as problem:
            return _refused("booking/van_add.html", form, problem)
        return _done(f"{made.name} has been added.")
    return render_template("booking/van_add.html", form=form)


@bp.route("/resources/add", methods=["GET", "POST"])
@allowed(Action.MANAGE_PLACES)
def add_resource() -> ResponseReturnValue:
    """Add a room or a piece of kit."""
    form = ResourceForm(form_data())
    _offer_places(form)
    if request.method == "POST":
        try:
            made = places.add_resource(
                db_session(),
                kind=_kind(form.kind.data),
                name=form.name.data or "",
                capacity=_capacity(form.capacity.data),
                location_id=uuid_or_none(form.location_id.data),
                language=form.language.data or "",
                by=current_user(),
            )
        except Invalid as problem:
            return _refused("booking/resource_add.html", form, problem)
        return _done(f"{made.name} has been added.")
    return render_template("booking/resource_add.html", form=form)


@bp.route("/photographers/add", methods=["GET", "POST"])
@allowed(Action.MANAGE_PLACES)
def add_photographer() -> ResponseReturnValue:
    """Let a photographer be put into clinics."""
    session = db_session()
    people = {str(each.id): each for each in places.photographers_to_add(session)}
    form = PhotographerForm(form_data())
    form.user_id.choices = {key: each.name for key, each in people.items()}
    if request.method == "POST":
        chosen = people.get(form.user_id.data or "")
        if chosen is None:
            form.user_id.errors = ["Choose a photographer."]
            page = render_template("booking/photographer_add.html", form=form)
            return page, HTTPStatus.UNPROCESSABLE_ENTITY
        places.add_resource(
            session,
            kind=ResourceKind.PHOTOGRAPHER,
            name=chosen.name,
            user_id=chosen.id,
            by=current_user(),
        )
        return _done(f"{chosen.name} can now be put into clinics.")
    return render_template("booking/photographer_add.html", form=form)


def _place(form: PlaceForm) -> places.PlaceDetails:
    return places.PlaceDetails(
        name=form.name.data or "",
        kind=form.kind.data or "",
        address_lines=(form.address.data or "").splitlines(),
        postcode=form.postcode.data or "",
        directions=form.directions.data or "",
        features=form.features.data or [],
    )


def _done(sentence: str) -> ResponseReturnValue:
    db_session().commit()
    flash(sentence)
    return redirect(url_for(".listing"), HTTPStatus.SEE_OTHER)


def _refused(
    template: str, form: Form, problem: Problem, location_id: UUID | None = None
) -> ResponseReturnValue:
    session = db_session()
    session.rollback()
    fields = problem.fields if isinstance(problem, Invalid) else {"name": problem.message}
    for name, sentence in fields.items():
        form[name].errors = [sentence]
    place: Location | None = places.location(session, location_id) if location_id else None
    status = (
        HTTPStatus.UNPROCESSABLE_ENTITY if isinstance(problem, Invalid) else HTTPStatus.CONFLICT
    )
    if isinstance(form, ResourceForm):
        _offer_places(form)
    return render_template(template, form=form, place=place), status


def _offer_places(form: ResourceForm) -> None:
    open_places = places.open_locations(db_session())
    form.location_id.choices = {
        "": "No place of its own",
        **{str(each.id): each.name for each in open_places},
    }


def _kind(value: str | None) -> ResourceKind:
    if value not in {each.value for each in KIT_KINDS}:
        raise Invalid({"kind": "Choose what it is."})
    return ResourceKind(value)


def _capacity(value: str | None) -> int:
    number = whole_number(value)
    if number is None:
        raise Invalid({"capacity": "Enter a whole number, like 1."})
    return number
