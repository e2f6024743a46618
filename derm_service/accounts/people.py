"""Adding, changing, disabling people; actions of the administrator."""

import secrets
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from derm_service import audit, clock
from derm_service.accounts.passwords import hash_password, weakness
from derm_service.accounts.sign_in import end_sessions, revoke_tokens
from derm_service.db import conflict_on
from derm_service.errors import Conflict, Invalid, NotFound
from derm_service.people import Role, User
from derm_service.wording import name_key

LAST_ADMINISTRATOR = (
    "This is the last administrator who can sign in. Make somebody else administrator first."
)
TAKEN = "Somebody already has this email address. Look for them in the list."


def everybody(session: Session) -> list[User]:
    """All people, by name as English readers sort it."""
    found = session.scalars(sa.select(User))
    return sorted(found, key=lambda each: (each.disabled_at is not None, name_key(each.name)))


def person(session: Session, person_id: UUID) -> User:
    """One person, or NotFound."""
    found = session.get(User, person_id)
    if found is None:
        raise NotFound("There is no such person. Go back to the list of people.")
    return found


def new_password() -> str:
    """A password to hand over, to be changed at the first sign-in."""
    return secrets.token_urlsafe(12)


def add(
    session: Session,
    *,
    email: str,
    name: str,
    roles: list[str],
    password: str,
    intimate_images: bool,
    by: User | None,
) -> User:
    """Add a person who can sign in; `by=None` is the command line."""
    _check(email=email, name=name, roles=roles)
    weak = weakness(password, email=email, name=name)
    if weak:
        raise Invalid({"password": weak})
    user = User(
        email=email.strip(),
        name=name.strip(),
        roles=sorted(roles),
        password_hash=hash_password(password),
        intimate_images=intimate_images,
        created_at=clock.now(),
    )
    with conflict_on(session, "user_account_email_key", TAKEN):
        session.add(user)
    audit.record(session, by=by, did="added person", subject=user, detail={"roles": user.roles})
    return user


def change(
    session: Session, *, user: User, name: str, roles: list[str], intimate_images: bool, by: User
) -> None:
    """Change name, roles and the right to intimate images; in force with the next request."""
    _check(email=user.email, name=name, roles=roles)
    if Role.ADMINISTRATOR in user.role_set and Role.ADMINISTRATOR not in roles:
        _not_the_last_administrator(session, user)
    before = {"roles": user.roles, "intimate_images": user.intimate_images}
    user.name, user.roles, user.intimate_images = name.strip(), sorted(roles), intimate_images
    after = {"roles": user.roles, "intimate_images": user.intimate_images}
    audit.record(
        session, by=by, did="changed person", subject=user, detail={"from": before, "to": after}
    )


def disable(session: Session, *, user: User, by: User) -> None:
    """Let somebody do nothing any more, at once: their sessions and API tokens end."""
    if user.id == by.id:
        raise Conflict("You cannot disable yourself. Ask another administrator.")
    if Role.ADMINISTRATOR in user.role_set:
        _not_the_last_administrator(session, user)
    user.disabled_at = clock.now()
    audit.record(session, by=by, did="disabled person", subject=user)
    sign_out_everywhere(session, user=user, by=by)


def enable(session: Session, *, user: User, by: User) -> None:
    """Let somebody sign in again."""
    user.disabled_at, user.locked_until, user.failed_sign_ins = None, None, 0
    audit.record(session, by=by, did="enabled person", subject=user)


def reset_password(session: Session, *, user: User, by: User) -> str:
    """A new password to hand over; every session and API token of the person ends."""
    password = new_password()
    user.password_hash = hash_password(password)
    user.locked_until, user.failed_sign_ins = None, 0
    audit.record(session, by=by, did="reset password", subject=user)
    sign_out_everywhere(session, user=user, by=by)
    return password


def sign_out_everywhere(session: Session, *, user: User, by: User) -> None:
    """End every session of a person and revoke every API token."""
    end_sessions(session, user=user, by=by)
    revoke_tokens(session, user=user, by=by)


def _check(*, email: str, name: str, roles: list[str]) -> None:
    wrong: dict[str, str] = {}
    if (
        "@" not in email
        or len(email.strip()) > 254
        or any(each.isspace() for each in email.strip())
    ):
        wrong["email"] = "Enter an email address in the form name@example.org."
    if not name.strip() or len(name) > 200:
        wrong["name"] = "Enter a name of 200 characters or fewer."
    if not roles or any(role not in list(Role) for role in roles):
        wrong["roles"] = "Choose at least one role: " + ", ".join(Role) + "."
    if wrong:
        raise Invalid(wrong)


def _not_the_last_administrator(session: Session, user: User) -> None:
    # The lock makes two administrators who disable each other wait for one another.
    administrators = session.scalars(
        sa.select(User)
        .where(sa.any_(User.roles) == Role.ADMINISTRATOR.value, User.disabled_at.is_(None))
        .order_by(User.id)
        .with_for_update()
    ).all()
    if all(each.id == user.id for each in administrators):
        raise Conflict(LAST_ADMINISTRATOR)
