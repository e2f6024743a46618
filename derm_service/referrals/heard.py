"""Reads how a person may be reached and who hears for them; pure.

Names are those of the CSV columns and of the fields of the pages.
"""

from datetime import date

from derm_service.referrals import coded, proxy, tidy
from derm_service.referrals.codes import Channel, ConsentBy
from derm_service.referrals.proxy import Heard, Proxy
from derm_service.referrals.reader import Reader

YES = "yes"
LONGEST_NOTE = 500
HOW = "Choose how they hear from us: letter, phone, sms or email"
WHO_AGREED = "Choose who agreed to it: patient, young person, parent, attorney or best interests"

PROXY_PARTS = (
    *("name", "relation", "channel", "phone", "mobile", "email", "address", "postcode"),
    *("consent_by", "consented_on", "consent_note", "until"),
)


def read_heard(reader: Reader, today: date) -> Heard:
    """Safe contact, and who hears for the person: as soon as anything is said of somebody.

    A page says `has_proxy` as well: with "no" nothing that is left in the fields counts.
    """
    safe = bool(reader.yes_no("safe_contact"))
    said = any(reader.texts.get(f"proxy_{part}", "").strip() for part in PROXY_PARTS)
    answer = reader.texts.get("has_proxy") or (YES if said else "")
    return Heard(safe, _proxy(reader, today) if answer == YES else None)


def _proxy(reader: Reader, today: date) -> Proxy | None:
    consented_on = reader.get("proxy_consented_on", tidy.day, None)
    if consented_on is None:
        reader.problems.setdefault("proxy_consented_on", "Enter the day on which it was agreed")
    for name, sentence in (
        ("proxy_channel", HOW),
        ("proxy_consent_by", WHO_AGREED),
    ):
        if not reader.texts.get(name, "").strip():
            reader.problems[name] = sentence
    found = Proxy(
        name=reader.line("proxy_name"),
        relation=reader.line("proxy_relation"),
        channel=reader.coded(
            "proxy_channel",
            coded.table(Channel),
            Channel.LETTER,
            HOW,
        ),
        consent_by=reader.coded(
            "proxy_consent_by", coded.table(ConsentBy), ConsentBy.PATIENT, WHO_AGREED
        ),
        consented_on=consented_on or today,
        consent_note=reader.get("proxy_consent_note", _note, ""),
        until=reader.get("proxy_until", tidy.day, None),
        phone=reader.get("proxy_phone", tidy.phone, ""),
        mobile=reader.get("proxy_mobile", tidy.phone, ""),
        email=reader.get("proxy_email", tidy.email, ""),
        address_lines=reader.lines("proxy_address"),
        postcode=reader.get("proxy_postcode", tidy.postcode, ""),
    )
    wrong = proxy.problems(found, today)
    if "proxy_channel" in reader.problems:
        wrong.pop("address_lines", None)  # nobody knows yet what they need to hear
    for name, sentence in wrong.items():
        part = "address" if name == "address_lines" else name
        reader.problems.setdefault(f"proxy_{part}", sentence)
    return None if reader.problems else found


def _note(value: str) -> str:
    return tidy.line(value, longest=LONGEST_NOTE)
