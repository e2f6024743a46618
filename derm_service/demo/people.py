"""The demonstration's staff: one sign-in for each role, and the colleagues beside them."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from derm_service.accounts import people
from derm_service.people import Role, User

PASSWORD = "three-quiet-otters"  # noqa: S105 (printed by make run; the data are made up)


@dataclass(frozen=True)
class SignIn:
    """Somebody who can sign in to the demonstration."""

    role: Role
    name: str
    email: str
    sees_intimate_images: bool = False
    password: str = PASSWORD


SIGN_INS = (
    SignIn(Role.CLERK, "Grace Adeyemi", "clerk@demo.example"),
    SignIn(Role.PHOTOGRAPHER, "Tomasz Wilk", "photographer@demo.example", True),
    SignIn(Role.DERMATOLOGIST, "Dr Leila Haddad", "dermatologist@demo.example", True),
    SignIn(Role.LEAD, "Morag Sinclair", "lead@demo.example", True),
    SignIn(Role.ADMINISTRATOR, "Dev Raman", "administrator@demo.example"),
    SignIn(Role.GOVERNANCE, "Ngozi Eze", "governance@demo.example"),
)
COLLEAGUES = (
    SignIn(Role.PHOTOGRAPHER, "Bethan Pryce", "bethan.pryce@demo.example", True),
    SignIn(Role.PHOTOGRAPHER, "Samuel Osei", "samuel.osei@demo.example"),
    SignIn(Role.PHOTOGRAPHER, "Jiayi Lin", "jiayi.lin@demo.example", True),
    SignIn(Role.DERMATOLOGIST, "Dr Owen Marsh", "owen.marsh@demo.example", True),
)


@dataclass(frozen=True)
class Staff:
    """Who acts in the demonstration."""

    clerk: User
    photographers: tuple[User, ...]  # the first one can sign in
    reader: User
    other_reader: User
    lead: User


def add(session: Session) -> Staff:
    """Add everybody; only the sign-ins have a password anybody knows."""
    users = {each.email: _add(session, each, each.password) for each in SIGN_INS}
    others = [_add(session, each, people.new_password()) for each in COLLEAGUES]
    photographer = users["photographer@demo.example"]
    return Staff(
        clerk=users["clerk@demo.example"],
        photographers=(photographer, *others[:3]),
        reader=users["dermatologist@demo.example"],
        other_reader=others[3],
        lead=users["lead@demo.example"],
    )


def _add(session: Session, person: SignIn, password: str) -> User:
    return people.add(
        session,
        email=person.email,
        name=person.name,
        roles=[person.role.value],
        password=password,
        intimate_images=person.sees_intimate_images,
        by=None,
    )
