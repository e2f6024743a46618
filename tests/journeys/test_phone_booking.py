"""A call from start to finish by keyboard alone: a person with needs, beside a look-alike."""

import os
from collections.abc import Callable
from datetime import date, timedelta

import pytest
import sqlalchemy as sa
from playwright.sync_api import Page, expect

from derm_service import clock
from derm_service.booking.codes import ResourceKind
from derm_service.booking.models import Allocation, Appointment
from derm_service.people import Role
from derm_service.referrals.codes import Mobility, Need
from derm_service.referrals.models import Patient
from derm_service.referrals.postcodes import Postcode
from tests import make
from tests.booking.test_browsers import sign_in, staff
from tests.fixtures.browser import DESK, PHONE
from tests.fixtures.service import RunningService
from tests.frontend.axe import faults

pytestmark = pytest.mark.browser

NewPage = Callable[..., Page]
HOME, PLACE = "AN8 1AA", "AN8 2BB"


def press(page: Page, name: str) -> None:
    """Tab to the button of this name and press Enter, as somebody without a mouse does."""
    button = page.get_by_role("main").get_by_role("button", name=name).first
    for _ in range(60):
        page.keyboard.press("Tab")
        if button.evaluate("element => element === document.activeElement"):
            page.keyboard.press("Enter")
            return
    raise AssertionError(f"the keyboard never came to “{name}”")


def tick(page: Page, name: str) -> None:
    """Tab to the box of this name and press Space."""
    box = page.get_by_role("checkbox", name=name)
    for _ in range(60):
        page.keyboard.press("Tab")
        if box.evaluate("element => element === document.activeElement"):
            page.keyboard.press("Space")
            return
    raise AssertionError(f"the keyboard never came to “{name}”")


def check(page: Page, name: str) -> None:
    """The page is clean and fits; drawn where DERM_PICTURES says."""
    assert faults(page) == [], name
    if place := os.environ.get("DERM_PICTURES"):
        page.screenshot(path=f"{place}/{name}.png", full_page=True)


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_somebody_with_needs_is_booked_on_the_telephone_by_keyboard_alone(
    service: RunningService, new_page: NewPage, size: tuple[int, int]
) -> None:
    family = f"Ackroyd{size[0]}"
    with service.sessions() as session:
        session.merge(Postcode(code=HOME, latitude=53.1, longitude=-1.6))
        session.merge(Postcode(code=PLACE, latitude=53.137, longitude=-1.6))
        father = person(
            session,
            family_name=family,
            born_on=date(1951, 2, 3),
            mobility=Mobility.WHEELCHAIR,
            language="pl",
            interpreter_needed=True,
            needs=(Need.LONGER_APPOINTMENT,),
        )
        person(session, family_name=family, born_on=date(1980, 7, 8))
        referral = father.referrals[0].id
        place = make.location(session, postcode=PLACE)
        for days in (4, 5, 6):
            make.clinic(session, location=place, starts_at=clock.now() + timedelta(days=days))
        make.resource(session, ResourceKind.INTERPRETER, language="pl", name="Polish interpreter")
        clerk = staff(session, Role.CLERK)
        session.commit()
    page = new_page(service.url, size=size)
    sign_in(page, clerk)
    page.goto("/phone")
    check(page, f"phone-1-{size[0]}")

    page.get_by_label("Family name, or NHS number").focus()
    for typed in (family, "3", "2", "1951"):
        page.keyboard.type(typed)
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Look-alike, not what you typed")).to_have_count(1)
    check(page, f"phone-2-{size[0]}")

    press(page, "Book for this person")
    for said in ("Full name", "Date of birth", "First line of the address and postcode"):
        tick(page, said)
    check(page, f"phone-3-{size[0]}")
    press(page, "Show times")
    expect(page.get_by_text("Kept until")).to_have_count(3)
    why = "step-free, interpreter (Polish) free, double time"  # other tests have clinics too
    expect(page.get_by_text(why)).to_have_count(3)
    check(page, f"phone-4-{size[0]}")

    press(page, "Book")
    expect(page.get_by_role("heading", level=1)).to_have_text("Appointment booked")
    check(page, f"phone-5-{size[0]}")

    with service.sessions() as session:
        booked = session.scalars(
            sa.select(Appointment).where(Appointment.referral_id == referral)
        ).one()
        taken = session.scalars(
            sa.select(Allocation).where(Allocation.appointment_id == booked.id)
        ).all()
        kinds = {one.resource.kind for one in taken}
        assert ResourceKind.INTERPRETER in kinds
        assert booked.during.upper is not None
        assert booked.during.lower is not None
        assert booked.during.upper - booked.during.lower == timedelta(minutes=40)


def person(session: sa.orm.Session, **given: object) -> Patient:
    """Somebody of the same first name and home."""
    home = {"given_name": "John", "postcode": HOME, "address_lines": ["4 Weir Street", "Netherby"]}
    made = make.patient(session, **home, **given)  # type: ignore[arg-type]
    make.referral(session, patient=made)
    return made
