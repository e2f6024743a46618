"""The same Idempotency-Key changes nothing and answers the same, also when sent twice at once."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from derm_service import clock
from derm_service.api.models import ApiRequest
from derm_service.db import new_id
from derm_service.errors import Invalid
from derm_service.people import User

KEPT = timedelta(days=1)
LONGEST_KEY = 200
HEADER = "Idempotency-Key"
OTHER_QUESTION = "This key was used for another request. Use a new key for each new request."
BAD_KEY = f"Use up to {LONGEST_KEY} printable characters without accents, such as a UUID."


@dataclass(frozen=True)
class Answer:
    """What a request came to, as it is kept and sent."""

    status: int
    body: dict[str, Any] | None


def begin(session: Session, *, key: str, asked_sha256: str, by: User) -> Answer | None:
    """Claim a key for this transaction; the answer, if it was given before.

    Whoever sends the same key meanwhile waits here until the first has committed (and reads its
    answer) or rolled back (and is the first). Invalid for a key of another question.
    """
    if not 0 < len(key) <= LONGEST_KEY or not (key.isascii() and key.isprintable()):
        raise Invalid({HEADER: BAD_KEY})
    claimed = session.scalar(
        insert(ApiRequest)
        .values(
            id=new_id(),
            user_id=by.id,
            key=key,
            asked_sha256=asked_sha256,
            asked_at=clock.now(),
        )
        .on_conflict_do_nothing(constraint="api_request_user_id_key_key")
        .returning(ApiRequest.id)
    )
    if claimed is not None:
        return None
    before = session.scalars(
        sa.select(ApiRequest).where(ApiRequest.user_id == by.id, ApiRequest.key == key)
    ).one()
    if before.asked_sha256 != asked_sha256 or before.status is None:
        raise Invalid({HEADER: OTHER_QUESTION})
    return Answer(before.status, before.answer)


def keep(session: Session, *, key: str, answer: Answer, by: User) -> None:
    """Keep what a claimed key was answered; it exists only if the transaction commits."""
    session.execute(
        sa.update(ApiRequest)
        .where(ApiRequest.user_id == by.id, ApiRequest.key == key)
        .values(status=answer.status, answer=answer.body)
    )


def forget_old(session: Session) -> None:
    """Delete what was asked more than a day ago."""
    session.execute(sa.delete(ApiRequest).where(ApiRequest.asked_at < clock.now() - KEPT))
