"""The fixtures themselves: what they promise to every other test."""

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session, sessionmaker

from derm_service import clock
from derm_service.people import Role, User
from tests.fixtures.app import Watch


def person(email: str) -> User:
    """A person nobody needs to sign in as."""
    return User(
        email=email,
        name="Test Person",
        password_hash="none",
        roles=[Role.CLERK],
        created_at=clock.now(),
    )


@pytest.mark.parametrize("run", [1, 2])
def test_session_commits_are_gone_in_the_next_test(session: Session, run: int) -> None:
    session.add(person("gone@example.org"))

    session.commit()

    assert session.scalar(sa.select(sa.func.count()).select_from(User)) == 1


@pytest.mark.parametrize("run", [1, 2])
def test_committed_database_is_fresh_for_each_test(committed: Session, run: int) -> None:
    committed.add(person("gone@example.org"))

    committed.commit()

    assert committed.scalar(sa.select(sa.func.count()).select_from(User)) == 1


def test_watch_notices_writes_that_end_without_a_commit(
    session: Session, joined_sessions: sessionmaker[Session]
) -> None:
    watch = Watch(ignore=session)
    sa.event.listen(joined_sessions, "after_flush", watch.wrote)
    sa.event.listen(joined_sessions, "after_commit", watch.committed)
    sa.event.listen(joined_sessions, "after_transaction_end", watch.ended)

    with joined_sessions() as careful:
        careful.add(person("careful@example.org"))
        careful.commit()
    after_careful = list(watch.forgotten)
    with joined_sessions() as careless, careless.begin_nested():
        careless.add(person("careless@example.org"))

    assert after_careful == []
    assert watch.forgotten == ["User"]
