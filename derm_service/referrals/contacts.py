"""How a person may be reached: safe contact only, and who hears for them with their consent."""

import uuid
from datetime import date

from sqlalchemy.orm import Session

from derm_service import audit, clock
from derm_service.errors import Conflict, Invalid
from derm_service.people import User
from derm_service.referrals import queries
from derm_service.referrals.codes import Channel
from derm_service.referrals.models import Patient
from derm_service.referrals.proxy import Proxy

CHANGED = (
    "Somebody changed this person's details while you had the page open. Nothing was saved. "
    "Look at what stands here now, then save again."
)
DETAILS: dict[Channel, tuple[str, str]] = {
    Channel.SMS: ("mobile", "Enter the mobile number the texts go to"),
    Channel.EMAIL: ("email", "Enter the email address"),
    Channel.PHONE: ("phone", "Enter the telephone number"),
    Channel.LETTER: ("address_lines", "Enter the address the letters go to"),
}


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
    was = {"safe_contact": patient.safe_contact, "proxy": patient.proxy}
    patient.safe_contact = safe_contact
    patient.proxy = proxy.kept() if proxy else None
    session.flush()
    became = {"safe_contact": patient.safe_contact, "proxy": patient.proxy}
    changes = {name: [was[name], became[name]] for name in was if was[name] != became[name]}
    if changes:
        did = "changed who hears"
        audit.record(session, by=by, did=did, subject=patient, detail={"changes": changes})
    return patient


def problems(proxy: Proxy, today: date) -> dict[str, str]:
    """The sentences, by field, of what is missing before somebody may hear for a person."""
    found: dict[str, str] = {}
    if not proxy.name:
        found["name"] = "Enter the name of the person who hears for them"
    if not proxy.relation:
        found["relation"] = "Enter who that is to them, like daughter or carer"
    if proxy.consented_on > today:
        found["consented_on"] = "The day of the consent must be today or in the past"
    if proxy.until is not None and proxy.until < proxy.consented_on:
        found["until"] = "The last day must not lie before the day of the consent"
    if not proxy.consent_note:
        found["consent_note"] = "Enter how and to whom the consent was given"
    detail, sentence = DETAILS[proxy.channel]
    if not getattr(proxy, detail) and not (proxy.channel is Channel.PHONE and proxy.mobile):
        found[detail] = sentence
    if proxy.address_lines and not proxy.postcode:
        found["postcode"] = "Enter the postcode"
    return found
