"""Entering, finding and correcting, as a clerk does it."""

import re
from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from derm_service import clock
from derm_service.accounts.models import Draft, UserSession
from derm_service.audit import AuditEntry
from derm_service.people import Role
from derm_service.referrals.codes import Mobility, Need, ReferralState
from derm_service.referrals.models import Patient, Referral
from tests import make
from tests.surf import post, sign_in_as

NUMBER = make.nhs_number_of(4242)


@pytest.fixture
def clerk(client: FlaskClient, session: Session, app: Any) -> FlaskClient:
    """A signed-in clerk of a service in demonstration, where test numbers are fine."""
    settings = app.extensions["derm.settings"].model_copy(update={"demonstration": True})
    app.extensions["derm.settings"] = settings
    sign_in_as(client, session, make.user(session, Role.CLERK, name="Carla Clerk"))
    return client


def answers(**other: str) -> dict[str, Any]:
    today = clock.today()
    return {
        "nhs_number": NUMBER,
        "family_name": "Nguyễn",
        "given_name": "Hà",
        "born_on-day": "14",
        "born_on-month": "3",
        "born_on-year": "1960",
        "postcode": "an1 2bc",
        "needs": ["hoist", "large_print"],
        "priority": "urgent_suspected_cancer",
        "received_on-day": str(today.day),
        "received_on-month": str(today.month),
        "received_on-year": str(today.year),
        "lesion_1_site": make.CHEEK,
        "lesion_1_side": "left",
        "lesion_1_seven_point": ["change_in_size", "oozing"],
        **other,
    }


def enter(clerk: FlaskClient, step: str, **other: str) -> Any:
    return post(clerk, "/referrals/new", data={**answers(**other), "step": step})


def test_safe_contact_and_who_hears_are_entered_with_the_referral(
    clerk: FlaskClient, session: Session
) -> None:
    daughter = {
        "safe_contact": "yes",
        "has_proxy": "yes",
        "proxy_name": "Ngozi Okafor",
        "proxy_relation": "daughter",
        "proxy_channel": "sms",
        "proxy_mobile": "07700 900222",
        "proxy_consent_by": "patient",
        "proxy_consented_on-day": "1",
        "proxy_consented_on-month": "7",
        "proxy_consented_on-year": "2026",
    }

    without = enter(clerk, "check", **daughter)
    check = enter(clerk, "check", **daughter, proxy_consent_note="Told the GP")
    enter(clerk, "save", **daughter, proxy_consent_note="Told the GP")

    assert without.status_code == 422
    assert "Enter how and to whom the consent was given" in without.text
    assert "Ngozi Okafor, daughter, by sms. Agreed on 1 July 2026: Told the GP" in check.text
    (made,) = referrals(session)
    assert made.patient.safe_contact
    assert made.patient.proxy is not None
    assert made.patient.proxy["consent_note"] == "Told the GP"


def referrals(session: Session) -> list[Referral]:
    return list(session.scalars(sa.select(Referral).order_by(Referral.created_at)))


def test_clerk_enters_a_referral_after_checking_the_answers(
    clerk: FlaskClient, session: Session
) -> None:
    form = clerk.get("/referrals/new")
    check = enter(clerk, "check")
    before = referrals(session)
    saved = enter(clerk, "save")

    assert form.status_code == check.status_code == 200
    assert "NGUYỄN, Hà" in check.text
    assert "left cheek" in check.text
    assert before == []
    (made,) = referrals(session)
    assert saved.status_code == 303
    assert saved.location == f"/referrals/{made.id}"
    assert made.patient.postcode == "AN1 2BC"
    assert {each.need for each in made.patient.needs} == {Need.HOIST, Need.LARGE_PRINT}
    assert made.lesions[0].seven_point_score == 3
    assert made.created_by_id is not None


def test_what_the_clerk_did_not_look_up_is_kept_and_shown_as_not_stated(
    clerk: FlaskClient, session: Session
) -> None:
    form = clerk.get("/referrals/new").text
    unchosen = re.findall(r'name="(\w+)" type="radio" value="(?:yes|no|independent)" checked', form)
    check = enter(clerk, "check").text
    saved = enter(clerk, "save")

    assert unchosen == []
    for asked in ("Interpreter needed", "Mobility", "Lives in a care home", "Blood thinner"):
        assert re.search(asked + r"</dt><dd[^>]*>Not stated</dd>", check), asked
    (made,) = referrals(session)
    person = made.patient
    assert (person.interpreter_needed, person.care_home) == (None, None)
    assert person.mobility is Mobility.NOT_STATED
    assert "midday" not in clerk.get(saved.location).text


