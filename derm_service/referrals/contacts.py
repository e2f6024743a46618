"""How a person may be reached: safe contact only, and who hears for them with their consent."""

import uuid
from typing import Any

from sqlalchemy.orm import Session

from derm_service import audit, clock
from derm_service.errors import Conflict, Invalid
from derm_service.people import User
from derm_service.referrals import queries
from derm_service.referrals.models import Patient
from derm_service.referrals.proxy import Heard, Proxy, of, problems

CHANGED = (
    "Somebody changed this person's details while you had the page open. Nothing was saved. "
    "Look at what stands here now, then save again."
)


def keep(
    session: Session,
    *,
    patient_id: uuid.UUID,
    version: int,
    safe_contact: bool,
    proxy: Proxy | None,
    by: User,
) -> Patient:
    """Keep whether only safe contact is allowed, and who hears for the person (None: nobody).

    `version` is the one the page showed; Conflict where it is another by now.
    """
    patient = queries.patient_for_change(session, patient_id)
    if patient.version != version:
        raise Conflict(CHANGED)
    if proxy is not None and (found := problems(proxy, clock.today())):
        raise Invalid(found)
    _write(session, patient, safe_contact, proxy.kept() if proxy else None, by=by)
    return patient


def add(session: Session, patient: Patient, heard: Heard, *, by: User | None) -> None:
    """Keep what a referral says: safe contact is only ever put on, and who hears already stays."""
    today = clock.today()
    if heard.proxy is not None and (found := problems(heard.proxy, today)):
        raise Invalid(found)
    new = heard.proxy.kept() if heard.proxy and of(patient, today) is None else patient.proxy
    _write(session, patient, patient.safe_contact or heard.safe_contact, new, by=by)


def _write(
    session: Session,
    patient: Patient,
    safe_contact: bool,
    proxy: dict[str, Any] | None,
    *,
    by: User | None,
) -> None:
    was = {"safe_contact": patient.safe_contact, "proxy": patient.proxy}
    became = {"safe_contact": safe_contact, "proxy": proxy}
    changes = {name: [was[name], became[name]] for name in was if was[name] != became[name]}
    if changes:
        patient.safe_contact, patient.proxy = safe_contact, proxy
        session.flush()
        did = "changed who hears"
        audit.record(session, by=by, did=did, subject=patient, detail={"changes": changes})
