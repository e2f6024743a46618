"""What was done by mistake is taken back within the hour, and the person hears of it."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
import time_machine
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from derm_service import clock
from derm_service.booking import appointments, clinics, ledger, queries, undoing
from derm_service.booking.codes import (
    AppointmentState,
    CancelReason,
    NextStep,
    NotAttendedReason,
)
from derm_service.booking.models import Allocation, Appointment, Clinic
from derm_service.errors import Conflict
from derm_service.messages.codes import MessageKind, MessageState, WorkKind
from derm_service.messages.models import Message, WorkItem
from derm_service.people import Role, User
from tests import make
from tests.surf import post, sign_in_as


@pytest.fixture
def later() -> Iterator[time_machine.Traveller]:
    """A clock that the test moves on."""
    with time_machine.travel(clock.now(), tick=False) as traveller:
        yield traveller


def cancelled(session: Session) -> Appointment:
    booked = appointments.book(
        session,
        slot_id=make.slot(session).id,
        referral_id=make.referral(session).id,
        by=make.user(session),
    )
    return appointments.cancel(
        session,
        appointment_id=booked.id,
        reason=CancelReason.PATIENT_ILL,
        by=make.user(session),
    )


def held_by(session: Session, appointment: Appointment) -> int:
    query = sa.select(sa.func.count()).where(
        Allocation.appointment_id == appointment.id, Allocation.state.in_(ledger.LIVE)
    )
    return session.scalar(query) or 0


def shorten(session: Session, clinic: Clinic, *, to: datetime, by: User) -> None:
    clinics.change_clinic(
        session,
        clinic_id=clinic.id,
        starts_at=clinic.starts_at,
        ends_at=to,
        resource_ids=ledger.resources_of_clinic(session, clinic.id),
        by=by,
    )


def about(session: Session, kind: MessageKind) -> Message:
    """The one message of this kind."""
    return session.scalars(sa.select(Message).where(Message.kind == kind)).one()


def test_a_cancelled_appointment_stands_again_and_the_person_is_told(session: Session) -> None:
    one = cancelled(session)
    about(session, MessageKind.APPOINTMENT_CANCELLED).state = MessageState.SENT

    undoing.undo(session, appointment_id=one.id, by=make.user(session))

    assert one.state is AppointmentState.BOOKED
    assert one.cancel_reason is None
    assert held_by(session, one) == 3
    letters = session.scalars(sa.select(Message).order_by(Message.id)).all()
    assert [each.content["subject"] for each in letters] == [
        "Your appointment",
        "Your appointment has been cancelled",
        "Your appointment stands after all",
    ]
    assert [each.state for each in letters] == [
        MessageState.STOPPED,
        MessageState.SENT,
        MessageState.READY,
    ]
    to_book = sa.select(WorkItem).where(
        WorkItem.kind == WorkKind.REBOOK, WorkItem.done_at.is_(None)
    )
    assert session.scalars(to_book).all() == []


@pytest.mark.parametrize(
    ("booking", "subjects"),
    [
        (MessageState.STOPPED, ["Your appointment"] * 2),  # they know nothing yet
        (MessageState.SENT, ["Your appointment"]),  # what they know holds
    ],
)
def test_nobody_reads_sorry_who_has_not_heard_of_the_mistake(
    session: Session, booking: MessageState, subjects: list[str]
) -> None:
    one = cancelled(session)
    about(session, MessageKind.APPOINTMENT).state = booking

    undoing.undo(session, appointment_id=one.id, by=make.user(session))

    assert about(session, MessageKind.APPOINTMENT_CANCELLED).state is MessageState.STOPPED
    told = session.scalars(
        sa.select(Message)
        .where(Message.kind == MessageKind.APPOINTMENT)
        .order_by(Message.created_at)
    ).all()
    assert [each.content["subject"] for each in told] == subjects
    assert [each.state for each in told] == [booking, MessageState.READY][: len(told)]


def test_after_an_hour_nothing_is_undone(session: Session, later: time_machine.Traveller) -> None:
    one = cancelled(session)
    later.shift(timedelta(minutes=61))

    with pytest.raises(Conflict, match="within an hour"):
        undoing.undo(session, appointment_id=one.id, by=make.user(session))

    assert not undoing.may_undo(one)


def test_a_time_somebody_else_has_by_now_is_not_given_back(session: Session) -> None:
    one = cancelled(session)
    appointments.book(
        session,
        slot_id=one.slot_id,
        referral_id=make.referral(session).id,
        by=make.user(session),
    )

    with pytest.raises(ledger.Taken):
        undoing.undo(session, appointment_id=one.id, by=make.user(session))

    assert one.state is AppointmentState.CANCELLED


def test_a_double_time_is_not_given_back_once_the_clinic_ends_in_its_middle(
    session: Session,
) -> None:
    clinic, lead = make.clinic(session, hours=1), make.user(session, Role.LEAD)
    booked = appointments.book(
        session,
        slot_id=clinic.slots[1].id,
        referral_id=make.referral(session).id,
        slots=2,
        by=lead,
    )
    one = appointments.cancel(
        session, appointment_id=booked.id, reason=CancelReason.PATIENT_ILL, by=lead
    )
    shorten(session, clinic, to=clinic.slots[2].starts_at, by=lead)

    with pytest.raises(ledger.Taken):
        undoing.undo(session, appointment_id=one.id, by=lead)

    assert (one.state, held_by(session, one)) == (AppointmentState.CANCELLED, 0)


def test_a_double_time_is_not_booked_over_the_end_of_a_clinic_made_shorter(
    session: Session,
) -> None:
    clinic, lead = make.clinic(session, hours=1), make.user(session, Role.LEAD)
    shorten(session, clinic, to=clinic.slots[2].starts_at, by=lead)

    with pytest.raises(ledger.Taken):
        appointments.book(
            session,
            slot_id=clinic.slots[1].id,
            referral_id=make.referral(session).id,
            slots=2,
            by=lead,
        )


def test_somebody_booked_elsewhere_meanwhile_is_not_booked_twice(session: Session) -> None:
    one = cancelled(session)
    appointments.book(
        session,
        slot_id=make.slot(session).id,
        referral_id=one.referral_id,
        by=make.user(session),
    )

    with pytest.raises(Conflict, match="already has an appointment"):
        undoing.undo(session, appointment_id=one.id, by=make.user(session))


def test_what_was_moved_is_moved_back(session: Session) -> None:
    clinic, clerk = make.clinic(session), make.user(session)
    old = make.appointment(session, slot=clinic.slots[0])
    new = appointments.move(session, appointment_id=old.id, slot_id=clinic.slots[3].id, by=clerk)

    back = undoing.undo(session, appointment_id=old.id, by=clerk)

    assert back.slot_id == clinic.slots[0].id
    assert new.state is AppointmentState.MOVED
    assert (held_by(session, new), held_by(session, back)) == (0, 3)
    waiting = queries.waiting_appointment(session, old.referral_id)
    assert waiting is back


def test_somebody_who_came_after_all_is_expected_again(session: Session) -> None:
    slot = make.slot(session, starts_at=clock.now() - timedelta(minutes=10))
    missed = make.appointment(session, slot=slot)
    clerk = make.user(session)
    appointments.not_attended(
        session, appointment_id=missed.id, reason=NotAttendedReason.FORGOT, by=clerk
    )

    undoing.undo(session, appointment_id=missed.id, by=clerk)

    assert missed.state is AppointmentState.BOOKED
    assert missed.not_attended_reason is None


def test_a_booked_appointment_has_nothing_to_undo(session: Session) -> None:
    booked = make.appointment(session)

    with pytest.raises(Conflict, match="nothing to undo"):
        undoing.undo(session, appointment_id=booked.id, by=make.user(session))


def test_somebody_who_may_be_at_risk_is_looked_at_by_a_lead_first(session: Session) -> None:
    slot = make.slot(session, starts_at=clock.now() - timedelta(minutes=10))
    missed = make.appointment(session, slot=slot)

    appointments.not_attended(
        session,
        appointment_id=missed.id,
        reason=NotAttendedReason.NOT_KNOWN,
        next_step=NextStep.SAFEGUARDING,
        by=make.user(session),
    )

    items = {item.kind: item for item in session.scalars(sa.select(WorkItem))}
    assert items[WorkKind.SAFETY_ALERT].role == Role.LEAD
    assert "A lead looks at it first" in items[WorkKind.REBOOK].note


def test_the_page_offers_to_undo_and_does_it(client: FlaskClient, session: Session) -> None:
    sign_in_as(client, session, make.user(session))
    one = cancelled(session)
    address = f"/appointments/{one.id}"

    offered = client.get(address)
    done = post(client, f"{address}/undo")
    again = client.get(address)

    assert "Undo" in offered.text
    assert done.status_code == 303
    assert (
        "the appointment stands again. The patient is told if they need to hear of it."
        in again.text
    )
    assert post(client, f"{address}/undo").status_code == 409


def test_nobody_is_said_to_be_told_of_a_time_that_has_begun(
    client: FlaskClient, session: Session
) -> None:
    sign_in_as(client, session, make.user(session))
    slot = make.slot(session, starts_at=clock.now() - timedelta(minutes=10))
    missed = make.appointment(session, slot=slot)
    appointments.not_attended(
        session,
        appointment_id=missed.id,
        reason=NotAttendedReason.NOT_KNOWN,
        by=make.user(session),
    )

    offered = client.get(f"/appointments/{missed.id}")
    post(client, f"/appointments/{missed.id}/undo")
    again = client.get(f"/appointments/{missed.id}")

    assert "Undo" in offered.text
    assert "the appointment stands again." in again.text
    assert "The patient is told" not in offered.text + again.text
