"""Signing in and out: sessions, the lock after failures, passwords, tokens, drafts."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from derm_service import audit, clock
from derm_service.accounts.models import ApiToken, Draft, UserSession
from derm_service.accounts.passwords import hash_password, matches, weakness
from derm_service.db import new_id
from derm_service.errors import Invalid
from derm_service.people import User

FAILURES = 5
LOCK = timedelta(minutes=15)
DRAFTS_KEPT = timedelta(days=1)
WRONG = (
    "The email address or password is wrong. After five wrong tries the account is locked "
    "for 15 minutes."
)
WRONG_CURRENT = (
    "Your current password is not right. After five wrong tries the account is locked "
    "for 15 minutes."
)


@dataclass(frozen=True)
class SignIn:
    """The outcome of one attempt: a user and the cookie's token, or neither."""

    user: User | None
    token: str


def digest(token: str) -> str:
    """SHA-256 of a random token, in hex: all that is kept of it."""
    return hashlib.sha256(token.encode()).hexdigest()


def sign_in(session: Session, *, email: str, password: str) -> SignIn:
    """Try to sign in; a locked, disabled or unknown person reads the same sentence.

    The counter of failures is written whatever the outcome: the caller commits in both cases.
    """
    user = session.scalar(
        sa.select(User).where(sa.func.lower(User.email) == email.strip().lower()).with_for_update()
    )
    now = clock.now()
    right = matches(password, user.password_hash if user else None)
    if user is None:
        return SignIn(None, "")
    if user.locked_until is not None and user.locked_until > now:
        return SignIn(None, "")
    if not right or user.disabled_at is not None:
        _count_failure(session, user)
        return SignIn(None, "")
    user.failed_sign_ins, user.locked_until = 0, None
    token = secrets.token_urlsafe(32)
    session.add(
        UserSession(user_id=user.id, token_sha256=digest(token), started_at=now, seen_at=now)
    )
    session.execute(sa.delete(Draft).where(Draft.saved_at < now - DRAFTS_KEPT))
    audit.record(session, by=user, did="signed in", subject=user)
    return SignIn(user, token)


def _count_failure(session: Session, user: User) -> None:
    user.failed_sign_ins += 1
    if user.failed_sign_ins >= FAILURES:
        user.locked_until = clock.now() + LOCK
        user.failed_sign_ins = 0
        audit.record(session, by=None, did="locked account after failed sign-ins", subject=user)


def sign_out(session: Session, *, user_session: UserSession) -> None:
    """End this browser's session."""
    user_session.ended_at = clock.now()
    audit.record(session, by=user_session.user, did="signed out", subject=user_session.user)


def end_sessions(session: Session, *, user: User, by: User, keep: UUID | None = None) -> int:
    """End every session of a person (but `keep`); returns how many."""
    live = session.scalars(
        sa.select(UserSession).where(UserSession.user_id == user.id, UserSession.ended_at.is_(None))
    ).all()
    ended = [each for each in live if each.id != keep]
    for each in ended:
        each.ended_at = clock.now()
    audit.record(
        session, by=by, did="ended sessions", subject=user, detail={"sessions": len(ended)}
    )
    return len(ended)


def change_password(
    session: Session, *, user: User, current: str, new: str, keep: UUID | None
) -> None:
    """Change one's own password; every other session and API token of the person ends.

    A wrong current password counts as a failed sign-in: the caller commits in both cases.
    """
    session.refresh(user, with_for_update=True)  # guesses sent at once are counted one by one
    if user.locked_until is not None and user.locked_until > clock.now():
        raise Invalid({"current": WRONG_CURRENT})
    if not matches(current, user.password_hash):
        _count_failure(session, user)
        raise Invalid({"current": WRONG_CURRENT})
    weak = weakness(new, email=user.email, name=user.name)
    if weak:
        raise Invalid({"new": weak})
    user.password_hash, user.failed_sign_ins = hash_password(new), 0
    audit.record(session, by=user, did="changed password", subject=user)
    end_sessions(session, user=user, by=user, keep=keep)
    revoke_tokens(session, user=user, by=user)


def make_token(session: Session, *, user: User, label: str, by: User | None) -> str:
    """A bearer token for an API client, shown once."""
    token = secrets.token_urlsafe(32)
    row = ApiToken(user_id=user.id, token_sha256=digest(token), label=label, created_at=clock.now())
    session.add(row)
    audit.record(session, by=by, did="made API token", subject=user, detail={"label": label})
    return token


def revoke_tokens(session: Session, *, user: User, by: User | None) -> int:
    """Let no API token of a person open anything any more; returns how many did."""
    live = session.scalars(
        sa.select(ApiToken).where(ApiToken.user_id == user.id, ApiToken.revoked_at.is_(None))
    ).all()
    for each in live:
        each.revoked_at = clock.now()
    audit.record(
        session, by=by, did="revoked API tokens", subject=user, detail={"tokens": len(live)}
    )
    return len(live)


def keep_draft(session: Session, *, user: User, path: str, form: dict[str, Any]) -> None:
    """Keep what was typed on a page whose session ended; a newer one replaces it."""
    row = insert(Draft).values(
        id=new_id(), user_id=user.id, path=path, form=form, saved_at=clock.now()
    )
    session.execute(
        row.on_conflict_do_update(
            constraint="draft_user_id_path_key",
            set_={"form": row.excluded.form, "saved_at": row.excluded.saved_at},
        )
    )


def take_draft(session: Session, *, user: User, path: str) -> dict[str, Any] | None:
    """Give back what was kept for this page; it stays until the page is sent again."""
    form: dict[str, Any] | None = session.scalar(
        sa.select(Draft.form).where(Draft.user_id == user.id, Draft.path == path)
    )
    return form


def drop_draft(session: Session, *, user: User, path: str) -> None:
    """Forget what was kept: the page was sent."""
    session.execute(sa.delete(Draft).where(Draft.user_id == user.id, Draft.path == path))
