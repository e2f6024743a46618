"""A referral withdrawn and a death: everything that was on its way stops."""

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from derm_service import clock
from derm_service.booking import appointments, endings, free
from derm_service.booking.codes import AppointmentState, CancelReason
from derm_service.booking.models import Appointment
from derm_service.errors import Conflict
from derm_service.messages.codes import MessageKind, MessageState
from derm_service.messages.models import Message, WorkItem
from derm_service.people import User
from derm_service.referrals.codes import ReferralState, WithdrawnReason
from derm_service.referrals.models import Patient
from tests import make


def booked(session: Session, clerk: User, patient: Patient | None = None) -> Appointment:
    """An appointment with its letter, as the pages make it."""
    return appointments.book(
        session,
        slot_id=make.slot(session).id,
        referral_id=make.referral(session, patient=patient).id,
        by=clerk,
    )


def messages(session: Session) -> dict[MessageKind, MessageState]:
    return {row.kind: row.state for row in session.scalars(sa.select(Message))}


def open_work(session: Session) -> int:
    query = sa.select(sa.func.count()).select_from(WorkItem).where(WorkItem.done_at.is_(None))
    return session.scalar(query) or 0


def test_withdrawing_cancels_the_appointment_and_tells_the_person(session: Session) -> None:
    clerk = make.user(session)
    appointment = booked(session, clerk)

    endings.withdraw_referral(
        session,
        referral_id=appointment.referral_id,
        reason=WithdrawnReason.PATIENT_WISH,
        by=clerk,
    )

    assert appointment.referral.state is ReferralState.WITHDRAWN
    assert appointment.cancel_reason is CancelReason.REFERRAL_WITHDRAWN
    assert appointment.slot_id in [slot.id for slot in free.free_slots(session)]
    assert messages(session) == {
        MessageKind.APPOINTMENT: MessageState.STOPPED,
        MessageKind.APPOINTMENT_CANCELLED: MessageState.READY,
    }
    [item] = session.scalars(sa.select(WorkItem).where(WorkItem.done_at.is_(None))).all()
    assert item.kind == "post_letter"  # of the cancellation; nobody is asked to book again


def test_a_referral_of_the_wrong_person_is_withdrawn_without_a_letter(session: Session) -> None:
    clerk = make.user(session)
    appointment = booked(session, clerk)

    endings.withdraw_referral(
        session,
        referral_id=appointment.referral_id,
        reason=WithdrawnReason.WRONG_PATIENT,
        by=clerk,
    )

    assert messages(session) == {MessageKind.APPOINTMENT: MessageState.STOPPED}
    assert open_work(session) == 0


def test_a_withdrawn_referral_cannot_be_withdrawn_again(session: Session) -> None:
    clerk = make.user(session)
    referral = make.referral(session)
    reason = WithdrawnReason.DUPLICATE
    endings.withdraw_referral(session, referral_id=referral.id, reason=reason, by=clerk)

    with pytest.raises(Conflict):
        endings.withdraw_referral(session, referral_id=referral.id, reason=reason, by=clerk)


def test_a_death_cancels_everything_of_the_person_and_nothing_goes_out(session: Session) -> None:
    clerk, patient = make.user(session), make.patient(session)
    mine = [booked(session, clerk, patient)]
    other = booked(session, clerk)

    endings.record_death(session, patient_id=patient.id, on=clock.today(), by=clerk)

    assert patient.deceased_on == clock.today()
    assert [one.cancel_reason for one in mine] == [CancelReason.PATIENT_DIED]
    assert other.state is AppointmentState.BOOKED
    states = {
        row.state
        for row in session.scalars(
            sa.select(Message).where(Message.referral_id == mine[0].referral_id)
        )
    }
    assert states == {MessageState.STOPPED}
    assert [
        item.referral_id
        for item in session.scalars(sa.select(WorkItem).where(WorkItem.done_at.is_(None)))
    ] == [other.referral_id]
