"""The same bytes for two people: one record is wrong, and a lead looks at both."""

import hashlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy.orm import Session, sessionmaker

from derm_service import wording
from derm_service.config import Settings
from derm_service.db import new_id
from derm_service.imaging import announcing, uploads
from derm_service.imaging.announcing import Announcement
from derm_service.imaging.codes import CaptureState, SetAsideReason, View
from derm_service.imaging.models import Capture, Visit
from derm_service.imaging.vault import web_vault
from derm_service.messages.codes import WorkKind
from derm_service.messages.models import WorkItem
from derm_service.people import User
from tests.imaging import visiting
from tests.imaging.sending import announce, described, offset, patch, send

DATA = bytes(range(256)) * 500


def alerts(session: Session, *visits: Visit) -> dict[UUID, str]:
    """The notes of the safety alerts on these visits' referrals."""
    of = [visit.appointment.referral_id for visit in visits]
    rows = session.scalars(
        sa.select(WorkItem).where(
            WorkItem.kind == WorkKind.SAFETY_ALERT, WorkItem.referral_id.in_(of)
        )
    )
    return {row.referral_id: row.note for row in rows if row.referral_id}


def named(visit: Visit) -> str:
    patient = visit.appointment.patient
    return wording.full_name(patient.given_name, patient.family_name)


def test_photograph_of_another_persons_record_is_blocked_and_both_stand_before_the_lead(
    client: FlaskClient, session: Session, token: str, photographer: User
) -> None:
    first = visiting.ready(session, by=photographer)
    second = visiting.ready(session, by=photographer)
    send(client, token, first, DATA)

    answer = announce(client, token, described(second, DATA), len(DATA))

    assert answer.status_code == 409
    assert "already filed elsewhere" in answer.get_json()["error"]
    assert "Photograph again" in answer.get_json()["error"]
    notes = alerts(session, first, second)
    assert named(second) in notes[first.appointment.referral_id]
    assert named(first) in notes[second.appointment.referral_id]
    assert all("may be the wrong one" in note for note in notes.values())


def test_photograph_sent_again_for_the_same_person_is_no_alert(
    client: FlaskClient, session: Session, token: str, photographer: User
) -> None:
    visit = visiting.ready(session, by=photographer)
    send(client, token, visit, DATA)

    answer = announce(client, token, described(visit, DATA), len(DATA))

    assert answer.status_code == 201
    assert alerts(session, visit) == {}


def test_photograph_that_was_set_aside_may_be_filed_where_it_belongs(
    client: FlaskClient, session: Session, token: str, photographer: User
) -> None:
    wrong = visiting.ready(session, by=photographer)
    right = visiting.ready(session, by=photographer)
    capture = session.get_one(Capture, send(client, token, wrong, DATA))
    capture.state = CaptureState.SET_ASIDE
    capture.set_aside_reason = SetAsideReason.WRONG_LESION
    session.flush()

    answer = announce(client, token, described(right, DATA), len(DATA))

    assert answer.status_code == 201


def test_second_of_two_on_their_way_is_set_aside_when_it_arrives(
    client: FlaskClient, session: Session, token: str, photographer: User
) -> None:
    first = visiting.ready(session, by=photographer)
    second = visiting.ready(session, by=photographer)
    one, other = described(first, DATA), described(second, DATA)
    announce(client, token, one, len(DATA))
    announce(client, token, other, len(DATA))
    patch(client, token, one["capture"], 0, DATA)

    taken = patch(client, token, other["capture"], 0, DATA)

    assert taken.status_code == 204
    assert offset(client, other["capture"]) == len(DATA)
    late = session.get_one(Capture, UUID(other["capture"]))
    assert late.set_aside_reason is SetAsideReason.FILED_ELSEWHERE
    assert session.get_one(Capture, UUID(one["capture"])).state is CaptureState.RECEIVED
    assert len(alerts(session, first, second)) == 2


@pytest.fixture
def twins(committed_sessions: sessionmaker[Session]) -> Iterator[tuple[UUID, list[UUID]]]:
    """The same bytes announced for six people in a database other threads see."""
    with committed_sessions() as session:
        person = visiting.photographer(session)
        announced = []
        for _ in range(6):
            visit = visiting.ready(session, by=person)
            announced.append(
                announcing.announce(
                    session,
                    Announcement(
                        capture_id=new_id(),
                        sha256=hashlib.sha256(DATA).hexdigest(),
                        size_bytes=len(DATA),
                        appointment_id=visit.appointment_id,
                        lesion_id=visiting.lesion_id(visit),
                        view=View.CLOSE_UP,
                    ),
                    by=person,
                ).id
            )
        session.commit()
        yield person.id, announced


def test_of_twins_arriving_at_once_one_is_received(
    committed_sessions: sessionmaker[Session],
    twins: tuple[UUID, list[UUID]],
    settings: Settings,
) -> None:
    person_id, captures = twins
    vault = web_vault(settings)

    def finish(capture_id: UUID) -> None:
        with committed_sessions() as session:
            by = session.get_one(User, person_id)
            uploads.keep(session, capture_id, 0, [uploads.seal(vault, [DATA])], by=by)
            session.commit()

    with ThreadPoolExecutor(6) as threads:
        list(threads.map(finish, captures))

    with committed_sessions() as session:
        states = [session.get_one(Capture, each).state for each in captures]
    assert sorted(states) == [CaptureState.RECEIVED, *[CaptureState.SET_ASIDE] * 5]
