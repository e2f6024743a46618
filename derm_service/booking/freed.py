"""Marks times that fell free, so that somebody who would be seen sooner is asked (`offering`)."""

import sqlalchemy as sa
from sqlalchemy.orm import Session

from derm_service import clock
from derm_service.booking.models import Appointment, Slot


def mark(session: Session, appointment: Appointment) -> None:
    """Say of every slot an appointment gives back that it fell free now."""
    during = appointment.during
    session.execute(
        sa.update(Slot)
        .where(
            Slot.clinic_id == appointment.slot.clinic_id,
            Slot.starts_at >= during.lower,
            Slot.starts_at < during.upper,
        )
        .values(freed_at=clock.now())
    )
