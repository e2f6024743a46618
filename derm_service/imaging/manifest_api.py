"""The manifest of a visit for devices: announce captures with their hashes, compare n of n."""

from typing import Any
from uuid import UUID

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue

from derm_service.errors import Invalid
from derm_service.imaging import announcing, manifest, upload_forms
from derm_service.imaging.announcing import Announcement
from derm_service.imaging.manifest import Line
from derm_service.people import Action
from derm_service.web import allowed, current_user, db_session

bp = Blueprint("manifest", __name__, url_prefix="/api/v1/appointments")

SHAPE = 'Send {"captures": [...]}, each with capture, sha256, size, lesion, view as for an upload.'


@bp.put("/<uuid:appointment_id>/manifest")
@allowed(Action.CAPTURE)
def announce(appointment_id: UUID) -> ResponseReturnValue:
    """Announce captures of this visit; each is taken or refused by itself, again is no harm."""
    announcements = _announcements(appointment_id)
    refused = manifest.announce_all(db_session(), announcements, by=current_user())
    answer = _shown(appointment_id, refused)
    db_session().commit()
    return answer


@bp.get("/<uuid:appointment_id>/manifest")
@allowed(Action.CAPTURE)
def compare(appointment_id: UUID) -> ResponseReturnValue:
    """What was announced, what is here, and what is missing by name."""
    return _shown(appointment_id, {})


def _announcements(appointment_id: UUID) -> list[Announcement]:
    try:
        sent = request.get_json(silent=True)
    except RecursionError:
        sent = None
    listed = sent.get("captures") if isinstance(sent, dict) else None
    if not isinstance(listed, list) or len(listed) > announcing.MOST_PER_VISIT:
        raise Invalid({"captures": SHAPE}, SHAPE)
    return [_announcement(each, appointment_id) for each in listed]


def _announcement(sent: object, appointment_id: UUID) -> Announcement:
    if not isinstance(sent, dict):
        raise Invalid({"captures": SHAPE}, SHAPE)
    given = {str(key): str(value) for key, value in sent.items() if value is not None}
    return upload_forms.announcement(
        {**given, "appointment": str(appointment_id)}, given.get("size", "")
    )


def _shown(appointment_id: UUID, refused: dict[UUID, str]) -> ResponseReturnValue:
    found = manifest.of_appointment(db_session(), appointment_id, by=current_user())
    answer = jsonify(
        announced=len(found.lines),
        arrived=found.arrived,
        complete=found.is_complete,
        sentence=found.sentence,
        missing=[str(line.capture.id) for line in found.lines if not line.has_arrived],
        captures=[_line(line) for line in found.lines],
        refused=[{"id": str(each), "error": said} for each, said in refused.items()],
    )
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _line(line: Line) -> dict[str, Any]:
    capture = line.capture
    return {
        "id": str(capture.id),
        "name": line.name,
        "file_name": capture.file_name,
        "lesion": str(capture.image_set.lesion_id),
        "view": capture.view.value,
        "state": capture.state.value,
        "stands": line.stands,
        "sha256": capture.sha256,
        "sha256_received": capture.sha256_received,
        "size_bytes": capture.size_bytes,
        "received_bytes": line.received_bytes,
        "may_forget": line.may_be_forgotten,
    }
