"""Real parts are stopped, frozen, slowed, killed, filled and damaged while devices send."""

import os
import resource
import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from pathlib import Path

import httpx
import pytest
import sqlalchemy as sa

from derm_service import clock
from derm_service.accounts.models import ApiToken
from derm_service.accounts.sign_in import make_token
from derm_service.custody import inventory
from derm_service.errors import Unavailable
from derm_service.imaging.codes import CaptureState
from derm_service.imaging.image_routes import AT_ONCE, BUSY
from derm_service.imaging.models import Capture
from derm_service.imaging.vault import IN_MEMORY
from derm_service.people import User
from tests.faults.rig import Rig
from tests.faults.sender import Photograph
from tests.fixtures.service import until

MANY = [pytest.param(4, id="short"), pytest.param(40, id="full", marks=pytest.mark.long)]
DEVICES = 4
COMMENT = b"\xff\xfe\xff\xff" + bytes(0xFFFD)  # a segment of a JPEG that says nothing


@pytest.fixture(autouse=True)
def _mended_afterwards(rig: Rig) -> Iterator[None]:
    yield
    rig.put_devices_away()
    rig.line.frozen = rig.line.refusing = False
    rig.line.delay_seconds = 0


@contextmanager
def sending(rig: Rig, many: int) -> Iterator[list[Photograph]]:
    """Devices that send while the block does its worst; then all is filed, once and whole."""
    photos = [rig.photograph() for _ in range(many)]

    def send(photo: Photograph) -> None:
        device = rig.device()
        device.send(photo)
        device.wait_filed(photo)

    with ThreadPoolExecutor(DEVICES) as devices:
        running: list[Future[None]] = [devices.submit(send, photo) for photo in photos]
        yield photos
        for each in running:
            each.result()
    assert {photo.id: rig.troubles(photo) for photo in photos} == {each.id: [] for each in photos}


def first_has_arrived(photos: list[Photograph]) -> Callable[[], bool]:
    return lambda: any(photo.acknowledged for photo in photos)


def descendants(pid: int) -> list[int]:
    """Every process below one."""
    found: list[int] = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in map(int, task.read_text().split()):
            found += [child, *descendants(child)]
    return found


@pytest.mark.parametrize("many", MANY)
def test_store_killed_while_devices_send_loses_nothing(rig: Rig, many: int) -> None:
    with sending(rig, many) as photos:
        until(first_has_arrived(photos), "a first photograph")
        rig.store.process.kill()
        rig.store.process.wait()
        time.sleep(1)
        rig.store.restart()
        rig.store.wait_ready()


@pytest.mark.parametrize("many", MANY)
def test_database_killed_while_devices_send_loses_nothing(rig: Rig, many: int) -> None:
    with sending(rig, many) as photos:
        until(first_has_arrived(photos), "a first photograph")
        postmaster = rig.postgres.process
        family = descendants(postmaster.pid)
        postmaster.kill()
        postmaster.wait()
        for child in family:
            with suppress(ProcessLookupError):  # it has seen that its parent is gone
                os.kill(child, signal.SIGKILL)
        until(lambda: not any(Path(f"/proc/{each}").exists() for each in family), "their end")
        rig.postgres.restart()
        rig.postgres.wait_ready()


@pytest.mark.parametrize(
    "until_refused",
    [pytest.param(False, id="short"), pytest.param(True, id="full", marks=pytest.mark.long)],
)
def test_frozen_store_stops_no_other_page_and_what_was_sent_arrives_afterwards(
    rig: Rig, until_refused: bool
) -> None:
    rig.line.frozen = True  # before the first is sent, or it may be there already
    with (
        httpx.Client(base_url=rig.settings.address, timeout=90) as browser,
        sending(rig, DEVICES) as photos,
    ):
        try:
            answers = [browser.get("/sign-in").status_code for _ in range(10)]
            if until_refused:
                until(lambda: all(photo.refusals for photo in photos), "what each reads", 180)
                assert not any(photo.acknowledged for photo in photos)
                answers += [browser.get("/sign-in").status_code for _ in range(10)]
        finally:
            rig.line.frozen = False

    assert set(answers) == {HTTPStatus.OK}
    refusals = {status for photo in photos for status in photo.refusals}
    assert refusals <= {HTTPStatus.SERVICE_UNAVAILABLE}


