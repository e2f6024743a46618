"""Who hears for a patient, with the consent it rests on; pure."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any, Self

from derm_service.referrals.codes import Channel, ConsentBy
from derm_service.referrals.models import Patient

DETAILS: dict[Channel, tuple[str, str]] = {
    Channel.SMS: ("mobile", "Enter the mobile number the texts go to"),
    Channel.EMAIL: ("email", "Enter the email address"),
    Channel.PHONE: ("phone", "Enter the telephone number"),
    Channel.LETTER: ("address_lines", "Enter the address the letters go to"),
}


@dataclass(frozen=True)
class Proxy:
    """A daughter, carer or attorney, how they hear, and who agreed to that and when."""

    name: str
    relation: str
    channel: Channel
    consent_by: ConsentBy
    consented_on: date
    consent_note: str = ""
    until: date | None = None  # the last day it holds
    phone: str = ""
    mobile: str = ""
    email: str = ""
    address_lines: list[str] = field(default_factory=list)
    postcode: str = ""

    def kept(self) -> dict[str, Any]:
        """As the patient's row keeps it."""
        days = {"consented_on": self.consented_on.isoformat()}
        if self.until is not None:
            days["until"] = self.until.isoformat()
        return {name: value for name, value in asdict(self).items() if value} | days

    @classmethod
    def read(cls, kept: Mapping[str, Any]) -> Self:
        """From what the patient's row keeps."""
        until = kept.get("until")
        return cls(
            **{
                **kept,
                "channel": Channel(kept["channel"]),
                "consent_by": ConsentBy(kept["consent_by"]),
                "consented_on": date.fromisoformat(kept["consented_on"]),
                "until": date.fromisoformat(until) if until else None,
            }
        )


@dataclass(frozen=True)
class Heard:
    """How a person may be reached beyond their wish: safe contact only, and who hears for them."""

    safe_contact: bool = False
    proxy: Proxy | None = None


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


def of(patient: Patient, today: date) -> Proxy | None:
    """Who hears for the patient today: nobody before the consent, nor after it has run out."""
    if patient.proxy is None:
        return None
    proxy = Proxy.read(patient.proxy)
    ended = proxy.until is not None and proxy.until < today
    return None if ended or today < proxy.consented_on else proxy
