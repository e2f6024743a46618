"""Where GOV.UK Notify tells of texts that came in; a program, with a token of its own."""

import hmac
from http import HTTPStatus
from typing import Annotated

from flask import Blueprint, request
from flask.typing import ResponseReturnValue
from pydantic import AfterValidator, BaseModel, Field, ValidationError

from derm_service.booking import replies
from derm_service.web import db_session, public, settings

bp = Blueprint("replies", __name__)

KEEPABLE = AfterValidator(lambda words: words.replace("\0", "").strip())
"""Taken out before the length is looked at: letters and calls are the ones sent to no number."""


class Text(BaseModel):
    """What Notify sends: https://docs.notifications.service.gov.uk/python.html#received-texts."""

    id: Annotated[str, KEEPABLE, Field(min_length=1, max_length=100)]
    source_number: Annotated[str, KEEPABLE, Field(min_length=1, max_length=40)]
    message: Annotated[str, KEEPABLE, Field(max_length=5000)]


@bp.post("/notify/texts")
@public
def received() -> ResponseReturnValue:
    """Take in one text; told of it again it changes nothing and answers the same."""
    if not _is_notify():
        return "", HTTPStatus.UNAUTHORIZED
    try:
        text = Text.model_validate_json(request.get_data())
    except ValidationError:
        return "", HTTPStatus.BAD_REQUEST
    replies.receive(
        db_session(), carrier_id=text.id, sent_from=text.source_number, text=text.message
    )
    db_session().commit()
    return "", HTTPStatus.NO_CONTENT


def _is_notify() -> bool:
    """Whether it carries the token of the settings; without one nobody does."""
    token = settings().notify_callback_token.get_secret_value()
    said = request.headers.get("Authorization", "").removeprefix("Bearer ")
    return bool(token) and hmac.compare_digest(said.encode(), token.encode())
