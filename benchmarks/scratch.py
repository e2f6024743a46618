"""A PostgreSQL of a benchmark's own: durable as in service, migrated, thrown away afterwards."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config

from derm_service.embedded import root_home
from derm_service.embedded.postgres import start_postgres

ROOT = Path(__file__).parents[1]


@contextmanager
def scratch_database() -> Iterator[str]:
    """The address of an empty database at the newest migration, with fsync as in service."""
    place = Path(tempfile.mkdtemp(prefix="derm-bench-"))
    server = start_postgres(place, durable=True)
    try:
        config = Config(ROOT / "alembic.ini")
        config.attributes["url"] = server.url
        command.upgrade(config, "head")
        yield server.url
    finally:
        server.stop()
        root_home.forget(place)
        shutil.rmtree(place)
