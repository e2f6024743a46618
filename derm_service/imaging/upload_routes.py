"""tus 1.0.0 at `/api/v1/uploads`: the only way image bytes come in.

Core, creation, creation-with-upload, checksum, expiration and termination.
"""

from collections.abc import Callable
from email.utils import format_datetime
from functools import wraps
from http import HTTPStatus
from typing import ParamSpec
from uuid import UUID

from flask import Blueprint, Response, jsonify, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import MethodNotAllowed

from derm_service import crash
from derm_service.crash import Point
from derm_service.imaging import announcing, checksums, standing, upload_forms, uploads
from derm_service.imaging.checksums import Checksum, ChecksumMismatch, UnknownChecksum
from derm_service.imaging.elsewhere import FiledElsewhere
from derm_service.imaging.formats import MAX_BYTES
from derm_service.imaging.image_routes import vault
from derm_service.imaging.models import SealedObject
from derm_service.imaging.places import Places
from derm_service.imaging.standing import Standing
from derm_service.imaging.uploads import MovedOn
from derm_service.people import Action
from derm_service.web import allowed, current_user, db_session

bp = Blueprint("uploads", __name__, url_prefix="/api/v1/uploads")

P = ParamSpec("P")
TUS = "1.0.0"
EXTENSIONS = "creation,creation-with-upload,checksum,expiration,termination"
OCTETS = "application/offset+octet-stream"
CHECKSUM_MISMATCH = "460 Checksum Mismatch"
AT_ONCE = 12
"""Bodies a process takes at a time, however slowly they come in."""
NO_LENGTH = "Send the length of the piece with its checksum: Content-Length."
BUSY = "Many photographs are arriving just now. This one is tried again by itself."

_places = Places(AT_ONCE, BUSY)


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


@bp.errorhandler(UnknownChecksum)
def _unknown(problem: UnknownChecksum) -> ResponseReturnValue:
    return jsonify(error=problem.message), HTTPStatus.BAD_REQUEST


@bp.errorhandler(ChecksumMismatch)
def _mismatch(problem: ChecksumMismatch) -> ResponseReturnValue:
    answer = jsonify(error=problem.message)
    answer.status = CHECKSUM_MISMATCH
    return answer


@bp.route("", methods=["OPTIONS"], provide_automatic_options=False)
@bp.route("/<uuid:capture_id>", methods=["OPTIONS"], provide_automatic_options=False)
@allowed(Action.CAPTURE)
def options(capture_id: UUID | None = None) -> ResponseReturnValue:
    """What this server speaks."""
    answer = Response(status=HTTPStatus.NO_CONTENT)
    answer.headers["Tus-Version"] = TUS
    answer.headers["Tus-Extension"] = EXTENSIONS
    answer.headers["Tus-Max-Size"] = str(MAX_BYTES)
    answer.headers["Tus-Checksum-Algorithm"] = ",".join(checksums.ALGORITHMS)
    return answer


@bp.post("", provide_automatic_options=False)
@allowed(Action.CAPTURE)
@tus_only
def announce() -> ResponseReturnValue:
    """Open an upload for one capture; a body is its first piece."""
    given = upload_forms.metadata(request.headers.get("Upload-Metadata", ""))
    announcement = upload_forms.announcement(given, request.headers.get("Upload-Length", ""))
    session, by = db_session(), current_user()
    known = announcing.known(session, announcement)
    try:
        capture = known or announcing.open_upload(session, announcement, by=by)
    except FiledElsewhere:
        session.commit()  # the lead hears of it although nothing was taken
        raise
    crash.here(Point.ANNOUNCED)
    session.commit()
    crash.here(Point.ANNOUNCEMENT_COMMITTED)
    answer = Response(status=HTTPStatus.OK if known else HTTPStatus.CREATED)
    now = standing.of(session, capture.id) if known else Standing.at_first(capture)
    if request.mimetype == OCTETS:
        now = _take_first(now, is_known=known is not None)
        answer.headers["Upload-Offset"] = str(now.offset)
    answer.headers["Location"] = url_for(".where", capture_id=capture.id)
    return _expiring(answer, now)


@bp.route("/<uuid:capture_id>", methods=["HEAD"], provide_automatic_options=False)
@allowed(Action.CAPTURE)
@tus_only
def where(capture_id: UUID) -> ResponseReturnValue:
    """How many bytes are safe here."""
    now = standing.of(db_session(), capture_id)
    if now.is_gone:
        return Response(status=HTTPStatus.GONE)
    answer = Response(status=HTTPStatus.OK)
    answer.headers["Upload-Offset"] = str(now.offset)
    answer.headers["Upload-Length"] = str(now.capture.size_bytes)
    return _expiring(answer, now)


