"""tus: what a device may send, how it resumes, and what the service keeps of it."""

import hashlib
import io
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy.orm import Session, sessionmaker

from derm_service.audit import AuditEntry
from derm_service.booking.codes import AppointmentState
from derm_service.config import Settings
from derm_service.db import new_id
from derm_service.embedded.object_store import ObjectStore
from derm_service.errors import Conflict
from derm_service.imaging import announcing, uploads, visits
from derm_service.imaging.announcing import Announcement
from derm_service.imaging.codes import CaptureState, View
from derm_service.imaging.models import Capture, Chunk, Visit
from derm_service.imaging.vault import web_vault
from derm_service.people import Role, User
from tests import make
from tests.imaging import sending, visiting
from tests.imaging.sending import announce, described, offset, patch, send
from tests.surf import csrf_token, sign_in_as

DATA = bytes(range(256)) * 1000  # 256,000 bytes that are no image


def jobs_for(session: Session, capture_id: UUID) -> list[str]:
    query = sa.text("SELECT task_name FROM procrastinate_jobs WHERE args->>'capture_id' = :id")
    return list(session.scalars(query, {"id": str(capture_id)}))


def test_a_capture_sent_in_pieces_is_received_with_audit_and_job(
    client: FlaskClient, session: Session, token: str, visit: Visit
) -> None:
    metadata = described(visit, DATA)
    capture_id = UUID(metadata["capture"])

    made = announce(client, token, metadata, len(DATA))
    answers = [
        patch(client, token, capture_id, at, DATA[at : at + 100_000])
        for at in range(0, len(DATA), 100_000)
    ]

    assert made.status_code == 201
    assert made.headers["Location"] == f"/api/v1/uploads/{capture_id}"
    assert [answer.status_code for answer in answers] == [204, 204, 204]
    assert [answer.headers["Upload-Offset"] for answer in answers] == ["100000", "200000", "256000"]
    assert session.get_one(Capture, capture_id).state is CaptureState.RECEIVED
    assert jobs_for(session, capture_id) == ["imaging.examine"]
    done = session.scalars(
        sa.select(AuditEntry.did)
        .where(AuditEntry.subject_id == str(capture_id))
        .order_by(AuditEntry.id)
    )
    assert list(done) == ["announced capture", "received capture"]


def test_a_broken_upload_goes_on_where_the_service_says(
    client: FlaskClient, session: Session, token: str, visit: Visit
) -> None:
    metadata = described(visit, DATA)
    announce(client, token, metadata, len(DATA))
    patch(client, token, metadata["capture"], 0, DATA[:150_000])

    again = announce(client, token, metadata, len(DATA))
    stands = offset(client, metadata["capture"])
    patch(client, token, metadata["capture"], stands, DATA[stands:])

    assert again.status_code == 200
    assert stands == 150_000
    assert offset(client, metadata["capture"]) == len(DATA)
    assert jobs_for(session, UUID(metadata["capture"])) == ["imaging.examine"]


def test_what_came_before_the_line_broke_is_kept(
    client: FlaskClient, token: str, visit: Visit
) -> None:
    metadata = described(visit, DATA)
    announce(client, token, metadata, len(DATA))

    client.patch(
        f"{sending.UPLOADS}/{metadata['capture']}",
        headers={**sending.TUS, "X-CSRFToken": token, "Upload-Offset": "0"},
        input_stream=io.BytesIO(DATA[:70_000]),
        environ_overrides={"CONTENT_LENGTH": str(len(DATA))},
        content_type="application/offset+octet-stream",
    )

    assert offset(client, metadata["capture"]) == 70_000


def test_a_store_that_goes_down_mid_upload_loses_nothing_acknowledged(
    client: FlaskClient, session: Session, token: str, visit: Visit, object_store: ObjectStore
) -> None:
    metadata = described(visit, DATA)
    announce(client, token, metadata, len(DATA))
    patch(client, token, metadata["capture"], 0, DATA[:100_000])

    object_store.stop()
    try:
        refused = patch(client, token, metadata["capture"], 100_000, DATA[100_000:])
    finally:
        object_store.restart()
        object_store.wait_ready()
    stands = offset(client, metadata["capture"])
    taken = patch(client, token, metadata["capture"], stands, DATA[stands:])

    assert refused.status_code == 503
    assert "what was already received is safe" in refused.get_json()["error"]
    assert stands == 100_000
    assert taken.status_code == 204
    assert session.get_one(Capture, UUID(metadata["capture"])).state is CaptureState.RECEIVED


def test_a_piece_for_the_wrong_place_is_a_conflict_and_changes_nothing(
    client: FlaskClient, token: str, visit: Visit
) -> None:
    metadata = described(visit, DATA)
    announce(client, token, metadata, len(DATA))
    patch(client, token, metadata["capture"], 0, DATA[:1000])

    answers = [patch(client, token, metadata["capture"], at, DATA[:500]) for at in (0, 999, 5000)]

    assert [answer.status_code for answer in answers] == [409, 409, 409]
    assert offset(client, metadata["capture"]) == 1000


