"""A whole service on servers of its own, which a test may stop, freeze, kill and damage."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session, sessionmaker

from derm_service.accounts.sign_in import make_token
from derm_service.audit import AuditEntry
from derm_service.config import Settings
from derm_service.custody import inventory, reconciling
from derm_service.db import make_engine, make_sessions
from derm_service.embedded import root_home
from derm_service.embedded.object_store import ObjectStore, start_object_store
from derm_service.embedded.postgres import Postgres, start_postgres
from derm_service.embedded.process import Program
from derm_service.imaging.codes import CaptureState
from derm_service.imaging.filing_tasks import delete
from derm_service.imaging.keys import create_key_file
from derm_service.imaging.models import Capture, Chunk, SealedObject
from derm_service.imaging.vault import Place, Vault, worker_vault
from derm_service.people import User
from tests.faults.sender import Device, Photograph, picture
from tests.fixtures.app import make_settings
from tests.fixtures.database import ROOT, migrate
from tests.fixtures.service import PATIENCE_SECONDS, environment, free_port, start, until_up
from tests.imaging import visiting
from tests.line import Line

A_VISIT = 40  # photographs; the service takes 120
ONCE = ("announced capture", "received capture", "checked capture", "filed capture")


@dataclass
class Rig:
    """The service, the line to its store, and a view behind its back."""

    settings: Settings
    postgres: Postgres
    store: ObjectStore
    line: Line  # between the service and its store
    process: subprocess.Popen[bytes]
    sessions: sessionmaker[Session]
    vault: Vault
    place: Path
    token: str = ""
    photographer_id: UUID | None = None
    appointment_id: UUID | None = None
    lesion_id: UUID | None = None
    drawn: int = 0
    devices: list[Device] = field(default_factory=list)

    def device(self, **given: int) -> Device:
        """A photographer's device, signed in by token."""
        self.devices.append(device := Device(self.settings.address, self.token, **given))
        return device

    def put_devices_away(self) -> None:
        """Close what tests have opened."""
        while self.devices:
            self.devices.pop().close()

    def photograph(self) -> Photograph:
        """A photograph that was never taken before."""
        if self.drawn % A_VISIT == 0:
            self._open_visit()
        assert self.appointment_id is not None
        assert self.lesion_id is not None
        self.drawn += 1
        return Photograph(picture(self.drawn), self.appointment_id, self.lesion_id)

    def sign_in(self) -> None:
        """A photographer, and the token of their devices."""
        with self.sessions() as session:
            person = visiting.photographer(session)
            self.photographer_id = person.id
            self.token = make_token(session, user=person, label="device", by=None)
            session.commit()

    def _open_visit(self) -> None:
        """A person checked in, everything settled."""
        with self.sessions() as session:
            person = session.get_one(User, self.photographer_id)
            visit = visiting.ready(session, by=person)
            self.appointment_id = visit.appointment_id
            self.lesion_id = visiting.lesion_id(visit)
            session.commit()

    def another_worker(self) -> subprocess.Popen[bytes]:
        """One more job worker, as on another machine."""
        return Program(
            (sys.executable, "-m", "flask", "--app", "wsgi", "jobs", "work"),
            log=self.place / "second_worker.log",
            when_orphaned=signal.SIGKILL,
            env=environment(self.settings),
            cwd=ROOT,
        ).start()

    def crash_at(self, point: str) -> None:
        """Let the first process that passes this point die there."""
        assert self.settings.crash_file is not None
        draft = self.settings.crash_file.with_suffix(".draft")
        draft.write_text(point)
        draft.replace(self.settings.crash_file)

    def has_crashed(self) -> bool:
        """Whether some process has died at the point."""
        assert self.settings.crash_file is not None
        return not self.settings.crash_file.exists()

    def troubles(self, photo: Photograph) -> list[str]:
        """All that is not exactly once and exactly equal about a photograph that was filed."""
        with self.sessions() as session:
            rows = session.scalars(sa.select(Capture).where(Capture.sha256 == photo.sha256)).all()
            if len(rows) > 1:
                return [f"twice: {[(row.id, row.state.value) for row in rows]}"]
            row = next(iter(rows), None)
            if row is None or (row.id, row.state) != (photo.id, CaptureState.FILED):
                return [f"not filed: {row and (row.id, row.state.value)}"]
            troubles = []
            assert row.original is not None
            if b"".join(self.vault.open(row.original)) != photo.data:
                troubles.append("other bytes")
            if session.scalar(sa.select(Chunk).where(Chunk.capture_id == row.id)):
                troubles.append("pieces left")
            counted = dict(
                session.execute(
                    sa.select(AuditEntry.did, sa.func.count())
                    .where(AuditEntry.subject_id == str(row.id))
                    .group_by(AuditEntry.did)
                ).all()
            )
            if {did: counted.get(did, 0) for did in ONCE} != dict.fromkeys(ONCE, 1):
                troubles.append(f"audit: {counted}")
            return troubles

    def tidy(self) -> tuple[int, int]:
        """Reconcile as if a week had passed; how many objects and how many rows there are then."""
        with self.sessions() as session:
            found = inventory.take(
                session, self.vault, deep=True, unknown_kept=timedelta(seconds=-60)
            )
            assert found.lost == []
            _findings, strangers = reconciling.reconcile(session, found)
            session.commit()
            delete(self.vault, strangers)
            rows = session.scalar(sa.select(sa.func.count()).select_from(SealedObject)) or 0
        return sum(1 for place in Place for _ in self.vault.objects(place)), rows


@contextmanager
def running(place: Path, *, store: ObjectStore | None = None) -> Iterator[Rig]:
    """Start everything in a directory of its own; stop it all, and leave nothing."""
    place.mkdir(exist_ok=True)
    postgres = start_postgres(place / "database", durable=False)
    own = store or start_object_store(place / "store")
    try:
        migrate(postgres.url)
        with Line(own.endpoint) as line:
            yield from _service(place, postgres, own, line)
    finally:
        if store is None:
            own.stop()
        postgres.stop()
        root_home.forget(place / "database")


def _service(place: Path, postgres: Postgres, store: ObjectStore, line: Line) -> Iterator[Rig]:
    key_file = place / "keys" / "images.json"
    create_key_file(key_file)
    settings = make_settings(
        postgres.url,
        store,
        key_file,
        place / "service",
        port=free_port(),
        demonstration=True,
        crash_file=place / "crash_here",
        worker_silent_seconds=4,
    )
    behind = worker_vault(settings)
    settings = settings.model_copy(update={"s3_endpoint": line.url})
    output = place / "service.out"
    process = start(settings, output)
    engine = make_engine(postgres.url, pool_size=4)
    rig = Rig(settings, postgres, store, line, process, make_sessions(engine), behind, place)
    try:
        until_up(process, output)
        rig.sign_in()
        yield rig
    finally:
        rig.put_devices_away()
        engine.dispose()
        line.frozen = line.refusing = False
        process.send_signal(signal.SIGINT)
        process.wait(PATIENCE_SECONDS)
