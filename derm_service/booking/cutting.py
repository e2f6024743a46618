"""The slots of a clinic whose hours or slot length changed."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy.dialects.postgresql import Range

from derm_service import clock
from derm_service.booking import rules
from derm_service.booking.models import Appointment, Clinic, Slot
from derm_service.db import new_id


def fits(during: Range[datetime], starts_at: datetime, minutes: int) -> bool:
    """Whether a visit begins and ends where slots of this length, cut from here, do."""
    if during.lower is None or during.upper is None:
        return False
    length, none = timedelta(minutes=minutes), timedelta()
    begins, lasts = during.lower - starts_at, during.upper - during.lower
    return begins % length == none and lasts % length == none


def recut(clinic: Clinic, staying: Sequence[Appointment]) -> None:
    """Withdraw slots outside the hours or of another length, and cut or bring back what is missing.

    Who stays stands in the slot that begins when their visit does. Time that no slot covered
    until now counts as fallen free.
    """
    was = [(slot.starts_at, slot.ends_at) for slot in clinic.slots if not slot.withdrawn]
    kept = [slot for slot in clinic.slots if not slot.withdrawn and _belongs(slot, clinic)]
    for slot in clinic.slots:
        slot.withdrawn = slot not in kept
    known = {(slot.starts_at, slot.ends_at): slot for slot in clinic.slots}
    for start, end in _gaps(clinic, kept):
        if (start, end) not in known:
            known[start, end] = Slot(id=new_id(), starts_at=start, ends_at=end)
            clinic.slots.append(known[start, end])
        known[start, end].withdrawn = False
        if not any(start < until and since < end for since, until in was):
            known[start, end].freed_at = clock.now()
    begins = {slot.starts_at: slot for slot in clinic.slots if not slot.withdrawn}
    for one in staying:
        one.slot = begins.get(one.slot.starts_at, one.slot)


def _belongs(slot: Slot, clinic: Clinic) -> bool:
    inside = slot.starts_at >= clinic.starts_at and slot.ends_at <= clinic.ends_at
    return inside and slot.ends_at - slot.starts_at == timedelta(minutes=clinic.slot_minutes)


def _gaps(clinic: Clinic, kept: Sequence[Slot]) -> list[tuple[datetime, datetime]]:
    """The slots to cut before and after those that are kept, on the same grid as they are."""
    minutes = clinic.slot_minutes
    if not kept:
        return rules.cut(clinic.starts_at, clinic.ends_at, minutes)
    first = min(slot.starts_at for slot in kept)
    last = max(slot.ends_at for slot in kept)
    spare = (first - clinic.starts_at) % timedelta(minutes=minutes)
    return [
        *rules.cut(clinic.starts_at + spare, first, minutes),
        *rules.cut(last, clinic.ends_at, minutes),
    ]
