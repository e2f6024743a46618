"""The rows of a booking: the ledger first, then the appointment."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.orm import Session

from derm_service import clock
from derm_service.booking import holds, ledger, needs
from derm_service.booking.codes import AppointmentState, Level
from derm_service.booking.facts import ELSEWHERE, HAS_ONE, Facts
from derm_service.booking.models import Appointment
from derm_service.db import conflicts, new_id
from derm_service.people import User


def new(found: Facts, *, note: str, by: User | None) -> Appointment:
    """The appointment that is going to be; its time and what is unmet come with `take`."""
    slot, referral = found.slot, found.referral
    return Appointment(
        id=new_id(),
        slot_id=slot.id,
        slot=slot,
        referral_id=referral.id,
        referral=referral,
        patient_id=referral.patient_id,
        patient=referral.patient,
        state=AppointmentState.BOOKED,
        booked_by_id=by.id if by else None,
        booked_at=clock.now(),
        note=note.strip(),
    )


def take(
    session: Session,
    found: Facts,
    appointment: Appointment,
    hold_id: uuid.UUID | None,
    above: str,
    giving_up: uuid.UUID | None = None,
) -> None:
    """Use what the visit needs: where the time is gone, nothing else has been written."""
    holds.give_up(session, found.holds)
    settled = needs.settle(
        session,
        found.slot,
        found.referral,
        found.resources,
        found.during,
        giving_up=giving_up,
    )
    needs.check_answered(settled, appointment.note)
    appointment.during, appointment.unmet = settled.during, settled.unmet_codes
    with holds.lapsed_says_so(found.holds, hold_id, found.slot):
        ledger.take(
            session,
            settled.resources,
            level=Level.VISIT,
            during=settled.during,
            appointment_id=appointment.id,
            above=above,
        )


def answered(appointment: Appointment, above: str) -> dict[str, str]:
    """What the person who books answers for, as the audit keeps it."""
    said = {"above_capacity": above}
    if appointment.unmet:
        said |= {"answers_for": ", ".join(appointment.unmet), "reason": appointment.note}
    return {key: value for key, value in said.items() if value}


@contextmanager
def conflicts_said() -> Iterator[None]:
    """What only the constraints could see, while the rows are written, becomes Conflict."""
    with conflicts(
        appointment_patient_in_one_place=ELSEWHERE, appointment_one_waiting_per_referral=HAS_ONE
    ):
        yield
