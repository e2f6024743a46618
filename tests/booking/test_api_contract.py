"""Schemathesis asks what the OpenAPI document allows, and what it does not, with ids that exist."""

from datetime import timedelta
from typing import Any

import pytest
import schemathesis
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from sqlalchemy.orm import Session

from derm_service import clock
from derm_service.accounts.sign_in import make_token
from derm_service.people import Role
from tests import make

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
KEYS = st.none() | st.sampled_from(["one", "two"]) | st.uuids().map(str)
Ids = dict[str, list[str]]


@pytest.fixture
def ids(session: Session) -> Ids:
    """Slots, referrals and appointments that exist, by the names the API knows them by."""
    clinic = make.clinic(session, hours=8)
    past = make.clinic(session, starts_at=clock.now() - timedelta(hours=1))
    booked = [make.appointment(session, slot=slot) for slot in clinic.slots[:4]]
    booked += [make.appointment(session, slot=slot) for slot in past.slots[:3]]
    return {
        "slot_id": [str(slot.id) for slot in (*clinic.slots, *past.slots)],
        "referral_id": [str(make.referral(session).id) for _ in range(20)],
        "appointment_id": [str(one.id) for one in booked],
        "location_id": [str(clinic.location_id)],
    }


@pytest.mark.parametrize("mode", GenerationMode)
@pytest.mark.parametrize(
    "examples", [pytest.param(12, id="short"), pytest.param(400, id="long", marks=pytest.mark.long)]
)
def test_no_answer_is_an_error_of_ours_or_undocumented(
    app: Flask,
    client: FlaskClient,
    session: Session,
    ids: Ids,
    monkeypatch: pytest.MonkeyPatch,
    mode: GenerationMode,
    examples: int,
) -> None:
    token = make_token(session, user=make.user(session, Role.LEAD), label="test", by=None)
    headers = {"Authorization": f"Bearer {token}"}
    session.commit()
    document = client.get("/api/v1/openapi.json", headers=headers).json
    monkeypatch.setitem(app.config, "TESTING", False)  # a fault becomes a 500, as for programs
    schema = schemathesis.openapi.from_dict(document)
    schema.app = app
    asked: dict[str, set[int]] = {}

    for found in schema.get_all_operations():
        operation = found.ok()

        @settings(
            max_examples=examples,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy(generation_mode=mode), data=st.data())
        def probe(case: Case, data: st.DataObject) -> None:
            with_ids(case, data, ids)
            key = data.draw(KEYS)
            sent = headers | ({"Idempotency-Key": key} if key and case.method == "POST" else {})
            answer = case.call(headers=sent)
            asked.setdefault(case.method, set()).add(answer.status_code)
            case.validate_response(answer, checks=CHECKS)

        probe()

    if mode is GenerationMode.POSITIVE:
        assert asked["POST"] & {200, 201}
        assert 409 in asked["POST"]


def with_ids(case: Case, data: st.DataObject, ids: Ids) -> None:
    """Mostly, put ids that exist where the case has made-up ones."""
    for part in (case.path_parameters, case.query, case.body):
        if isinstance(part, dict):
            known: dict[str, Any] = {name: ids[name] for name in part if name in ids}
            for name, values in known.items():
                if data.draw(st.integers(0, 9)):
                    part[name] = data.draw(st.sampled_from(values))
