"""Clinics opened as one pattern: each is a clinic of its own, tied by the series."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import time

from sqlalchemy.orm import Session

from derm_service.booking import clinics, ledger, recurring, rules
from derm_service.booking.clinics import Offered
from derm_service.booking.models import Clinic
from derm_service.booking.recurring import Day, Pattern
from derm_service.db import new_id
from derm_service.errors import Conflict, Invalid
from derm_service.messages.rules import is_bank_holiday
from derm_service.people import User


@dataclass
class Series:
    """What was opened, and which days were left out and why."""

    opened: list[Clinic] = field(default_factory=list)
    left_out: list[Day] = field(default_factory=list)


def open_series(
    session: Session,
    *,
    pattern: Pattern,
    starts: time,
    ends: time,
    location_id: uuid.UUID,
    slot_minutes: int,
    resource_ids: Sequence[uuid.UUID],
    mobile_unit_id: uuid.UUID | None = None,
    note: str = "",
    offered: Offered = Offered(),  # noqa: B008 (frozen)
    by: User,
) -> Series:
    """Open a clinic on every day of the pattern, at the same wall-clock time in summer and winter.

    Bank holidays, exceptions and days on which something is in use elsewhere are left out and
    named; Invalid when nothing at all can be opened.
    """
    days = recurring.days(pattern, is_bank_holiday)
    ledger.lock(session, also=resource_ids)
    made, series_id = Series(), new_id() if len(days) > 1 else None
    for day in days:
        if day.left_out:
            made.left_out.append(day)
            continue
        try:
            clinic = clinics.open_clinic(
                session,
                location_id=location_id,
                starts_at=rules.moment(day.on, starts),
                ends_at=rules.moment(day.on, ends),
                slot_minutes=slot_minutes,
                resource_ids=resource_ids,
                mobile_unit_id=mobile_unit_id,
                note=note,
                offered=offered,
                by=by,
            )
        except Conflict as problem:
            if len(days) == 1:
                raise
            made.left_out.append(Day(day.on, problem.message))
        else:
            clinic.series_id = series_id
            made.opened.append(clinic)
    if not made.opened:
        raise Invalid({"on": _nothing(made)})
    session.flush()
    return made


def _nothing(made: Series) -> str:
    why = made.left_out[0].left_out if made.left_out else "no day of the pattern lies between"
    return f"Not one clinic can be opened with these dates: {why}."
