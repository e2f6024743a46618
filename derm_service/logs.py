"""Structured logs: one JSON object a line on standard error, without identifiers."""

import logging
import sys
import traceback
from types import TracebackType

import structlog


def _kind_and_places(
    _logger: object, _name: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    """Of an exception its kind and where it was: its text may hold what somebody typed."""
    raised: tuple[type, BaseException, TracebackType] | None = event.pop("exc_info", None)
    if isinstance(raised, tuple) and raised[0] is not None:
        frames = traceback.extract_tb(raised[2])
        event["kind"] = raised[0].__name__
        event["places"] = [f"{each.filename}:{each.lineno}" for each in frames[-8:]]
    return event


def configure() -> None:
    """Send the service's and its libraries' logs through one formatter; safe to call again."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                _kind_and_places,
                structlog.processors.JSONRenderer(),
            ],
        )
    )
    root = logging.getLogger()
    for old in [each for each in root.handlers if getattr(each, "derm", False)]:
        root.removeHandler(old)
    handler.derm = True  # type: ignore[attr-defined]  # marks ours, so that a second call replaces it
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    # Its own handler would write addresses and the texts of errors.
    web_server = logging.getLogger("gunicorn.error")
    web_server.handlers.clear()
    web_server.propagate = True
    # These write request lines, addresses and statements: identifiers could be in them.
    for name in (
        "botocore",
        "boto3",
        "urllib3",
        "sqlalchemy.engine",
        "httpx",
        "werkzeug",
        "procrastinate.periodic",
    ):
        logging.getLogger(name).setLevel(logging.WARNING)
