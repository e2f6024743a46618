"""By which way a person is told."""

from datetime import date
from typing import Any

import pytest
from sqlalchemy.orm import Session

from derm_service.config import Settings
from derm_service.discretion import is_discreet
from derm_service.messages import channels
from derm_service.messages.channels import Way
from derm_service.messages.codes import Addressee
from derm_service.referrals.codes import Channel, ConsentBy
from derm_service.referrals.proxy import Proxy
from tests import make

TODAY = date(2026, 8, 3)
DAUGHTER = Proxy(
    name="Ngozi Okafor",
    relation="daughter",
    channel=Channel.SMS,
    mobile="07700 900222",
    consent_by=ConsentBy.PATIENT,
    consented_on=date(2026, 7, 1),
)


def way(session: Session, *, in_time: bool = True, **patient: Any) -> Way:
    person = make.patient(session, **patient)
    return channels.way(person, today=TODAY, letter_in_time=in_time)


@pytest.mark.parametrize(
    ("patient", "channel", "send_to", "letter_too"),
    [
        ({"contact_by": Channel.LETTER}, Channel.LETTER, "", False),
        ({"contact_by": Channel.PHONE}, Channel.PHONE, "", True),
        ({"contact_by": Channel.SMS}, Channel.SMS, "+447700900111", False),
        ({"contact_by": Channel.SMS, "mobile": "+44 7700 900333"}, Channel.SMS, "+447700900333", 0),
        ({"contact_by": Channel.SMS, "mobile": ""}, Channel.LETTER, "", False),  # a landline
        ({"contact_by": Channel.EMAIL, "email": "a@b.uk"}, Channel.EMAIL, "a@b.uk", False),
        ({"contact_by": Channel.EMAIL}, Channel.LETTER, "", False),
        (
            {"contact_by": Channel.EMAIL, "email": "a@b.uk", "has_device": False},
            Channel.PHONE,
            "",
            True,
        ),
        ({"contact_by": Channel.SMS, "interpreter_needed": True}, Channel.PHONE, "", True),
        ({"contact_by": Channel.SMS, "needs": ("braille",)}, Channel.PHONE, "", True),
        ({"contact_by": Channel.SMS, "needs": ("bsl",)}, Channel.SMS, "+447700900111", False),
        ({"contact_by": Channel.SMS, "safe_contact": True}, Channel.PHONE, "", False),
        ({"contact_by": Channel.LETTER, "address_lines": []}, Channel.PHONE, "", False),
    ],
)
def test_person_is_told_as_they_asked_and_as_it_reaches_them(
    session: Session, patient: dict[str, Any], channel: Channel, send_to: str, letter_too: bool
) -> None:
    found = way(session, **patient)

    assert (found.channel, found.send_to, found.letter_too) == (channel, send_to, letter_too)


@pytest.mark.parametrize("wish", [Channel.LETTER, Channel.PHONE])
def test_letter_that_would_come_too_late_becomes_a_call(session: Session, wish: Channel) -> None:
    found = way(session, in_time=False, contact_by=wish)

    assert found == Way(Channel.PHONE, why=channels.TOO_LATE)


def test_text_is_in_time_whatever_the_post_does(session: Session) -> None:
    assert way(session, in_time=False, contact_by=Channel.SMS).channel is Channel.SMS


def test_proxy_hears_in_their_own_way_while_the_consent_holds(session: Session) -> None:
    found = way(session, proxy=DAUGHTER.kept(), interpreter_needed=True)

    assert found == Way(Channel.SMS, Addressee.PROXY, send_to="+447700900222")


@pytest.mark.parametrize(
    "days",
    [{"consented_on": date(2026, 8, 4)}, {"until": date(2026, 8, 2)}],
)
def test_proxy_hears_nothing_before_or_after_the_consent(
    session: Session, days: dict[str, date]
) -> None:
    lapsed = Proxy(**{**vars(DAUGHTER), **days})

    assert way(session, proxy=lapsed.kept()).addressee is Addressee.PATIENT


def test_safe_contact_sends_nothing_even_to_a_proxy(session: Session) -> None:
    found = way(session, proxy=DAUGHTER.kept(), safe_contact=True)

    assert found == Way(Channel.PHONE, why=channels.SAFE_CONTACT)


@pytest.mark.parametrize(
    "words", ["Skin cancer centre", "Dermatology, level 2", "Urgent clinic", "the mole"]
)
def test_clinical_words_are_known(words: str) -> None:
    assert not is_discreet(words)


@pytest.mark.parametrize("words", ["Mill Road Hospital", "Skinner Street", "Molesey Road"])
def test_streets_that_only_sound_clinical_are_left_out_rather_than_risked(words: str) -> None:
    assert is_discreet(words) is (words == "Mill Road Hospital")


@pytest.mark.parametrize(
    "url", ["https://skin.trust.nhs.uk", "https://a.uk/Dermatology", "https://eastmelanoma.uk"]
)
def test_web_address_with_a_clinical_word_is_refused_outside_a_demonstration(url: str) -> None:
    there = {"public_url": url, "database_url": "postgresql://a"}

    with pytest.raises(ValueError, match="serve it under a name without a clinical word"):
        Settings(**there, demonstration=False)

    assert Settings(**there, demonstration=True).address == url
    assert Settings(**there | {"public_url": "https://photos.trust.nhs.uk"}, demonstration=False)
