"""Correcting a patient's details: every change audited, nobody's change lost unseen."""

import uuid
from dataclasses import asdict, dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import flag_modified

from derm_service import audit, clock
from derm_service.audit import AuditEntry
from derm_service.db import conflict_on
from derm_service.errors import Conflict, Invalid
from derm_service.people import User
from derm_service.referrals import queries
from derm_service.referrals.inputs import PatientInput, patient_problems
from derm_service.referrals.intake import NUMBER_TAKEN, needs_of
from derm_service.referrals.models import Patient

DID = "corrected details"


@dataclass(frozen=True)
class Change:
    """One field that somebody changed, with what stood there before."""

    field: str
    was: Any
    became: Any
    by: str
    at: datetime


class ChangedMeanwhile(Conflict):
    """Somebody else saved this patient first; `changes` is what they wrote."""

    def __init__(self, changes: list[Change]) -> None:
        who = changes[-1].by if changes else "somebody else"
        super().__init__(
            f"These details were changed by {who} while you had them open. Look at what they "
            "wrote. If yours is still right, save again."
        )
        self.changes = changes


def correct(
    session: Session, *, patient_id: uuid.UUID, version: int, details: PatientInput, by: User
) -> dict[str, Any]:
    """Write a patient's details as they should be; gives the changed fields as {name: [old, new]}.

    `version` is the one the page showed: another one raises ChangedMeanwhile and writes nothing.
    """
    patient = queries.patient_for_change(session, patient_id)
    if patient.version != version:
        raise ChangedMeanwhile(changes_since(session, patient_id, version))
    if found := patient_problems(details, today=clock.today()):
        raise Invalid(found)
    wanted = asdict(details)
    needs, note = wanted.pop("needs"), wanted.pop("needs_note")
    changed = {
        name: [_plain(getattr(patient, name)), _plain(value)]
        for name, value in wanted.items()
        if getattr(patient, name) != value
    }
    rows = needs_of(needs, note)
    before, after = _needs(patient.needs), _needs(rows)
    if before != after:
        changed["needs"] = [before, after]
    if not changed:
        return {}
    with conflict_on(session, "patient_nhs_number_key", NUMBER_TAKEN):
        for name in changed.keys() & wanted.keys():
            setattr(patient, name, wanted[name])
        flag_modified(patient, "family_name")  # new needs alone are a new version too
    if before != after:
        _replace_needs(session, patient, rows)
    audit.record(
        session,
        by=by,
        did=DID,
        subject=patient,
        detail={"changes": changed, "version": patient.version},
    )
    return changed


def changes_since(session: Session, patient_id: uuid.UUID, version: int) -> list[Change]:
    """What was corrected after a version, oldest first."""
    rows = session.execute(
        sa.select(AuditEntry, User.name)
        .outerjoin(User, User.id == AuditEntry.by_id)
        .where(AuditEntry.patient_id == patient_id, AuditEntry.did == DID)
        .order_by(AuditEntry.id)
    )
    return [
        Change(field, was, became, name or entry.by_system or "", entry.at)
        for entry, name in rows
        if entry.detail["version"] > version
        for field, (was, became) in entry.detail["changes"].items()
    ]


def _replace_needs(session: Session, patient: Patient, rows: list[Any]) -> None:
    patient.needs.clear()
    session.flush()  # the old rows go first: one row for each need
    patient.needs.extend(rows)
    session.flush()


def _needs(rows: list[Any]) -> list[str]:
    return sorted(f"{row.need.value}: {row.note}" if row.note else row.need.value for row in rows)


def _plain(value: Any) -> Any:
    if isinstance(value, StrEnum):
        return value.value
    return value.isoformat() if isinstance(value, date) else value
