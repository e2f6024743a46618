"""The audit trail proves itself: any row changed, removed, put in or cut off is named."""

import threading
from collections.abc import Callable

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session, sessionmaker

from derm_service import audit, clock
from derm_service.config import Settings
from derm_service.custody import sealer, verifying
from derm_service.custody.anchors import Anchors, open_anchors
from derm_service.custody.models import AuditAnchor
from derm_service.custody.verifying import Verified
from derm_service.people import User
from tests import make


@pytest.fixture
def own(database_url: str, settings: Settings) -> Anchors:
    """The anchors of this test's own database."""
    name = database_url.partition("?")[0].rpartition("/")[2]
    return Anchors(open_anchors(settings).bucket, f"chain-{name}")


@pytest.fixture
def person(committed: Session) -> User:
    made = make.user(committed)
    committed.commit()
    return made


def write(session: Session, person: User, rows: int) -> None:
    for n in range(rows):
        audit.record(session, by=person, did=f"did thing {n}", subject=person, detail={"n": n})
    session.commit()


def sealed(session: Session, own: Anchors, person: User, rows: int) -> None:
    """So many more rows, numbered and anchored."""
    write(session, person, rows)
    while sealer.seal(session):
        session.commit()
    sealer.anchor(session, own)
    session.commit()


def behind_our_back(session: Session, statement: str) -> None:
    """What somebody can do who owns the database."""
    session.execute(sa.text("ALTER TABLE audit_entry DISABLE TRIGGER USER"))
    session.execute(sa.text(statement))
    session.execute(sa.text("ALTER TABLE audit_entry ENABLE TRIGGER USER"))
    session.commit()
    session.expire_all()


def test_an_untouched_trail_adds_up(committed: Session, own: Anchors, person: User) -> None:
    sealed(committed, own, person, 5)
    sealed(committed, own, person, 3)
    write(committed, person, 2)
    seen: list[int] = []

    verified = verifying.verify(committed, own, seen.append)

    assert verified == Verified(rows=8, anchors=2, waiting=2, trouble=None)
    assert sum(seen) == verifying.count(committed) == 8


@pytest.mark.parametrize(
    ("tampering", "named"),
    [
        ("UPDATE audit_entry SET did = 'did nothing' WHERE number = 3", "Row 3 was changed"),
        ("UPDATE audit_entry SET detail = '{}' WHERE number = 1", "Row 1 was changed"),
        ("UPDATE audit_entry SET at = at + interval '1 s' WHERE number = 7", "Row 7 was changed"),
        ("DELETE FROM audit_entry WHERE number = 4", "Row 4 was removed"),
        ("DELETE FROM audit_entry WHERE number = 1", "Row 1 was removed"),
        ("DELETE FROM audit_entry WHERE number >= 6", "The rows from 6 on were cut off"),
        ("DELETE FROM audit_entry", "The rows from 1 on were cut off"),
        ("UPDATE audit_entry SET by_id = NULL, by_system = 'x' WHERE number = 8", "Row 8 was"),
    ],
)
def test_the_first_row_tampered_with_is_named(
    committed: Session, own: Anchors, person: User, tampering: str, named: str
) -> None:
    sealed(committed, own, person, 5)
    sealed(committed, own, person, 3)

    behind_our_back(committed, tampering)

    trouble = verifying.verify(committed, own).trouble
    assert trouble is not None
    assert trouble.startswith(named)


def test_a_tail_cut_off_and_written_anew_is_found_by_its_anchor(
    committed: Session, own: Anchors, person: User
) -> None:
    sealed(committed, own, person, 5)
    sealed(committed, own, person, 3)

    behind_our_back(committed, "DELETE FROM audit_entry WHERE number > 5")
    sealed(committed, own, person, 4)

    trouble = verifying.verify(committed, own).trouble
    assert trouble is not None
    assert trouble.startswith("The chain was made again: a row from 6 to 8 was changed after")


