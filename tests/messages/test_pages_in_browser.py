"""The outbox and the page on how a person is reached, as a clerk sees them, desk and phone."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import sqlalchemy as sa
from playwright.sync_api import Page

from derm_service import clock
from derm_service.booking import appointments, replies
from derm_service.messages.codes import MessageState
from derm_service.messages.models import Message
from derm_service.people import Role
from derm_service.referrals.codes import Channel
from tests import make
from tests.fixtures.browser import DESK, PHONE
from tests.fixtures.service import RunningService
from tests.frontend.axe import faults
from tests.journeys.conftest import PASSWORD, make_team
from tests.journeys.steps import Walker


def test_pages_about_messages_have_no_fault(
    service: RunningService, new_page: Callable[..., Page], tmp_path: Path
) -> None:
    team = make_team(service)
    with service.sessions() as session:
        mobile = "07700 900444"
        patient = make.patient(session, contact_by=Channel.SMS, mobile=mobile)
        appointment = appointments.book(
            session,
            slot_id=make.slot(session, starts_at=clock.now() + timedelta(days=10)).id,
            referral_id=make.referral(session, patient=patient).id,
            by=make.user(session),
        )
        about = Message.subject_id == appointment.id
        message = session.scalars(sa.select(Message).where(about)).one()
        message.state = MessageState.SENT
        session.flush()
        replies.receive(session, carrier_id="look", sent_from=mobile, text="1, thank you")
        message.state = MessageState.READY
        session.commit()
    walker = Walker(new_page(service.url))
    walker.sign_in(team.people[Role.CLERK].email, PASSWORD)
    wrong: dict[str, list[str]] = {}
    pages = {
        "outbox": "/messages",
        "message": f"/messages/{message.id}",
        "contact": f"/patients/{patient.id}/contact",
        "appointment": f"/appointments/{appointment.id}",
    }

    for name, path in pages.items():
        for size in (DESK, PHONE):
            walker.page.set_viewport_size({"width": size[0], "height": size[1]})
            answer = walker.page.goto(path)
            assert answer is not None
            assert answer.status == 200
            walker.page.screenshot(path=tmp_path / f"{name}{size[0]}.png", full_page=True)
            if problems := faults(walker.page):
                wrong[f"{name} at {size[0]}"] = problems

    assert not wrong