def test_pages_are_answered_while_forty_people_wait_for_photographs_of_a_frozen_store(
    rig: Rig,
) -> None:
    device, photo = rig.device(), rig.photograph()
    device.send(photo)
    device.wait_filed(photo)
    rig.line.frozen = True

    with ThreadPoolExecutor(40) as readers:
        asked = [readers.submit(device.look, photo) for _ in range(40)]
        try:
            # as many as both web processes send at a time wait for the store, all others are told
            until(lambda: sum(map(Future.done, asked)) >= 40 - 2 * AT_ONCE, "who is refused", 60)
            pages = [httpx.get(f"{rig.settings.address}/sign-in", timeout=90) for _ in range(4)]
            early = [each.result() for each in asked if each.done()]
        finally:
            rig.line.frozen = False
            rig.line.cut()  # who waits asks again at once

    assert {page.status_code for page in pages} == {HTTPStatus.OK}
    assert {each.status_code for each in early} == {HTTPStatus.SERVICE_UNAVAILABLE}
    assert all(each.headers["Retry-After"] and BUSY in each.text for each in early)
    until(lambda: device.look(photo).status_code == HTTPStatus.OK, "the photograph")


def test_store_that_refuses_is_said_and_nothing_is_acknowledged(rig: Rig) -> None:
    device, photo = rig.device(), rig.photograph()
    rig.line.refusing = True
    rig.line.cut()

    device.send_once(photo)

    assert not photo.acknowledged
    assert photo.refusals == [HTTPStatus.SERVICE_UNAVAILABLE]
    rig.line.refusing = False
    device.send(photo)
    assert device.wait_filed(photo) == "filed"


@pytest.mark.parametrize(
    "many", [pytest.param(2, id="short"), pytest.param(20, id="full", marks=pytest.mark.long)]
)
def test_slow_store_slows_and_loses_nothing(rig: Rig, many: int) -> None:
    rig.line.delay_seconds = 0.05

    with sending(rig, many):
        pass


@pytest.mark.parametrize("many", MANY)
def test_two_web_processes_and_two_workers_file_each_photograph_once(rig: Rig, many: int) -> None:
    second = rig.another_worker()
    try:
        with sending(rig, many):
            pass
    finally:
        second.terminate()
        second.wait()


def test_store_whose_disk_is_full_takes_nothing_and_recovers(rig: Rig) -> None:
    before, photo = rig.photograph(), rig.photograph()
    device = rig.device()
    device.send(before)
    device.wait_filed(before)
    pid = rig.store.process.pid
    _soft, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (4096, hard))

    device.send_once(photo)
    assert not photo.acknowledged
    assert photo.refusals

    rig.store.process.kill()
    rig.store.process.wait()
    rig.store.restart()
    rig.store.wait_ready()
    device.send(photo)
    assert device.wait_filed(photo) == "filed"
    assert (rig.troubles(before), rig.troubles(photo)) == ([], [])


