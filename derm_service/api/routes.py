"""The edge of the JSON API: reading, answering, keys that repeat nothing, and the document."""

import hashlib
import json
from collections.abc import Callable, Iterator
from functools import wraps
from http import HTTPStatus
from typing import Any

from flask import Blueprint, Response, current_app, jsonify, request
from flask.typing import ResponseReturnValue
from pydantic import BaseModel, ValidationError

from derm_service.api import idempotency
from derm_service.api.idempotency import Answer
from derm_service.api.operations import Endpoint, Operation, document
from derm_service.errors import Conflict, Invalid, NotAllowed, NotFound, Problem
from derm_service.people import Action
from derm_service.web import STATUS, allowed, current_user, db_session, settings

bp = Blueprint("api", __name__, url_prefix="/api/v1")

View = Callable[..., tuple[BaseModel | None, HTTPStatus]]
KEPT = (Conflict, Invalid, NotAllowed, NotFound)
"""Refusals that answer a key for good; a part that is down is tried again."""
AN_ID = "Send an id, like 0190a6d4-7c1e-7b3a-9f52-3d1c5e8a7b60"
SAID = {
    "model_type": "Send a JSON object",
    "missing": "Send this field: it is needed",
    "extra_forbidden": "Leave this field out: nothing of that name is asked for",
    "uuid_parsing": AN_ID,
    "uuid_type": AN_ID,
}
"""What is most often wrong with a field, in words of our own."""


def operation(asks: Operation) -> Callable[[View], Callable[..., ResponseReturnValue]]:
    """Make a view an operation: it gets `body` or `query` validated and gives model and status.

    The view acts and flushes; here everything is committed, as the last act.
    """

    def mark(view: View) -> Callable[..., ResponseReturnValue]:
        @wraps(view)
        def answering(**path: Any) -> ResponseReturnValue:
            given = {**path, **_read(asks)}
            answer = _once(lambda: view(**given))
            db_session().commit()
            if answer.body is None:
                return Response(status=answer.status)
            return jsonify(answer.body), answer.status

        answering.__dict__["operation"] = asks
        return answering

    return mark


@bp.get("/openapi.json")
@allowed(Action.SIGNED_IN)
def openapi() -> ResponseReturnValue:
    """What programs can ask for, made from what validates it."""
    made = document(_endpoints(), title=settings().organisation, url=settings().address)
    return jsonify(made)


def _endpoints() -> Iterator[Endpoint]:
    for rule in current_app.url_map.iter_rules():
        asks = getattr(current_app.view_functions[rule.endpoint], "operation", None)
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
            if isinstance(asks, Operation):
                yield Endpoint(rule.rule, method, asks)


def _read(asks: Operation) -> dict[str, BaseModel]:
    try:
        if asks.query is not None:
            return {"query": asks.query.model_validate(request.args.to_dict())}
        if asks.body is not None:
            return {"body": asks.body.model_validate(_json())}
    except ValidationError as wrong:
        raise Invalid(dict(_sentences(wrong))) from wrong
    return {}


def _json() -> Any:
    try:
        return json.loads(request.get_data())
    except (ValueError, RecursionError):
        raise Invalid({"body": "Send a JSON object."}) from None


def _sentences(wrong: ValidationError) -> Iterator[tuple[str, str]]:
    for error in wrong.errors(include_url=False, include_input=False):
        name = ".".join(str(part) for part in error["loc"]) or "body"
        msg = error["msg"].removeprefix("Value error, ").replace("Input should", "This should")
        said = SAID.get(error["type"]) or msg
        yield name.encode(errors="replace").decode(), f"{said}."


def _once(act: Callable[[], tuple[BaseModel | None, HTTPStatus]]) -> Answer:
    """Act, or answer from what the same key was answered before."""
    key = request.headers.get(idempotency.HEADER)
    if key is None or request.method != "POST":
        model, status = act()
        return Answer(status, _body(model))
    session, by = db_session(), current_user()
    before = idempotency.begin(session, key=key, asked_sha256=_question(), by=by)
    if before is not None:
        return before
    answer = _settled(act)
    idempotency.keep(session, key=key, answer=answer, by=by)
    return answer


def _settled(act: Callable[[], tuple[BaseModel | None, HTTPStatus]]) -> Answer:
    """The answer to an act, a refusal of it included: what it wrote is undone, its key is kept."""
    try:
        with db_session().begin_nested():
            model, status = act()
            return Answer(status, _body(model))
    except KEPT as problem:
        return Answer(_status(problem), refusal(problem))


def refusal(problem: Problem) -> dict[str, Any]:
    """A problem as programs read it."""
    body: dict[str, Any] = {"error": problem.message}
    if isinstance(problem, Invalid):
        body["fields"] = problem.fields
    return body | dict(problem.more)


def _status(problem: Problem) -> HTTPStatus:
    return next(STATUS[kind] for kind in type(problem).__mro__ if kind in STATUS)


def _body(model: BaseModel | None) -> dict[str, Any] | None:
    return model.model_dump(mode="json") if model else None


def _question() -> str:
    asked = b"\n".join([request.method.encode(), request.path.encode(), request.get_data()])
    return hashlib.sha256(asked).hexdigest()
