"""A look behind the pages: what the database and the bucket hold at the end of a journey."""

import hashlib
import io
from pathlib import Path
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from derm_service.audit import AuditEntry
from derm_service.imaging.codes import CaptureState
from derm_service.imaging.keys import KeyFile
from derm_service.imaging.models import Capture, Chunk, ImageSet
from derm_service.imaging.sealing import Sealer
from derm_service.imaging.store import worker_store
from derm_service.referrals.models import Lesion
from derm_service.review.models import Opinion
from tests.fixtures.service import RunningService


def captures(session: Session, referral_id: UUID) -> list[Capture]:
    """Every capture of a referral, oldest first."""
    return list(
        session.scalars(
            sa.select(Capture)
            .join(Capture.image_set)
            .join(ImageSet.lesion)
            .where(Lesion.referral_id == referral_id)
            .order_by(Lesion.number, Capture.announced_at)
        )
    )


def opinions(session: Session, referral_id: UUID) -> list[Opinion]:
    """The opinions of a referral in the order of its lesions."""
    return list(
        session.scalars(
            sa.select(Opinion)
            .join(Opinion.lesion)
            .where(Lesion.referral_id == referral_id)
            .order_by(Lesion.number, Opinion.number)
        )
    )


def unsealed_original(service: RunningService, capture: Capture) -> bytes:
    """The original of a filed capture, read from the bucket and opened with its own key."""
    sealed = capture.original
    assert sealed is not None
    assert service.settings.key_file is not None
    cipher = worker_store(service.settings).record.get(sealed.key)
    assert hashlib.sha256(cipher).hexdigest() == sealed.sha256_cipher
    sealer = Sealer(KeyFile(service.settings.key_file))
    plain = b"".join(sealer.unseal(io.BytesIO(cipher), object_id=sealed.id, seal=sealed))
    assert plain not in cipher
    return plain


def assert_filed_untouched(
    service: RunningService, referral_id: UUID, photographs: dict[str, Path]
) -> None:
    """Each filed original in the bucket equals the photographer's file; no piece is left over."""
    with service.sessions() as session:
        filed = [
            each for each in captures(session, referral_id) if each.state is CaptureState.FILED
        ]
        assert filed
        for capture in filed:
            plain = unsealed_original(service, capture)
            assert plain == photographs[capture.view].read_bytes()
            assert hashlib.sha256(plain).hexdigest() == capture.sha256
            assert len(capture.renditions) == 4
        left = session.scalar(
            sa.select(sa.func.count())
            .select_from(Chunk)
            .where(Chunk.capture_id.in_([each.id for each in filed]))
        )
        assert left == 0


def audited(service: RunningService, referral_id: UUID) -> list[str]:
    """What the audit trail says was done on a referral, oldest first."""
    with service.sessions() as session:
        return list(
            session.scalars(
                sa.select(AuditEntry.did)
                .where(AuditEntry.referral_id == referral_id)
                .order_by(AuditEntry.id)
            )
        )


def assert_nothing_leaked(service: RunningService, *identifiers: str) -> None:
    """No log line of any part of the service holds what tells who a person is."""
    logs = [service.output, *service.settings.data_dir.rglob("*.log")]
    for log in logs:
        text = log.read_text(errors="replace").casefold()
        found = [each for each in identifiers if each.casefold() in text]
        assert not found, f"{log.name} holds {found}"
