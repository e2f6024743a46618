"""The rows of the Work page."""

import uuid
from datetime import date, datetime, timedelta

import pytest
import time_machine
from sqlalchemy.orm import Session

from derm_service import clock
from derm_service.errors import Conflict, Invalid, NotAllowed
from derm_service.messages import work
from derm_service.messages.codes import WorkKind
from derm_service.messages.models import WorkItem
from derm_service.messages.rules import next_working_day
from derm_service.people import Role
from tests import make


def raised(
    session: Session,
    *,
    kind: WorkKind = WorkKind.CALL_PATIENT,
    role: Role = Role.CLERK,
    due_in: int = 1,
    urgent: bool = False,
    not_after: date | None = None,
    subject_id: uuid.UUID | None = None,
) -> WorkItem:
    return work.raise_item(
        session,
        kind=kind,
        role=role,
        due_on=clock.today() + timedelta(days=due_in),
        subject_id=subject_id or uuid.uuid4(),
        urgent=urgent,
        not_after=not_after,
    )


def test_one_need_has_one_open_row(session: Session) -> None:
    lesion_id = uuid.uuid4()

    first = raised(session, subject_id=lesion_id)
    second = raised(session, subject_id=lesion_id)
    work.finish(session, item_id=first.id, how="Called", by=None)
    third = raised(session, subject_id=lesion_id)

    assert second.id == first.id
    assert third.id != first.id


def test_list_has_urgent_rows_first_then_by_date(session: Session) -> None:
    later, urgent, sooner = (
        raised(session, due_in=5),
        raised(session, due_in=9, urgent=True),
        raised(session, due_in=1),
    )

    assert work.open_items(session, make.user(session)) == [urgent, sooner, later]


def test_each_role_sees_its_own_list_and_the_lead_covers(session: Session) -> None:
    for_clerk, for_reader = raised(session), raised(session, role=Role.DERMATOLOGIST)

    assert work.open_items(session, make.user(session, Role.CLERK)) == [for_clerk]
    assert work.open_items(session, make.user(session, Role.DERMATOLOGIST)) == [for_reader]
    assert work.open_items(session, make.user(session, Role.LEAD)) == [for_clerk]
    both = work.open_items(session, make.user(session, Role.CLERK, Role.DERMATOLOGIST))
    assert both == [for_clerk, for_reader]


def test_row_is_done_once_and_says_how(session: Session) -> None:
    item, clerk = raised(session), make.user(session)

    work.finish_by_hand(session, item_id=item.id, how=" Spoke to her ", by=clerk)

    assert (item.done_how, item.done_by_id) == ("Spoke to her", clerk.id)
    with pytest.raises(Conflict, match="done this already"):
        work.finish_by_hand(session, item_id=item.id, how="Again", by=clerk)


def test_row_of_another_role_cannot_be_done(session: Session) -> None:
    item = raised(session, role=Role.DERMATOLOGIST)

    with pytest.raises(NotAllowed):
        work.finish_by_hand(session, item_id=item.id, how="Done", by=make.user(session))


def test_call_that_reached_nobody_is_tried_again_on_the_chosen_day(session: Session) -> None:
    item = raised(session)
    tomorrow = clock.today() + timedelta(days=1)

    work.try_again(
        session, item_id=item.id, note="No answer", next_on=tomorrow, by=make.user(session)
    )

    assert item.done_at is None
    assert item.due_on == tomorrow
    assert "No answer" in item.note


def test_next_try_cannot_lie_in_the_past(session: Session) -> None:
    item = raised(session)

    with pytest.raises(Invalid):
        work.try_again(
            session,
            item_id=item.id,
            note="",
            next_on=clock.today() - timedelta(days=1),
            by=make.user(session),
        )


@pytest.mark.parametrize(
    ("day", "next_day"),
    [
        (date(2026, 11, 19), date(2026, 11, 20)),
        (date(2026, 11, 20), date(2026, 11, 23)),
        (date(2026, 12, 24), date(2026, 12, 29)),
    ],
)
def test_next_working_day_skips_weekends_and_bank_holidays(day: date, next_day: date) -> None:
    assert next_working_day(day) == next_day


def test_call_about_an_appointment_becomes_urgent_as_it_comes_near(session: Session) -> None:
    with time_machine.travel(datetime(2026, 8, 3, 9, tzinfo=clock.LONDON), tick=False):  # Monday
        call = raised(session, due_in=0, not_after=date(2026, 8, 6))
        other = raised(session, due_in=-1)
        clerk = make.user(session)
        far = work.open_items(session, clerk)

    with time_machine.travel(datetime(2026, 8, 5, 9, tzinfo=clock.LONDON), tick=False):
        near = work.open_items(session, clerk)
        urgent = work.is_urgent(call)

    assert far == [other, call]
    assert near == [call, other]
    assert urgent


@time_machine.travel(datetime(2026, 8, 6, 9, tzinfo=clock.LONDON), tick=False)
def test_call_about_an_appointment_is_tried_again_in_time_only(session: Session) -> None:
    call = raised(session, due_in=0, not_after=date(2026, 8, 6))

    with pytest.raises(Invalid) as refused:
        work.try_again(
            session, item_id=call.id, note="", next_on=date(2026, 8, 7), by=make.user(session)
        )

    assert refused.value.fields == {"next_on": "Try again by 6 August 2026: later is too late"}
    assert work.next_try(call) == date(2026, 8, 6)
