"""The audit trail can only grow, whatever code or person writes to the database."""

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from derm_service import audit
from derm_service.audit import AuditEntry
from tests import make


@pytest.mark.parametrize(
    "act", [sa.update(AuditEntry).values(did="nothing"), sa.delete(AuditEntry)]
)
def test_audit_rows_can_neither_be_changed_nor_deleted(
    session: Session, act: sa.Update | sa.Delete
) -> None:
    person = make.user(session)
    entry = audit.record(session, by=person, did="looked at image", subject=person)

    with pytest.raises(sa.exc.DatabaseError, match="only ever added"), session.begin_nested():
        session.execute(act, execution_options={"synchronize_session": False})

    session.refresh(entry)
    assert entry.did == "looked at image"