def test_fields_on_the_page_carry_the_names_the_form_reads(clerk: FlaskClient) -> None:
    page = clerk.get("/referrals/new").text

    for name in answers():
        assert f'name="{name}"' in page


def test_second_lesion_is_added_without_javascript_and_keeps_what_was_typed(
    clerk: FlaskClient, session: Session
) -> None:
    more = enter(clerk, "add_lesion")
    enter(clerk, "save", lesion_2_site=make.BACK)

    assert "Lesion 2" in more.text
    assert 'value="Nguyễn"' in more.text
    assert [each.site_code for each in referrals(session)[0].lesions] == [make.CHEEK, make.BACK]


def test_lesion_is_removed_and_those_after_it_move_up(clerk: FlaskClient) -> None:
    three = {"lesion_2_site": make.BACK, "lesion_3_site": make.GROIN, "lesion_3_side": "right"}

    added = enter(clerk, "add_lesion").text
    page = enter(clerk, "remove_lesion_2", **three).text

    assert 'formaction="/referrals/new#lesion-3"' in added  # the next one to add
    assert 'id="lesion-2" tabindex="-1"' in added
    assert "Lesion 3" not in page
    assert f'value="{make.GROIN}" selected' in page
    assert f'value="{make.BACK}" selected' not in page
    assert re.search(r'name="lesion_2_side" type="radio" value="right" checked', page)
    assert 'value="Nguyễn"' in page


def test_what_was_done_is_said_as_a_success_and_read_out(
    clerk: FlaskClient, session: Session
) -> None:
    saved = enter(clerk, "save")

    page = clerk.get(saved.location).text

    banner = re.search(r'<div class="nhsuk-notification-banner[^>]*>', page)
    assert banner is not None
    assert "nhsuk-notification-banner--success" in banner[0]
    assert 'role="alert"' in banner[0]
    assert "The referral with 1 lesion is saved." in page


def test_answers_can_be_changed_after_the_check(clerk: FlaskClient, session: Session) -> None:
    back = enter(clerk, "change", lesion_2_site=make.BACK)

    assert 'value="Nguyễn"' in back.text
    assert "Lesion 2" in back.text
    assert referrals(session) == []


def test_wrong_answers_are_told_beside_their_fields_and_nothing_is_saved(
    clerk: FlaskClient, session: Session
) -> None:
    page = enter(clerk, "save", family_name="", lesion_1_side="", postcode="AN1")

    assert page.status_code == 422
    for sentence in (
        "Enter the family name",
        "Choose left, right or both sides for the cheek",
        "Enter a full UK postcode",
    ):
        assert page.text.count(sentence) == 2  # in the summary and at the field
    order = ["Enter the family name", "Enter a full UK postcode", "Choose left, right or both"]
    assert sorted(order, key=page.text.index) == order
    assert "Error: New referral" in page.text
    assert referrals(session) == []


def test_likely_duplicate_is_shown_beside_its_match_and_the_clerk_decides(
    clerk: FlaskClient, session: Session
) -> None:
    here = make.patient(
        session, nhs_number=None, family_name="Nguyen", given_name="Ha", postcode="AN9 9ZZ"
    )
    check = enter(clerk, "check")
    undecided = enter(clerk, "save")
    saved = enter(clerk, "save", person=str(here.id))

    assert "Same date of birth and a similar name" in check.text
    assert "AN9 9ZZ" in check.text
    assert check.text.count("Different</strong>") == 1  # the postcode
    assert undecided.status_code == 422
    assert saved.status_code == 303
    assert [each.patient_id for each in referrals(session)] == [here.id]


def test_different_person_gets_a_record_of_their_own(clerk: FlaskClient, session: Session) -> None:
    here = make.patient(session, nhs_number=None, family_name="Nguyễn", given_name="Hà")

    enter(clerk, "save", person="new")

    (made,) = referrals(session)
    assert made.patient_id != here.id


def test_same_nhs_number_is_never_given_to_two_people(clerk: FlaskClient, session: Session) -> None:
    make.patient(session, nhs_number=NUMBER, family_name="Smith", given_name="Jo")

    page = enter(clerk, "save", person="new")

    assert page.status_code == 409
    assert "Another patient has this NHS number" in page.text
    assert referrals(session) == []


