"""Rows that one act adds to several tables are written by one statement, all or none."""

from datetime import datetime

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from derm_service import audit
from derm_service.audit import AuditEntry
from derm_service.booking import appointments
from derm_service.db import together
from derm_service.people import User
from tests import make


@pytest.fixture
def person(session: Session) -> User:
    return make.user(session)


def did(session: Session, subject: User) -> list[str]:
    theirs = sa.select(AuditEntry.did).where(AuditEntry.subject_id == str(subject.id))
    return list(session.scalars(theirs.order_by(AuditEntry.id)))


def test_rows_are_written_in_their_order_when_the_block_ends(
    session: Session, person: User
) -> None:
    with together(session):
        audit.record(session, by=person, did="began", subject=person, detail={"emoji": "🩺"})
        audit.record(session, by=person, did="went on", subject=person)
        before = did(session, person)

    assert before == []
    assert did(session, person) == ["began", "went on"]
    first = session.scalars(sa.select(AuditEntry).where(AuditEntry.did == "began")).one()
    assert (first.by_id, first.by_roles, first.detail) == (
        person.id,
        person.roles,
        {"emoji": "🩺"},
    )


def test_nothing_is_written_when_the_block_fails(session: Session, person: User) -> None:
    def act() -> None:
        with together(session):
            audit.record(session, by=person, did="began", subject=person)
            raise ValueError("no further")

    with pytest.raises(ValueError, match="no further"):
        act()

    audit.record(session, by=person, did="began again", subject=person)
    assert did(session, person) == ["began again"]


def test_a_moment_without_its_zone_is_refused(session: Session, person: User) -> None:
    def act() -> None:
        with together(session):
            entry = audit.record(session, by=person, did="began", subject=person)
            entry.at = datetime(2026, 11, 22, 9)  # noqa: DTZ001 (that is the point)

    with pytest.raises(TypeError, match="naive"):
        act()


def test_a_booking_is_four_statements(session: Session, person: User) -> None:
    slot_id = make.clinic(session).slots[0].id
    referral_id = make.referral(session).id
    session.expire_all()
    by = session.get_one(User, person.id)
    _ = by.roles
    statements: list[str] = []

    def heard(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        statements.append(statement)

    engine = session.get_bind().engine
    sa.event.listen(engine, "before_cursor_execute", heard)
    try:
        appointments.book(session, slot_id=slot_id, referral_id=referral_id, by=by)
    finally:
        sa.event.remove(engine, "before_cursor_execute", heard)

    assert len(statements) == 4, "\n".join(each[:150] for each in statements)
