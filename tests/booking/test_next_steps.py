"""What the pages of an appointment say to do next, and what the visit is for."""

from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from derm_service import clock
from derm_service.booking import appointments
from derm_service.booking.models import Appointment
from derm_service.imaging.codes import RetakeReason, View
from derm_service.messages import work
from derm_service.pages import tel
from derm_service.people import Role, User
from derm_service.referrals.codes import Channel, Laterality
from derm_service.referrals.models import Referral
from derm_service.review import claims, retakes
from tests import make
from tests.imaging import visiting
from tests.review import photographed
from tests.surf import post, sign_in_as


@pytest.fixture
def clerk(client: FlaskClient, session: Session) -> User:
    person = make.user(session, Role.CLERK)
    sign_in_as(client, session, person)
    return person


def booked(session: Session, referral: Referral, by: User, *, days: int = 10) -> Appointment:
    clinic = make.clinic(session, starts_at=clock.now() + timedelta(days=days))
    return appointments.book(session, slot_id=clinic.slots[0].id, referral_id=referral.id, by=by)


def asked_again(session: Session) -> Referral:
    """A referral of two lesions; the second was photographed at the wrong place."""
    case = photographed.case(session, sites=photographed.PAIR)
    reader = photographed.reader(session)
    claims.claim(session, referral_id=case.id, by=reader)
    retakes.ask(
        session,
        lesion_id=case.lesions[1].id,
        views=[View.OVERVIEW],
        reason=RetakeReason.WRONG_SITE,
        note="The one near the thumb",
        by=reader,
    )
    return case


def test_clerk_is_told_whom_to_ring_after_booking_until_the_call_is_recorded(
    client: FlaskClient, session: Session, clerk: User
) -> None:
    person = make.patient(session, contact_by=Channel.PHONE, mobile="", phone="01632 960111")
    made = booked(session, make.referral(session, patient=person), clerk)
    calls = [each for each in work.open_items(session, clerk) if each.subject_id == made.id]
    (item,) = calls

    page = client.get(f"/appointments/{made.id}").text
    post(client, f"/work/{item.id}", outcome="reached", how="Spoke to the patient")
    later = client.get(f"/appointments/{made.id}").text

    assert '<a class="nhsuk-u-nowrap" href="tel:01632960111">01632 960111</a>' in page
    assert f'href="/work/{item.id}">Record the call' in page
    assert "Record the call" not in later
    assert "Spoke to the patient" in later


def test_booking_pages_say_what_is_to_be_photographed_again_and_why(
    client: FlaskClient, session: Session, clerk: User
) -> None:
    case = asked_again(session)
    why = ": the last ones showed the wrong place. Wanted: overview. The one near the thumb"

    finding = client.get(f"/referrals/{case.id}/book").text
    made = booked(session, case, clerk)
    page = client.get(f"/appointments/{made.id}").text

    assert "New photographs of lesion 2" in finding
    assert why in finding
    assert why in page
    assert "Lesion 1," not in page


def test_first_visit_names_its_lesions(client: FlaskClient, session: Session, clerk: User) -> None:
    sites = ((make.CHEEK, Laterality.LEFT), (make.BACK, Laterality.MIDLINE))
    made = booked(session, make.referral(session, sites=sites), clerk)

    page = client.get(f"/appointments/{made.id}").text

    assert "Lesion 1, left cheek" in page
    assert "Lesion 2, back, midline" in page


def test_visit_page_says_what_a_reader_asked_for_again(
    client: FlaskClient, session: Session
) -> None:
    case = asked_again(session)
    by = visiting.photographer(session)
    sign_in_as(client, session, by)
    expected = visiting.appointment_now(session, referral=case)

    before = client.get(f"/appointments/{expected.id}/visit").text
    post(client, f"/appointments/{expected.id}/check-in")
    during = client.get(f"/appointments/{expected.id}/visit").text

    for page in (before, during):
        assert "the last ones showed the wrong place" in page


@pytest.mark.parametrize(
    ("words", "numbers"),
    [
        ("Ring the on-call doctor on 01632 960999 or 07700 900123.", 2),
        ("On 6 August 2026 at 14:30, NHS number 999 123 4567", 0),
        ("<b>+44 1632 960999</b>", 1),
    ],
)
def test_telephone_numbers_become_links_and_nothing_else(words: str, numbers: int) -> None:
    made = str(tel(words))

    assert made.count('href="tel:') == numbers
    assert "<b>" not in made
