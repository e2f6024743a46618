"""Where one capture stands, for the capture page's script and for other programs."""

from uuid import UUID

from flask import Blueprint, jsonify, url_for
from flask.typing import ResponseReturnValue

from derm_service.errors import NotFound
from derm_service.imaging import looking
from derm_service.imaging.codes import CaptureState, RenditionSize
from derm_service.imaging.gate.report import Verdict
from derm_service.imaging.models import Capture
from derm_service.imaging.rules import may_forget
from derm_service.people import Action
from derm_service.web import allowed, current_user, db_session

bp = Blueprint("capture_api", __name__, url_prefix="/api/v1/captures")


@bp.get("/<uuid:capture_id>")
@allowed(Action.CAPTURE)
def capture(capture_id: UUID) -> ResponseReturnValue:
    """State, both hashes, verdict and issues; whether the device may forget its copy."""
    found = db_session().get(Capture, capture_id)
    if found is None:
        raise NotFound("There is no such photograph. Reload the page.")
    seen = looking.may_see(found, current_user())  # the place of a blur tells of an intimate site
    issues = found.report["issues"] if found.report and seen else []
    small = seen and any(copy.size is RenditionSize.SMALL for copy in found.renditions)
    answer = jsonify(
        id=str(found.id),
        state=found.state.value,
        view=found.view.value,
        sha256=found.sha256,
        sha256_received=found.sha256_received,
        may_forget=may_forget(found.state, found.sha256, found.sha256_received),
        size_bytes=found.size_bytes,
        verdict=found.verdict,
        issues=[
            {
                "code": issue["code"],
                "message": issue["message"],
                "regions": issue["regions"],
            }
            for issue in issues
        ],
        thumbnail_url=url_for("images.image", capture_id=found.id, size="1024") if small else None,
        can_keep=found.state is CaptureState.CHECKED
        and found.verdict == Verdict.RETAKE
        and found.kept_reason is None,
        kept_reason=found.kept_reason.value if found.kept_reason else None,
        set_aside_reason=found.set_aside_reason.value if found.set_aside_reason else None,
    )
    answer.headers["Cache-Control"] = "no-store"
    return answer