def test_a_piece_beyond_the_announced_length_is_refused(
    client: FlaskClient, token: str, visit: Visit
) -> None:
    metadata = described(visit, DATA)
    announce(client, token, metadata, 1000)

    assert patch(client, token, metadata["capture"], 0, DATA[:1001]).status_code == 422
    assert offset(client, metadata["capture"]) == 0


def test_a_large_piece_is_sealed_a_few_megabytes_at_a_time(
    client: FlaskClient, session: Session, token: str, visit: Visit
) -> None:
    data = bytes(9_000_000)

    capture_id = send(client, token, visit, data)

    lengths = session.scalars(
        sa.select(Chunk.length).where(Chunk.capture_id == capture_id).order_by(Chunk.start)
    )
    assert list(lengths) == [uploads.PIECE, uploads.PIECE, 9_000_000 - 2 * uploads.PIECE]


def test_the_bucket_never_holds_the_plain_bytes(
    client: FlaskClient, session: Session, token: str, visit: Visit, settings: Settings
) -> None:
    capture_id = send(client, token, visit, DATA)

    chunk = session.scalars(sa.select(Chunk).where(Chunk.capture_id == capture_id)).one()
    vault = web_vault(settings)
    stored = vault.store.quarantine.get(chunk.sealed.key)
    assert DATA[:256] not in stored
    assert b"".join(vault.open(chunk.sealed)) == DATA


def test_the_same_number_with_other_bytes_is_a_conflict(
    client: FlaskClient, token: str, visit: Visit
) -> None:
    metadata = described(visit, DATA)
    announce(client, token, metadata, len(DATA))

    other = announce(client, token, {**metadata, "sha256": "ab" * 32}, len(DATA))

    assert other.status_code == 409
    assert "Choose the file again" in other.get_json()["error"]


@pytest.mark.parametrize("what", ["view", "appointment"])
def test_the_same_number_and_bytes_as_another_view_or_visit_is_a_conflict(
    client: FlaskClient, token: str, visit: Visit, session: Session, what: str
) -> None:
    again = make.appointment(
        session, referral=visit.appointment.referral, state=AppointmentState.COMPLETED
    )
    other = {"view": "overview", "appointment": str(again.id)}
    metadata = described(visit, DATA)
    announce(client, token, metadata, len(DATA))

    answer = announce(client, token, {**metadata, what: other[what]}, len(DATA))

    assert answer.status_code == 409
    assert "Choose the file again" in answer.get_json()["error"]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"capture": "9b2d"}, "capture"),
        ({"capture": "018f0000-0000-4000-8000-000000000000"}, "capture"),
        ({"sha256": "abc"}, "sha256"),
        ({"view": "x_ray"}, "view"),
        ({"captured_at": "2026-08-06T09:20:00"}, "captured_at"),
        ({"captured_at": "0001-01-01T00:00:00+14:00"}, "captured_at"),  # no moment in UTC
        ({"view": "dermoscopic"}, "polarisation"),
        ({"view": "dermoscopic", **sending.DERMOSCOPIC, "immersion": ""}, "immersion"),
    ],
)
def test_what_is_missing_or_wrong_is_named(
    client: FlaskClient, token: str, visit: Visit, changes: dict[str, str], field: str
) -> None:
    answer = announce(client, token, {**described(visit, DATA), **changes}, len(DATA))

    assert answer.status_code == 422
    assert field in answer.get_json()["fields"]


def test_metadata_that_is_not_readable_is_refused(client: FlaskClient, token: str) -> None:
    headers = {**sending.TUS, "X-CSRFToken": token, "Upload-Length": "1"}

    answers = [
        client.post(sending.UPLOADS, headers={**headers, "Upload-Metadata": f"capture {text}"})
        for text in ("a", "/w==", "\xe9")
    ]

    assert [each.status_code for each in answers] == [422, 422, 422]


@pytest.mark.parametrize("length", [0, 60 * 1024 * 1024 + 1, 10**17, "9" * 5000])
def test_empty_and_too_large_files_are_refused_before_any_byte(
    client: FlaskClient, token: str, visit: Visit, length: int | str
) -> None:
    answer = announce(client, token, described(visit, DATA), length)

    assert answer.status_code == 422
    assert "length" in answer.get_json()["fields"]


def test_a_dermoscopic_capture_keeps_how_it_was_taken(
    client: FlaskClient, session: Session, token: str, visit: Visit
) -> None:
    capture_id = send(client, token, visit, DATA, view="dermoscopic", **sending.DERMOSCOPIC)

    capture = session.get_one(Capture, capture_id)
    assert (capture.polarisation, capture.contact, capture.immersion) == (
        "polarised",
        "contact",
        "gel",
    )


def test_the_shutter_stays_shut_until_consent_and_site_are_settled(
    client: FlaskClient, session: Session, token: str, photographer: User
) -> None:
    known = visiting.known(session, by=photographer)

    answer = announce(client, token, described(known, DATA), len(DATA))

    assert answer.status_code == 409
    assert "consent" in answer.get_json()["error"]


