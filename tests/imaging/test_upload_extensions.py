"""What tus has beyond its core: first piece at once, checksums, running out of time, stopping."""

import io
from datetime import timedelta
from email.utils import parsedate_to_datetime
from uuid import UUID

import pytest
import sqlalchemy as sa
import time_machine
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from derm_service import clock
from derm_service.audit import AuditEntry
from derm_service.imaging import announcing, uploads, visits
from derm_service.imaging.codes import CaptureState, SetAsideReason
from derm_service.imaging.models import Capture, Chunk, Visit
from derm_service.imaging.standing import UNFINISHED_FOR
from derm_service.messages.codes import WorkKind
from derm_service.messages.models import WorkItem
from derm_service.people import Role, User
from derm_service.referrals import closing
from derm_service.referrals.codes import WithdrawnReason
from tests import make
from tests.imaging import sending, visiting
from tests.imaging.sending import announce, checksum, described, offset, patch, send, stop

DATA = bytes(range(256)) * 1000


def test_first_piece_may_come_with_the_announcement(
    client: FlaskClient, session: Session, token: str, visit: Visit
) -> None:
    metadata = described(visit, DATA)

    half = announce(client, token, metadata, len(DATA), DATA[:100_000])
    rest = patch(client, token, metadata["capture"], 100_000, DATA[100_000:])

    assert half.status_code == 201
    assert half.headers["Upload-Offset"] == "100000"
    assert rest.headers["Upload-Offset"] == str(len(DATA))
    assert session.get_one(Capture, UUID(metadata["capture"])).state is CaptureState.RECEIVED


