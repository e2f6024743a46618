"""From the last byte to the record, on a real database and a real object store."""

import hashlib
from datetime import timedelta
from uuid import UUID

import cv2
import numpy as np
import pytest
import sqlalchemy as sa
import time_machine
from sqlalchemy.orm import Session, sessionmaker

from derm_service import clock
from derm_service.audit import AuditEntry
from derm_service.config import Settings
from derm_service.db import new_id
from derm_service.errors import Conflict, Invalid
from derm_service.imaging import announcing, captures, filing, filing_tasks, sweeping, uploads
from derm_service.imaging.announcing import Announcement
from derm_service.imaging.codes import (
    CaptureState,
    KeptReason,
    RenditionSize,
    SetAsideReason,
    View,
)
from derm_service.imaging.models import Capture, Chunk, Rendition, SealedObject, Visit
from derm_service.imaging.vault import Place, Vault, worker_vault
from derm_service.jobs import CAPTURE, defer
from derm_service.messages import work
from derm_service.messages.codes import WorkKind
from derm_service.people import Role, User
from tests import make
from tests.custody.working import work_once
from tests.imaging import files, visiting

GOOD = files.with_camera_data(files.skin(1200, 900))
BLURRED = files.encoded(cv2.GaussianBlur(files.skin(1200, 900), (0, 0), 6).astype(np.uint8))


@pytest.fixture
def vault(settings: Settings) -> Vault:
    return worker_vault(settings)


def received(
    session: Session,
    vault: Vault,
    visit: Visit,
    data: bytes,
    *,
    by: User,
    sha256: str | None = None,
) -> Capture:
    """A capture whose bytes have all come, in three chunks."""
    capture = announcing.announce(
        session,
        Announcement(
            capture_id=new_id(),
            sha256=sha256 or hashlib.sha256(data).hexdigest(),
            size_bytes=len(data),
            appointment_id=visit.appointment_id,
            lesion_id=visiting.lesion_id(visit),
            view=View.CLOSE_UP,
        ),
        by=by,
    )
    at, third = 0, len(data) // 3
    for piece in (data[:third], data[third : 2 * third], data[2 * third :]):
        at = uploads.keep(session, capture.id, at, [uploads.seal(vault, [piece])], by=by).offset
    return capture


def did(session: Session, capture: Capture) -> list[str]:
    return list(
        session.scalars(
            sa.select(AuditEntry.did)
            .where(AuditEntry.subject_id == str(capture.id))
            .order_by(AuditEntry.id)
        )
    )


def test_a_good_capture_is_filed_byte_for_byte_and_sealed(
    session: Session, vault: Vault, visit: Visit, photographer: User
) -> None:
    capture = received(session, vault, visit, GOOD, by=photographer)

    leftovers = filing.examine(session, vault, capture_id=capture.id)

    assert (capture.state, capture.verdict) == (CaptureState.FILED, "accept")
    assert capture.original is not None
    assert b"".join(vault.open(capture.original)) == GOOD
    assert GOOD[:64] not in vault.store.record.get(capture.original.key)
    assert {copy.size for copy in capture.renditions} == set(RenditionSize)
    assert all(copy.sealed.bucket == Place.RECORD for copy in capture.renditions)
    assert (capture.media_type, capture.width, capture.height) == ("image/jpeg", 1200, 900)
    assert capture.camera["make"] == "Example Cameras"
    assert did(session, capture)[-2:] == ["checked capture", "filed capture"]
    assert len(leftovers) == 3
    assert session.scalar(sa.select(sa.func.count()).select_from(Chunk)) == 0


def test_a_blurred_capture_waits_for_the_photographer_with_a_preview(
    session: Session, vault: Vault, visit: Visit, photographer: User
) -> None:
    capture = received(session, vault, visit, BLURRED, by=photographer)

    assert filing.examine(session, vault, capture_id=capture.id) == []

    assert (capture.state, capture.verdict) == (CaptureState.CHECKED, "retake")
    assert capture.original_id is None
    assert [copy.size for copy in capture.renditions] == [RenditionSize.SMALL]
    assert capture.report is not None
    assert capture.report["issues"][0]["code"] == "blur"


