"""Recording consent by purpose; the newest answer to a purpose is the one in force."""

import uuid
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import InstrumentedAttribute, Session

from derm_service import audit, clock, wording
from derm_service.db import Columns
from derm_service.errors import Invalid
from derm_service.people import User
from derm_service.referrals import queries
from derm_service.referrals.codes import ConsentBy, Purpose
from derm_service.referrals.consent_rules import TEXT_VERSION, Answer, problems
from derm_service.referrals.models import Consent
from derm_service.referrals.rules import check_open

_OF_REFERRAL = (
    sa.select(Consent)
    .where(Consent.referral_id == sa.bindparam("referral_id", type_=sa.Uuid()))
    .order_by(Consent.recorded_at, Consent.id)
)
COLUMNS = Columns(Consent, "id is_given given_by best_interests")
"""No more than decides."""


def record(
    session: Session,
    *,
    referral_id: uuid.UUID,
    purpose: Purpose,
    is_given: bool,
    given_by: ConsentBy,
    by: User,
    appointment_id: uuid.UUID | None = None,
    giver_name: str = "",
    giver_relation: str = "",
    best_interests: dict[str, str] | None = None,
    publication_name: str = "",
    text_version: str = TEXT_VERSION,
) -> Consent:
    """Record one answer; raises Invalid by field where it is incomplete or not theirs to give.

    `best_interests` has the keys why_cannot_decide, consulted, why_best. Saying no later is
    another row: earlier answers stay readable.
    """
    referral = queries.referral(session, referral_id)
    if is_given:  # a no is taken at any time, also after the referral was withdrawn
        check_open(referral.state)
    answer = Answer(
        purpose, is_given, given_by, giver_name, giver_relation, best_interests, publication_name
    )
    if found := problems(answer, age=wording.age(referral.patient.born_on, clock.today())):
        raise Invalid(found)
    consent = Consent(
        referral_id=referral.id,
        appointment_id=appointment_id,
        purpose=purpose,
        is_given=is_given,
        given_by=given_by,
        giver_name=giver_name.strip(),
        giver_relation=giver_relation.strip(),
        best_interests=best_interests if given_by is ConsentBy.BEST_INTERESTS else None,
        publication_name=publication_name.strip() if purpose is Purpose.PUBLICATION else "",
        text_version=text_version,
        recorded_by_id=by.id,
        recorded_at=clock.now(),
    )
    session.add(consent)
    session.flush()
    audit.record(
        session,
        by=by,
        did="recorded consent",
        subject=consent,
        patient_id=referral.patient_id,
        detail={"purpose": purpose, "is_given": is_given, "given_by": given_by},
    )
    return consent


def in_force(session: Session, referral_id: uuid.UUID) -> dict[Purpose, Consent]:
    """The newest answer to each purpose that was asked."""
    rows = session.scalars(_OF_REFERRAL, {"referral_id": referral_id})
    return {consent.purpose: consent for consent in rows}


def newest(session: Session, referral_id: uuid.UUID, purpose: Purpose) -> Consent | None:
    """The answer in force to one purpose."""
    return session.scalars(_newest(Consent, referral_id, purpose)).one_or_none()


def newest_cell(
    referral_id: InstrumentedAttribute[uuid.UUID], purpose: Purpose
) -> sa.ScalarSelect[Any]:
    """The answer in force to one purpose, as a cell of `COLUMNS` in a query about the referral."""
    return _newest(COLUMNS.cell, referral_id, purpose).scalar_subquery()


def _newest(
    what: Any, referral_id: uuid.UUID | InstrumentedAttribute[uuid.UUID], purpose: Purpose
) -> sa.Select[Any]:
    return (
        sa.select(what)
        .where(Consent.referral_id == referral_id, Consent.purpose == purpose)
        .order_by(Consent.recorded_at.desc(), Consent.id.desc())
        .limit(1)
    )
