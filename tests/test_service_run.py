"""`flask service run`: up from nothing, down at Ctrl-C, up again with its data; its refusals."""

import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.request import urlopen

import psycopg
import pytest
from pydantic import SecretStr

from derm_service.cli.parts import Running, running_here
from derm_service.config import Settings
from derm_service.embedded import root_home
from derm_service.embedded.object_store import ObjectStore
from derm_service.embedded.postgres import Postgres
from derm_service.embedded.process import CannotStart, Program
from tests.fixtures.database import ROOT
from tests.fixtures.service import (
    RunningService,
    environment,
    free_port,
    start,
    until,
    until_up,
)

PATIENCE_SECONDS = 60  # 15 are promised: benchmarks/start_stop.py measures them
FIRST_START_SECONDS = 180
PROGRAMS = {
    "gunicorn": "web server",
    "jobs work": "job worker",
    "weed": "object store",
    "bin/postgres": "database",
}
"""A part as its command line names it, and as its new start is reported."""
WORKER_ENDS_SECONDS = 20  # after its database, when it ends at all: mostly within eight


@dataclass
class Whole:
    """A service that runs every part itself, on data of its own inside a home."""

    home: Path
    settings: Settings
    output: Path
    process: subprocess.Popen[bytes]

    def running(self) -> Running:
        """What it tells this machine's commands about itself."""
        running = running_here(self.settings.data_dir)
        assert running is not None
        return running

    def start_again(self, seconds: float) -> None:
        """Start it on the data it had and wait until it says that it runs."""
        self.output.write_text("")
        self.process = start(self.settings, self.output)
        until_up(self.process, self.output, seconds)

    def healthy(self) -> bool:
        """Whether it says that every part works."""
        try:
            with urlopen(f"{self.settings.address}/healthz", timeout=10) as answer:
                return int(answer.status) == 200
        except OSError:
            return False


@pytest.fixture(scope="module")
def whole(key_file: Path) -> Iterator[Whole]:
    """One such service for this module, without people; a test that ends it starts it again."""
    home = Path(tempfile.mkdtemp(prefix="derm-home-"))
    settings = Settings(
        data_dir=home / "checkout" / "var",
        port=free_port(),
        demonstration=False,
        key_file=key_file,
        secret_key=SecretStr("only for tests, and the same in all of them"),
    )
    output = home / "output"
    whole = Whole(home, settings, output, start(settings, output))
    try:
        until_up(whole.process, output, FIRST_START_SECONDS)
        yield whole
    finally:
        whole.process.send_signal(signal.SIGINT)
        whole.process.wait(PATIENCE_SECONDS)
        root_home.forget(settings.data_dir)
        shutil.rmtree(home)


def family(pid: int) -> dict[int, str]:
    """Every process below `pid`, by id, with what it runs."""
    found: dict[int, str] = {}
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in map(int, task.read_text().split()):
            found[child] = Path(f"/proc/{child}/cmdline").read_bytes().replace(b"\0", b" ").decode()
            found |= family(child)
    return found