def test_a_good_capture_sets_aside_the_failed_one_of_its_view_that_nobody_decided_on(
    session: Session, vault: Vault, visit: Visit, photographer: User
) -> None:
    failed = received(session, vault, visit, BLURRED, by=photographer)
    kept = received(session, vault, visit, BLURRED + b"\0", by=photographer)
    for each in (failed, kept):
        filing.examine(session, vault, capture_id=each.id)
    reason = KeptReason.PATIENT_UNABLE
    captures.keep_with_reason(session, capture_id=kept.id, reason=reason, by=photographer)
    good = received(session, vault, visit, GOOD, by=photographer)

    filing.examine(session, vault, capture_id=good.id)

    assert (failed.state, failed.set_aside_reason) == (
        CaptureState.SET_ASIDE,
        SetAsideReason.RETAKEN,
    )
    assert did(session, failed)[-1] == "set aside capture"
    assert kept.state is CaptureState.CHECKED


def test_a_kept_capture_is_filed_with_its_reason(
    session: Session, vault: Vault, visit: Visit, photographer: User
) -> None:
    capture = received(session, vault, visit, BLURRED, by=photographer)
    filing.examine(session, vault, capture_id=capture.id)

    captures.keep_with_reason(
        session, capture_id=capture.id, reason=KeptReason.PATIENT_UNABLE, by=photographer
    )
    filing.file_kept(session, vault, capture_id=capture.id)

    session.expire_all()
    assert capture.state is CaptureState.FILED
    assert capture.kept_reason is KeptReason.PATIENT_UNABLE
    assert capture.original is not None
    assert b"".join(vault.open(capture.original)) == BLURRED
    assert {copy.size for copy in capture.renditions} == set(RenditionSize)
    assert "kept capture" in did(session, capture)


def test_the_gate_is_called_wrong_only_with_a_note(
    session: Session, vault: Vault, visit: Visit, photographer: User
) -> None:
    capture = received(session, vault, visit, BLURRED, by=photographer)
    filing.examine(session, vault, capture_id=capture.id)

    with pytest.raises(Invalid):
        captures.keep_with_reason(
            session, capture_id=capture.id, reason=KeptReason.GATE_WRONG, by=photographer
        )


def test_what_cannot_be_shown_cannot_be_kept_but_set_aside(
    session: Session, vault: Vault, visit: Visit, photographer: User
) -> None:
    capture = received(session, vault, visit, files.truncated(), by=photographer)
    filing.examine(session, vault, capture_id=capture.id)

    with pytest.raises(Conflict, match="cannot be kept"):
        captures.keep_with_reason(
            session, capture_id=capture.id, reason=KeptReason.BEST_POSSIBLE, by=photographer
        )
    captures.set_aside(session, capture_id=capture.id, by=photographer)

    assert capture.verdict == "reject"
    assert capture.set_aside_reason is SetAsideReason.REJECTED


def test_bytes_that_changed_on_the_way_are_set_aside_and_kept(
    session: Session, vault: Vault, visit: Visit, photographer: User
) -> None:
    capture = received(session, vault, visit, GOOD, by=photographer, sha256="0" * 64)

    filing.examine(session, vault, capture_id=capture.id)

    assert capture.state is CaptureState.SET_ASIDE
    assert capture.set_aside_reason is SetAsideReason.CHANGED_ON_THE_WAY
    assert session.scalar(sa.select(sa.func.count()).select_from(Chunk)) == 3


def test_a_filed_capture_may_be_taken_again_until_the_visit_is_finished(
    session: Session, vault: Vault, visit: Visit, photographer: User
) -> None:
    capture = received(session, vault, visit, GOOD, by=photographer)
    filing.examine(session, vault, capture_id=capture.id)

    captures.set_aside(session, capture_id=capture.id, by=photographer)
    captures.set_aside(session, capture_id=capture.id, by=photographer)

    assert capture.state is CaptureState.SET_ASIDE
    assert did(session, capture).count("set aside capture") == 1


