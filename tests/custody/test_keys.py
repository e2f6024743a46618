"""Keys: rotated under load, broken off and gone on, retired; one image shredded; a drill."""

import io
import os
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
import tink
from flask.testing import FlaskCliRunner
from pydantic import ValidationError
from sqlalchemy.orm import Session, sessionmaker
from tink import aead

from derm_service import clock
from derm_service.app import create_app
from derm_service.config import Settings
from derm_service.custody import rewrapping, shredding
from derm_service.db import new_id
from derm_service.embedded.object_store import ObjectStore
from derm_service.embedded.postgres import Postgres, programs
from derm_service.errors import Conflict, Invalid, NotAllowed, Unavailable
from derm_service.imaging import keys
from derm_service.imaging.codes import CaptureState
from derm_service.imaging.keys import KeyFile, WrappingKey, create_key_file
from derm_service.imaging.models import SealedObject
from derm_service.imaging.sealing import Sealer
from derm_service.imaging.vault import Place, Vault, worker_vault
from derm_service.people import Role
from tests import make
from tests.custody.filed import filed
from tests.fixtures.app import make_settings
from tests.fixtures.database import copied_database


@pytest.fixture
def own_settings(
    database_url: str, object_store: ObjectStore, tmp_path: Path, data_dir: Path
) -> Settings:
    """Settings with a key file this test may change."""
    path = tmp_path / "keys" / "images.json"
    create_key_file(path)
    return make_settings(database_url, object_store, path, data_dir)


@pytest.fixture
def key_path(own_settings: Settings) -> Path:
    assert own_settings.key_file is not None
    return own_settings.key_file


@pytest.fixture
def vault(own_settings: Settings) -> Vault:
    """As a process holds it that was started before the rotation."""
    return worker_vault(own_settings)


@pytest.fixture
def runner(own_settings: Settings) -> Iterator[FlaskCliRunner]:
    app = create_app(own_settings)
    yield app.test_cli_runner()
    app.extensions["derm.sessions"].kw["bind"].dispose()


def an_hour_passes(key_path: Path) -> None:
    """As if the key file had been changed that long ago."""
    then = (clock.now() - timedelta(minutes=61)).timestamp()
    os.utime(key_path, (then, then))


def tiny(sealer: Sealer) -> SealedObject:
    """A row with a real keyset; its few bytes are nowhere."""
    row_id = new_id()
    seal = sealer.seal([b"tiny"], io.BytesIO(), object_id=row_id)
    return SealedObject(
        id=row_id,
        bucket=Place.RECORD.value,
        key=str(row_id),
        created_at=clock.now(),
        **vars(seal),
    )


def test_rotation_rewraps_every_row_and_running_processes_go_on(
    runner: FlaskCliRunner, committed: Session, vault: Vault, key_path: Path
) -> None:
    capture = filed(committed, vault)
    objects = committed.scalar(sa.select(sa.func.count()).select_from(SealedObject))
    before = KeyFile(key_path).current().name

    rotated = runner.invoke(args=["keys", "rotate"])
    at_once = runner.invoke(args=["keys", "retire"])
    an_hour_passes(key_path)
    retired = runner.invoke(args=["keys", "retire"])

    committed.expire_all()
    after = KeyFile(key_path).current().name
    assert rotated.exit_code == 0, rotated.output
    assert f"{objects} rows wrapped by {after}" in rotated.output
    assert at_once.exit_code == 1
    assert "photographs on their way may still need the old key" in at_once.output
    assert "1 old key taken out" in retired.output
    assert keys.names(key_path) == [after] != [before]
    assert capture.original is not None
    assert len(b"".join(vault.open(capture.original))) == capture.size_bytes
    assert vault.put(Place.RECORD, [b"new"]).key_encryption_key == after


def test_a_rotation_that_was_broken_off_goes_on_where_it_was(
    runner: FlaskCliRunner, committed: Session, key_path: Path
) -> None:
    sealer = Sealer(KeyFile(key_path))
    many = rewrapping.AT_A_TIME + 30
    committed.add_all(tiny(sealer) for _ in range(many))
    committed.commit()
    name = keys.add_key(key_path)
    assert rewrapping.rewrap_some(committed, sealer, name) == rewrapping.AT_A_TIME
    committed.commit()

    too_early = runner.invoke(args=["keys", "retire"])
    resumed = runner.invoke(args=["keys", "rewrap"])

    assert too_early.exit_code == 1
    assert "30 rows need an old key: run flask keys rewrap first." in too_early.output
    assert f"30 rows wrapped by {name}." in resumed.output
    assert rewrapping.left(committed, name) == 0


def test_what_is_sealed_while_the_key_is_rotated_opens_afterwards(
    runner: FlaskCliRunner,
    committed_sessions: sessionmaker[Session],
    vault: Vault,
    key_path: Path,
) -> None:
    done = threading.Event()
    rows: list[SealedObject] = []

    def upload() -> None:
        while not done.is_set():
            with committed_sessions() as session:
                rows.append(row := vault.put(Place.RECORD, [bytes(1000)]))
                session.add(row)
                session.commit()

    thread = threading.Thread(target=upload)
    thread.start()
    for _ in range(3):
        assert runner.invoke(args=["keys", "rotate"]).exit_code == 0
    done.set()
    thread.join()
    assert runner.invoke(args=["keys", "rewrap"]).exit_code == 0
    an_hour_passes(key_path)
    assert runner.invoke(args=["keys", "retire"]).exit_code == 0

    with committed_sessions() as session:
        for row in session.scalars(sa.select(SealedObject)):
            assert b"".join(vault.open(row)) == bytes(1000)
    assert rows


