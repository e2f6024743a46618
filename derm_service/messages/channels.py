"""By which way a person is told: what they asked for, as far as it would reach them; pure."""

import re
from dataclasses import dataclass
from datetime import date

from derm_service.messages.codes import Addressee
from derm_service.messages.models import Message
from derm_service.referrals import proxy
from derm_service.referrals.codes import Channel, Need
from derm_service.referrals.models import Patient
from derm_service.referrals.proxy import Proxy

SAFE_CONTACT = "Safe contact only: send nothing, ring as noted, and leave no message."
PREFERS_PHONE = "Prefers to be rung; a letter is sent as well."
CANNOT_READ = "A letter is sent, but it cannot be read without help."
NO_DEVICE = "Asked for email and has no device; a letter is sent as well."
TOO_LATE = "A letter would come too late."
NO_LONGER_HEARS = "Whoever heard for this person does so no longer: do not ring them."
ASKED_OTHERWISE = "They asked to be told another way since."
NO_ADDRESS = "There is no address to write to."
_UK_MOBILE = re.compile(r"(?:\+?44|0044|0)(7\d{9})")


@dataclass(frozen=True)
class Way:
    """How a person hears: `send_to` for SMS and email; PHONE is a call that somebody makes."""

    channel: Channel
    addressee: Addressee = Addressee.PATIENT
    send_to: str = ""
    letter_too: bool = False
    why: str = ""
    """Why somebody rings, for whoever does."""


def way(patient: Patient, *, today: date, letter_in_time: bool) -> Way:
    """How to tell a person something: a proxy with consent hears in their place.

    `letter_in_time` says whether a letter posted now would come in time to be of use.
    """
    if patient.safe_contact:
        return Way(Channel.PHONE, why=SAFE_CONTACT)
    for_them = proxy.of(patient, today)
    heard_by: Patient | Proxy = for_them or patient
    addressee = Addressee.PROXY if for_them else Addressee.PATIENT
    if sent := _sent(patient, heard_by, addressee):
        return sent
    if not letter_in_time or not has_address(heard_by):
        return Way(Channel.PHONE, addressee, why=NO_ADDRESS if letter_in_time else TOO_LATE)
    if why := _why_ring(patient, heard_by):
        return Way(Channel.PHONE, addressee, letter_too=True, why=why)
    return Way(Channel.LETTER, addressee)


def forbids(message: Message, today: date) -> str:
    """Why a written message may go this way no longer; "" where it may.

    A GP's letter and a call are no way to the person, so nothing forbids them.
    """
    patient, channel = message.referral.patient, message.channel
    if message.addressee is Addressee.GP or channel is Channel.PHONE:
        return ""
    if patient.safe_contact:
        return SAFE_CONTACT
    for_them = proxy.of(patient, today)
    if message.addressee is Addressee.PROXY and _is_another(for_them, message):
        return NO_LONGER_HEARS
    if channel is Channel.LETTER:
        return ""
    addressee = Addressee.PROXY if for_them else Addressee.PATIENT
    now = _sent(patient, for_them or patient, addressee)
    is_same = now is not None and (now.channel, now.send_to) == (channel, message.send_to)
    return "" if is_same else ASKED_OTHERWISE


def words(how: Way) -> str:
    """The way in words, for whoever books."""
    to = ", to the person who hears for them" if how.addressee is Addressee.PROXY else ""
    if how.channel is Channel.SMS:
        return f"By text message to {how.send_to}{to}"
    if how.channel is Channel.EMAIL:
        return f"By email to {how.send_to}{to}"
    if how.channel is Channel.LETTER:
        return f"By letter{to}"
    if how.letter_too:
        return f"By letter and by telephone{to}"
    why = how.why[:1].lower() + how.why[1:]
    return f"By telephone{to}: {why} A call appears on the Work page."


def uk_mobile(number: str) -> str:
    """A mobile number as +447…, or nothing where it is not one a text would reach."""
    match = _UK_MOBILE.fullmatch(re.sub(r"[\s()-]", "", number))
    return f"+44{match[1]}" if match else ""


def has_address(who: Patient | Proxy) -> bool:
    """Whether a letter to them would find its way."""
    return bool(who.address_lines and who.postcode)


def cannot_read(patient: Patient) -> bool:
    """Whether words in English print alone would not reach this person."""
    needs = {need.need for need in patient.needs}
    return bool(patient.interpreter_needed or needs & {Need.BRAILLE, Need.EASY_READ})


def _is_another(for_them: Proxy | None, message: Message) -> bool:
    """Whether a proxy's message was written to somebody else than hears now."""
    greeted = message.content.get("to", [])[:1]
    return for_them is None or bool(greeted and greeted != [for_them.name])


def _wish(heard_by: Patient | Proxy) -> Channel:
    return heard_by.channel if isinstance(heard_by, Proxy) else heard_by.contact_by


def _sent(patient: Patient, heard_by: Patient | Proxy, addressee: Addressee) -> Way | None:
    """By text or email, where that was asked for and would be received and understood."""
    if addressee is Addressee.PATIENT and cannot_read(patient):
        return None
    wish = _wish(heard_by)
    mobile = uk_mobile(heard_by.mobile) or uk_mobile(heard_by.phone)
    if wish is Channel.SMS and mobile:
        return Way(Channel.SMS, addressee, send_to=mobile)
    if wish is Channel.EMAIL and heard_by.email and not _has_no_device(heard_by):
        return Way(Channel.EMAIL, addressee, send_to=heard_by.email)
    return None


def _why_ring(patient: Patient, heard_by: Patient | Proxy) -> str:
    if isinstance(heard_by, Patient) and cannot_read(patient):
        return CANNOT_READ
    wish = _wish(heard_by)
    if wish is Channel.EMAIL and heard_by.email and _has_no_device(heard_by):
        return NO_DEVICE
    return PREFERS_PHONE if wish is Channel.PHONE else ""


def _has_no_device(heard_by: Patient | Proxy) -> bool:
    return isinstance(heard_by, Patient) and heard_by.has_device is False