def alive(pid: int) -> bool:
    """Whether a process is there and not merely waiting to be buried."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return status not in "ZX"


def refused(settings: Settings, **others: str) -> str:
    """The one sentence a start that cannot be ends with, after its status 1."""
    done = subprocess.run(
        [sys.executable, "-m", "flask", "--app", "wsgi", "service", "run"],
        cwd=ROOT,
        env=environment(settings) | others,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1, done.stdout + done.stderr
    lines = done.stderr.strip().splitlines()
    assert len(lines) == 1, done.stderr
    return lines[0]


def test_service_leaves_nothing_behind_and_finds_its_data_when_stopped_and_started(
    whole: Whole, postgres: Postgres, object_store: ObjectStore
) -> None:
    bystander = subprocess.Popen(["sleep", "600"])
    started = family(whole.process.pid)
    with psycopg.connect(whole.running().settings["DERM_DATABASE_URL"]) as connection:
        connection.execute("CREATE TABLE kept_by_test (word text)")
        connection.execute("INSERT INTO kept_by_test VALUES ('kept')")

    whole.process.send_signal(signal.SIGINT)
    status = whole.process.wait(PATIENCE_SECONDS)

    assert status == 0
    assert {"weed", "postgres", "gunicorn"} <= {
        word
        for line in started.values()
        for word in ("weed", "postgres", "gunicorn")
        if word in line
    }
    assert [line for pid, line in started.items() if alive(pid)] == []
    assert all(each.poll() is None for each in (bystander, postgres.process, object_store.process))
    bystander.kill()
    bystander.wait()

    whole.start_again(PATIENCE_SECONDS)

    with psycopg.connect(whole.running().settings["DERM_DATABASE_URL"]) as connection:
        assert connection.execute("SELECT word FROM kept_by_test").fetchone() == ("kept",)
        connection.execute("DROP TABLE kept_by_test")
    assert whole.healthy()


def test_service_leaves_no_process_when_it_is_killed_itself(whole: Whole) -> None:
    started = family(whole.process.pid)

    whole.process.kill()
    whole.process.wait()

    until(lambda: not any(map(alive, started)), "the end of every process")
    whole.start_again(PATIENCE_SECONDS)  # the object store and the database replay their logs


@pytest.mark.parametrize(("program", "part"), PROGRAMS.items())
def test_part_is_started_again_when_it_dies(whole: Whole, program: str, part: str) -> None:
    whole.output.write_text("")
    victim = next(pid for pid, line in family(whole.process.pid).items() if program in line)

    os.kill(victim, signal.SIGKILL)

    died = time.monotonic()

    def reported(part: str) -> bool:
        lines = whole.output.read_text().splitlines()
        return any(part in line and "is started again" in line for line in lines)

    def worker_has_settled() -> bool:
        return reported("job worker") or time.monotonic() - died > WORKER_ENDS_SECONDS

    until(lambda: reported(part), f"the report of the {part}")
    if part == "database":  # the next test would meet the worker between its two starts
        until(worker_has_settled, "the worker's new start")
    until(whole.healthy, "recovery")


def test_home_keeps_its_mode_when_the_service_runs_inside(whole: Whole) -> None:
    parents = [whole.home, whole.settings.data_dir]

    modes = [stat.S_IMODE(path.stat().st_mode) for path in parents]

    assert modes == [0o700, 0o700]


def test_secrets_are_readable_by_their_owner_only(whole: Whole) -> None:
    data = whole.settings.data_dir
    private = [data / "running.json", *data.glob("objects/config/*")]

    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in private}

    assert len(modes) == 4
    assert set(modes.values()) == {0o600}


def test_web_and_worker_get_only_their_own_identity(whole: Whole) -> None:
    started = family(whole.process.pid)
    web = next(pid for pid, line in started.items() if "gunicorn" in line)
    worker = next(pid for pid, line in started.items() if "jobs work" in line)

    told = {pid: Path(f"/proc/{pid}/environ").read_text().split("\0") for pid in (web, worker)}

    assert any(setting.startswith("DERM_S3_WEB_SECRET_KEY=") for setting in told[web])
    assert any(setting.startswith("DERM_S3_WORKER_SECRET_KEY=") for setting in told[worker])
    assert not any(setting.startswith("DERM_S3_WORKER") for setting in told[web])
    assert not any(setting.startswith("DERM_S3_WEB") for setting in told[worker])


def test_second_copy_is_told_to_use_the_first(whole: Whole) -> None:
    sentence = refused(whole.settings.model_copy(update={"port": free_port()}))

    assert "Another copy of the service is running" in sentence
    assert whole.process.poll() is None
    until(whole.healthy, "the first to work on")


def test_taken_port_is_named_with_a_way_out(whole: Whole, tmp_path: Path) -> None:
    sentence = refused(Settings(data_dir=tmp_path / "var", port=whole.settings.port))

    assert f"Another program is using 127.0.0.1:{whole.settings.port}" in sentence
    assert "DERM_PORT=" in sentence


def test_little_free_space_is_refused_before_anything_starts(tmp_path: Path) -> None:
    sentence = refused(
        Settings(data_dir=tmp_path / "var", port=free_port(), minimum_free_mb=1_000_000_000)
    )

    assert "free some space there" in sentence
    assert not (tmp_path / "var").exists()


def test_full_disk_ends_the_start_with_a_sentence(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, port=free_port(), minimum_free_mb=0)
    full = f"mount -t tmpfs -o size=4k,nr_inodes=4 none {tmp_path} && "
    full += f"(cat /dev/zero > {tmp_path}/filler; true) 2>/dev/null && exec "
    run = f"{sys.executable} -m flask --app wsgi service run"
    namespace = ["unshare", "--mount"] + ([] if os.geteuid() == 0 else ["--map-root-user"])

    done = subprocess.run(
        [*namespace, "sh", "-c", full + run],
        cwd=ROOT,
        env=environment(settings),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "is full: free some space there" in done.stderr


ELF_OF_ANOTHER_MACHINE = b"\x7fELF\x02\x01\x01" + bytes(9) + b"\x02\x00\x2a\x00" + bytes(100)


@pytest.mark.parametrize(
    ("content", "mode", "why"),
    [
        (b"#!/bin/sh\n", 0o644, "forbid running programs"),
        (ELF_OF_ANOTHER_MACHINE, 0o755, "another kind of processor"),
        (b"#!/nowhere/loader\n", 0o755, "No such file"),
    ],
)
def test_program_that_cannot_run_is_explained(
    tmp_path: Path, content: bytes, mode: int, why: str
) -> None:
    program = tmp_path / "weed"
    program.write_bytes(content)
    program.chmod(mode)

    with pytest.raises(CannotStart, match=why) as refusal:
        _program(program, tmp_path).start()

    assert "weed cannot run" in str(refusal.value)
    assert "\n" not in str(refusal.value)


def _program(path: Path, tmp_path: Path) -> Program:
    return Program(
        (path,), log=tmp_path / "log", when_orphaned=signal.SIGKILL, env={}, cwd=tmp_path
    )


def test_database_and_store_from_settings_leave_the_embedded_parts_unstarted(
    service: RunningService,
) -> None:
    started = family(service.process.pid)

    assert not any("weed" in line or "postgres -D" in line for line in started.values())
    assert not (service.settings.data_dir / "objects").exists()
    assert not (service.settings.data_dir / "postgres").exists()
    assert not (service.settings.data_dir / root_home.RECORD).exists()


def test_own_database_without_own_keys_is_refused(database_url: str, tmp_path: Path) -> None:
    sentence = refused(
        Settings(data_dir=tmp_path / "var", port=free_port(), database_url=database_url)
    )

    assert "DERM_KEY_FILE and DERM_SECRET_KEY" in sentence


def test_unusable_setting_is_named(tmp_path: Path) -> None:
    sentence = refused(Settings(data_dir=tmp_path), DERM_PORT="eight thousand")

    assert "DERM_PORT" in sentence
