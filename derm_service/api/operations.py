"""What an API operation takes and answers, and the OpenAPI document made from it: pure."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, StringConstraints
from pydantic.json_schema import models_json_schema

from derm_service.api.idempotency import HEADER, LONGEST_KEY

REFS = "#/components/schemas/{model}"


class Asked(BaseModel):
    """What a program sends: nothing beyond what is named."""

    model_config = ConfigDict(extra="forbid")


class Error(BaseModel):
    """Why something could not be done, in a sentence."""

    error: str


class Fields(Error):
    """What was wrong with what was sent, by field."""

    fields: dict[str, str]


def _keepable(value: str) -> str:
    if "\0" in value:
        raise ValueError("The character NUL cannot be kept")
    return value


Words = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=2000),
    AfterValidator(_keepable),
]
"""Text of people, up to 2,000 characters."""


@dataclass(frozen=True)
class Operation:
    """One thing a program can ask for."""

    summary: str
    body: type[BaseModel] | None = None
    query: type[BaseModel] | None = None
    answers: Mapping[int, type[BaseModel] | None] = field(default_factory=dict)
    conflict: type[BaseModel] | None = None  # what a 409 says


@dataclass(frozen=True)
class Endpoint:
    """An operation at its address."""

    rule: str  # as Flask writes it
    method: str
    operation: Operation

    @property
    def path(self) -> str:
        """The address as OpenAPI writes it."""
        return re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", self.rule)


WORDS_FOR = {
    200: "Done",
    201: "Made",
    204: "Done; there is nothing to say",
    401: "No bearer token, or one that is not valid",
    403: "The token's owner may not do this",
    404: "There is no such thing",
    409: "Somebody or something else was there first",
    422: "What was sent cannot be taken; every field has its sentence",
    503: "A part of the service is down; nothing was changed",
}


def document(endpoints: Iterable[Endpoint], *, title: str, url: str) -> dict[str, Any]:
    """The OpenAPI 3.1 document, its schemas those of the models that validate."""
    listed = sorted(endpoints, key=lambda each: (each.path, each.method))
    schemas = _schemas(listed)
    paths: dict[str, dict[str, Any]] = {}
    for each in listed:
        paths.setdefault(each.path, {})[each.method.lower()] = _operation(each)
    return {
        "openapi": "3.1.0",
        "info": {"title": title, "version": "1"},
        "servers": [{"url": url}],
        "security": [{"bearer": []}],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
        },
    }


def _schemas(endpoints: Iterable[Endpoint]) -> dict[str, Any]:
    sent: set[type[BaseModel]] = set()
    given: set[type[BaseModel]] = {Error, Fields}
    for each in endpoints:
        asks = each.operation
        sent |= {model for model in (asks.body, asks.conflict) if model}
        given |= {model for model in asks.answers.values() if model}
    modes: list[Any] = [(model, "validation") for model in sent]
    modes += [(model, "serialization") for model in given]
    modes.sort(key=lambda pair: pair[0].__name__)
    _, found = models_json_schema(modes, ref_template=REFS)
    schemas: dict[str, Any] = found["$defs"]
    return schemas


def _operation(each: Endpoint) -> dict[str, Any]:
    asks = each.operation
    parameters = _path_parameters(each) + _query_parameters(asks.query)
    if each.method == "POST":
        parameters.append(_key_parameter())
    made: dict[str, Any] = {
        "operationId": f"{each.method.lower()}{re.sub(r'[^a-z]+', '_', each.path)}",
        "summary": asks.summary,
        "parameters": parameters,
        "responses": _responses(each),
    }
    if asks.body is not None:
        content = {"application/json": {"schema": {"$ref": _ref(asks.body)}}}
        made["requestBody"] = {"required": True, "content": content}
    return made


def _path_parameters(each: Endpoint) -> list[dict[str, Any]]:
    return [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string", "format": kind}}
        for kind, name in re.findall(r"<(\w+):(\w+)>", each.rule)
    ]


def _query_parameters(query: type[BaseModel] | None) -> list[dict[str, Any]]:
    if query is None:
        return []
    schema = query.model_json_schema()
    required = schema.get("required", [])
    return [
        {"name": name, "in": "query", "required": name in required, "schema": one}
        for name, one in schema["properties"].items()
    ]


def _key_parameter() -> dict[str, Any]:
    schema = {"type": "string", "minLength": 1, "maxLength": LONGEST_KEY, "pattern": "^[!-~]+$"}
    return {
        "name": HEADER,
        "in": "header",
        "required": False,
        "description": "The same key again changes nothing and answers the same, for a day.",
        "schema": schema,
    }


def _responses(each: Endpoint) -> dict[str, Any]:
    asks = each.operation
    answers: dict[int, type[BaseModel] | None] = dict(asks.answers)
    answers |= {401: Error, 403: Error, 503: Error}
    if "<" in each.rule or asks.query or asks.body:
        answers[404] = Error
    if asks.conflict:
        answers[409] = asks.conflict
    if each.method == "POST" or asks.query:
        answers[422] = Fields
    return {str(status): _response(status, answers[status]) for status in sorted(answers)}


def _response(status: int, model: type[BaseModel] | None) -> dict[str, Any]:
    said: dict[str, Any] = {"description": WORDS_FOR[status]}
    if model is not None:
        said["content"] = {"application/json": {"schema": {"$ref": _ref(model)}}}
    return said


def _ref(model: type[BaseModel]) -> str:
    return REFS.format(model=model.__name__)
