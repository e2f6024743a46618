"""Store, rows and states compared: what is mended by itself and what stands on the Work page."""

import hashlib
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
import time_machine
from flask.testing import FlaskCliRunner
from sqlalchemy.orm import Session, sessionmaker

from derm_service import clock
from derm_service.app import create_app
from derm_service.config import Settings
from derm_service.custody import inventory, reconciling
from derm_service.custody.inventory import Inventory
from derm_service.embedded.object_store import ObjectStore
from derm_service.errors import Unavailable
from derm_service.imaging import aside, captures, filing, standing, uploads
from derm_service.imaging.codes import CaptureState, SetAsideReason
from derm_service.imaging.models import Capture, SealedObject
from derm_service.imaging.vault import Place, Vault, worker_vault
from derm_service.messages import work
from derm_service.messages.models import WorkItem
from derm_service.people import Role, User
from tests import make
from tests.custody.filed import announced, filed, received
from tests.fixtures.app import make_settings
from tests.imaging import visiting


@pytest.fixture
def vault(settings: Settings) -> Vault:
    return worker_vault(settings)


@pytest.fixture
def lead(session: Session) -> User:
    return make.user(session, Role.LEAD)


def look_and_reconcile(session: Session, vault: Vault, *, deep: bool = False) -> list[str]:
    """The first word of what became of each finding, and the finding."""
    found = inventory.take(session, vault, deep=deep)
    findings, _strangers = reconciling.reconcile(session, found)
    return [f"{'mended' if each.is_mended else 'raised'}: {each.what}" for each in findings]


def on_list(session: Session, lead: User) -> list[str]:
    return [item.note for item in work.open_items(session, lead)]


def test_nothing_is_found_where_nothing_is_wrong(session: Session, vault: Vault) -> None:
    filed(session, vault)

    assert look_and_reconcile(session, vault, deep=True) == []


def test_a_lost_original_is_raised_until_it_is_back(
    session: Session, vault: Vault, lead: User
) -> None:
    capture = filed(session, vault)
    assert capture.original is not None
    bucket, key = vault.store.record, capture.original.key
    cipher = bucket.get(key)
    bucket.delete(key)

    findings = look_and_reconcile(session, vault)
    look_and_reconcile(session, vault)
    waiting = on_list(session, lead)
    bucket.put(key, cipher, sha256=capture.original.sha256_cipher)
    look_and_reconcile(session, vault)

    assert len(findings) == 1
    assert findings[0].startswith(f"raised: Photograph {capture.id}: The original")
    assert waiting == [reconciling.ORIGINAL_LOST]
    assert on_list(session, lead) == []


def test_a_lost_copy_is_drawn_again_from_the_original(
    session: Session, vault: Vault, lead: User
) -> None:
    capture = filed(session, vault)
    lost, kept = capture.renditions[0].sealed, capture.renditions[1].sealed
    vault.delete(Place.RECORD, lost.key)

    findings = look_and_reconcile(session, vault)
    queued = session.scalar(
        sa.text("SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'imaging.redraw'")
    )
    leftovers = filing.redraw(session, vault, capture_id=capture.id)

    assert [each[:6] for each in findings] == ["mended"]
    assert queued == 1
    assert {lost.key, kept.key} <= {each.key for each in leftovers}
    assert look_and_reconcile(session, vault, deep=True) == []
    assert on_list(session, lead) == []


