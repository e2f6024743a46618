"""The booking pages in a real browser, against the running service."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa
from playwright.sync_api import Page, expect
from sqlalchemy.orm import Session

from derm_service import clock
from derm_service.accounts import people
from derm_service.booking import queries
from derm_service.booking.models import Appointment
from derm_service.people import Role
from derm_service.referrals.codes import LesionState, Mobility
from tests import make
from tests.fixtures.browser import DESK, PHONE
from tests.fixtures.service import RunningService
from tests.frontend.axe import faults

pytestmark = pytest.mark.browser

PASSWORD = "four quite random words"
NewPage = Callable[..., Page]


def staff(session: Session, *roles: Role) -> str:
    """Somebody who can sign in; their address."""
    unused = make.user(session)  # its address is taken, so this one's is new
    made = people.add(
        session,
        email=f"browser-{unused.email}",
        name="Lena Marsh",
        roles=[role.value for role in roles],
        password=PASSWORD,
        intimate_images=False,
        by=None,
    )
    return made.email


def sign_in(page: Page, email: str) -> None:
    page.goto("/sign-in")
    page.get_by_label("Email address").fill(email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()


def test_two_browsers_book_one_slot_and_the_second_reads_why_and_what_else_is_free(
    service: RunningService, new_page: NewPage
) -> None:
    with service.sessions() as session:
        clinic = make.clinic(session)
        slot = clinic.slots[0].id
        referrals = [make.referral(session).id for _ in range(2)]
        clerks = [staff(session, Role.CLERK) for _ in range(2)]
        session.commit()
    pages = [new_page(service.url), new_page(service.url)]
    for page, clerk, referral in zip(pages, clerks, referrals, strict=True):
        sign_in(page, clerk)
        page.goto(f"/referrals/{referral}/book/{slot}")

    for page in pages:  # both are on their way before either answer is read
        page.evaluate("document.querySelector('main form[method=post]').requestSubmit()")
    answered = re.compile("^(Appointment|That time cannot be booked)")
    for page in pages:
        expect(page.get_by_role("heading", level=1)).to_have_text(answered)

    lost = [page for page in pages if page.get_by_text("just been taken").count()]
    assert len(lost) == 1
    lost[0].get_by_role("button", name="Book").first.click()
    expect(lost[0].get_by_role("heading", level=1)).to_contain_text("Appointment")
    with service.sessions() as session:
        booked = session.scalars(
            sa.select(Appointment).where(Appointment.referral_id.in_(referrals))
        ).all()
        places = {one.slot_id for one in booked}
        assert slot in places
        assert len(places) == len(booked) == 2


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_every_booking_page_is_clean_and_fits(
    service: RunningService, new_page: NewPage, size: tuple[int, int]
) -> None:
    with service.sessions() as session:
        clinic = make.clinic(session)
        appointment = make.appointment(session, slot=clinic.slots[0])
        missed = make.appointment(
            session, slot=make.slot(session, starts_at=clock.now() - timedelta(hours=1))
        )
        patient = make.patient(
            session,
            family_name="Featherstonehaugh-Wójcikowska",
            mobility=Mobility.HOIST,
            needs=("bsl", "transport"),
        )
        referral = make.referral(session, patient=patient)
        untold = make.referral(session)
        untold.lesions[0].state = LesionState.OPINION_SIGNED
        lead = staff(session, Role.LEAD)
        day = clock.london(clinic.starts_at).date().isoformat()
        addresses = [
            "/waiting-list",
            f"/referrals/{referral.id}/book",
            f"/referrals/{referral.id}/book/{clinic.slots[1].id}",
            f"/referrals/{referral.id}/overbook?place={clinic.location_id}&from={day}",
            f"/referrals/{referral.id}/overbook/{clinic.slots[0].id}",
            f"/appointments/{appointment.id}",
            f"/appointments/{appointment.id}/move",
            f"/appointments/{appointment.id}/cancel",
            f"/appointments/{missed.id}/did-not-attend",
            f"/referrals/{referral.id}/withdraw",
            f"/referrals/{untold.id}/withdraw",
            f"/patients/{patient.id}/death",
            "/clinics",
            f"/clinics/{clinic.id}",
            f"/clinics/{clinic.id}/cancel",
            f"/clinics/{clinic.id}/contacts",
            "/clinics/open",
            "/places",
            f"/places/{clinic.location_id}",
            "/places/vans/add",
            "/places/resources/add",
            "/places/photographers/add",
        ]
        if size == PHONE:  # the desk adds nothing to these
            addresses += [
                f"/clinics?view=day&on={day}",
                f"/clinics?view=week&on={day}",
                f"/clinics?view=place&on={day}",
                "/clinics/utilisation",
                f"/clinics/{clinic.id}/change",
                f"/appointments/{appointment.id}/overbook",
                f"/appointments/{appointment.id}/overbook/{clinic.slots[0].id}",
                "/offers",
                "/offers/figures",
                "/account/calendar",
            ]
        session.commit()
    page = new_page(service.url, size=size)
    sign_in(page, lead)

    for address in addresses:
        answer = page.goto(address)
        assert answer is not None
        assert answer.status == 200, address
        assert faults(page) == [], address


def test_a_booking_is_made_with_the_keyboard_alone(
    service: RunningService, new_page: NewPage
) -> None:
    with service.sessions() as session:
        slot = make.slot(session)
        referral = make.referral(session).id
        location = slot.clinic.location_id
        clerk = staff(session, Role.CLERK)
        session.commit()
    page = new_page(service.url)
    sign_in(page, clerk)
    page.goto(f"/referrals/{referral}/book?place={location}")

    page.get_by_role("button", name=" at Mill Road Hospital").first.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Confirm the appointment")
    page.get_by_role("button", name="Book this appointment").focus()
    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", level=1)).to_contain_text("Appointment")
    with service.sessions() as session:
        booked = sa.select(Appointment.slot_id).where(Appointment.referral_id == referral)
        assert session.scalars(booked).one() == slot.id


def tab_to(page: Page, address: str) -> None:
    """Press Tab until the link to an address has the focus, and see that it shows so."""
    href = "document.activeElement.getAttribute('href')"
    for _ in range(300):
        page.keyboard.press("Tab")
        if page.evaluate(href) == address:
            break
    assert page.evaluate(href) == address
    assert page.evaluate("getComputedStyle(document.activeElement).boxShadow") != "none"


def test_calendar_is_walked_with_the_keyboard_alone(
    service: RunningService, new_page: NewPage
) -> None:
    with service.sessions() as session:
        clinic = make.clinic(session)
        lead = staff(session, Role.LEAD)
        day = clock.london(clinic.starts_at).date().isoformat()
        session.commit()
    page = new_page(service.url)
    sign_in(page, lead)
    page.goto(f"/clinics?on={day}")

    tab_to(page, f"/clinics?view=day&on={day}")
    page.keyboard.press("Enter")
    page.wait_for_url("**/clinics?view=day*")
    tab_to(page, f"/clinics/{clinic.id}")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/clinics/{clinic.id}")
    tab_to(page, f"/clinics/{clinic.id}/change")
    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", level=1)).to_have_text("Change the clinic")
    page.get_by_label("Ends at").focus()
    page.keyboard.press("Enter")  # nothing was changed, so nothing is asked
    expect(page.get_by_text("The clinic is changed.")).to_be_visible()


def test_a_clinic_is_cancelled_and_everybody_in_it_has_a_new_time(
    service: RunningService, new_page: NewPage
) -> None:
    with service.sessions() as session:
        clinic = make.clinic(session)
        booked = [make.appointment(session, slot=slot) for slot in clinic.slots[:3]]
        make.clinic(session, starts_at=clinic.starts_at + timedelta(days=1))
        lead = staff(session, Role.LEAD)
        names = [one.patient.family_name.upper() for one in booked]
        session.commit()
    page = new_page(service.url)
    sign_in(page, lead)

    page.goto(f"/clinics/{clinic.id}")
    page.get_by_role("link", name="Cancel this clinic").click()
    last = page.locator("select").nth(2)
    last.select_option("waiting_list")
    page.get_by_label("Why is the clinic cancelled?").fill("The van has broken down")
    page.get_by_role("button", name="Cancel the clinic and give everybody").press("Enter")

    page.wait_for_url("**/contacts")
    text = page.inner_text("main")
    assert all(name in text for name in names)
    assert "2 people have a new time and 1 person is back on the waiting list" in page.inner_text(
        "body"
    )
    assert faults(page) == []
    with service.sessions() as session:
        states = [session.get_one(Appointment, one.id).state for one in booked]
        assert sorted(states) == ["cancelled", "moved", "moved"]
        assert queries.clinic(session, clinic.id).state == "cancelled"
