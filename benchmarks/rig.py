"""The whole service for a benchmark: PostgreSQL, SeaweedFS, web server and worker, all real.

In a directory of its own on free ports, with nothing in it; gone afterwards.
"""

import os
import shutil
import signal
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.orm import Session, sessionmaker

from benchmarks import processes
from derm_service.accounts.sign_in import make_token
from derm_service.config import Settings
from derm_service.db import make_engine, make_sessions
from derm_service.embedded import root_home
from derm_service.embedded.object_store import start_object_store
from derm_service.embedded.postgres import start_postgres
from derm_service.imaging.keys import create_key_file
from tests.fixtures.app import make_settings
from tests.fixtures.database import migrate
from tests.fixtures.service import PATIENCE_SECONDS, free_port, start, until_up
from tests.imaging import visiting

A_VISIT = 40  # photographs for each person


@dataclass
class Rig:
    """A running service, and what a device of one photographer needs."""

    settings: Settings
    sessions: sessionmaker[Session]
    bearer: str
    service: int  # its process id

    @property
    def url(self) -> str:
        """Where it listens."""
        return self.settings.address

    def subjects(self, many: int) -> list[tuple[uuid.UUID, uuid.UUID]]:
        """Appointment and lesion for each of so many photographs, of as many people as needed."""
        made: list[tuple[uuid.UUID, uuid.UUID]] = []
        with self.sessions() as session:
            person = visiting.photographer(session)
            while len(made) < many:
                visit = visiting.ready(session, by=person)
                made += [(visit.appointment_id, visiting.lesion_id(visit))] * A_VISIT
            session.commit()
        return made[:many]

    def pause_worker(self, paused: bool) -> None:
        """Let the job worker stand still, or go on."""
        for pid in processes.of_kind(self.service, "worker"):
            os.kill(pid, signal.SIGSTOP if paused else signal.SIGCONT)


@contextmanager
def running() -> Iterator[Rig]:
    """Start it all, hand it over, stop it all."""
    place = Path(tempfile.mkdtemp(prefix="derm-bench-"))
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, place, ignore_errors=True)
        stack.callback(root_home.forget, place)
        postgres = start_postgres(place)
        stack.callback(postgres.stop)
        store = start_object_store(place)
        stack.callback(store.stop)
        migrate(postgres.url)
        key_file = place / "keys" / "images.json"
        create_key_file(key_file)
        home = place / "service"
        settings = make_settings(
            postgres.url, store, key_file, home, port=free_port(), demonstration=True
        )
        service = start(settings, place / "service.out")
        stack.callback(service.wait, PATIENCE_SECONDS)
        stack.callback(service.send_signal, signal.SIGINT)
        until_up(service, place / "service.out")
        engine = make_engine(postgres.url, pool_size=4)
        stack.callback(engine.dispose)
        sessions = make_sessions(engine)
        with sessions() as session:
            person = visiting.photographer(session)
            bearer = make_token(session, user=person, label="benchmark", by=None)
            session.commit()
        yield Rig(settings, sessions, bearer, service.pid)
