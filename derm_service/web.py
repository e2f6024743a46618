"""The edge of the house: sessions per request, permissions, problems as pages or JSON."""

import time
from collections.abc import Callable
from contextlib import suppress
from functools import wraps
from http import HTTPStatus
from typing import Any, ParamSpec, TypeVar, cast

import psycopg
import sqlalchemy as sa
import structlog
from flask import (
    Flask,
    Request,
    Response,
    current_app,
    g,
    jsonify,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError
from sqlalchemy.orm import Session, sessionmaker
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import HTTPException

from derm_service.config import Settings
from derm_service.db import DATABASE_DOWN
from derm_service.errors import (
    Conflict,
    Invalid,
    NotAllowed,
    NotFound,
    Problem,
    Unavailable,
)
from derm_service.people import Action, User, may

P = ParamSpec("P")
R = TypeVar("R", bound=ResponseReturnValue)

log = structlog.get_logger("web")

STATUS: dict[type[Problem], HTTPStatus] = {
    Invalid: HTTPStatus.UNPROCESSABLE_ENTITY,
    NotFound: HTTPStatus.NOT_FOUND,
    NotAllowed: HTTPStatus.FORBIDDEN,
    Conflict: HTTPStatus.CONFLICT,
    Unavailable: HTTPStatus.SERVICE_UNAVAILABLE,
}
HEADINGS = {
    400: "Something in the request was not right",
    403: "You cannot do that",
    404: "Page not found",
    405: "That cannot be done on this page",
    409: "This has changed",
    413: "That file is too large",
    422: "There is a problem",
    500: "Sorry, something went wrong",
    503: "Part of the service is not working just now",
}
SENTENCES = {
    400: "Go back and try again.",
    404: "Check the address, or use the search to find the patient.",
    405: "Go back to the page you came from and try again.",
    413: "Choose a smaller file.",
    500: "Nothing was changed. Try again, and if it happens again ring the service desk.",
}
CHANGED_MEANWHILE = (
    "Somebody else changed this while you had it open. "
    "Go back, look at what they changed, and enter yours again if it is still right."
)
UNKEEPABLE = (
    "What you entered holds a character that cannot be kept. "
    "Go back, and type it instead of pasting it. Nothing was changed."
)
PAGE_OUT_OF_DATE = (
    "This page was open too long or was opened before you signed in. "
    "Go back, reload the page and try again. Nothing was changed."
)


def settings() -> Settings:
    """The settings this app was made with."""
    return cast(Settings, current_app.extensions["derm.settings"])


def db_session() -> Session:
    """This request's database session; the route commits it as its last act."""
    if "db" not in g:
        maker = cast("sessionmaker[Session]", current_app.extensions["derm.sessions"])
        g.db = maker()
    return cast(Session, g.db)


def signed_in_user() -> User | None:
    """Who is signed in, if anybody; set by `accounts.loading` before each request."""
    return cast("User | None", g.get("user"))


def current_user() -> User:
    """Who is signed in; only called behind `@allowed`."""
    user = signed_in_user()
    if user is None:
        raise NotAllowed("Sign in to see this page.")
    return user


def allowed(action: Action) -> Callable[[Callable[P, R]], Callable[P, ResponseReturnValue]]:
    """Let the route run only for people whose roles may do `action`."""

    def mark(view: Callable[P, R]) -> Callable[P, ResponseReturnValue]:
        @wraps(view)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> ResponseReturnValue:
            user = signed_in_user()
            if user is None:
                return ask_to_sign_in()
            if not may(user, action):
                raise NotAllowed("Your role does not allow this. Ask your administrator.")
            return view(*args, **kwargs)

        guarded.__dict__["allowed"] = action
        return guarded

    return mark


def public(view: Callable[P, R]) -> Callable[P, R]:
    """Mark a route that needs no sign-in."""
    view.__dict__["allowed"] = None
    return view


def wants_json() -> bool:
    """Programs are answered in JSON, people in pages."""
    return request.path.startswith("/api/")


def ask_to_sign_in() -> ResponseReturnValue:
    """401 for programs; for people the sign-in page, which comes back here afterwards."""
    if wants_json():
        answer = jsonify(error="Sign in, or send a bearer token.")
        answer.headers["WWW-Authenticate"] = "Bearer"
        return answer, HTTPStatus.UNAUTHORIZED
    back = request.full_path.rstrip("?") if request.method == "GET" else None
    return redirect(url_for("accounts.sign_in", next=back), HTTPStatus.SEE_OTHER)


def form_data() -> MultiDict[str, str] | None:
    """What was posted; on GET what was kept when the session ended (None: nothing)."""
    if request.method == "POST":
        return request.form
    return cast("MultiDict[str, str] | None", g.get("draft"))


def _answer(status: int, sentence: str, **extra: Any) -> ResponseReturnValue:
    if wants_json():
        return jsonify(error=sentence, **extra), status
    heading = HEADINGS.get(status, "There is a problem")
    page = render_template("problem.html", heading=heading, sentence=sentence, **extra)
    return page, status


def _problem(problem: Problem) -> ResponseReturnValue:
    status = next(STATUS[kind] for kind in type(problem).__mro__ if kind in STATUS)
    extra: dict[str, Any] = {"fields": problem.fields} if isinstance(problem, Invalid) else {}
    if wants_json():
        extra |= problem.more
    return _answer(status, problem.message, **extra)


def _http(error: HTTPException) -> ResponseReturnValue:
    status = error.code or 500
    if status < 400:
        return error.get_response()
    answer = current_app.make_response(_answer(status, SENTENCES.get(status, "") or str(error)))
    for name, value in error.get_headers():
        if name == "Allow":
            answer.headers[name] = value
    return answer


def _database_gone(error: sa.exc.DBAPIError | sa.exc.TimeoutError) -> ResponseReturnValue:
    cause = error.orig if isinstance(error, sa.exc.DBAPIError) else None
    if isinstance(cause, psycopg.errors.ProgramLimitExceeded):
        return _bug(error)  # the database is well: asking again would not help
    log.warning("database_unavailable", kind=type(error).__name__)
    _let_go()
    return _answer(HTTPStatus.SERVICE_UNAVAILABLE, DATABASE_DOWN)


def _bug(error: Exception) -> ResponseReturnValue:
    # Only the kind and the place: the text of an error may hold what somebody typed.
    frame = error.__traceback__
    while frame is not None and frame.tb_next is not None:
        frame = frame.tb_next
    place = f"{frame.tb_frame.f_code.co_filename}:{frame.tb_lineno}" if frame else ""
    log.error("unexpected_error", kind=type(error).__name__, place=place, route=_route(request))
    if current_app.testing:
        raise error
    _let_go()
    return _answer(HTTPStatus.INTERNAL_SERVER_ERROR, SENTENCES[500])


def _let_go() -> None:
    """Give the session up: the page that says what went wrong must not need the database."""
    session = g.pop("db", None)
    g.pop("user", None)
    if session is not None:
        with suppress(sa.exc.SQLAlchemyError):
            session.close()


def _route(asked: Request) -> str:
    return str(asked.url_rule) if asked.url_rule else "no route"


def _log_request(response: Response) -> Response:
    log.info(
        "request",
        method=request.method,
        route=_route(request),
        status=response.status_code,
        milliseconds=round((time.monotonic() - g.get("started", time.monotonic())) * 1000),
    )
    return response


def _say_when(response: Response) -> Response:
    """Programs that are told to come later hear when."""
    if response.status_code == HTTPStatus.SERVICE_UNAVAILABLE:
        response.headers.setdefault("Retry-After", "5")
    return response


def _start() -> None:
    g.started = time.monotonic()
    if request.content_length is not None:
        # gunicorn promises that a body ends by itself; a line that breaks ends it too, and half
        # a form must not be taken for a whole one: counted again, it is refused.
        request.environ.pop("wsgi.input_terminated", None)


def _refuse_nul() -> None:
    """PostgreSQL keeps no NUL in a text; refused here, no form can forget it."""
    if "\0" in request.path:
        raise NotFound(SENTENCES[404])
    for sent in (request.args, request.form):
        if any("\0" in text for each in sent.items(multi=True) for text in each):
            raise Invalid({}, UNKEEPABLE)


def _close(_error: BaseException | None) -> None:
    session = g.pop("db", None)
    if session is not None:
        session.close()


def install(app: Flask) -> None:
    """Give the app its sessions, its problem pages and its request log."""
    app.before_request(_start)
    app.before_request(_refuse_nul)
    app.after_request(_log_request)
    app.after_request(_say_when)
    app.teardown_appcontext(_close)
    app.register_error_handler(Problem, _problem)
    app.register_error_handler(
        CSRFError, lambda _error: _answer(HTTPStatus.BAD_REQUEST, PAGE_OUT_OF_DATE)
    )
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(
        StaleDataError, lambda _error: _answer(HTTPStatus.CONFLICT, CHANGED_MEANWHILE)
    )
    for kind in (sa.exc.OperationalError, sa.exc.InterfaceError, sa.exc.TimeoutError):
        app.register_error_handler(kind, _database_gone)
    app.register_error_handler(Exception, _bug)
