"""`flask imaging prove` and `flask audit verify`, on a filed photograph of a database's own."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask.testing import FlaskCliRunner
from sqlalchemy.orm import Session

from derm_service.app import create_app
from derm_service.config import Settings
from derm_service.custody import sealer
from derm_service.custody.anchors import open_anchors
from derm_service.embedded.object_store import ObjectStore
from derm_service.imaging import filing, looking
from derm_service.imaging.codes import RenditionSize
from derm_service.imaging.models import Capture
from derm_service.imaging.vault import Place, worker_vault
from derm_service.people import Role
from tests import make
from tests.custody.filed import filed
from tests.fixtures.app import make_settings


@pytest.fixture
def own_settings(
    database_url: str, object_store: ObjectStore, key_file: Path, data_dir: Path
) -> Settings:
    return make_settings(database_url, object_store, key_file, data_dir)


@pytest.fixture
def runner(own_settings: Settings) -> Iterator[FlaskCliRunner]:
    app = create_app(own_settings)
    yield app.test_cli_runner()
    app.extensions["derm.sessions"].kw["bind"].dispose()


@pytest.fixture
def capture(committed: Session, own_settings: Settings) -> Capture:
    """On the record, looked at once, its audit sealed and anchored."""
    made = filed(committed, worker_vault(own_settings))
    reader = make.user(committed, Role.DERMATOLOGIST)
    looking.look(committed, capture_id=made.id, size=RenditionSize.SMALL, by=reader)
    committed.commit()
    seal(committed, own_settings)
    return made


def seal(session: Session, settings: Settings) -> None:
    sealer.seal(session)
    session.commit()
    sealer.anchor(session, open_anchors(settings))
    session.commit()


def test_an_untouched_photograph_is_proved_from_device_to_store(
    runner: FlaskCliRunner, capture: Capture
) -> None:
    proof = runner.invoke(args=["imaging", "prove", str(capture.id)])
    audit = runner.invoke(args=["audit", "verify"])

    assert proof.exit_code == 0, proof.output
    assert "BROKEN" not in proof.output
    assert f"SHA-256 {capture.sha256}, the device's" in proof.output
    assert "with the device's SHA-256, anchored" in proof.output
    assert "1 look at it on record" in proof.output
    assert audit.exit_code == 0, audit.output
    assert "The audit trail adds up" in audit.output


def test_a_photograph_whose_object_was_swapped_is_not_proved(
    runner: FlaskCliRunner, capture: Capture, own_settings: Settings
) -> None:
    vault = worker_vault(own_settings)
    assert capture.original is not None
    other = vault.put(Place.RECORD, [b"another picture"])
    bucket = vault.store.record
    cipher = bucket.get(other.key)
    bucket.delete(capture.original.key)
    bucket.put(capture.original.key, cipher, sha256=other.sha256_cipher)

    proof = runner.invoke(args=["imaging", "prove", str(capture.id)])

    assert proof.exit_code == 1
    assert "BROKEN  The bytes: This image does not match its seal" in proof.output


def test_a_hash_changed_in_row_and_trail_is_not_proved(
    runner: FlaskCliRunner, capture: Capture, committed: Session
) -> None:
    committed.execute(sa.text("ALTER TABLE audit_entry DISABLE TRIGGER USER"))
    committed.execute(
        sa.text(
            "UPDATE audit_entry "
            "SET detail = detail || jsonb_build_object('sha256', CAST(:hash AS text)) "
            "WHERE detail ? 'sha256'"
        ),
        {"hash": "a" * 64},
    )
    committed.execute(sa.text("UPDATE capture SET sha256 = :hash"), {"hash": "a" * 64})
    committed.commit()

    proof = runner.invoke(args=["imaging", "prove", str(capture.id)])
    audit = runner.invoke(args=["audit", "verify"])

    assert proof.exit_code == 1
    assert "does not fit its chain" in proof.output
    assert "NOT the device's" in proof.output
    assert audit.exit_code == 1
    assert "was changed: it does not fit its hash" in audit.output


def test_an_erased_photograph_is_proved_to_be_gone(
    runner: FlaskCliRunner, capture: Capture, committed: Session, own_settings: Settings
) -> None:
    found = committed.get_one(Capture, capture.id)
    found.state, found.set_aside_reason = "set_aside", "retaken"  # type: ignore[assignment]
    committed.flush()
    committed.refresh(found)
    filing.erase(committed, found)
    committed.commit()
    seal(committed, own_settings)

    proof = runner.invoke(args=["imaging", "prove", str(capture.id)])

    assert proof.exit_code == 0, proof.output
    assert "The bytes: shredded" in proof.output
