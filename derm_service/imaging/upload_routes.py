"""tus 1.0.0, core and creation, at `/api/v1/uploads`: the only way image bytes come in."""

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import ParamSpec
from uuid import UUID

from flask import Blueprint, Response, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import ClientDisconnected

from derm_service.imaging import upload_forms, uploads
from derm_service.imaging.formats import MAX_BYTES
from derm_service.imaging.image_routes import vault
from derm_service.people import Action
from derm_service.web import allowed, current_user, db_session

bp = Blueprint("uploads", __name__, url_prefix="/api/v1/uploads")

P = ParamSpec("P")
TUS = "1.0.0"
OCTETS = "application/offset+octet-stream"


def tus_only(view: Callable[P, ResponseReturnValue]) -> Callable[P, ResponseReturnValue]:
    """Answer 412 to another version of the protocol."""

    @wraps(view)
    def checked(*args: P.args, **kwargs: P.kwargs) -> ResponseReturnValue:
        if request.headers.get("Tus-Resumable") == TUS:
            return view(*args, **kwargs)
        answer = Response(status=HTTPStatus.PRECONDITION_FAILED)
        answer.headers["Tus-Version"] = TUS
        return answer

    return checked


@bp.url_value_preprocessor
def _take_whole_files(_endpoint: str | None, _values: dict[str, object] | None) -> None:
    """Clients may send a file in one piece; it is set here, before anything asks for the body."""
    request.max_content_length = MAX_BYTES


@bp.after_request
def _tus_headers(response: Response) -> Response:
    response.headers["Tus-Resumable"] = TUS
    response.headers["Cache-Control"] = "no-store"
    return response


@bp.route("", methods=["OPTIONS"], provide_automatic_options=False)
@bp.route("/<uuid:capture_id>", methods=["OPTIONS"], provide_automatic_options=False)
@allowed(Action.CAPTURE)
def options(capture_id: UUID | None = None) -> ResponseReturnValue:
    """What this server speaks."""
    answer = Response(status=HTTPStatus.NO_CONTENT)
    answer.headers["Tus-Version"] = TUS
    answer.headers["Tus-Extension"] = "creation"
    answer.headers["Tus-Max-Size"] = str(MAX_BYTES)
    return answer


@bp.post("", provide_automatic_options=False)
@allowed(Action.CAPTURE)
@tus_only
def announce() -> ResponseReturnValue:
    """Open an upload for one capture."""
    given = upload_forms.metadata(request.headers.get("Upload-Metadata", ""))
    announcement = upload_forms.announcement(given, request.headers.get("Upload-Length", ""))
    capture = uploads.announce(db_session(), announcement, by=current_user())
    answer = Response(status=HTTPStatus.CREATED)
    answer.headers["Location"] = url_for(".where", capture_id=capture.id)
    db_session().commit()
    return answer


@bp.route("/<uuid:capture_id>", methods=["HEAD"], provide_automatic_options=False)
@allowed(Action.CAPTURE)
@tus_only
def where(capture_id: UUID) -> ResponseReturnValue:
    """How many bytes are safe here."""
    capture = uploads.capture(db_session(), capture_id)
    answer = Response(status=HTTPStatus.OK)
    answer.headers["Upload-Offset"] = str(uploads.offset(db_session(), capture))
    answer.headers["Upload-Length"] = str(capture.size_bytes)
    return answer


def _read(most: int) -> bytes:
    """Up to so many bytes of the body, which simply ends where the line breaks."""
    try:
        return bytes(request.stream.read(most))
    except (ClientDisconnected, OSError):
        return b""


@bp.patch("/<uuid:capture_id>", provide_automatic_options=False)
@allowed(Action.CAPTURE)
@tus_only
def receive(capture_id: UUID) -> ResponseReturnValue:
    """Take the bytes from the offset on; every sealed piece is committed before the next."""
    if request.mimetype != OCTETS:
        return Response(status=HTTPStatus.UNSUPPORTED_MEDIA_TYPE)
    session, by = db_session(), current_user()
    start = upload_forms.number(request.headers.get("Upload-Offset"), "Upload-Offset")
    capture = uploads.capture(session, capture_id)
    uploads.check_offset(session, capture, start, request.content_length)
    session.commit()  # no transaction is held while a slow line delivers
    for piece in uploads.pieces(_read, capture.size_bytes - start):
        start = uploads.add_chunk(session, vault(), capture, start, piece, by=by)
        session.commit()
    answer = Response(status=HTTPStatus.NO_CONTENT)
    answer.headers["Upload-Offset"] = str(start)
    return answer
