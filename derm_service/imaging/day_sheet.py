"""The day list on paper, for a day without signal: who, when, what they need, how to reach them."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Session

from derm_service import audit, wording
from derm_service.booking import access
from derm_service.booking.codes import ResourceKind
from derm_service.booking.ledger import LIVE
from derm_service.booking.models import Allocation, Appointment, Resource
from derm_service.imaging import day_list as days
from derm_service.imaging.day_list import DayClinic, DayLine
from derm_service.people import User
from derm_service.referrals import languages
from derm_service.referrals.codes import Need
from derm_service.referrals.models import Patient

BESIDE = (ResourceKind.INTERPRETER, ResourceKind.CHAPERONE)
OWN_COLUMN = frozenset({Need.BSL, Need.TRANSPORT})


@dataclass(frozen=True)
class SheetLine:
    """One person of a clinic, as far as paper needs it."""

    line: DayLine
    appointment: Appointment
    needs: list[str]
    interpreter: str
    transport: str
    beside: list[str]  # who was booked to be there too


@dataclass(frozen=True)
class Sheet:
    """One clinic with its people in order of time."""

    day: DayClinic
    lines: list[SheetLine]


def sheets(session: Session, day: date, by: User) -> list[Sheet]:
    """A person's own clinics of a day, or all of it for somebody without any; each name audited.

    NotFound for a day they may not see.
    """
    held = days.day_list(session, day, by)
    found = [each for each in held if each.is_mine] or held
    beside = _beside(session, [each.id for one in found for each in _people(one).values()])
    made = [Sheet(each, _lines(each, beside)) for each in found]
    for sheet in made:
        for line in sheet.lines:
            audit.record(session, by=by, did="printed on a day list", subject=line.appointment)
    return made


def _people(clinic: DayClinic) -> dict[int, Appointment]:
    """By line, each person once: a visit that goes on in a second slot began in the first."""
    return {
        number: line.appointment
        for number, line in enumerate(clinic.lines)
        if line.appointment is not None and line.appointment.slot_id == line.slot.id
    }


def _lines(clinic: DayClinic, beside: dict[uuid.UUID, list[str]]) -> list[SheetLine]:
    return [
        SheetLine(
            line=clinic.lines[number],
            appointment=one,
            needs=_needs(one.patient),
            interpreter=_interpreter(one.patient),
            transport=_note(one.patient, Need.TRANSPORT),
            beside=beside.get(one.id, []),
        )
        for number, one in _people(clinic).items()
    ]


def _needs(patient: Patient) -> list[str]:
    """Getting about and needs, without what has a column of its own."""
    said = access.getting_about(patient.mobility)
    for each in patient.needs:
        if each.need not in OWN_COLUMN:
            said.append(wording.code(each.need) + (f": {each.note}" if each.note else ""))
    return said


def _interpreter(patient: Patient) -> str:
    wanted = [languages.name(patient.language)] if patient.interpreter_needed else []
    if any(each.need == Need.BSL for each in patient.needs):
        wanted.append(access.NEED_WORDS[Need.BSL])
    return ", ".join(dict.fromkeys(wanted))


def _note(patient: Patient, need: Need) -> str:
    return next((each.note or "Yes" for each in patient.needs if each.need == need), "")


def _beside(session: Session, appointment_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, list[str]]:
    """Interpreters and chaperones booked for each of these visits, by name."""
    found = session.execute(
        sa.select(Allocation.appointment_id, Resource.name)
        .join(Allocation.resource)
        .where(
            Allocation.appointment_id.in_(appointment_ids),
            Allocation.state.in_(LIVE),
            Resource.kind.in_(BESIDE),
        )
        .order_by(Resource.name)
    )
    named: dict[uuid.UUID, list[str]] = {}
    for appointment_id, name in found:
        if appointment_id is not None:
            named.setdefault(appointment_id, []).append(name)
    return named
