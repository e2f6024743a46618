"""The clinic day in a real browser, desk and phone: every page works and axe finds nothing."""

from dataclasses import replace
from uuid import UUID, uuid4

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy.orm import Session

from derm_service.accounts import people
from derm_service.booking.codes import AppointmentState
from derm_service.imaging import visit_queries, visits
from derm_service.imaging.codes import View
from derm_service.people import Role
from derm_service.referrals.codes import Laterality, LesionState
from tests import make
from tests.fixtures.browser import DESK, PHONE, NewPage
from tests.fixtures.service import RunningService
from tests.frontend.axe import faults
from tests.imaging import visiting
from tests.imaging.visiting import YES, lesion_id

pytestmark = pytest.mark.browser

PASSWORD = "three random words"


def check(page: Page) -> None:
    """Nothing on the page is wrong for axe, and it does not scroll sideways."""
    assert faults(page) == [], page.url


def press(page: Page, name: str) -> None:
    """Press a button of the page and look at what comes."""
    with page.expect_navigation():
        page.get_by_role("main").get_by_role("button", name=name).click()
    check(page)


def follow(page: Page, name: str) -> None:
    """Follow a link of the page and look at where it leads."""
    with page.expect_navigation():
        page.get_by_role("main").get_by_role("link", name=name).first.click()
    check(page)


def signed_in(session: Session, page: Page) -> None:
    """A photographer of this test's own, in front of the day list."""
    email = f"photographer-{uuid4()}@example.nhs.uk"
    people.add(
        session,
        email=email,
        name="Pat Photographer",
        roles=[Role.PHOTOGRAPHER],
        password=PASSWORD,
        intimate_images=True,
        by=None,
    )
    session.commit()
    page.goto("/sign-in?next=/clinic-day")
    page.get_by_label("Email address").fill(email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/clinic-day")


def booked(session: Session) -> tuple[UUID, str]:
    """An appointment of now for a person with two lesions, one at an intimate site."""
    patient = make.patient(session, family_name=f"Zephyr{uuid4().hex[:6]}", interpreter_needed=True)
    referral = make.referral(
        session,
        patient=patient,
        sites=((make.CHEEK, Laterality.LEFT), (make.GROIN, Laterality.RIGHT)),
    )
    appointment = visiting.appointment_now(session, referral=referral)
    session.commit()
    return appointment.id, patient.family_name


def test_photographer_leads_a_visit_from_check_in_to_finish_on_a_phone(
    service: RunningService, new_page: NewPage
) -> None:
    page = new_page(service.url, size=PHONE)  # at a desk: tests/journeys
    with service.sessions() as session:
        appointment_id, family_name = booked(session)
        signed_in(session, page)
        check(page)
        press(page, f"Check in {family_name.upper()}")

        follow(page, "Confirm identity")
        for identifier in ("Full name", "Date of birth", "NHS number"):
            page.get_by_role("checkbox", name=identifier).check()
        press(page, "Confirm identity")
        follow(page, "Consent")
        press(page, "Save the answers")
        expect(page.get_by_role("alert")).to_contain_text("Choose who decides")
        page.get_by_label("Who interpreted?").fill("Mr A Khan, by phone")
        page.get_by_label("best-interests decision").check()
        check(page)
        page.get_by_label("Why can the patient not").fill("Advanced dementia")
        page.get_by_label("Who was consulted").fill("Daughter, Ngozi")
        page.get_by_label("Why are photographs").fill("It may be a cancer")
        for group, answer in (("health record", "Yes"), ("teaching", "No"), ("publication", "No")):
            page.get_by_role("group", name=group).get_by_label(answer, exact=True).check()
        press(page, "Save the answers")
        follow(page, "Lesion 2: right groin crease")
        expect(page.get_by_role("heading", level=1)).to_contain_text("Stop: a chaperone")
        follow(page, "Record the chaperone")
        page.get_by_label("A chaperone is present").check()
        page.get_by_label("Name of the chaperone").fill("Nurse J Lee")
        press(page, "Save")
        follow(page, "Close without photographs: lesion 2")
        page.get_by_label("The patient does not want it").check()
        press(page, "Close this lesion")

        session.expire_all()
        visit = visit_queries.visit_of(session, appointment_id)
        assert visit is not None
        by = visiting.photographer(session)
        visits.confirm_site(session, visit_id=visit.id, lesion_id=lesion_id(visit), by=by)
        images = visits.image_set(session, visit_id=visit.id, lesion_id=lesion_id(visit), by=by)
        for view in (View.OVERVIEW, View.CLOSE_UP):
            visiting.capture(session, images, view, by=by)
        session.commit()
        follow(page, "Check and finish")
        press(page, "Finish the visit")
        expect(page.get_by_role("alert")).to_contain_text("dermoscopic view is missing")
        page.get_by_label("No working dermatoscope").check()
        press(page, "Finish the visit")

        session.expire_all()
        assert visit.finished_at is not None
        assert visit.appointment.state is AppointmentState.COMPLETED
        assert {lesion.state for lesion in visit.appointment.referral.lesions} == {
            LesionState.AWAITING_REVIEW
        }


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_every_page_of_a_visit_is_clean(
    service: RunningService, new_page: NewPage, size: tuple[int, int]
) -> None:
    page = new_page(service.url, size=size)
    with service.sessions() as session:
        signed_in(session, page)
        by = visiting.photographer(session)
        visit = visiting.known(session, by=by)
        taken = replace(YES, teaching=True)
        visits.record_consent(session, visit_id=visit.id, taken=taken, by=by)
        visits.needs_someone_today(session, visit_id=visit.id, reason="Bleeding", by=by)
        expected = visiting.appointment_now(session)
        session.commit()
        lesion = f"/visits/{visit.id}/lesions/{lesion_id(visit)}"

        for path in (
            f"/appointments/{expected.id}/visit",
            f"/appointments/{expected.id}/did-not-attend",
            f"/appointments/{visit.appointment_id}/visit",
            f"/visits/{visit.id}/identity/mismatch",
            f"/visits/{visit.id}/notes",
            f"/visits/{visit.id}/someone-today",
            f"/visits/{visit.id}/lesions/add",
            f"/visits/{visit.id}/end",
            f"{lesion}/chaperone",
            f"{lesion}/close",
            f"/referrals/{visit.appointment.referral_id}/consents",
        ):
            page.goto(path)
            check(page)
