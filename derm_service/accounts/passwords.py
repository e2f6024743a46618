"""Passwords: argon2id hashes, and the rules a new one must meet."""

from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

SHORTEST = 12
LONGEST = 128

_hasher = PasswordHasher()


@cache
def _nobody() -> str:
    return _hasher.hash("nobody signs in with this")


def hash_password(password: str) -> str:
    """An argon2id hash with its salt and cost in it."""
    return _hasher.hash(password)


def matches(password: str, password_hash: str | None) -> bool:
    """Whether the password is right; an unknown person takes as long as a known one."""
    try:
        return _hasher.verify(password_hash or _nobody(), password) and password_hash is not None
    except (VerificationError, InvalidHashError):
        return False


def weakness(password: str, *, email: str, name: str) -> str | None:
    """Why a new password cannot be taken, as a sentence; None when it can.

    Length counts, composition does not (NIST SP 800-63B, 3.1.1.2).
    """
    if len(password) < SHORTEST:
        return f"Password must be {SHORTEST} characters or more. Three random words work well."
    if len(password) > LONGEST:
        return f"Password must be {LONGEST} characters or fewer."
    plain = password.casefold()
    known = [email.partition("@")[0], *name.split()]
    if any(len(word) > 3 and word.casefold() in plain for word in known):
        return "Password must not contain your name or email address."
    if len(set(plain)) < 5:
        return "Password must not repeat the same few characters."
    return None
