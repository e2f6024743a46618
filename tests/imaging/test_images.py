"""Looking at images: who may, what is recorded, and what happens when the bytes are gone."""

from collections.abc import Callable
from uuid import UUID

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from derm_service.audit import AuditEntry
from derm_service.config import Settings
from derm_service.imaging import filing
from derm_service.imaging.codes import Chaperone
from derm_service.imaging.models import Capture
from derm_service.imaging.vault import Vault, worker_vault
from derm_service.people import Role, User
from derm_service.referrals.codes import Laterality
from tests import make
from tests.imaging import files, visiting
from tests.imaging.test_filing import received
from tests.surf import sign_in_as

GOOD = files.with_camera_data(files.skin(1200, 900))


@pytest.fixture
def vault(settings: Settings) -> Vault:
    return worker_vault(settings)


@pytest.fixture
def filed(session: Session, vault: Vault) -> Callable[..., Capture]:
    def make_filed(**given: object) -> Capture:
        by = visiting.photographer(session)
        referral = make.referral(session, **given)  # type: ignore[arg-type]
        visit = visiting.ready(session, referral=referral, by=by)
        visit.chaperone = Chaperone.DECLINED_BY_PATIENT
        session.flush()
        capture = received(session, vault, visit, GOOD, by=by)
        filing.examine(session, vault, capture_id=capture.id)
        return capture

    return make_filed


def signed_in(client: FlaskClient, session: Session, role: Role, **given: object) -> User:
    person = make.user(session, role, **given)
    sign_in_as(client, session, person)
    return person


def looks(session: Session, capture_id: UUID) -> list[tuple[str, UUID | None]]:
    rows = session.execute(
        sa.select(AuditEntry.did, AuditEntry.by_id)
        .where(
            AuditEntry.subject_id == str(capture_id),
            AuditEntry.did.in_(["looked at image", "took original", "was refused image"]),
        )
        .order_by(AuditEntry.id)
    )
    return [(did, by_id) for did, by_id in rows]


@pytest.mark.parametrize("size", ["thumb", "1024", "3072", "full", "ers"])
def test_a_dermatologist_sees_every_size_and_it_is_recorded(
    client: FlaskClient, session: Session, filed: Callable[..., Capture], size: str
) -> None:
    capture = filed()
    person = signed_in(client, session, Role.DERMATOLOGIST)

    answer = client.get(f"/images/{capture.id}/{size}")

    assert answer.status_code == 200
    assert answer.data.startswith(b"\xff\xd8\xff")
    assert len(answer.data) == int(answer.headers["Content-Length"])
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert b"Secret" not in answer.data
    assert looks(session, capture.id) == [("looked at image", person.id)]


@pytest.mark.parametrize("role", [Role.CLERK, Role.ADMINISTRATOR, Role.GOVERNANCE])
def test_others_see_no_image(
    client: FlaskClient, session: Session, filed: Callable[..., Capture], role: Role
) -> None:
    capture = filed()
    signed_in(client, session, role)

    assert client.get(f"/images/{capture.id}/1024").status_code == 403
    assert looks(session, capture.id) == []


def test_intimate_images_are_only_for_those_cleared_for_them_thumbnails_too(
    client: FlaskClient, session: Session, filed: Callable[..., Capture]
) -> None:
    capture = filed(sites=((make.GROIN, Laterality.LEFT),))

    stranger = signed_in(client, session, Role.DERMATOLOGIST)
    refused = client.get(f"/images/{capture.id}/thumb")
    cleared = signed_in(client, session, Role.DERMATOLOGIST, intimate_images=True)
    shown = client.get(f"/images/{capture.id}/thumb")

    assert refused.status_code == 403
    assert shown.status_code == 200
    assert looks(session, capture.id) == [
        ("was refused image", stranger.id),
        ("looked at image", cleared.id),
    ]


def test_governance_takes_the_original_byte_for_byte_as_an_attachment(
    client: FlaskClient, session: Session, filed: Callable[..., Capture]
) -> None:
    capture = filed()
    person = signed_in(client, session, Role.GOVERNANCE)

    answer = client.get(f"/images/{capture.id}/original")

    assert answer.data == GOOD
    assert answer.mimetype == "application/octet-stream"
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert looks(session, capture.id) == [("took original", person.id)]


def test_a_dermatologist_does_not_get_originals(
    client: FlaskClient, session: Session, filed: Callable[..., Capture]
) -> None:
    capture = filed()
    signed_in(client, session, Role.DERMATOLOGIST)

    assert client.get(f"/images/{capture.id}/original").status_code == 403


def test_an_image_missing_from_the_store_is_said_and_never_blank(
    client: FlaskClient, session: Session, filed: Callable[..., Capture], vault: Vault
) -> None:
    capture = filed()
    assert capture.original is not None
    for copy in capture.renditions:
        vault.store.record.delete(copy.sealed.key)
    signed_in(client, session, Role.DERMATOLOGIST)

    answer = client.get(f"/images/{capture.id}/full")

    assert answer.status_code == 503
    assert "missing from the image store" in answer.text


def test_unknown_images_and_sizes_are_not_found(
    client: FlaskClient, session: Session, filed: Callable[..., Capture]
) -> None:
    capture = filed()
    signed_in(client, session, Role.DERMATOLOGIST)

    assert client.get(f"/images/{capture.id}/9000").status_code == 404
    assert client.get("/images/018f0000-0000-7000-8000-000000000000/full").status_code == 404


def test_the_capture_api_says_where_a_capture_stands(
    client: FlaskClient, session: Session, filed: Callable[..., Capture]
) -> None:
    capture = filed()
    signed_in(client, session, Role.PHOTOGRAPHER)

    answer = client.get(f"/api/v1/captures/{capture.id}").get_json()

    assert (answer["state"], answer["verdict"], answer["issues"]) == ("filed", "accept", [])
    assert answer["sha256"] == capture.sha256
    assert answer["thumbnail_url"] == f"/images/{capture.id}/1024"
    assert answer["can_keep"] is False
