"""Sign-in, sign-out, the home page and one's own account."""

from http import HTTPStatus

from flask import Blueprint, flash, g, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from wtforms import Form, PasswordField, StringField
from wtforms.validators import EqualTo

from derm_service.accounts import sign_in as signing
from derm_service.accounts.loading import safe_next, start_session
from derm_service.errors import Invalid
from derm_service.forms import Required, stripped
from derm_service.pages import navigation
from derm_service.people import Action
from derm_service.web import allowed, current_user, db_session, public, signed_in_user

bp = Blueprint("accounts", __name__)


class SignInForm(Form):
    """Who and with what."""

    email = StringField("Email address", [Required("Enter your email address.")], [stripped])
    password = PasswordField("Password", [Required("Enter your password.")])


class PasswordForm(Form):
    """A change of one's own password."""

    current = PasswordField("Current password", [Required("Enter your current password.")])
    new = PasswordField("New password", [Required("Enter a new password.")])
    again = PasswordField(
        "New password again",
        [
            Required("Enter the new password again."),
            EqualTo("new", "The two new passwords are not the same."),
        ],
    )


@bp.route("/sign-in", methods=["GET", "POST"])
@public
def sign_in() -> ResponseReturnValue:
    """The sign-in page; goes on to where the person wanted to be."""
    form = SignInForm(request.form)
    target = safe_next(request.values.get("next"))
    if request.method == "GET":
        if signed_in_user() is not None:
            return redirect(target, HTTPStatus.SEE_OTHER)
        return render_template("accounts/sign_in.html", form=form, target=target)
    if form.validate():
        outcome = signing.sign_in(
            db_session(), email=form.email.data or "", password=form.password.data or ""
        )
        db_session().commit()
        if outcome.user is not None:
            start_session(outcome.user, outcome.token)
            return redirect(target, HTTPStatus.SEE_OTHER)
        form.email.errors = [signing.WRONG]
    page = render_template("accounts/sign_in.html", form=form, target=target)
    return page, HTTPStatus.UNPROCESSABLE_ENTITY


@bp.post("/sign-out")
@allowed(Action.SIGNED_IN)
def sign_out() -> ResponseReturnValue:
    """End this session and forget the cookie."""
    signing.sign_out(db_session(), user_session=g.user_session)
    db_session().commit()
    session.clear()
    flash("You have signed out.")
    return redirect(url_for(".sign_in"), HTTPStatus.SEE_OTHER)


@bp.get("/")
@allowed(Action.SIGNED_IN)
def home() -> ResponseReturnValue:
    """Where everybody starts: what their roles may open."""
    return render_template("accounts/home.html", items=navigation())


@bp.route("/account", methods=["GET", "POST"])
@allowed(Action.SIGNED_IN)
def account() -> ResponseReturnValue:
    """Change one's own password."""
    form = PasswordForm(request.form)
    if request.method == "GET":
        return render_template("accounts/account.html", form=form)
    if form.validate():
        try:
            signing.change_password(
                db_session(),
                user=current_user(),
                current=form.current.data or "",
                new=form.new.data or "",
                keep=g.user_session.id,
            )
            db_session().commit()
            flash("Your password has been changed. Your other sessions and tokens have been ended.")
            return redirect(url_for(".account"), HTTPStatus.SEE_OTHER)
        except Invalid as problem:
            db_session().commit()  # a wrong password was counted
            for name, sentence in problem.fields.items():
                form[name].errors = [sentence]
    page = render_template("accounts/account.html", form=form)
    return page, HTTPStatus.UNPROCESSABLE_ENTITY
