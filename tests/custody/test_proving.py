"""`flask imaging prove` and `flask audit verify`, on a filed photograph of a database's own."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask.testing import FlaskCliRunner
from sqlalchemy.orm import Session

from derm_service.app import create_app
from derm_service.config import Settings
from derm_service.custody import proving, sealer
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
from tests.imaging import files


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


OPEN_UP = "ALTER TABLE audit_entry DISABLE TRIGGER USER; "
LOOK = "did = 'looked at image'"
TAMPERED = {
    "an audit row changed": (f"{OPEN_UP} UPDATE audit_entry SET at = now() WHERE {LOOK}", "trail"),
    "an audit row removed": (f"{OPEN_UP} DELETE FROM audit_entry WHERE {LOOK}", "trail"),
    "its tail cut off": (
        f"{OPEN_UP} DELETE FROM audit_entry WHERE number > "
        "(SELECT max(number) FROM audit_entry) - 2",
        "trail",
    ),
    "a look hung on another": (
        f"{OPEN_UP} UPDATE audit_entry SET subject_id = '{{other}}' WHERE {LOOK}",
        "trail",
    ),
    "its rows renumbered": (
        f"{OPEN_UP} DELETE FROM audit_entry WHERE {LOOK}; "
        "UPDATE audit_entry SET number = NULL, hash = NULL",
        "trail",
    ),
    "its hash": ("UPDATE capture SET sha256 = repeat('a', 64) WHERE id = '{id}'", "Announced"),
    "originals swapped": (
        "UPDATE capture SET original_id = "
        "(SELECT other.original_id FROM capture AS other WHERE other.id <> capture.id)",
        "The bytes",
    ),
    "keys of objects swapped": (
        "UPDATE sealed_object SET key = 'away' WHERE id = '{original}'; "
        "UPDATE sealed_object SET key = '{original}' WHERE id = '{other_original}'; "
        "UPDATE sealed_object SET key = '{other_original}' WHERE id = '{original}'",
        "The bytes",
    ),
    "copies swapped": (
        "UPDATE rendition SET sealed_object_id = "
        "(SELECT other.sealed_object_id FROM rendition AS other "
        "WHERE other.capture_id <> rendition.capture_id AND other.size = rendition.size)",
        "The copies",
    ),
    "another view": ("UPDATE capture SET view = 'overview'", "The record"),
    "another set": (
        "UPDATE capture SET image_set_id = (SELECT other.image_set_id "
        "FROM capture AS other WHERE other.id = '{other}')",
        "The record",
    ),
    "another lesion": (
        "UPDATE image_set SET lesion_id = (SELECT id FROM lesion WHERE id <> lesion_id LIMIT 1)",
        "The record",
    ),
    "another referral": (
        "UPDATE lesion SET number = number + 5, referral_id = "
        "(SELECT id FROM referral WHERE id <> lesion.referral_id LIMIT 1)",
        "The record",
    ),
    "taken off the record": (
        "UPDATE capture SET state = 'set_aside', set_aside_reason = 'retaken'",
        "The state",
    ),
}


def test_whatever_somebody_changes_in_the_database_is_not_proved(
    committed: Session, capture: Capture, own_settings: Settings
) -> None:
    """As one with all rights on the database, and none on the store."""
    vault, anchors = worker_vault(own_settings), open_anchors(own_settings)
    other = filed(committed, vault, data=files.encoded(files.skin(1200, 900, seed=2)))
    seal(committed, own_settings)
    names = {
        "id": capture.id,
        "original": capture.original_id,
        "other": other.id,
        "other_original": other.original_id,
    }
    broken = {}
    for tampering, (statements, _link) in TAMPERED.items():
        for statement in statements.format(**names).split("; "):
            committed.execute(sa.text(statement))
        committed.expire_all()
        sealer.seal(committed)
        found = proving.prove(committed, vault, anchors, capture_id=names["id"])
        broken[tampering] = [link.step for link in found if not link.holds]
        committed.rollback()

    assert [link for link in TAMPERED if not broken[link]] == []
    for tampering, (_statements, link) in TAMPERED.items():
        assert any(link in step for step in broken[tampering]), (tampering, broken[tampering])
    whole = proving.prove(committed, vault, anchors, capture_id=names["id"])
    assert [link.step for link in whole if not link.holds] == []


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
