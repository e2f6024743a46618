"""Before each request: who is it, is their session alive, is the form really theirs."""

from datetime import timedelta
from http import HTTPStatus
from urllib.parse import urlsplit

import sqlalchemy as sa
from flask import Flask, Response, current_app, flash, g, redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFProtect
from sqlalchemy.orm import joinedload, load_only
from werkzeug.datastructures import MultiDict

from derm_service import clock
from derm_service.accounts.models import ApiToken, UserSession
from derm_service.accounts.sign_in import digest, drop_draft, keep_draft, take_draft
from derm_service.people import User
from derm_service.web import ask_to_sign_in, db_session, settings

TOUCH = timedelta(minutes=1)  # a session's last-seen time is written at most this often
DRAFT_KEPT = "Your session ended. Sign in again: what you typed has been kept."
NOT_SAVED = (
    "Your session ended, and what you sent was not saved. Sign in again, then send it again."
)
FOR_PROGRAMS = ("/api/", "/images/")  # where a bearer token counts; pages are for browsers
NOBODYS = (None, "static", "health.healthz", "replies.received")
"""Where nobody signs in; the last asks for a token of the settings."""
_LIVE_TOKEN = (  # built once, as the next: a photograph's pieces ask for it each time
    sa.select(ApiToken)
    .options(
        load_only(ApiToken.used_at, ApiToken.revoked_at),
        joinedload(ApiToken.user, innerjoin=True).load_only(
            User.name, User.roles, User.intimate_images, User.disabled_at
        ),
    )
    .where(ApiToken.token_sha256 == sa.bindparam("token_sha256"), ApiToken.revoked_at.is_(None))
)
_SESSION = (
    sa.select(UserSession)
    .options(joinedload(UserSession.user, innerjoin=True))
    .where(UserSession.token_sha256 == sa.bindparam("token_sha256"))
)
SECRET_FIELDS = frozenset({"csrf_token", "password", "current", "new", "again"})


def load() -> ResponseReturnValue | None:
    """Set `g.user`; refuse forged forms; keep a draft when the session has just ended."""
    if request.endpoint in NOBODYS:
        return None
    bearer = request.headers.get("Authorization", "")
    if bearer.startswith("Bearer ") and request.path.startswith(FOR_PROGRAMS):
        return _load_token(bearer.removeprefix("Bearer "))
    if request.path.startswith("/api/") and not session.get("token"):
        return None  # nobody it could be done for: the route asks for a token
    # A form must come from our own page before anything of it is believed or kept.
    _csrf().protect()
    row = _session_row()
    if row is None:
        return None
    if not _alive(row):
        return _ended(row)
    g.user, g.user_session = row.user, row
    if clock.now() - row.seen_at > TOUCH:
        row.seen_at = clock.now()
        db_session().commit()
    if request.method == "GET":
        kept = take_draft(db_session(), user=row.user, path=request.path)
        g.draft = MultiDict([(k, v) for k, vs in kept.items() for v in vs]) if kept else None
    return None


def _forget_draft(response: Response) -> Response:
    """A page that was sent and taken needs its draft no more."""
    user = g.get("user")
    if request.method == "POST" and response.status_code in (302, 303) and user is not None:
        drop_draft(db_session(), user=user, path=request.path)
        db_session().commit()
    return response


def _csrf() -> CSRFProtect:
    protect: CSRFProtect = current_app.extensions["csrf"]
    return protect


def _session_row() -> UserSession | None:
    token = session.get("token")
    if not token:
        return None
    return db_session().scalar(_SESSION, {"token_sha256": digest(token)})


def _alive(row: UserSession) -> bool:
    now = clock.now()
    return (
        row.ended_at is None
        and row.user.disabled_at is None
        and now - row.seen_at <= settings().session_idle
        and now - row.started_at <= settings().session_length
    )


def _ended(row: UserSession) -> ResponseReturnValue | None:
    """The session has ended: forget the cookie, keep what a timed-out person had typed."""
    session.pop("token", None)
    timed_out = row.ended_at is None and row.user.disabled_at is None
    if request.method != "POST" or not timed_out or request.path.startswith("/api/"):
        return None
    form = {k: request.form.getlist(k) for k in request.form if k not in SECRET_FIELDS}
    if _is_page(request.path) and not request.files:
        keep_draft(db_session(), user=row.user, path=request.path, form=form)
        db_session().commit()
        flash(DRAFT_KEPT, "note")
        return redirect(url_for("accounts.sign_in", next=request.path), HTTPStatus.SEE_OTHER)
    flash(NOT_SAVED, "note")
    return redirect(url_for("accounts.sign_in", next=_page_before()), HTTPStatus.SEE_OTHER)


def _is_page(path: str) -> bool:
    """Whether an address of ours can be opened; some only take what is sent to them."""
    adapter = current_app.create_url_adapter(request)
    return adapter is not None and adapter.test(path, method="GET")


def _page_before() -> str:
    """The page of ours that the form stood on, or the home page."""
    try:
        before = urlsplit(request.referrer or "")
    except ValueError:  # no address at all
        return url_for("accounts.home")
    is_ours = before.netloc == request.host and _is_page(before.path)
    return safe_next(before.path if is_ours else None)


def _load_token(token: str) -> ResponseReturnValue | None:
    row = db_session().scalar(_LIVE_TOKEN, {"token_sha256": digest(token)})
    if row is None or row.user.disabled_at is not None:
        return ask_to_sign_in()
    g.user = row.user
    if row.used_at is None or clock.now() - row.used_at > TOUCH:
        row.used_at = clock.now()
        db_session().commit()
    return None


def start_session(user: User, token: str) -> None:
    """Put the new session's token in a fresh cookie."""
    session.clear()
    session["token"] = token
    g.user = user


def safe_next(target: str | None) -> str:
    """Where to go after signing in: a path of our own, or the home page."""
    target = target or ""
    try:
        parts = urlsplit(target)
    except ValueError:  # half an IPv6 address
        return url_for("accounts.home")
    own = not parts.scheme and not parts.netloc and parts.path.startswith("/")
    # A line break would end the header; browsers read "/\\" and "/<tab>/" as another host.
    if not own or not target.isprintable() or target.startswith(("//", "/\\")):
        return url_for("accounts.home")
    return target


def install(app: Flask) -> None:
    """Run before every request."""
    app.before_request(load)
    app.after_request(_forget_draft)
