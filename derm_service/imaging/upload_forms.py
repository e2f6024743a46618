"""What a tus client says of an upload, read and checked; pure."""

import base64
import re
from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from pathlib import PurePath
from typing import TypeVar
from uuid import UUID

from derm_service.clock import YEARS
from derm_service.errors import Invalid
from derm_service.imaging.announcing import Announcement
from derm_service.imaging.codes import Contact, Immersion, Polarisation, View
from derm_service.imaging.formats import MAX_BYTES

Code = TypeVar("Code", bound=StrEnum)

SHA256 = re.compile(r"[0-9a-f]{64}")
BYTES = re.compile(r"[0-9]{1,18}")  # as many as a bigint holds; int() refuses thousands of digits
UUID_VERSION = 7
TOO_LARGE = "This file is larger than 60 MB. Set the camera to a smaller size and retake."


def metadata(header: str) -> dict[str, str]:
    """`Upload-Metadata` as a dict; Invalid when it is not what tus writes."""
    found: dict[str, str] = {}
    for pair in filter(None, (part.strip() for part in header.split(","))):
        key, _, value = pair.partition(" ")
        try:
            found[key] = base64.b64decode(value, validate=True).decode("utf-8")
        except ValueError as error:  # no base64, no UTF-8, or letters no header may have
            raise Invalid({key: "This is not readable metadata."}) from error
    return found


def announcement(given: Mapping[str, str], length: str) -> Announcement:
    """The announcement in metadata and `Upload-Length`; Invalid names every field at fault."""
    wrong: dict[str, str] = {}
    capture_id = _uuid(given, "capture", wrong)
    if capture_id is not None and capture_id.version != UUID_VERSION:
        wrong["capture"] = "The capture's number must be a UUIDv7."
    sha256 = given.get("sha256", "").lower()
    if not SHA256.fullmatch(sha256):
        wrong["sha256"] = "Send the file's SHA-256 as 64 hexadecimal digits."
    size = int(length) if BYTES.fullmatch(length) else 0
    if not 0 < size <= MAX_BYTES:
        wrong["length"] = TOO_LARGE if size else "Send the file's size; an empty file is no image."
    appointment_id, lesion_id = _uuid(given, "appointment", wrong), _uuid(given, "lesion", wrong)
    view = _code(View, given, "view", wrong)
    captured_at = _moment(given, wrong)
    polarisation = _code(Polarisation, given, "polarisation", wrong, needed=False)
    contact = _code(Contact, given, "contact", wrong, needed=False)
    immersion = _code(Immersion, given, "immersion", wrong, needed=False)
    if wrong or not (capture_id and appointment_id and lesion_id and view):
        raise Invalid(wrong, _sentence(wrong))
    return Announcement(
        capture_id=capture_id,
        sha256=sha256,
        size_bytes=size,
        appointment_id=appointment_id,
        lesion_id=lesion_id,
        view=view,
        file_name=_file_name(given.get("filename", "")),
        captured_at=captured_at,
        polarisation=polarisation,
        contact=contact,
        immersion=immersion,
    )


def number(header: str | None, name: str) -> int:
    """A header that must be a count of bytes."""
    if not BYTES.fullmatch(header or ""):
        raise Invalid({name: f"Send {name} as a number of bytes."})
    return int(header or "")


def _sentence(wrong: Mapping[str, str]) -> str:
    return " ".join(wrong.values()) or "There is a problem"


def _uuid(given: Mapping[str, str], name: str, wrong: dict[str, str]) -> UUID | None:
    try:
        return UUID(given.get(name, ""))
    except ValueError:
        wrong[name] = f"Send {name} as a UUID."
        return None


def _file_name(value: str) -> str:
    """The last part of the device's path, without what cannot be kept or shown."""
    name = PurePath(value.replace("\\", "/").replace("\0", "")).name
    return "".join(each for each in name if each.isprintable())[:200]


def _code(
    kind: type[Code],
    given: Mapping[str, str],
    name: str,
    wrong: dict[str, str],
    *,
    needed: bool = True,
) -> Code | None:
    value = given.get(name, "")
    if not value and not needed:
        return None
    try:
        return kind(value)
    except ValueError:
        wrong[name] = f"{name} must be one of: {', '.join(kind)}."
        return None


def _moment(given: Mapping[str, str], wrong: dict[str, str]) -> datetime | None:
    value = given.get("captured_at", "")
    if not value:
        return None
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None or moment.year not in YEARS:
        wrong["captured_at"] = "Send captured_at as an ISO 8601 moment with its zone."
        return None
    return moment