def test_person_nobody_offered_is_not_accepted(clerk: FlaskClient, session: Session) -> None:
    make.patient(session, nhs_number=None, family_name="Nguyễn", given_name="Hà")
    stranger = make.patient(session, born_on=date(1999, 1, 1))

    page = enter(clerk, "save", person=str(stranger.id))

    assert page.status_code == 422
    assert referrals(session) == []


def test_photographer_cannot_enter_referrals(client: FlaskClient, session: Session) -> None:
    sign_in_as(client, session, make.user(session, Role.PHOTOGRAPHER))

    assert client.get("/referrals/new").status_code == 403


@pytest.fixture
def people(session: Session) -> dict[str, Patient]:
    return {
        "okafor": make.patient(session, family_name="O’Kafor", given_name="Adaeze"),
        "lukasz": make.patient(
            session,
            family_name="Żółkiewski",
            given_name="Łukasz",
            born_on=date(1985, 12, 1),
            postcode="SW1A 1AA",
        ),
        "per": make.patient(session, family_name="100%_Sure", given_name="Per", nhs_number=None),
    }


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("okafor", {"okafor"}),
        ("OKAFOR adaeze", {"okafor"}),
        ("zolkiewski", {"lukasz"}),
        ("ŁUKASZ", {"lukasz"}),
        ("1/12/1985", {"lukasz"}),
        ("1 december 1985 luk", {"lukasz"}),
        ("1985-12-01", {"lukasz"}),
        ("sw1a1aa", {"lukasz"}),
        ("sw1a 1aa okafor", set()),
        ("100%_", {"per"}),
        ("%", set()),
        ("_", set()),
        ("", set()),
        ("31/2/1985", set()),
        pytest.param("okafor " * 2000, {"okafor"}, id="a pasted page"),
    ],
)
def test_search_finds_by_any_mixture_of_facts(
    clerk: FlaskClient, people: dict[str, Patient], typed: str, found: set[str]
) -> None:
    page = post(clerk, "/patients/search", q=typed)

    assert page.status_code == 200
    assert {name for name, each in people.items() if str(each.id) in page.text} == found


def test_search_by_nhs_number_with_spaces_shows_the_person_and_the_clock(
    clerk: FlaskClient, session: Session
) -> None:
    patient = make.patient(session, nhs_number=NUMBER, family_name="Okafor")
    make.referral(session, patient=patient, days_ago=5)
    make.referral(session, patient=patient, state=ReferralState.CLOSED)

    page = post(clerk, "/patients/search", q=f"{NUMBER[:3]} {NUMBER[3:6]} {NUMBER[6:]}").text

    assert "OKAFOR, Adaeze" in page
    assert f"{NUMBER[:3]}\u00a0{NUMBER[3:6]}\u00a0{NUMBER[6:]}" in page
    assert "Day 5 of 28" in page
    assert ", answered" in page


def test_search_of_very_many_says_to_add_more(clerk: FlaskClient, session: Session) -> None:
    for _ in range(51):
        make.patient(session, given_name="Verymany")

    page = post(clerk, "/patients/search", q="verymany").text

    assert "50 patients found" in page
    assert "There are more than 50" in page


def details(patient: Patient, **other: Any) -> dict[str, Any]:
    return {
        "version": str(patient.version),
        "nhs_number": patient.nhs_number,
        "family_name": patient.family_name,
        "given_name": patient.given_name,
        "born_on-day": str(patient.born_on.day),
        "born_on-month": str(patient.born_on.month),
        "born_on-year": str(patient.born_on.year),
        "sex": patient.sex,
        "address": "\n".join(patient.address_lines),
        "postcode": patient.postcode,
        "phone": patient.phone,
        "mobile": patient.mobile,
        "contact_by": "letter",
        "ethnic_category": "Z",
        "mobility": "independent",
        "gp_name": patient.gp_name,
        "gp_practice_code": patient.gp_practice_code,
        "gp_address": "\n".join(patient.gp_address_lines),
        **other,
    }