def test_another_key_service_is_one_more_class_with_one_method() -> None:
    class KeyService:
        """As a KMS would be: the key never leaves it."""

        def __init__(self) -> None:
            handle = tink.new_keyset_handle(aead.aead_key_templates.AES256_GCM)
            self._held = handle.primitive(aead.Aead)

        def current(self) -> WrappingKey:
            return WrappingKey("kms:one", self._held)

    sealer, number, cipher = Sealer(KeyService()), new_id(), io.BytesIO()

    seal = sealer.seal([b"plain"], cipher, object_id=number)

    cipher.seek(0)
    assert b"".join(sealer.unseal(cipher, object_id=number, seal=seal)) == b"plain"
    assert seal.key_encryption_key == "kms:one"


@pytest.mark.parametrize("place", ["keys/images.json", "images.json"])
def test_a_real_service_refuses_a_key_that_lies_in_its_data(tmp_path: Path, place: str) -> None:
    inside = tmp_path / "var" / place

    with pytest.raises(ValidationError, match="move it elsewhere"):
        Settings(data_dir=tmp_path / "var", key_file=inside)

    assert Settings(data_dir=tmp_path / "var", key_file=tmp_path / "images.json")
    assert Settings(data_dir=tmp_path / "var", key_file=inside, demonstration=True)


def test_a_shredded_photograph_can_never_be_opened_again_from_any_copy(
    runner: FlaskCliRunner, committed: Session, vault: Vault
) -> None:
    capture, other = filed(committed, vault), filed(committed, vault)
    lead = make.user(committed, Role.LEAD)
    committed.commit()
    assert capture.original is not None
    key = capture.original.key
    backup = vault.store.record.get(key)

    said = runner.invoke(
        args=["imaging", "shred", str(capture.id), "--by", lead.email, "--reason", "Wrong person"]
    )

    committed.expire_all()
    assert said.exit_code == 0, said.output
    assert capture.state is CaptureState.ERASED
    assert committed.scalar(sa.select(SealedObject).where(SealedObject.key == key)) is None
    assert not vault.store.record.exists(key)
    assert len(backup) > capture.size_bytes  # of no use: its key was in the row
    assert other.original is not None
    assert len(b"".join(vault.open(other.original))) == other.size_bytes


def test_only_a_lead_shreds_with_a_reason_and_once(committed: Session, vault: Vault) -> None:
    capture = filed(committed, vault)
    lead, reader = make.user(committed, Role.LEAD), make.user(committed, Role.DERMATOLOGIST)

    with pytest.raises(NotAllowed):
        shredding.shred(committed, capture_id=capture.id, reason="x", by=reader)
    with pytest.raises(Invalid):
        shredding.shred(committed, capture_id=capture.id, reason=" ", by=lead)
    shredding.shred(committed, capture_id=capture.id, reason="Wrong person", by=lead)
    with pytest.raises(Conflict):
        shredding.shred(committed, capture_id=capture.id, reason="Again", by=lead)


def test_a_drill_shows_that_everything_comes_back_and_that_without_the_key_nothing_does(
    runner: FlaskCliRunner,
    committed: Session,
    vault: Vault,
    postgres: Postgres,
    database_url: str,
    key_path: Path,
    tmp_path: Path,
) -> None:
    capture = filed(committed, vault)
    committed.commit()
    copied_key = Path(shutil.copy(key_path, tmp_path / "copy.json"))
    other_key = tmp_path / "other.json"
    create_key_file(other_key)
    with restored(postgres, database_url, tmp_path) as url:
        drill = ["imaging", "drill", "--database-url", url, "--key-file"]
        good = runner.invoke(args=[*drill, str(copied_key)])
        bad = runner.invoke(args=[*drill, str(other_key)])

    assert good.exit_code == 0, good.output
    assert "5 of 5 objects of 1 photograph came back with the same hash." in good.output
    assert bad.exit_code == 1
    assert "0 of 5 objects" in bad.output
    assert capture.state is CaptureState.FILED
    with pytest.raises(Unavailable):
        KeyFile(tmp_path / "nowhere.json")


@contextmanager
def restored(postgres: Postgres, url: str, place: Path) -> Iterator[str]:
    """What pg_dump saved of a database, brought back as another one."""
    saved = place / "saved.sql"
    tools = programs() / "bin"
    dump = [tools / "pg_dump", "--no-owner", "--file", saved, url]
    subprocess.run(dump, check=True, capture_output=True)
    with copied_database(postgres, template="template0") as other:
        bring_back = [tools / "psql", "--quiet", "--set=ON_ERROR_STOP=1", "--file", saved, other]
        subprocess.run(bring_back, check=True, capture_output=True)
        yield other