def test_no_byte_is_taken_after_the_person_has_said_no(
    client: FlaskClient, session: Session, token: str, visit: Visit, photographer: User
) -> None:
    metadata = described(visit, DATA)
    announce(client, token, metadata, len(DATA))
    patch(client, token, metadata["capture"], 0, DATA[:1000])
    visits.record_consent(session, visit_id=visit.id, taken=visiting.NO, by=photographer)

    answer = patch(client, token, metadata["capture"], 1000, DATA[1000:])
    where = f"{sending.UPLOADS}/{metadata['capture']}"
    stands = client.head(where, headers=sending.TUS)
    stopped = client.delete(where, headers={**sending.TUS, "X-CSRFToken": token})

    assert answer.status_code == 403
    assert "said no to photographs" in answer.get_json()["error"]
    assert stands.headers["Upload-Offset"] == "1000"  # never that all of it is here
    assert stopped.status_code == 204
    assert jobs_for(session, UUID(metadata["capture"])) == []


def test_a_lesion_of_somebody_else_is_not_found(
    client: FlaskClient, session: Session, token: str, visit: Visit
) -> None:
    stranger = make.referral(session).lesions[0]

    answer = announce(client, token, described(visit, DATA, lesion=str(stranger.id)), len(DATA))

    assert answer.status_code == 404


def test_only_photographers_send(client: FlaskClient, session: Session, visit: Visit) -> None:
    sign_in_as(client, session, make.user(session, Role.CLERK))

    assert announce(client, csrf_token(client), described(visit, DATA), 10).status_code == 403


def test_a_page_without_its_token_sends_nothing(
    client: FlaskClient, token: str, visit: Visit
) -> None:
    assert announce(client, "", described(visit, DATA), len(DATA)).status_code == 400


def test_another_version_of_the_protocol_is_refused_with_the_right_one(
    client: FlaskClient, token: str
) -> None:
    answer = client.post(sending.UPLOADS, headers={"Tus-Resumable": "0.2.2", "X-CSRFToken": token})

    assert answer.status_code == 412
    assert answer.headers["Tus-Version"] == "1.0.0"


@pytest.mark.parametrize("path", ["", "/018f0000-0000-7000-8000-000000000000"])
def test_options_name_what_is_spoken(client: FlaskClient, token: str, path: str) -> None:
    answer = client.options(sending.UPLOADS + path)

    assert answer.status_code == 204
    assert answer.headers["Tus-Extension"].split(",") == [
        "creation",
        "creation-with-upload",
        "checksum",
        "expiration",
        "termination",
    ]
    assert answer.headers["Tus-Checksum-Algorithm"] == "sha256,sha1"
    assert answer.headers["Tus-Max-Size"] == str(60 * 1024 * 1024)


@pytest.fixture
def announced(committed_sessions: sessionmaker[Session]) -> Iterator[tuple[UUID, UUID]]:
    """A capture announced in a database that other threads see: its id and the photographer's."""
    with committed_sessions() as session:
        person = visiting.photographer(session)
        visit = visiting.ready(session, by=person)
        capture = announcing.announce(
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
        )
        session.commit()
        yield capture.id, person.id


def test_of_pieces_sent_at_once_for_one_place_one_wins(
    committed_sessions: sessionmaker[Session], announced: tuple[UUID, UUID], settings: Settings
) -> None:
    capture_id, person_id = announced
    vault = web_vault(settings)

    def add(_number: int) -> int:
        with committed_sessions() as session:
            by = session.get_one(User, person_id)
            try:
                after = uploads.keep(session, capture_id, 0, [uploads.seal(vault, [DATA])], by=by)
            except Conflict:
                return 0
            session.commit()
            return after.offset

    with ThreadPoolExecutor(6) as threads:
        reached = list(threads.map(add, range(6)))

    with committed_sessions() as session:
        assert sorted(reached) == [0, 0, 0, 0, 0, len(DATA)]
        assert session.scalar(sa.select(sa.func.count()).select_from(Chunk)) == 1
        assert jobs_for(session, capture_id) == ["imaging.examine"]


def test_a_visit_finished_meanwhile_takes_no_new_capture(
    client: FlaskClient, session: Session, token: str, visit: Visit, photographer: User
) -> None:
    visit.finished_at = visit.appointment.booked_at
    session.flush()

    with pytest.raises(Conflict):
        visits.unfinished(session, visit.id)
    assert announce(client, token, described(visit, DATA), len(DATA)).status_code == 409


def test_a_file_name_is_kept_without_its_path_and_without_control_characters(
    client: FlaskClient, session: Session, token: str, visit: Visit
) -> None:
    capture_id = send(client, token, visit, DATA, filename="C:\\DCIM\\IMG\0\x1b_1.JPG")

    assert session.get_one(Capture, capture_id).file_name == "IMG_1.JPG"
