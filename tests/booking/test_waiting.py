"""Who waits for an appointment, and who has to see to it."""

import sqlalchemy as sa
from sqlalchemy.orm import Session

from derm_service import clock
from derm_service.booking import appointments, waiting
from derm_service.booking.codes import AppointmentState
from derm_service.messages.codes import WorkKind
from derm_service.messages.models import WorkItem
from derm_service.referrals.codes import LesionState, Mobility, Need, Priority, ReferralState
from tests import make


def test_people_wait_in_the_order_of_their_breach_dates(session: Session) -> None:
    routine = make.referral(session, priority=Priority.ROUTINE, days_ago=120)  # 6 days left
    cancer = make.referral(session, days_ago=25)  # 3 days left
    fresh = make.referral(session, days_ago=0)

    rows = waiting.waiting_list(session)

    assert [row.referral for row in rows] == [cancer, routine, fresh]
    assert [row.clock.days_left for row in rows] == [3, 6, 28]


def test_nobody_waits_who_is_expected_photographed_ended_or_has_died(session: Session) -> None:
    make.appointment(session)
    make.appointment(session, state=AppointmentState.CHECKED_IN)
    make.referral(session).lesions[0].state = LesionState.AWAITING_REVIEW
    make.referral(session, state=ReferralState.CLOSED)
    make.referral(session, state=ReferralState.WITHDRAWN, withdrawn_at=clock.now())
    make.referral(session, patient=make.patient(session, deceased_on=clock.today()))

    assert waiting.waiting_list(session) == []


def test_somebody_whose_appointment_ended_waits_again(session: Session) -> None:
    missed = make.appointment(session, state=AppointmentState.NOT_ATTENDED)
    cancelled = make.appointment(session, state=AppointmentState.CANCELLED)

    rows = {row.referral.id: row.missed for row in waiting.waiting_list(session)}

    assert rows == {missed.referral_id: 1, cancelled.referral_id: 0}


def test_the_list_is_narrowed_by_priority_need_and_getting_about(session: Session) -> None:
    make.referral(session, priority=Priority.ROUTINE)
    hoist = make.referral(
        session, patient=make.patient(session, mobility=Mobility.HOIST, needs=("bsl",))
    )

    for chosen in (
        waiting.waiting_list(session, priority=Priority.URGENT_SUSPECTED_CANCER),
        waiting.waiting_list(session, need=Need.BSL),
        waiting.waiting_list(session, mobility=Mobility.HOIST),
    ):
        assert [row.referral for row in chosen] == [hoist]
        assert chosen[0].needs == ["Needs a hoist", "British Sign Language"]


def test_a_retake_is_marked_and_its_work_is_done_by_booking_it(session: Session) -> None:
    referral, clerk = make.referral(session), make.user(session)
    lesion = referral.lesions[0]
    lesion.state = LesionState.AWAITING_REVIEW
    session.flush()

    waiting.reopen(session, lesion_id=lesion.id, reason="Blurred close-up", by=clerk)

    assert lesion.state is LesionState.AWAITING_IMAGES
    [row] = waiting.waiting_list(session, retakes_only=True)
    assert (row.referral, row.is_retake) == (referral, True)
    item = session.scalars(
        sa.select(WorkItem).where(WorkItem.kind == WorkKind.RETAKE_TO_BOOK)
    ).one()
    assert (item.note, item.urgent) == ("Blurred close-up", True)
    appointments.book(session, slot_id=make.slot(session).id, referral_id=referral.id, by=clerk)
    assert (item.done_how, item.done_by_id) == ("Booked", clerk.id)
