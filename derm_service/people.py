"""Who works here and what each role may do: the one permission table."""

import uuid
from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from derm_service.db import Base, new_id


class Role(StrEnum):
    """What a person is here for."""

    CLERK = "clerk"
    PHOTOGRAPHER = "photographer"
    DERMATOLOGIST = "dermatologist"
    LEAD = "lead"
    ADMINISTRATOR = "administrator"
    GOVERNANCE = "governance"


class Action(StrEnum):
    """Everything a route, job or command may ask permission for."""

    SIGNED_IN = "signed_in"  # own account, the home page
    SEE_PATIENT = "see_patient"  # search, patient and referral pages
    SEE_IMAGES = "see_images"
    SEE_INTIMATE = "see_intimate"
    SEE_ORIGINALS = "see_originals"
    REFER = "refer"  # enter, import, correct, withdraw referrals
    WITHDRAW_UNTOLD = "withdraw_untold"  # a referral whose signed outcome was not told
    SEE_CLINICS = "see_clinics"  # the calendar of clinics and how full they are; no patients
    BOOK = "book"
    OVERBOOK = "overbook"  # a person above capacity, with a reason
    CLINIC_DAY = "clinic_day"  # day list, check in, identity, consent
    CHANGE_CONSENT = "change_consent"  # withdraw teaching or publication, at any time
    CAPTURE = "capture"
    MOVE_IMAGES = "move_images"  # to the record they belong to; erase them
    REVIEW = "review"
    TELL = "tell"  # letters, calls, telling the patient
    OVERRIDE_LOCK = "override_lock"  # release a locked letter
    WORK = "work"  # the Work page
    SEE_AUDIT = "see_audit"
    SEE_FIGURES = "see_figures"  # counts of groups of people, small numbers left out
    MANAGE_PEOPLE = "manage_people"
    MANAGE_PLACES = "manage_places"


_STAFF = frozenset(Role)
_CLINICAL = frozenset({Role.PHOTOGRAPHER, Role.DERMATOLOGIST, Role.LEAD})

MAY: dict[Action, frozenset[Role]] = {
    Action.SIGNED_IN: _STAFF,
    Action.SEE_PATIENT: _STAFF - {Role.ADMINISTRATOR},
    Action.SEE_IMAGES: _CLINICAL,
    Action.SEE_INTIMATE: _CLINICAL,
    Action.SEE_ORIGINALS: frozenset({Role.GOVERNANCE}),
    Action.REFER: frozenset({Role.CLERK, Role.LEAD}),
    Action.WITHDRAW_UNTOLD: frozenset({Role.LEAD}),
    Action.SEE_CLINICS: _STAFF - {Role.DERMATOLOGIST, Role.GOVERNANCE},
    Action.BOOK: frozenset({Role.CLERK, Role.LEAD}),
    Action.OVERBOOK: frozenset({Role.LEAD}),
    Action.CLINIC_DAY: frozenset({Role.PHOTOGRAPHER, Role.LEAD}),
    Action.CHANGE_CONSENT: _CLINICAL | {Role.CLERK},
    Action.CAPTURE: frozenset({Role.PHOTOGRAPHER, Role.LEAD}),
    Action.MOVE_IMAGES: frozenset({Role.LEAD}),
    Action.REVIEW: frozenset({Role.DERMATOLOGIST}),
    Action.TELL: frozenset({Role.CLERK, Role.DERMATOLOGIST, Role.LEAD}),
    Action.OVERRIDE_LOCK: frozenset({Role.DERMATOLOGIST}),
    Action.WORK: _STAFF,
    Action.SEE_AUDIT: frozenset({Role.GOVERNANCE, Role.LEAD}),
    Action.SEE_FIGURES: frozenset({Role.GOVERNANCE, Role.LEAD}),
    Action.MANAGE_PEOPLE: frozenset({Role.ADMINISTRATOR}),
    Action.MANAGE_PLACES: frozenset({Role.ADMINISTRATOR, Role.LEAD}),
}


class User(Base):
    """A member of staff who can sign in."""

    __tablename__ = "user_account"
    __table_args__ = (sa.Index("user_account_email_key", sa.text("lower(email)"), unique=True),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    email: Mapped[str]
    name: Mapped[str]
    roles: Mapped[list[str]]
    password_hash: Mapped[str]
    intimate_images: Mapped[bool] = mapped_column(default=False)
    failed_sign_ins: Mapped[int] = mapped_column(default=0)
    locked_until: Mapped[datetime | None]
    disabled_at: Mapped[datetime | None]
    created_at: Mapped[datetime]

    @property
    def role_set(self) -> frozenset[Role]:
        """The person's roles."""
        return frozenset(Role(role) for role in self.roles)


def may(user: User, action: Action) -> bool:
    """Whether this person may do this; disabled people may do nothing."""
    if user.disabled_at is not None:
        return False
    if action is Action.SEE_INTIMATE and not user.intimate_images:
        return False
    return bool(user.role_set & MAY[action])