def test_bytes_changed_in_the_store_are_found_by_size_or_by_reading(
    session: Session, vault: Vault
) -> None:
    shorter, flipped = filed(session, vault), filed(session, vault)
    for capture in (shorter, flipped):
        assert capture.original is not None
        bucket, key = vault.store.record, capture.original.key
        cipher = bytearray(bucket.get(key))
        cipher[len(cipher) // 2] ^= 1
        changed = bytes(cipher[:-9] if capture is shorter else cipher)
        bucket.delete(key)
        other = vault.put(Place.RECORD, [changed])
        bucket.put(key, changed, sha256=_sha256(changed))
        vault.delete(Place.RECORD, other.key)

    by_size = inventory.take(session, vault).damaged
    by_reading = inventory.take(session, vault, deep=True).damaged

    assert [row.id for row in by_size] == [shorter.original_id]
    assert {row.id for row in by_reading} == {shorter.original_id, flipped.original_id}


def test_a_damaged_original_stands_on_the_list_until_its_bytes_are_whole_again(
    session: Session, vault: Vault, lead: User
) -> None:
    capture = filed(session, vault)
    assert capture.original is not None
    bucket, row = vault.store.record, capture.original
    whole = bucket.get(row.key)
    flipped = bytes([*whole[:-1], whole[-1] ^ 1])

    for cipher in (flipped, whole):
        bucket.delete(row.key)
        bucket.put(row.key, cipher, sha256=_sha256(cipher))
        look_and_reconcile(session, vault, deep=cipher is flipped)
        look_and_reconcile(session, vault)  # an hour later, by presence and size
        waiting = [reconciling.ORIGINAL_LOST] if cipher is flipped else []
        assert on_list(session, lead) == waiting


def test_a_bucket_that_is_gone_is_not_too_much_to_be_told(session: Session, vault: Vault) -> None:
    capture = filed(session, vault)
    assert capture.original is not None

    rows = inventory._still_known(session, [capture.original] * 70_000)

    assert len(rows) == 70_000


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def test_every_object_is_read_once_in_so_many_nights(session: Session, vault: Vault) -> None:
    capture = filed(session, vault)
    for copy in capture.renditions:
        bucket, key = vault.store.record, copy.sealed.key
        garbage = bytes(copy.sealed.size_cipher)
        bucket.delete(key)
        bucket.put(key, garbage, sha256=_sha256(garbage))

    found = [
        row.id
        for night in range(inventory.NIGHTS)
        for row in inventory.take(session, vault, night=night).damaged
    ]

    assert sorted(found) == sorted(copy.sealed_object_id for copy in capture.renditions)


def test_an_upload_whose_piece_is_lost_goes_back_to_where_it_is_whole(
    session: Session, vault: Vault
) -> None:
    person = visiting.photographer(session)
    capture = announced(session, data=bytes(3000), by=person)
    for at in (0, 1000):
        uploads.keep(session, capture.id, at, [uploads.seal(vault, [bytes(1000)])], by=person)
    second = session.scalars(
        sa.select(SealedObject).order_by(SealedObject.created_at.desc()).limit(1)
    ).one()
    vault.delete(Place.QUARANTINE, second.key)

    findings = look_and_reconcile(session, vault)

    assert [each[:6] for each in findings] == ["mended"]
    assert standing.of(session, capture.id).offset == 1000


def test_a_received_piece_that_is_lost_is_raised(
    session: Session, vault: Vault, lead: User
) -> None:
    capture = received(session, vault)
    piece = session.scalars(sa.select(SealedObject)).first()
    assert piece is not None
    vault.delete(Place.QUARANTINE, piece.key)

    findings = look_and_reconcile(session, vault)

    assert [each[:6] for each in findings] == ["raised"]
    assert str(capture.id) in findings[0]
    assert on_list(session, lead) == [reconciling.PIECE_LOST]


def test_a_lost_piece_of_a_photograph_that_was_set_aside_asks_nobody_for_anything(
    session: Session, vault: Vault, lead: User
) -> None:
    capture = received(session, vault)
    piece = session.scalars(sa.select(SealedObject)).first()
    assert piece is not None
    vault.delete(Place.QUARANTINE, piece.key)

    before = look_and_reconcile(session, vault)
    aside.put(session, capture, SetAsideReason.REJECTED, by=None)
    after = look_and_reconcile(session, vault)

    assert [each[:6] for each in before + after] == ["raised", "mended"]
    assert on_list(session, lead) == []


def test_objects_nobody_knows_are_kept_for_a_week_and_others_never_deleted(
    session: Session, vault: Vault
) -> None:
    capture = received(session, vault)
    known = {row.key for row in session.scalars(sa.select(SealedObject))}
    orphan = vault.put(Place.RECORD, [b"left behind by a crash"])

    now = inventory.take(session, vault)
    with time_machine.travel(clock.now() + timedelta(minutes=10)):
        later = inventory.take(session, vault, unknown_kept=timedelta(minutes=5))

    assert now.unknown == []
    assert now.young >= 1
    assert orphan.key in {each.key for each in later.unknown}
    assert not known & {each.key for each in later.unknown}
    assert capture.state is CaptureState.RECEIVED


def test_what_was_announced_and_never_sent_is_raised_after_a_day_until_it_is_settled(
    session: Session, vault: Vault, lead: User
) -> None:
    person = visiting.photographer(session)
    capture = announced(session, by=person)

    at_once = reconciling.reconcile(session, Inventory())
    capture.announced_at -= timedelta(hours=25)
    reconciling.reconcile(session, Inventory())
    waiting = on_list(session, lead)
    captures.set_aside(session, capture_id=capture.id, by=person)
    reconciling.reconcile(session, Inventory())

    assert at_once == ([], [])
    assert waiting == [reconciling.NOT_ARRIVED]
    assert on_list(session, lead) == []


def test_what_arrived_late_and_waits_for_a_word_is_no_longer_called_missing(
    session: Session, vault: Vault, lead: User
) -> None:
    capture = received(session, vault)
    capture.state, capture.announced_at = CaptureState.RECEIVING, clock.now() - timedelta(hours=50)
    reconciling.reconcile(session, Inventory())
    capture.state, capture.checked_at = CaptureState.CHECKED, clock.now() - timedelta(hours=25)
    capture.verdict = "retake"

    reconciling.reconcile(session, Inventory())
    reconciling.reconcile(session, Inventory())

    assert on_list(session, lead) == [reconciling.NOT_DECIDED]


def test_a_photograph_nobody_judged_is_queued_again(session: Session, vault: Vault) -> None:
    capture = received(session, vault)
    assert capture.received_at is not None
    capture.received_at -= timedelta(minutes=5)
    session.execute(sa.text("UPDATE procrastinate_jobs SET status = 'doing'"))

    findings, _ = reconciling.reconcile(session, Inventory())

    assert [finding.is_mended for finding in findings] == [True]
    waiting = "SELECT count(*) FROM procrastinate_jobs WHERE status = 'todo'"
    assert session.scalar(sa.text(waiting)) == 1


def test_a_store_that_is_down_is_no_reason_to_call_images_lost(
    session: Session, settings: Settings, vault: Vault, lead: User
) -> None:
    filed(session, vault)
    nowhere = settings.model_copy(update={"s3_endpoint": "http://127.0.0.1:9"})

    with pytest.raises(Unavailable):
        inventory.take(session, worker_vault(nowhere), deep=True)

    assert on_list(session, lead) == []


@pytest.fixture
def runner(
    database_url: str, object_store: ObjectStore, key_file: Path, data_dir: Path
) -> Iterator[FlaskCliRunner]:
    app = create_app(make_settings(database_url, object_store, key_file, data_dir))
    yield app.test_cli_runner()
    app.extensions["derm.sessions"].kw["bind"].dispose()


def test_the_command_says_what_it_mended_and_what_it_raised(
    runner: FlaskCliRunner, committed_sessions: sessionmaker[Session], vault: Vault
) -> None:
    with committed_sessions() as session:
        capture = filed(session, vault)
    sound = runner.invoke(args=["imaging", "reconcile", "--deep"])
    assert capture.original is not None
    vault.delete(Place.RECORD, capture.original.key)

    lost = runner.invoke(args=["imaging", "reconcile"])

    assert sound.exit_code == 0, sound.output
    assert "5 of 5 objects read and compared." in sound.output
    assert lost.exit_code == 1
    assert f"RAISED  Photograph {capture.id}: The original" in lost.output
    with committed_sessions() as session:
        assert session.get_one(Capture, capture.id).state is CaptureState.FILED
        assert session.scalar(sa.select(sa.func.count()).select_from(WorkItem)) == 1
