"""The administrator's pages: people, their roles and their sessions."""

from http import HTTPStatus
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import BooleanField, Form, SelectMultipleField, StringField

from derm_service.accounts import people
from derm_service.errors import Invalid
from derm_service.forms import choices, stripped
from derm_service.people import Action, Role, User
from derm_service.web import allowed, current_user, db_session, form_data

bp = Blueprint("people", __name__, url_prefix="/people")


class PersonForm(Form):
    """A person's name and rights; `people` checks them, for the command line alike."""

    email = StringField("Email address", filters=[stripped])
    name = StringField("Name", filters=[stripped])
    roles = SelectMultipleField("Roles", choices=choices(Role), validate_choice=False)
    intimate_images = BooleanField("May see intimate images")


@bp.get("")
@allowed(Action.MANAGE_PEOPLE)
def listing() -> ResponseReturnValue:
    """Everybody who can sign in, and who no longer can."""
    return render_template("accounts/people.html", people=people.everybody(db_session()))


@bp.route("/add", methods=["GET", "POST"])
@allowed(Action.MANAGE_PEOPLE)
def add() -> ResponseReturnValue:
    """Add a person; their first password is shown once."""
    form = PersonForm(form_data())
    if request.method == "GET":
        return render_template("accounts/person_add.html", form=form)
    password = people.new_password()
    try:
        people.add(
            db_session(),
            email=form.email.data or "",
            name=form.name.data or "",
            roles=form.roles.data or [],
            password=password,
            intimate_images=bool(form.intimate_images.data),
            by=current_user(),
        )
    except Invalid as problem:
        return _refused("accounts/person_add.html", form, problem)
    db_session().commit()
    return render_template("accounts/password_once.html", name=form.name.data, password=password)


@bp.route("/<uuid:person_id>", methods=["GET", "POST"])
@allowed(Action.MANAGE_PEOPLE)
def change(person_id: UUID) -> ResponseReturnValue:
    """Change a person's name and rights."""
    user = people.person(db_session(), person_id)
    form = PersonForm(form_data(), obj=user)
    if request.method == "GET":
        return render_template("accounts/person.html", form=form, person=user)
    try:
        people.change(
            db_session(),
            user=user,
            name=form.name.data or "",
            roles=form.roles.data or [],
            intimate_images=bool(form.intimate_images.data),
            by=current_user(),
        )
    except Invalid as problem:
        return _refused("accounts/person.html", form, problem, person=user)
    db_session().commit()
    flash(f"{user.name} has been changed.")
    return redirect(url_for(".listing"), HTTPStatus.SEE_OTHER)


@bp.post("/<uuid:person_id>/disable")
@allowed(Action.MANAGE_PEOPLE)
def disable(person_id: UUID) -> ResponseReturnValue:
    """Let them do nothing any more; their sessions and API tokens end."""
    user = people.person(db_session(), person_id)
    people.disable(db_session(), user=user, by=current_user())
    return _done(
        user, "can no longer sign in. Their sessions have been ended and their API tokens revoked."
    )


@bp.post("/<uuid:person_id>/enable")
@allowed(Action.MANAGE_PEOPLE)
def enable(person_id: UUID) -> ResponseReturnValue:
    """Let them sign in again."""
    user = people.person(db_session(), person_id)
    people.enable(db_session(), user=user, by=current_user())
    return _done(user, "can sign in again.")


@bp.post("/<uuid:person_id>/end-sessions")
@allowed(Action.MANAGE_PEOPLE)
def end_sessions(person_id: UUID) -> ResponseReturnValue:
    """End every session and API token they have."""
    user = people.person(db_session(), person_id)
    people.sign_out_everywhere(db_session(), user=user, by=current_user())
    return _done(user, "has been signed out everywhere, and their API tokens have been revoked.")


@bp.post("/<uuid:person_id>/reset-password")
@allowed(Action.MANAGE_PEOPLE)
def reset_password(person_id: UUID) -> ResponseReturnValue:
    """A new password, shown once."""
    user = people.person(db_session(), person_id)
    password = people.reset_password(db_session(), user=user, by=current_user())
    db_session().commit()
    return render_template("accounts/password_once.html", name=user.name, password=password)


def _done(user: User, what: str) -> ResponseReturnValue:
    db_session().commit()
    flash(f"{user.name} {what}")
    return redirect(url_for(".listing"), HTTPStatus.SEE_OTHER)


def _refused(
    template: str, form: PersonForm, problem: Invalid, person: User | None = None
) -> ResponseReturnValue:
    for name, sentence in problem.fields.items():
        form[name].errors = [sentence]
    page = render_template(template, form=form, person=person)
    return page, HTTPStatus.UNPROCESSABLE_ENTITY