def test_correction_is_audited_with_the_old_and_the_new_value(
    clerk: FlaskClient, session: Session
) -> None:
    patient = make.patient(session)
    path = f"/patients/{patient.id}/details"

    page = clerk.get(path)
    saved = post(
        clerk,
        path,
        data=details(patient, postcode="sw1a1aa", language="ur", needs=["bsl"], needs_note="Quiet"),
    )

    assert "12 Mill Lane" in page.text
    assert saved.status_code == 303
    session.refresh(patient)
    assert (patient.postcode, patient.language) == ("SW1A 1AA", "ur")
    assert {(each.need, each.note) for each in patient.needs} == {
        (Need.BSL, ""),
        (Need.OTHER, "Quiet"),
    }
    entry = session.scalars(
        sa.select(AuditEntry).where(AuditEntry.did == "corrected details")
    ).one()
    assert entry.detail["changes"] == {
        "postcode": ["AN1 2BC", "SW1A 1AA"],
        "language": ["en", "ur"],
        "needs": [[], ["bsl", "other: Quiet"]],
    }


def test_saving_what_stands_there_changes_nothing(clerk: FlaskClient, session: Session) -> None:
    patient = make.patient(session, needs=(Need.HOIST,))
    version = patient.version

    post(clerk, f"/patients/{patient.id}/details", data=details(patient, needs=["hoist"]))

    session.refresh(patient)
    assert patient.version == version
    assert (
        session.scalars(sa.select(AuditEntry).where(AuditEntry.did == "corrected details")).all()
        == []
    )


def test_second_clerk_sees_what_the_first_wrote_before_saving_over_it(
    clerk: FlaskClient, session: Session
) -> None:
    patient = make.patient(session)
    path = f"/patients/{patient.id}/details"
    mine = details(patient, phone="01632 960 333")
    post(clerk, path, data=details(patient, phone="01632 960 222"))

    refused = post(clerk, path, data=mine)
    session.refresh(patient)
    after_refusal = patient.phone
    again = post(clerk, path, data={**mine, "version": str(patient.version)})

    assert refused.status_code == 409
    assert "changed by Carla Clerk while you had them open" in refused.text
    assert "01632 960 222" in refused.text
    assert 'value="01632 960 333"' in refused.text
    assert after_refusal == "01632 960 222"
    assert again.status_code == 303
    session.refresh(patient)
    assert patient.phone == "01632 960 333"


def test_typo_on_a_page_older_than_anothers_correction_does_not_hide_it(
    clerk: FlaskClient, session: Session
) -> None:
    patient = make.patient(session)
    path = f"/patients/{patient.id}/details"
    mine = details(patient, phone="01632 960 333")
    post(clerk, path, data=details(patient, phone="01632 960 222"))

    typo = post(clerk, path, data={**mine, "postcode": "nowhere"})
    kept = re.search(r'name="version" value="(\d+)"', typo.text)
    assert kept is not None
    corrected = post(clerk, path, data={**mine, "version": kept[1]})

    assert (typo.status_code, corrected.status_code) == (422, 409)
    session.refresh(patient)
    assert patient.phone == "01632 960 222"


def test_draft_of_an_older_page_keeps_the_version_it_was_typed_on(
    clerk: FlaskClient, session: Session
) -> None:
    patient = make.patient(session)
    path = f"/patients/{patient.id}/details"
    by = session.scalars(sa.select(UserSession)).one().user_id
    session.add(Draft(user_id=by, path=path, form={"version": ["41"]}, saved_at=clock.now()))

    page = clerk.get(path).text

    assert 'name="version" value="41"' in page


def test_needs_alone_are_a_new_version(clerk: FlaskClient, session: Session) -> None:
    patient = make.patient(session)
    stale = details(patient, phone="01632 960 333")

    post(clerk, f"/patients/{patient.id}/details", data=details(patient, needs=["hoist"]))
    refused = post(clerk, f"/patients/{patient.id}/details", data=stale)

    assert refused.status_code == 409


def test_correction_to_the_number_of_another_person_is_refused(
    clerk: FlaskClient, session: Session
) -> None:
    other, patient = make.patient(session), make.patient(session)

    page = post(
        clerk,
        f"/patients/{patient.id}/details",
        data=details(patient, nhs_number=other.nhs_number),
    )

    assert page.status_code == 409
    assert "Another patient has this NHS number" in page.text


def test_correction_without_a_name_says_so(clerk: FlaskClient, session: Session) -> None:
    patient = make.patient(session)

    page = post(clerk, f"/patients/{patient.id}/details", data=details(patient, family_name=""))

    assert page.status_code == 422
    assert "Enter the family name" in page.text
