"""`GET /healthz`: is every part the service stands on there."""

import shutil
from collections.abc import Callable
from http import HTTPStatus

import sqlalchemy as sa
import structlog
from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue

from derm_service.config import Settings
from derm_service.imaging.store import web_store
from derm_service.web import db_session, public, settings

bp = Blueprint("health", __name__)
log = structlog.get_logger("health")

WORKER_SILENT_SECONDS = 60
"""A worker writes a heartbeat every 10 seconds; six missed ones are no accident."""


@bp.get("/healthz")
@public
def healthz() -> ResponseReturnValue:
    """200 with every part ok, or 503 that names which of them is down."""
    checks: dict[str, Callable[[Settings], None]] = {
        "database": _database,
        "object_store": _object_store,
        "jobs": _jobs,
        "disk": _disk,
    }
    down = [name for name, check in checks.items() if not _passes(name, check)]
    parts = {name: "down" if name in down else "ok" for name in checks}
    status = HTTPStatus.SERVICE_UNAVAILABLE if down else HTTPStatus.OK
    return jsonify(parts=parts, down=down), status


def _passes(name: str, check: Callable[[Settings], None]) -> bool:
    try:
        check(settings())
    except Exception as error:  # whatever the reason: the part cannot be used
        log.warning("part_down", part=name, kind=type(error).__name__)
        return False
    return True


def _database(_settings: Settings) -> None:
    db_session().execute(sa.text("SELECT 1"))


def _object_store(used: Settings) -> None:
    web_store(used).probe()


def _jobs(_settings: Settings) -> None:
    heard = db_session().scalar(
        sa.text(
            "SELECT count(*) FROM procrastinate_workers"
            " WHERE last_heartbeat > now() - make_interval(secs => :silent)"
        ),
        {"silent": WORKER_SILENT_SECONDS},
    )
    if not heard:
        raise RuntimeError("no worker has been heard lately")


def _disk(used: Settings) -> None:
    if shutil.disk_usage(used.data_dir).free < used.minimum_free_mb * 1_000_000:
        raise RuntimeError("the disk is nearly full")