def test_whole_photograph_may_come_with_the_announcement_and_again(
    client: FlaskClient, session: Session, token: str, visit: Visit
) -> None:
    metadata = described(visit, DATA)

    answers = [announce(client, token, metadata, len(DATA), DATA) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [201, 200, 200]
    assert {answer.headers["Upload-Offset"] for answer in answers} == {str(len(DATA))}
    assert {answer.headers["Location"] for answer in answers} == {
        f"{sending.UPLOADS}/{metadata['capture']}"
    }
    counted = sa.select(sa.func.count()).select_from(Chunk)
    assert session.scalar(counted.where(Chunk.capture_id == UUID(metadata["capture"]))) == 1


def test_first_piece_is_taken_with_an_announcement_made_before(
    client: FlaskClient, session: Session, token: str, visit: Visit
) -> None:
    metadata = described(visit, DATA)
    announce(client, token, metadata, len(DATA))

    flipped = announce(client, token, metadata, len(DATA), DATA[:-1] + b"?", **checksum(DATA))
    right = announce(client, token, metadata, len(DATA), DATA, **checksum(DATA))

    assert flipped.status_code == 460
    assert (right.status_code, right.headers["Upload-Offset"]) == (200, str(len(DATA)))
    assert session.get_one(Capture, UUID(metadata["capture"])).state is CaptureState.RECEIVED


def test_first_piece_is_refused_once_consent_was_taken_back(
    client: FlaskClient, session: Session, token: str, visit: Visit, photographer: User
) -> None:
    metadata = described(visit, DATA)
    announce(client, token, metadata, len(DATA))
    visits.record_consent(session, visit_id=visit.id, taken=visiting.NO, by=photographer)
    session.commit()

    refused = announce(client, token, metadata, len(DATA), DATA)

    assert refused.status_code == 403
    kept = sa.select(Chunk).where(Chunk.capture_id == UUID(metadata["capture"]))
    assert session.scalars(kept).all() == []


@pytest.mark.parametrize("name", ["sha256", "sha1"])
def test_piece_with_its_checksum_is_taken(
    client: FlaskClient, session: Session, token: str, visit: Visit, name: str
) -> None:
    metadata = described(visit, DATA)
    announce(client, token, metadata, len(DATA))

    answer = patch(client, token, metadata["capture"], 0, DATA, **checksum(DATA, name))

    assert answer.status_code == 204
    assert session.get_one(Capture, UUID(metadata["capture"])).state is CaptureState.RECEIVED


def test_piece_with_a_flipped_bit_is_refused_and_only_that_piece_is_sent_again(
    client: FlaskClient, session: Session, token: str, visit: Visit
) -> None:
    metadata = described(visit, DATA)
    announce(client, token, metadata, len(DATA))
    first, second = DATA[:128_000], DATA[128_000:]
    patch(client, token, metadata["capture"], 0, first, **checksum(first))
    flipped = bytes([second[0] ^ 1]) + second[1:]

    refused = patch(client, token, metadata["capture"], 128_000, flipped, **checksum(second))
    stands = offset(client, metadata["capture"])
    again = patch(client, token, metadata["capture"], 128_000, second, **checksum(second))

    assert refused.status_code == 460
    assert "changed on the way" in refused.get_json()["error"]
    assert stands == 128_000
    assert again.status_code == 204


def test_what_came_before_the_line_broke_is_kept_although_its_checksum_is_of_the_whole(
    client: FlaskClient, token: str, visit: Visit
) -> None:
    metadata = described(visit, DATA)
    announce(client, token, metadata, len(DATA))
    headers = {**sending.TUS, "X-CSRFToken": token, "Upload-Offset": "0", **checksum(DATA)}

    client.patch(
        f"{sending.UPLOADS}/{metadata['capture']}",
        headers=headers,
        input_stream=io.BytesIO(DATA[:70_000]),
        environ_overrides={"CONTENT_LENGTH": str(len(DATA))},
        content_type=sending.OCTETS,
    )

    assert offset(client, metadata["capture"]) == 70_000


@pytest.mark.parametrize(
    "header", ["md5 1B2M2Y8AsgTpgAmY7PhCfg==", "sha256", "sha256 AAAA", "sha1 \xe9"]
)
def test_checksum_nobody_can_compare_is_refused_before_a_byte(
    client: FlaskClient, token: str, visit: Visit, header: str
) -> None:
    metadata = described(visit, DATA)
    announce(client, token, metadata, len(DATA))

    answer = patch(client, token, metadata["capture"], 0, DATA, **{"Upload-Checksum": header})

    assert answer.status_code == 400
    assert offset(client, metadata["capture"]) == 0


def test_checksum_of_a_piece_without_a_length_is_refused_before_a_byte(
    client: FlaskClient, token: str, visit: Visit
) -> None:
    metadata = described(visit, DATA)
    announce(client, token, metadata, len(DATA))
    headers = {**sending.TUS, "X-CSRFToken": token, "Upload-Offset": "0", **checksum(DATA)}

    answer = client.patch(
        f"{sending.UPLOADS}/{metadata['capture']}",
        headers={**headers, "Transfer-Encoding": "chunked"},
        input_stream=io.BytesIO(DATA[::-1]),
        environ_overrides={"wsgi.input_terminated": True},
        content_type=sending.OCTETS,
    )

    assert answer.status_code == 400
    assert "Content-Length" in answer.get_json()["error"]
    assert offset(client, metadata["capture"]) == 0


def test_method_may_be_named_in_a_header(
    client: FlaskClient, session: Session, token: str, visit: Visit
) -> None:
    metadata = described(visit, DATA)
    announce(client, token, metadata, len(DATA))
    where = f"{sending.UPLOADS}/{metadata['capture']}"
    headers = {**sending.TUS, "X-CSRFToken": token, "Upload-Offset": "0"}

    plain = client.post(where, headers=headers, data=DATA, content_type=sending.OCTETS)
    named = client.post(
        where,
        headers={**headers, "X-HTTP-Method-Override": "PATCH"},
        data=DATA,
        content_type=sending.OCTETS,
    )

    assert (plain.status_code, named.status_code) == (405, 204)


def test_upload_says_until_when_it_waits_and_runs_out_a_week_after_its_last_piece(
    client: FlaskClient, session: Session, token: str, visit: Visit
) -> None:
    metadata = described(visit, DATA)
    made = announce(client, token, metadata, len(DATA))
    half = patch(client, token, metadata["capture"], 0, DATA[:100_000])
    until = parsedate_to_datetime(half.headers["Upload-Expires"])
    capture_id = UUID(metadata["capture"])

    with time_machine.travel(until - timedelta(minutes=1), tick=False):
        early = uploads.expire(session)
    with time_machine.travel(until + timedelta(minutes=1), tick=False):
        late = uploads.expire(session)

    assert abs(until - clock.now() - UNFINISHED_FOR) < timedelta(minutes=5)
    assert "Upload-Expires" in made.headers
    assert capture_id not in [each.id for each in early]
    assert capture_id in [each.id for each in late]
    capture = session.get_one(Capture, capture_id)
    assert capture.set_aside_reason is SetAsideReason.NEVER_ARRIVED
    item = session.scalars(sa.select(WorkItem).where(WorkItem.subject_id == capture_id)).one()
    assert (item.kind, item.role) == (WorkKind.IMAGE_TROUBLE, Role.LEAD)
    assert "still on the device" in item.note
    gone = client.head(f"{sending.UPLOADS}/{capture_id}", headers=sending.TUS)
    assert gone.status_code == 410
    assert announce(client, token, metadata, len(DATA)).status_code == 409


@pytest.mark.parametrize("has_died", [True, False])
def test_upload_whose_referral_ends_ends_with_it_and_asks_nobody_for_the_rest(
    client: FlaskClient, session: Session, token: str, visit: Visit, has_died: bool
) -> None:
    metadata, whole = described(visit, DATA), send(client, token, visit, b"other" + DATA)
    announce(client, token, metadata, len(DATA), DATA[:100_000])
    capture = session.get_one(Capture, UUID(metadata["capture"]))
    clerk, referral = make.user(session), visit.appointment.referral

    uploads.end_unwanted(session)
    before = capture.state
    if has_died:
        closing.mark_deceased(session, patient_id=referral.patient_id, on=clock.today(), by=clerk)
    else:
        closing.withdraw(
            session, referral_id=referral.id, reason=WithdrawnReason.SEEN_ELSEWHERE, by=clerk
        )
    uploads.end_unwanted(session)

    assert (before, capture.state) == (CaptureState.RECEIVING, CaptureState.SET_ASIDE)
    assert capture.set_aside_reason is SetAsideReason.REFERRAL_ENDED
    assert session.get_one(Capture, whole).state is CaptureState.RECEIVED
    asked = sa.select(WorkItem).where(WorkItem.subject_id == capture.id)
    assert session.scalars(asked).all() == []
    gone = client.head(f"{sending.UPLOADS}/{capture.id}", headers=sending.TUS)
    assert gone.status_code == 410


def test_finished_upload_never_runs_out(
    client: FlaskClient, session: Session, token: str, visit: Visit
) -> None:
    capture_id = send(client, token, visit, DATA)

    answer = client.head(f"{sending.UPLOADS}/{capture_id}", headers=sending.TUS)
    with time_machine.travel(clock.now() + timedelta(days=30), tick=False):
        expired = [each.id for each in uploads.expire(session)]

    assert "Upload-Expires" not in answer.headers
    assert capture_id not in expired


def test_stopped_upload_is_gone_and_what_came_of_it_stays_sealed(
    client: FlaskClient, session: Session, token: str, visit: Visit
) -> None:
    metadata = described(visit, DATA)
    announce(client, token, metadata, len(DATA))
    patch(client, token, metadata["capture"], 0, DATA[:100_000])

    answers = [stop(client, token, metadata["capture"]) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [204, 204]
    capture = session.get_one(Capture, UUID(metadata["capture"]))
    assert capture.set_aside_reason is SetAsideReason.STOPPED
    assert session.get(Chunk, (capture.id, 0)) is not None
    assert patch(client, token, capture.id, 100_000, DATA[100_000:]).status_code == 410
    done = sa.select(AuditEntry.did).where(AuditEntry.subject_id == str(capture.id))
    assert list(session.scalars(done)).count("set aside capture") == 1


def test_photograph_that_arrived_cannot_be_stopped(
    client: FlaskClient, session: Session, token: str, visit: Visit
) -> None:
    capture_id = send(client, token, visit, DATA)

    answer = stop(client, token, capture_id)

    assert answer.status_code == 403
    assert "Set it aside" in answer.get_json()["error"]
    assert session.get_one(Capture, capture_id).state is CaptureState.RECEIVED


def test_visit_takes_so_many_photographs_and_no_more(
    client: FlaskClient, session: Session, token: str, visit: Visit, photographer: User
) -> None:
    for image_set in visit.image_sets:
        for _ in range(announcing.MOST_PER_VISIT):
            visiting.capture(session, image_set, announcing.View.CLOSE_UP, by=photographer)

    answer = announce(client, token, described(visit, DATA), len(DATA))

    assert answer.status_code == 403
    assert "the most one visit may have" in answer.get_json()["error"]


def test_person_sends_so_much_a_day_and_no_more(
    client: FlaskClient, session: Session, token: str, visit: Visit, photographer: User
) -> None:
    earlier = visiting.capture(
        session, visit.image_sets[0], announcing.View.CLOSE_UP, by=photographer
    )
    earlier.size_bytes = announcing.MOST_PER_DAY - 1000

    fits = announce(client, token, described(visit, DATA[:1000]), 1000)
    answer = announce(client, token, described(visit, DATA), len(DATA))
    earlier.announced_at -= announcing.DAY
    session.flush()
    next_day = announce(client, token, described(visit, DATA), len(DATA))

    assert [fits.status_code, answer.status_code, next_day.status_code] == [201, 403, 201]
    assert "ring the service desk" in answer.get_json()["error"]


def test_upload_in_too_many_small_pieces_is_refused(
    client: FlaskClient, session: Session, token: str, visit: Visit
) -> None:
    metadata = described(visit, DATA)
    announce(client, token, metadata, len(DATA))
    sealed = visiting.sealed()
    session.add(sealed)
    session.flush()
    session.add_all(
        Chunk(capture_id=UUID(metadata["capture"]), start=at, length=1, sealed_object_id=sealed.id)
        for at in range(uploads.MOST_PIECES)
    )

    answer = patch(client, token, metadata["capture"], uploads.MOST_PIECES, DATA[:1])

    assert answer.status_code == 403
    assert "256 KiB or more" in answer.get_json()["error"]
