"""Calendar feeds: the secret address of one photographer's clinics, made, revoked and read."""

import secrets
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from derm_service import audit, clock
from derm_service.accounts.sign_in import digest
from derm_service.booking.codes import ClinicState, Level
from derm_service.booking.ics import Shift
from derm_service.booking.ledger import LIVE
from derm_service.booking.models import Allocation, CalendarFeed, Clinic, Resource
from derm_service.db import conflict_on
from derm_service.errors import Conflict, NotFound
from derm_service.people import Action, User, may

TOKEN_BYTES = 32
BACK, AHEAD = timedelta(days=60), timedelta(days=400)
GONE = "There is no calendar at this address. Make a new address on your account page."
TWICE = "An address was made at the same moment. Load the page again."


def of(session: Session, user: User) -> CalendarFeed | None:
    """The address that holds for a person just now, if there is one; its token is not known."""
    return session.scalar(
        sa.select(CalendarFeed).where(
            CalendarFeed.user_id == user.id, CalendarFeed.revoked_at.is_(None)
        )
    )


def make(session: Session, *, user: User, by: User) -> str:
    """Make a person's address and return its token, which nobody can see again.

    An older address ends with it. Conflict for somebody whose role has no clinics.
    """
    if not may(user, Action.CLINIC_DAY):
        raise Conflict(f"{user.name} does not work in clinics: there is nothing to show.")
    _end(session, user)
    token = secrets.token_urlsafe(TOKEN_BYTES)
    feed = CalendarFeed(user_id=user.id, token_sha256=digest(token), made_at=clock.now())
    with conflict_on(session, "calendar_feed_one_per_person", TWICE):
        session.add(feed)
    audit.record(session, by=by, did="made calendar address", subject=user)
    return token


def revoke(session: Session, *, user: User, by: User) -> None:
    """End a person's address at once; Conflict where there is none."""
    if not _end(session, user):
        raise Conflict("There is no address to end: it was ended already.")
    audit.record(session, by=by, did="revoked calendar address", subject=user)


def owner(session: Session, token: str) -> User:
    """Whose clinics an address shows; NotFound for a wrong, revoked or disabled person's one."""
    feed = session.scalar(
        sa.select(CalendarFeed)
        .where(CalendarFeed.token_sha256 == digest(token), CalendarFeed.revoked_at.is_(None))
        .options(joinedload(CalendarFeed.user))
    )
    if feed is None or not may(feed.user, Action.CLINIC_DAY):
        raise NotFound(GONE)
    return feed.user


def shifts(session: Session, user: User) -> list[Shift]:
    """A person's clinics of the last two months and the next thirteen, in order of time.

    One that was cancelled, or given to somebody else, stays in it as being off: a calendar that
    has it keeps it until it is told so.
    """
    works = sa.and_(Allocation.level == Level.CLINIC, Resource.user_id == user.id)
    is_on = sa.func.bool_or(Allocation.state.in_(LIVE))
    found = session.execute(
        sa.select(Allocation.clinic_id, is_on)
        .join(Allocation.resource)
        .join(Clinic, Clinic.id == Allocation.clinic_id)
        .where(
            works,
            Clinic.ends_at > clock.now() - BACK,
            Clinic.starts_at < clock.now() + AHEAD,
        )
        .group_by(Allocation.clinic_id)
    )
    held = {clinic_id: bool(on) for clinic_id, on in found}
    clinics = session.scalars(
        sa.select(Clinic)
        .where(Clinic.id.in_(held))
        .options(joinedload(Clinic.location), joinedload(Clinic.mobile_unit))
        .order_by(Clinic.starts_at, Clinic.id)
    )
    return [Shift(one, held[one.id] and one.state is ClinicState.OPEN) for one in clinics]


def _end(session: Session, user: User) -> bool:
    """Whether there was one to end."""
    feed = of(session, user)
    if feed is None:
        return False
    feed.revoked_at = clock.now()
    session.flush()
    return True