def test_what_was_set_aside_is_shredded_after_thirty_days(
    session: Session, vault: Vault, visit: Visit, photographer: User
) -> None:
    capture = received(session, vault, visit, GOOD, by=photographer)
    filing.examine(session, vault, capture_id=capture.id)
    captures.set_aside(session, capture_id=capture.id, by=photographer)

    early = sweeping.erase_set_aside(session)
    with time_machine.travel(clock.now() + timedelta(days=31)):
        late = sweeping.erase_set_aside(session)

    assert early == []
    assert len(late) == 1 + len(RenditionSize)
    assert capture.state is CaptureState.ERASED
    assert session.scalar(sa.select(sa.func.count()).select_from(Rendition)) == 0
    assert session.scalar(sa.select(sa.func.count()).select_from(SealedObject)) == 0


def test_a_job_delivered_five_times_at_once_files_once(
    committed_sessions: sessionmaker[Session],
    settings: Settings,
    vault: Vault,
    database_url: str,
) -> None:
    with committed_sessions() as session:
        person = visiting.photographer(session)
        visit = visiting.ready(session, by=person)
        capture_id = received(session, vault, visit, GOOD, by=person).id
        for _ in range(4):
            defer(session, filing_tasks.examine, capture_id=str(capture_id))
        session.commit()

    work_once(database_url, committed_sessions, settings, queue=CAPTURE, concurrency=5)

    with committed_sessions() as session:
        capture = session.get_one(Capture, capture_id)
        assert capture.state is CaptureState.FILED
        assert did(session, capture).count("filed capture") == 1
        assert len(capture.renditions) == len(RenditionSize)
        assert session.scalar(sa.select(sa.func.count()).select_from(SealedObject)) == 5
        assert unfinished_jobs(session) == 0


def unfinished_jobs(session: Session) -> int:
    query = sa.text(
        "SELECT count(*) FROM procrastinate_jobs "
        "WHERE queue_name = :queue AND status <> 'succeeded'"
    )
    return int(session.scalar(query, {"queue": CAPTURE}) or 0)


def test_a_capture_whose_worker_was_killed_is_found_again(
    session: Session, vault: Vault, visit: Visit, photographer: User
) -> None:
    capture = received(session, vault, visit, GOOD, by=photographer)

    with time_machine.travel(clock.now() + timedelta(minutes=6)):
        waiting: list[UUID] = sweeping.not_examined(session)
        session.execute(sa.text("UPDATE procrastinate_jobs SET status = 'doing'"))
        left = sweeping.not_examined(session)

    assert waiting == []
    assert left == [capture.id]


def test_a_photograph_nobody_could_check_stands_on_a_leads_list_until_it_is_checked(
    session: Session, vault: Vault, visit: Visit, photographer: User
) -> None:
    capture = received(session, vault, visit, GOOD, by=photographer)
    lead = make.user(session, Role.LEAD)

    sweeping.ask_for_help(session)
    at_once = work.open_items(session, lead)
    with time_machine.travel(clock.now() + timedelta(minutes=20)):
        sweeping.ask_for_help(session)
        sweeping.ask_for_help(session)
        later = work.open_items(session, lead)
    filing.examine(session, vault, capture_id=capture.id)

    assert at_once == []
    assert [(item.kind, item.subject_id) for item in later] == [
        (WorkKind.IMAGE_TROUBLE, capture.id)
    ]
    assert work.open_items(session, lead) == []


def test_the_same_photograph_again_is_pointed_out(
    session: Session, vault: Vault, visit: Visit, photographer: User
) -> None:
    first, again = (
        received(session, vault, visit, data, by=photographer)
        for data in (GOOD, files.of_its_own(GOOD))
    )

    for capture in (first, again):
        filing.examine(session, vault, capture_id=capture.id)

    assert first.verdict == "accept"
    assert (again.state, again.verdict) == (CaptureState.FILED, "advise")
    assert again.report is not None
    assert [issue["code"] for issue in again.report["issues"]] == ["duplicate"]
