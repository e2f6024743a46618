"""Jobs whose worker died are taken over; what cannot be done stands before the administrator."""

import re
from datetime import timedelta
from itertools import pairwise

import sqlalchemy as sa
from sqlalchemy.orm import Session, sessionmaker

from derm_service import clock
from derm_service.config import Settings
from derm_service.custody import job_care, sealer
from derm_service.custody import tasks as custody_tasks
from derm_service.imaging.codes import CaptureState
from derm_service.imaging.models import Capture
from derm_service.imaging.vault import Place, worker_vault
from derm_service.jobs import CAPTURE, ROUTINE, defer
from derm_service.messages import work
from derm_service.messages.codes import WorkKind
from derm_service.people import Role
from tests import make
from tests.custody.filed import filed, received
from tests.custody.working import work_once

RETRY = "UPDATE procrastinate_jobs SET status = 'todo'"
LEAVE_IN_HAND = sa.text("UPDATE procrastinate_jobs SET status = 'doing', attempts = :attempts")

DUE_NOW = sa.text("UPDATE procrastinate_jobs SET scheduled_at = NULL")
WAITS = sa.text(
    "SELECT scheduled_at - (SELECT max(at) FROM procrastinate_events "
    "WHERE job_id = procrastinate_jobs.id AND type = 'deferred_for_retry') "
    "FROM procrastinate_jobs WHERE status = 'todo'"
)


def test_a_job_whose_worker_died_is_taken_over_and_done(
    committed_sessions: sessionmaker[Session], database_url: str, settings: Settings
) -> None:
    vault = worker_vault(settings)
    with committed_sessions() as session:
        capture_id = received(session, vault).id
        session.execute(LEAVE_IN_HAND, {"attempts": 0})
        session.commit()

    take_over(database_url, committed_sessions, settings)
    work_once(database_url, committed_sessions, settings, queue=CAPTURE)

    with committed_sessions() as session:
        assert session.get_one(Capture, capture_id).state is CaptureState.FILED


def test_a_job_whose_store_is_down_waits_longer_before_each_next_try(
    committed_sessions: sessionmaker[Session], database_url: str, settings: Settings
) -> None:
    nowhere = settings.model_copy(update={"s3_endpoint": "http://127.0.0.1:9"})
    waits = []
    with committed_sessions() as session:
        received(session, worker_vault(settings))
        for _ in range(4):
            session.execute(DUE_NOW)
            session.commit()
            work_once(database_url, committed_sessions, nowhere, queue=CAPTURE)
            waits.append(session.execute(WAITS).scalar_one())

    assert waits[0] >= timedelta(seconds=1)
    assert all(later >= 1.5 * sooner for sooner, later in pairwise(waits))


def take_over(url: str, sessions: sessionmaker[Session], settings: Settings) -> None:
    with sessions() as session:
        defer(session, custody_tasks.take_over, timestamp="0")
        session.commit()
    work_once(url, sessions, settings, queue=ROUTINE)


def test_database_and_worker_notice_within_a_minute_that_the_other_has_lost_its_power(
    committed_sessions: sessionmaker[Session],
) -> None:
    with committed_sessions() as session:
        connection = session.connection().connection.driver_connection
        assert connection is not None
        given = connection.info.get_parameters()

    ours = [int(given[f"keepalives_{each}"]) for each in ("idle", "interval", "count")]
    theirs = [int(each) for each in re.findall(r"tcp_keepalives_\w+=(\d+)", given["options"])]
    assert ours == theirs
    assert ours[0] + ours[1] * ours[2] <= 60


def test_the_jobs_that_look_after_store_and_trail_put_what_they_find_before_people(
    committed_sessions: sessionmaker[Session], database_url: str, settings: Settings
) -> None:
    vault = worker_vault(settings)
    with committed_sessions() as session:
        capture = filed(session, vault)
        sealer.seal(session)
        lead, officer = make.user(session, Role.LEAD), make.user(session, Role.GOVERNANCE)
        session.execute(sa.text("ALTER TABLE audit_entry DISABLE TRIGGER USER"))
        session.execute(sa.text("UPDATE audit_entry SET did = 'nothing' WHERE number = 2"))
        for job in (custody_tasks.reconcile, custody_tasks.verify):
            defer(session, job, timestamp="0")
        session.commit()
        original = capture.original
        assert original is not None
        vault.delete(Place.RECORD, original.key)

    work_once(database_url, committed_sessions, settings, queue=ROUTINE)

    with committed_sessions() as session:
        (lost,) = work.open_items(session, lead)
        (broken,) = work.open_items(session, officer)
    assert (lost.kind, lost.subject_id) == (WorkKind.IMAGE_TROUBLE, original.id)
    assert (broken.kind, broken.note[:17]) == (WorkKind.AUDIT_BROKEN, "Row 2 was changed")


def test_a_job_that_kills_its_worker_is_parked_before_the_administrator(
    committed_sessions: sessionmaker[Session], database_url: str, settings: Settings
) -> None:
    vault = worker_vault(settings)
    with committed_sessions() as session:
        received(session, vault)
        administrator = make.user(session, Role.ADMINISTRATOR)
        session.execute(LEAVE_IN_HAND, {"attempts": job_care.MOST_TAKEN_OVER})
        session.commit()

    take_over(database_url, committed_sessions, settings)

    with committed_sessions() as session:
        assert job_care.park(session) == 1
        assert job_care.park(session) == 1
        (item,) = work.open_items(session, administrator)
        assert "imaging.examine) was given up after 6 tries" in item.note

        session.execute(sa.text(f"{RETRY} WHERE status = 'failed'"))
        job_care.park(session)
        assert work.open_items(session, administrator) == []


def test_a_job_an_administrator_has_dealt_with_does_not_come_back(session: Session) -> None:
    administrator = make.user(session, Role.ADMINISTRATOR)
    fail(session, "imaging.examine", "{}")
    job_care.park(session)
    (item,) = work.open_items(session, administrator)
    work.finish_by_hand(session, item_id=item.id, how="Asked the service desk", by=administrator)

    job_care.park(session)

    assert work.open_items(session, administrator) == []


def test_a_periodic_job_is_nobodys_business_until_it_fails_again_and_again(
    session: Session,
) -> None:
    administrator = make.user(session, Role.ADMINISTRATOR)
    now = int(clock.now().timestamp())
    for _ in range(2):
        fail(session, "imaging.reconcile", f'{{"timestamp": {now}}}')
    fail(session, "imaging.reconcile", f'{{"timestamp": {now - 100_000}}}')

    job_care.park(session)
    after_two = work.open_items(session, administrator)
    fail(session, "imaging.reconcile", f'{{"timestamp": {now}}}')
    job_care.park(session)

    assert after_two == []
    assert len(work.open_items(session, administrator)) == 1


def fail(session: Session, task: str, arguments: str) -> None:
    """A job of that task that was given up."""
    session.execute(
        sa.text(
            "INSERT INTO procrastinate_jobs (queue_name, task_name, args, status, attempts) "
            "VALUES ('routine', :task, CAST(:arguments AS jsonb), 'failed', 3)"
        ),
        {"task": task, "arguments": arguments},
    )