@bp.patch("/<uuid:capture_id>", provide_automatic_options=False)
@allowed(Action.CAPTURE)
@tus_only
def receive(capture_id: UUID) -> ResponseReturnValue:
    """Take the bytes from the offset on."""
    if request.mimetype != OCTETS:
        return Response(status=HTTPStatus.UNSUPPORTED_MEDIA_TYPE)
    start = upload_forms.number(request.headers.get("Upload-Offset"), "Upload-Offset")
    now = standing.of(db_session(), capture_id)
    if now.is_gone:
        return Response(status=HTTPStatus.GONE)
    answer = Response(status=HTTPStatus.NO_CONTENT)
    uploads.check_shutter(now)
    now = _take(now, start)
    answer.headers["Upload-Offset"] = str(now.offset)
    return _expiring(answer, now)


@bp.delete("/<uuid:capture_id>", provide_automatic_options=False)
@allowed(Action.CAPTURE)
@tus_only
def stop(capture_id: UUID) -> ResponseReturnValue:
    """The device will not send the rest."""
    uploads.stop(db_session(), capture_id, by=current_user())
    db_session().commit()
    return Response(status=HTTPStatus.NO_CONTENT)


@bp.post("/<uuid:capture_id>", provide_automatic_options=False)
@allowed(Action.CAPTURE)
def instead(capture_id: UUID) -> ResponseReturnValue:
    """For lines that let no PATCH or DELETE pass: tus names the method in a header."""
    named = request.headers.get("X-HTTP-Method-Override", "").upper()
    if named not in ("PATCH", "DELETE"):
        raise MethodNotAllowed
    return receive(capture_id=capture_id) if named == "PATCH" else stop(capture_id=capture_id)


def _take_first(now: Standing, *, is_known: bool) -> Standing:
    """Take the piece that came with the announcement, which has just looked at the shutter.

    A known upload goes on where it stands: its first bytes need not come twice.
    """
    if is_known and now.capture.received_at is None:
        uploads.check_shutter(now)
    if now.offset:
        return now
    try:
        return _take(now, 0)
    except MovedOn:  # the same device a moment ago
        db_session().rollback()
        return standing.of(db_session(), now.capture.id)


def _take(now: Standing, start: int) -> Standing:
    """Take the body in; how it stands after it. Refused before a byte is read if it cannot be.

    Every sealed piece is committed before the next is read. With a checksum all wait for the
    last: a whole body that does not match is not kept, one that broke off is, as tus asks for.
    """
    session = db_session()
    body, most = request.content_length or 0, now.capture.size_bytes - start
    checksum = checksums.wanted(
        request.headers.get("Upload-Checksum"), in_one_piece=0 < body <= uploads.PIECE
    )
    if checksum is not None and request.content_length is None:
        raise UnknownChecksum(NO_LENGTH)  # nobody could tell a whole piece from a broken one
    uploads.check_place(now, start, request.content_length)
    session.commit()  # no transaction is held while a slow line delivers
    with _places.one():
        sealed: list[SealedObject] = []
        for piece in uploads.pieces(_reader(checksum), most):
            sealed.append(uploads.seal(vault(), piece))
            crash.here(Point.PIECE_STORED)
            if checksum is None:
                now = _keep(now, sealed)
                sealed.clear()
    if checksum is not None and sealed:
        if sum(each.size_plain for each in sealed) == request.content_length:
            checksum.check(sealed[0].sha256_plain)
        now = _keep(now, sealed)
    return now


def _keep(now: Standing, sealed: list[SealedObject]) -> Standing:
    """Write the rows and commit: from here on the pieces are safe."""
    after = uploads.keep(db_session(), now.capture.id, now.offset, sealed, by=current_user())
    crash.here(Point.PIECE_KEPT)
    db_session().commit()
    crash.here(Point.PIECE_COMMITTED)
    if not after.is_open:
        crash.here(Point.RECEIPT_COMMITTED)
    return after


def _reader(checksum: Checksum | None) -> Callable[[int], bytes]:
    """Reads what has come of the body, up to so many bytes; it ends where the line breaks."""
    left, body = request.content_length, request.environ["wsgi.input"]

    def read(most: int) -> bytes:
        nonlocal left
        try:
            some: bytes = body.read1(most if left is None else min(most, left))
        except OSError:
            return b""
        if left is not None:
            left -= len(some)
        if checksum is not None:
            checksum.update(some)
        return some

    return read


def _expiring(answer: Response, now: Standing) -> Response:
    if now.expires_at is not None:
        answer.headers["Upload-Expires"] = format_datetime(now.expires_at, usegmt=True)
    return answer
