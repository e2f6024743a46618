"""A cancellation that turns into an accepted offer, and the time it frees into another."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa
from playwright.sync_api import Page, expect
from sqlalchemy.orm import Session

from derm_service import clock
from derm_service.booking.codes import AppointmentState
from derm_service.booking.models import Appointment, Slot
from derm_service.booking.offer_models import Offer
from derm_service.messages.models import Message
from derm_service.people import Role
from derm_service.referrals.codes import Channel
from derm_service.wording import time, weekday
from tests import make
from tests.booking.test_browsers import sign_in, staff
from tests.fixtures.browser import PHONE
from tests.fixtures.service import RunningService
from tests.journeys.test_phone_booking import check

pytestmark = pytest.mark.browser
LONG_AGO = 400  # days: nobody of another test is more at risk, so these two are asked first


def booked(session: Session, days: int, *, days_ago: int, by: Channel) -> Appointment:
    """Somebody with an appointment so many days ahead, who hears from us this way."""
    slot = make.slot(session, starts_at=clock.now() + timedelta(days=days))
    patient = make.patient(session, contact_by=by)
    referral = make.referral(session, patient=patient, days_ago=days_ago)
    return make.appointment(session, slot=slot, referral=referral)


def at(slot: Slot) -> str:
    return f"{weekday(slot.starts_at)} at {time(slot.starts_at)}, {slot.clinic.location.name}"


def offer_now(page: Page, slot: str) -> None:
    """Have the freed time offered without waiting for the next round."""
    page.goto("/offers")
    named = re.compile(f"^Offer it now.*{re.escape(slot)}$")
    page.get_by_role("button", name=named).click()
    expect(page.get_by_text("Offered, and kept until")).to_be_visible()


def test_cancellation_turns_into_an_accepted_offer_and_that_into_another(
    service: RunningService, new_page: Callable[..., Page]
) -> None:
    with service.sessions() as session:
        leaving = booked(session, 7, days_ago=3, by=Channel.LETTER)
        texted = booked(session, 20, days_ago=LONG_AGO + 1, by=Channel.SMS)
        rung = booked(session, 30, days_ago=LONG_AGO, by=Channel.PHONE)
        clerk = staff(session, Role.CLERK)
        first, second = at(leaving.slot), at(texted.slot)
        session.commit()
    page = new_page(service.url)
    sign_in(page, clerk)

    page.goto(f"/appointments/{leaving.id}/cancel")
    page.get_by_label("The patient is ill").check()
    page.get_by_role("button", name="Cancel the appointment").click()
    expect(page.get_by_text("The appointment is cancelled.")).to_be_visible()
    offer_now(page, first)
    check(page, "offers")

    with service.sessions() as session:
        offer = session.scalars(sa.select(Offer).where(Offer.slot_id == leaving.slot_id)).one()
        assert offer.referral_id == texted.referral_id
        message = session.scalars(sa.select(Message).where(Message.subject_id == offer.id)).one()
        words = str(message.content["text"])
        link = next(word for word in words.split() if word.startswith("http"))
    at_home = new_page(service.url, size=PHONE)
    at_home.goto(link)
    check(at_home, "offer-link")
    at_home.get_by_label("Yes, I will come").check()
    at_home.get_by_role("button", name="Send my answer").click()
    expect(at_home.get_by_text("You have said yes.")).to_be_visible()
    check(at_home, "offer-link-yes")

    offer_now(page, second)
    page.goto("/work")
    row = page.get_by_role("row").filter(has_text=rung.patient.family_name.upper())
    row.get_by_role("link", name="Make the call").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Offer an earlier time")
    check(page, "offer-call")
    page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
    check(page, "offer-call-phone")
    page.get_by_label("Yes: they take the offered time").check()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Given to them:")).to_be_visible()
    check(page, "offers-phone")

    with service.sessions() as session:
        for before, place in ((texted, leaving.slot_id), (rung, texted.slot_id)):
            was = session.get_one(Appointment, before.id)
            assert was.state is AppointmentState.MOVED
            assert was.moved_to is not None
            assert was.moved_to.slot_id == place
            assert was.moved_to.state is AppointmentState.BOOKED
