"""The manifest: what devices say they took, what is here, and what a device may forget."""

from typing import Any
from uuid import UUID

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from derm_service.config import Settings
from derm_service.imaging import captures, filing
from derm_service.imaging.codes import CaptureState
from derm_service.imaging.models import Capture, Visit
from derm_service.imaging.vault import worker_vault
from derm_service.people import Role
from tests import make
from tests.imaging import files, visiting
from tests.imaging.sending import announce, described, patch, stop
from tests.surf import sign_in_as

DATA = bytes(range(256)) * 1000


def put(client: FlaskClient, token: str, visit: Visit, *listed: dict[str, str]) -> TestResponse:
    return client.put(
        f"/api/v1/appointments/{visit.appointment_id}/manifest",
        headers={"X-CSRFToken": token},
        json={"captures": [{**each, "size": len(DATA)} for each in listed]},
    )


def get(client: FlaskClient, visit: Visit) -> dict[str, Any]:
    answer = client.get(f"/api/v1/appointments/{visit.appointment_id}/manifest")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.get_json()
    return found


def asked(client: FlaskClient, capture_id: UUID | str) -> dict[str, Any]:
    found: dict[str, Any] = client.get(f"/api/v1/captures/{capture_id}").get_json()
    return found


def test_announced_captures_are_counted_and_what_is_missing_is_named(
    client: FlaskClient, token: str, visit: Visit
) -> None:
    first, second, third = (described(visit, DATA) for _ in range(3))
    put(client, token, visit, first, second, third)
    announce(client, token, first, len(DATA))
    patch(client, token, first["capture"], 0, DATA)
    patch(client, token, second["capture"], 0, DATA[: len(DATA) // 2])

    found = get(client, visit)

    assert (found["announced"], found["arrived"], found["complete"]) == (3, 1, False)
    assert found["missing"] == [second["capture"], third["capture"]]
    assert found["sentence"] == (
        "1 of 3 photographs have arrived. Missing: close-up 2 of lesion 1 (uploading, 50% here); "
        "close-up 3 of lesion 1 (waiting to upload)."
    )


def test_manifest_is_complete_when_all_are_filed_or_set_aside(
    client: FlaskClient, session: Session, token: str, visit: Visit, settings: Settings
) -> None:
    good = files.of_its_own(files.encoded(files.skin()))
    filed, aside = described(visit, good), described(visit, DATA)
    for metadata, data in ((filed, good), (aside, DATA)):
        announce(client, token, metadata, len(data))
        patch(client, token, metadata["capture"], 0, data)
    assert get(client, visit)["sentence"] == "2 of 2 photographs have arrived."
    assert not get(client, visit)["complete"]
    for metadata in (filed, aside):
        filing.examine(session, worker_vault(settings), capture_id=UUID(metadata["capture"]))
    captures.set_aside(
        session, capture_id=UUID(aside["capture"]), by=visiting.photographer(session)
    )

    found = get(client, visit)

    assert found["complete"]
    assert [line["state"] for line in found["captures"]] == ["filed", "set_aside"]
    assert all(line["may_forget"] for line in found["captures"])


def test_announcing_again_changes_nothing_and_other_bytes_are_refused_by_name(
    client: FlaskClient, token: str, visit: Visit
) -> None:
    metadata = described(visit, DATA)
    put(client, token, visit, metadata)

    again = put(client, token, visit, metadata).get_json()
    other = put(client, token, visit, {**metadata, "sha256": "ab" * 32}).get_json()

    assert (again["announced"], again["refused"]) == (1, [])
    assert other["announced"] == 1
    assert other["refused"][0]["id"] == metadata["capture"]
    assert "Choose the file again" in other["refused"][0]["error"]


def test_capture_given_up_on_the_device_is_no_longer_waited_for(
    client: FlaskClient, token: str, visit: Visit
) -> None:
    metadata = described(visit, DATA)
    put(client, token, visit, metadata)

    stop(client, token, metadata["capture"])

    assert get(client, visit)["sentence"] == "No photograph was announced for this visit."


@pytest.mark.parametrize(
    "sent",
    [
        "[]",
        '{"captures": "all"}',
        '{"captures": [1]}',
        '{"captures": [{}]}',
        pytest.param("[" * 200_000, id="deep"),
    ],
)
def test_manifest_that_is_none_is_refused(
    client: FlaskClient, token: str, visit: Visit, sent: str
) -> None:
    answer = client.put(
        f"/api/v1/appointments/{visit.appointment_id}/manifest",
        headers={"X-CSRFToken": token},
        data=sent,
        content_type="application/json",
    )

    assert answer.status_code == 422
    assert answer.get_json()["error"]


def test_device_may_forget_its_copy_only_when_it_is_filed_with_the_hash_it_made(
    client: FlaskClient, session: Session, token: str, visit: Visit, settings: Settings
) -> None:
    good = files.of_its_own(files.encoded(files.skin()))
    metadata = described(visit, good)
    announce(client, token, metadata, len(good))
    announced = asked(client, metadata["capture"])
    patch(client, token, metadata["capture"], 0, good)
    received = asked(client, metadata["capture"])
    filing.examine(session, worker_vault(settings), capture_id=UUID(metadata["capture"]))
    filed = asked(client, metadata["capture"])

    assert [each["may_forget"] for each in (announced, received, filed)] == [False, False, True]
    assert received["sha256_received"] is None
    assert filed["state"] == "filed"
    assert filed["sha256_received"] == metadata["sha256"]


def test_device_keeps_its_copy_when_the_bytes_changed_on_the_way(
    client: FlaskClient, session: Session, token: str, visit: Visit, settings: Settings
) -> None:
    metadata = described(visit, DATA)
    announce(client, token, metadata, len(DATA))
    patch(client, token, metadata["capture"], 0, bytes([DATA[0] ^ 1]) + DATA[1:])
    filing.examine(session, worker_vault(settings), capture_id=UUID(metadata["capture"]))

    found = asked(client, metadata["capture"])

    assert session.get_one(Capture, UUID(metadata["capture"])).state is CaptureState.SET_ASIDE
    assert found["sha256_received"] != metadata["sha256"]
    assert found["may_forget"] is False


def test_only_those_who_photograph_see_a_manifest(
    client: FlaskClient, session: Session, visit: Visit
) -> None:
    sign_in_as(client, session, make.user(session, Role.CLERK))

    answer = client.get(f"/api/v1/appointments/{visit.appointment_id}/manifest")

    assert answer.status_code == 403