def test_an_anchor_taken_away_with_the_rows_it_vouched_for_is_missed(
    committed: Session, own: Anchors, person: User
) -> None:
    sealed(committed, own, person, 5)
    sealed(committed, own, person, 3)
    newest = max(own.bucket.objects(f"{own.prefix}/"), key=lambda each: each.key)

    own.bucket.delete(newest.key)
    behind_our_back(committed, "DELETE FROM audit_entry WHERE number > 5")

    trouble = verifying.verify(committed, own).trouble
    assert trouble is not None
    assert trouble.startswith("The anchor of row 8, written at")
    assert "is gone from its bucket" in trouble


def test_rows_that_nobody_numbers_are_trouble_after_ten_minutes(
    committed: Session, own: Anchors, person: User
) -> None:
    sealed(committed, own, person, 2)
    write(committed, person, 1)
    behind_our_back(
        committed, "UPDATE audit_entry SET at = at - interval '11 min' WHERE number IS NULL"
    )

    trouble = verifying.verify(committed, own).trouble

    assert trouble is not None
    assert trouble.startswith("1 row since")


def test_rows_that_nothing_outside_the_database_vouches_for_are_trouble_after_ten_minutes(
    committed: Session, own: Anchors, person: User
) -> None:
    sealed(committed, own, person, 2)
    write(committed, person, 1)
    behind_our_back(
        committed, "UPDATE audit_entry SET at = at - interval '11 min' WHERE number IS NULL"
    )
    # the sealer is made to believe that the next row is anchored already
    committed.add(AuditAnchor(number=3, hash="0" * 64, at=clock.now()))
    sealed(committed, own, person, 0)

    trouble = verifying.verify(committed, own).trouble

    assert trouble is not None
    assert trouble.startswith("The rows from 3 on, since")


def test_a_transaction_that_ends_late_is_numbered_late_and_passed_over_by_none(
    committed_sessions: sessionmaker[Session], own: Anchors, person: User
) -> None:
    with committed_sessions() as slow, committed_sessions() as quick:
        early = audit.record(slow, by=person, did="began first", subject=person)
        late = audit.record(quick, by=person, did="ended first", subject=person)
        quick.commit()
        assert sealer.seal(quick) == 1
        quick.commit()
        slow.commit()

        assert sealer.seal(quick) == 1
        quick.commit()

        quick.refresh(late)
        slow.refresh(early)
        assert early.id < late.id
        assert (late.number, early.number) == (1, 2)
        assert verifying.verify(quick, own).is_sound


def test_writers_and_two_sealers_at_once_make_one_chain_without_gaps(
    committed_sessions: sessionmaker[Session], own: Anchors, person: User
) -> None:
    done = threading.Event()

    def writer() -> None:
        with committed_sessions() as session:
            for _ in range(15):
                write(session, person, 2)

    def seals() -> None:
        with committed_sessions() as session:
            while not done.is_set():
                sealer.seal(session)
                sealer.anchor(session, own)
                session.commit()

    run_all([writer] * 4, while_running=[seals] * 2, done=done)

    with committed_sessions() as session:
        sealer.seal(session)
        session.commit()
        verified = verifying.verify(session, own)
    assert (verified.rows, verified.waiting, verified.trouble) == (120, 0, None)
    assert verified.anchors >= 1


def run_all(
    writers: list[Callable[[], None]],
    *,
    while_running: list[Callable[[], None]],
    done: threading.Event,
) -> None:
    """Run all at once; tell the helpers when the writers have finished."""
    threads = [threading.Thread(target=each) for each in writers]
    helpers = [threading.Thread(target=each) for each in while_running]
    for each in (*helpers, *threads):
        each.start()
    for each in threads:
        each.join()
    done.set()
    for each in helpers:
        each.join()


def test_anchors_of_another_trail_are_not_taken_for_ours(
    committed: Session, own: Anchors, person: User
) -> None:
    other = Anchors(own.bucket, f"{own.prefix}-other")
    other.drop(99, "0" * 64)

    sealed(committed, own, person, 1)

    assert [each.number for each in own.all()] == [1]
    assert verifying.verify(committed, own).is_sound
