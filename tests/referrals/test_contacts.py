"""How a person may be reached: safe contact, and somebody who hears for them with consent."""

from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from derm_service import clock
from derm_service.referrals import proxy
from derm_service.referrals.models import Patient
from tests import make
from tests.surf import post, sign_in_as

DAUGHTER = {
    "has_proxy": "yes",
    "proxy_name": "Ngozi Okafor",
    "proxy_relation": "Daughter",
    "proxy_channel": "sms",
    "proxy_mobile": "07700 900222",
    "proxy_consent_by": "patient",
    "proxy_consented_on-day": "1",
    "proxy_consented_on-month": "7",
    "proxy_consented_on-year": "2026",
    "proxy_consent_note": "Said so to the clerk on the telephone",
}


def save(client: FlaskClient, session: Session, patient: Patient, **form: Any) -> int:
    sign_in_as(client, session, make.user(session))
    path = f"/patients/{patient.id}/contact"
    answer = post(client, path, data={"version": str(patient.version), **form})
    return answer.status_code


def test_daughter_hears_once_the_consent_is_recorded(client: FlaskClient, session: Session) -> None:
    patient = make.patient(session)

    status = save(client, session, patient, **DAUGHTER)

    found = proxy.of(patient, clock.today())
    assert (status, found and found.name) == (303, "Ngozi Okafor")
    page = client.get(f"/patients/{patient.id}").text
    assert "Ngozi Okafor, Daughter, by sms" in page
    assert "Ngozi Okafor" in client.get(f"/patients/{patient.id}/contact").text


@pytest.mark.parametrize(
    ("form", "sentence"),
    [
        ({"proxy_consent_note": ""}, "Enter how and to whom the consent was given"),
        ({"proxy_consented_on-year": "2199"}, "consent must be today or in the past"),
        ({"proxy_consented_on-year": ""}, "Enter a real date"),
        ({"proxy_consent_by": "nobody"}, "Choose who agreed to it"),
        ({"proxy_mobile": ""}, "Enter the mobile number the texts go to"),
        ({"proxy_mobile": "07"}, "Enter a telephone number"),
        ({"proxy_channel": "pigeon"}, "Choose how they hear from us"),
        ({"proxy_name": ""}, "Enter the name of the person who hears for them"),
        ({"proxy_name": "N" * 201}, "200 characters or fewer"),
        ({"proxy_relation": "d" * 201}, "200 characters or fewer"),
        ({"proxy_consent_note": "n" * 6000}, "characters or fewer"),
    ],
)
def test_nobody_hears_without_consent_or_a_way_to(
    client: FlaskClient, session: Session, form: dict[str, str], sentence: str
) -> None:
    patient = make.patient(session)
    sign_in_as(client, session, make.user(session))

    answer = post(
        client,
        f"/patients/{patient.id}/contact",
        data={"version": "41", **DAUGHTER, **form},
    )

    assert answer.status_code == 422
    assert sentence in answer.text
    assert patient.proxy is None
    assert 'name="version" value="41"' in answer.text  # the version it was typed on


def test_safe_contact_is_kept_and_shown(client: FlaskClient, session: Session) -> None:
    patient = make.patient(session)

    save(client, session, patient, safe_contact="yes", has_proxy="no")

    assert patient.safe_contact
    assert "Safe contact only" in client.get(f"/patients/{patient.id}").text


def test_details_changed_meanwhile_are_not_overwritten(
    client: FlaskClient, session: Session
) -> None:
    patient = make.patient(session)

    assert save(client, session, patient, version="99", safe_contact="yes") == 409
    assert not patient.safe_contact