@pytest.mark.long
def test_worker_without_room_for_temporary_files_files_the_photograph_once_there_is(
    rig: Rig,
) -> None:
    """A long ciphertext waits in a file of the worker's temporary directory."""
    device, photo = rig.device(piece=4 * 1024 * 1024), rig.photograph()
    photo.data = photo.data[:2] + COMMENT * 140 + photo.data[2:]  # beyond what memory keeps
    (worker,) = [pid for pid in descendants(rig.process.pid) if is_worker(pid)]
    _soft, hard = resource.prlimit(worker, resource.RLIMIT_FSIZE)
    resource.prlimit(worker, resource.RLIMIT_FSIZE, (IN_MEMORY // 2, hard))

    try:
        device.send(photo)
        until(lambda: is_put_off(rig, photo), "a try without room")
        with rig.sessions() as session:
            assert session.get_one(Capture, photo.id).state is CaptureState.RECEIVED
    finally:
        resource.prlimit(worker, resource.RLIMIT_FSIZE, (hard, hard))

    assert device.wait_filed(photo) == "filed"
    assert rig.troubles(photo) == []


def is_worker(pid: int) -> bool:
    """Whether a process does the jobs."""
    return b"\0jobs\0work" in Path(f"/proc/{pid}/cmdline").read_bytes()


def is_put_off(rig: Rig, photo: Photograph) -> bool:
    """Whether its job failed and waits for its next try."""
    with rig.sessions() as session:
        put_off = sa.text(
            "SELECT count(*) FROM procrastinate_events JOIN procrastinate_jobs AS job "
            "ON job.id = job_id WHERE type = 'deferred_for_retry' AND args->>'capture_id' = :id"
        )
        return bool(session.scalar(put_off, {"id": str(photo.id)}))


def test_session_that_ends_mid_upload_keeps_the_bytes_for_the_next(rig: Rig) -> None:
    device, photo = rig.device(piece=100_000), rig.photograph()
    device.send_piece(photo, 0)
    with rig.sessions() as session:
        person = session.get_one(User, rig.photographer_id)
        session.execute(sa.delete(ApiToken))
        session.commit()
        ended = device.send_piece(photo, 100_000)
        rig.token = make_token(session, user=person, label="again", by=None)
        session.commit()
    again = rig.device()

    assert ended == HTTPStatus.UNAUTHORIZED
    assert again.offset(photo) == 100_000
    again.send(photo)
    assert again.wait_filed(photo) == "filed"
    assert rig.troubles(photo) == []


@pytest.mark.parametrize("days", [-1, 1])
def test_device_whose_clock_is_a_day_off_is_ordered_by_our_clock(rig: Rig, days: int) -> None:
    device, photo = rig.device(), rig.photograph()
    photo.captured_at = datetime.now(UTC) + timedelta(days=days)

    device.send(photo)
    device.wait_filed(photo)

    with rig.sessions() as session:
        row = session.get_one(Capture, photo.id)
        assert row.captured_at == photo.captured_at
        assert abs(row.announced_at - clock.now()) < timedelta(hours=1)


def test_replayed_reordered_and_overlapping_pieces_make_the_same_photograph(rig: Rig) -> None:
    device, photo = rig.device(piece=100_000), rig.photograph()

    same = [rig.device(piece=100_000) for _ in range(5)]

    out_of_order = device.send_piece(photo, 200_000)
    with ThreadPoolExecutor(5) as at_once:
        first = list(at_once.map(lambda one: one.send_piece(photo, 0), same))
    overlapping = device.send_piece(photo, 50_000)
    device.send(photo)
    replayed = device.send_piece(photo, 0)

    assert out_of_order == HTTPStatus.CONFLICT
    assert sorted(first) == [HTTPStatus.NO_CONTENT, *[HTTPStatus.CONFLICT] * 4]
    assert overlapping == HTTPStatus.CONFLICT
    assert replayed == HTTPStatus.CONFLICT
    assert device.wait_filed(photo) == "filed"
    assert rig.troubles(photo) == []


def test_bit_rot_in_the_store_is_never_shown_and_is_found(rig: Rig) -> None:
    device, photo = rig.device(), rig.photograph()
    device.send(photo)
    device.wait_filed(photo)
    with rig.sessions() as session:
        row = session.get_one(Capture, photo.id).original
        assert row is not None
        cipher = rig.vault.store.record.get(row.key)
        session.expunge(row)  # read in two threads

        # the store tries long before it gives up: a reader asks while the inventory does
        with flipped(rig, cipher[1000:1064]), ThreadPoolExecutor() as reader:
            shown = reader.submit(lambda: list(rig.vault.open(row)))
            found = inventory.take(session, rig.vault, deep=True)
            assert [each.id for each in found.damaged] == [row.id]
            with pytest.raises(Unavailable):
                shown.result()

        assert b"".join(rig.vault.open(row)) == photo.data


@contextmanager
def flipped(rig: Rig, known: bytes) -> Iterator[None]:
    """One bit of these bytes is wrong on the store's disk while the block runs."""
    for turn in ("wrong", "right"):
        rig.store.stop()
        for volume in (rig.place / "store").rglob("*.dat"):
            data = volume.read_bytes()
            wanted = known if turn == "wrong" else bytes([known[0] ^ 1]) + known[1:]
            if (at := data.find(wanted)) >= 0:
                with volume.open("r+b") as file:
                    file.seek(at)
                    file.write(bytes([wanted[0] ^ 1]))
        rig.store.restart()
        rig.store.wait_ready()
        if turn == "wrong":
            yield
