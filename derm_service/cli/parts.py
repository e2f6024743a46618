"""The embedded parts and keys behind a run: what is started, what its processes are told."""

import json
import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from derm_service.config import Settings
from derm_service.embedded.object_store import ObjectStore, launch_object_store
from derm_service.embedded.postgres import Postgres, launch_postgres
from derm_service.embedded.process import CannotStart, writing
from derm_service.imaging.keys import create_key_file

RUNNING = "running.json"  # what other commands need to reach a running service; owner's eyes only
WEB_KEYS = ("DERM_S3_WEB_ACCESS_KEY", "DERM_S3_WEB_SECRET_KEY")
WORKER_KEYS = ("DERM_S3_WORKER_ACCESS_KEY", "DERM_S3_WORKER_SECRET_KEY")
WEB_ONLY = (*WEB_KEYS, "DERM_SECRET_KEY")


@dataclass
class Parts:
    """What this run started itself, and the settings that follow from it."""

    postgres: Postgres | None = None
    store: ObjectStore | None = None
    environment: dict[str, str] = field(default_factory=dict)
    demonstration: bool = False  # made-up people on an embedded database

    def stop(self) -> None:
        """Stop what was started, the database last."""
        for part in (self.store, self.postgres):
            if part is not None:
                part.stop()

    def all(self) -> dict[str, str]:
        """Every setting: for this machine's commands and the demonstration data."""
        return {**os.environ, **self.environment}

    def web(self) -> dict[str, str]:
        """The web server's settings: without the worker's identity."""
        return {key: value for key, value in self.all().items() if key not in WORKER_KEYS}

    def worker(self) -> dict[str, str]:
        """The job worker's settings: without the web's identity and cookie key."""
        return {key: value for key, value in self.all().items() if key not in WEB_ONLY}


def launch(settings: Settings) -> Parts:
    """Start the parts no setting points to; they may still be getting ready."""
    parts = Parts()
    parts.environment["DERM_DATA_DIR"] = str(settings.data_dir.absolute())
    data_dir, needed_mb = settings.data_dir.absolute(), settings.minimum_free_mb
    try:
        if not settings.database_url:
            parts.postgres = launch_postgres(data_dir, needed_mb=needed_mb)
            parts.environment["DERM_DATABASE_URL"] = parts.postgres.url
            unsaid = "demonstration" not in settings.model_fields_set
            parts.demonstration = settings.demonstration or unsaid
            parts.environment["DERM_DEMONSTRATION"] = str(parts.demonstration)
        if not settings.s3_endpoint:
            parts.store = launch_object_store(
                data_dir,
                quarantine=settings.s3_bucket_quarantine,
                record=settings.s3_bucket_record,
                audit=settings.s3_bucket_audit,
                needed_mb=needed_mb,
            )
            parts.environment |= _store_settings(parts.store)
        parts.environment |= _keys(settings, data_dir, may_make=parts.demonstration)
    except BaseException:
        parts.stop()
        raise
    return parts


def _store_settings(store: ObjectStore) -> dict[str, str]:
    return {
        "DERM_S3_ENDPOINT": store.endpoint,
        "DERM_S3_REGION": store.region,
        **dict(zip(WEB_KEYS, (store.web.access_key, store.web.secret_key), strict=True)),
        **dict(zip(WORKER_KEYS, (store.worker.access_key, store.worker.secret_key), strict=True)),
    }


def _keys(settings: Settings, data_dir: Path, *, may_make: bool) -> dict[str, str]:
    """The key for images and the key for cookies, made at the first start of a demonstration."""
    wanted: dict[str, tuple[str, Callable[[Path], None]]] = {}
    if settings.key_file is None:
        wanted["DERM_KEY_FILE"] = ("images.json", create_key_file)
    if not settings.secret_key.get_secret_value():
        wanted["DERM_SECRET_KEY"] = ("cookies", _create_secret)
    if wanted and not may_make:
        raise CannotStart(
            f"Set {' and '.join(wanted)} too: outside a demonstration the service "
            "makes up no keys, since every image would be lost with them."
        )
    made = {}
    for name, (file_name, create) in wanted.items():
        path = data_dir / "keys" / file_name
        with writing(path):
            path.parent.mkdir(mode=0o700, exist_ok=True)
            if not path.exists():
                create(path)
            made[name] = str(path) if name == "DERM_KEY_FILE" else path.read_text().strip()
    return made


def _create_secret(path: Path) -> None:
    _write_private(path, secrets.token_urlsafe(32))


def _write_private(path: Path, text: str) -> None:
    """Write a file whole or not at all, readable by this account only."""
    fresh = path.with_name(f"{path.name}.new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    fresh.replace(path)


@contextmanager
def announced(data_dir: Path, parts: Parts) -> Iterator[None]:
    """While the service runs, let this account's other commands find its parts."""
    path = data_dir / RUNNING
    with writing(path):
        _write_private(path, json.dumps({"pid": os.getpid(), "settings": parts.environment}))
    try:
        yield
    finally:
        path.unlink(missing_ok=True)


@dataclass(frozen=True)
class Running:
    """A service that runs on this machine's data: its process and the settings it gave out."""

    pid: int
    settings: dict[str, str]


def running_here(data_dir: Path) -> Running | None:
    """The service that runs on this data just now, if one does and this account may know."""
    try:
        found = json.loads((data_dir / RUNNING).read_text())
        os.kill(found["pid"], 0)
    except (OSError, ValueError):
        return None
    return Running(found["pid"], found["settings"])


def settings_here() -> Settings:
    """Settings from the environment; what it leaves open comes from a service running here."""
    settings = Settings()
    running = None if settings.database_url else running_here(settings.data_dir)
    if running is None:
        return settings
    given = {key: value for key, value in running.settings.items() if key not in os.environ}
    fields: dict[str, Any] = {key.removeprefix("DERM_").lower(): given[key] for key in given}
    return Settings(**fields)
