"""Image bytes: permission first, then a committed audit row, then unsealed bytes, never cached."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import cast
from uuid import UUID

from flask import Blueprint, Response, current_app
from flask.typing import ResponseReturnValue

from derm_service.errors import NotAllowed, NotFound
from derm_service.imaging import looking
from derm_service.imaging.codes import RenditionSize
from derm_service.imaging.looking import Image
from derm_service.imaging.places import Places
from derm_service.imaging.vault import Vault, web_vault
from derm_service.people import Action
from derm_service.web import allowed, current_user, db_session, settings

bp = Blueprint("images", __name__, url_prefix="/images")

AT_ONCE = 8  # photographs a process sends at a time, however slowly store or line carries them
BUSY = "Many photographs are being opened just now. Try again in a few seconds."
_places = Places(AT_ONCE, BUSY)
SIZES = {"thumb": RenditionSize.SMALL, **{size.value: size for size in RenditionSize}}


def vault() -> Vault:
    """This process's vault, opened when it is first needed."""
    parts = current_app.extensions
    if "derm.vault" not in parts:
        parts["derm.vault"] = web_vault(settings())
    return cast(Vault, parts["derm.vault"])


@bp.get("/<uuid:capture_id>/<size>")
@allowed(Action.SEE_IMAGES)
def image(capture_id: UUID, size: str) -> ResponseReturnValue:
    """One photograph: `thumb` or 1024, 3072, `full`, `ers`."""
    if size not in SIZES:
        raise NotFound(looking.NO_IMAGE)
    with _a_place() as place:
        with _refusal_on_record(capture_id):
            found = looking.look(
                db_session(), capture_id=capture_id, size=SIZES[size], by=current_user()
            )
        return _send(found, "inline", place)


@bp.get("/<uuid:capture_id>/original")
@allowed(Action.SEE_ORIGINALS)
def original(capture_id: UUID) -> ResponseReturnValue:
    """The original as an attachment; no browser tries to show it."""
    with _a_place() as place:
        with _refusal_on_record(capture_id):
            found = looking.take_original(db_session(), capture_id=capture_id, by=current_user())
        return _send(found, "attachment", place)


@contextmanager
def _refusal_on_record(capture_id: UUID) -> Iterator[None]:
    try:
        yield
    except NotAllowed:
        looking.record_refusal(db_session(), capture_id=capture_id, by=current_user())
        db_session().commit()
        raise


@contextmanager
def _a_place() -> Iterator[ExitStack]:
    """Hold a place for as long as the block runs, or who takes it over from the stack needs it.

    Taken before the look goes on record: who is refused has seen nothing.
    """
    with ExitStack() as place:
        place.enter_context(_places.one())
        yield place


def _send(found: Image, disposition: str, place: ExitStack) -> Response:
    db_session().commit()  # who looked is on record before the first byte
    pieces = vault().open(found.sealed)
    held = place.pop_all()
    answer = Response(_sent(pieces, held), mimetype=found.media_type)
    answer.call_on_close(held.close)  # also when not a byte of it was asked for
    answer.headers["Content-Length"] = str(found.sealed.size_plain)
    answer.headers["Content-Disposition"] = f'{disposition}; filename="{found.file_name}"'
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["X-Content-Type-Options"] = "nosniff"
    return answer


def _sent(pieces: Iterator[bytes], held: ExitStack) -> Iterator[bytes]:
    with held:
        yield from pieces
