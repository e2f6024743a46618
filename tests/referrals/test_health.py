"""What the referral states about health reaches everybody who must know it, in the same words."""

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from derm_service import clock
from derm_service.messages import work
from derm_service.messages.codes import WorkKind
from derm_service.people import Role
from derm_service.referrals import health
from derm_service.referrals.models import Referral
from derm_service.review import claims
from tests import make
from tests.imaging import visiting
from tests.review import photographed
from tests.surf import sign_in_as

HISTORY = {"allergies": "Latex", "anticoagulant": True, "pacemaker": False, "medicines": ""}


@pytest.fixture
def referral(session: Session) -> Referral:
    person = make.patient(session, contact_note="Deaf in the right ear")
    return make.referral(session, patient=person, history=HISTORY)


def assert_says_what_to_know(page: str) -> None:
    for word in ("Allergies", "Latex", "Blood thinner", "Deaf in the right ear"):
        assert word in page
    assert "Weakened immune system, medicines" in page  # under "Not stated"


def test_health_facts_say_yes_no_and_not_stated() -> None:
    facts = health.beside_the_person(HISTORY)

    assert facts == [
        ("Allergies", "Latex"),
        ("Blood thinner", "Yes"),
        ("Pacemaker or other implanted device", "No"),
        ("Weakened immune system", "Not stated"),
        ("Medicines", "Not stated"),
    ]


@pytest.mark.parametrize("is_checked_in", [False, True])
def test_photographer_sees_what_to_know_before_and_during_the_visit(
    client: FlaskClient, session: Session, referral: Referral, is_checked_in: bool
) -> None:
    by = visiting.photographer(session)
    if is_checked_in:
        appointment_id = visiting.visit(session, referral=referral, by=by).appointment_id
    else:
        appointment_id = visiting.appointment_now(session, referral=referral).id
    sign_in_as(client, session, by)

    page = client.get(f"/appointments/{appointment_id}/visit").text

    assert_says_what_to_know(page)


def test_reader_sees_what_to_know_where_a_biopsy_is_chosen(
    client: FlaskClient, session: Session
) -> None:
    reader = photographed.reader(session)
    case = photographed.case(session, history=HISTORY)
    case.patient.contact_note = "Deaf in the right ear"
    claims.claim(session, referral_id=case.id, by=reader)
    sign_in_as(client, session, reader)

    page = client.get(f"/review/lesions/{case.lesions[0].id}/opinion?outcome=direct_surgery").text

    assert_says_what_to_know(page)


def test_clerk_sees_what_to_know_where_what_comes_next_is_arranged(
    client: FlaskClient, session: Session, referral: Referral
) -> None:
    item = work.raise_item(
        session,
        kind=WorkKind.ARRANGE_NEXT_STEP,
        role=Role.CLERK,
        due_on=clock.today(),
        referral_id=referral.id,
    )
    sign_in_as(client, session, make.user(session, Role.CLERK))

    page = client.get(f"/work/{item.id}").text

    assert_says_what_to_know(page)
