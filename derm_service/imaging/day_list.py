"""The photographer's day: who comes when, what they need, and what each visit still lacks."""

from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy.orm import Session

from derm_service import clock, wording
from derm_service.booking import access, queries
from derm_service.booking.codes import AppointmentState
from derm_service.booking.models import Appointment, Clinic, Slot
from derm_service.booking.rules import STATE_WORDS
from derm_service.errors import NotFound
from derm_service.imaging import tasks, visit_queries
from derm_service.imaging.models import Visit
from derm_service.people import Role, User
from derm_service.referrals import languages
from derm_service.referrals.codes import LesionState
from derm_service.referrals.models import Patient

DAYS_AROUND = 1
"""How far from today a photographer may look; a lead may look at any day."""


@dataclass(frozen=True)
class DayLine:
    """One slot and one person in it; a free slot has no appointment."""

    slot: Slot
    appointment: Appointment | None
    above: str = ""  # why this person was booked above capacity
    needs: tuple[str, ...] = ()
    lesions: int = 0
    again: int = 0  # lesions a reader wants new photographs of
    state: str = "free"
    to_do: tuple[str, ...] = ()
    visit: Visit | None = None

    @property
    def may_check_in(self) -> bool:
        """Whether the person is still expected."""
        return bool(self.appointment and self.appointment.state is AppointmentState.BOOKED)

    @property
    def may_be_missed(self) -> bool:
        """Whether it is time to say that the person did not come."""
        return self.may_check_in and self.slot.starts_at <= clock.now()


@dataclass(frozen=True)
class DayClinic:
    """One clinic of the day with its lines in order of time."""

    clinic: Clinic
    staff: tuple[str, ...]
    kit: tuple[str, ...]
    is_mine: bool
    slots: int
    lines: tuple[DayLine, ...]  # one for each person, at the time they come, and each free slot

    @property
    def expected(self) -> int:
        """How many people come."""
        return sum(line.appointment is not None for line in self.lines)


def may_see_day(user: User, day: date) -> bool:
    """A photographer sees today and the days next to it, a lead any day."""
    around = timedelta(days=DAYS_AROUND)
    return Role.LEAD in user.role_set or abs(day - clock.today()) <= around


def day_list(session: Session, day: date, user: User) -> list[DayClinic]:
    """The clinics of a London day, the user's own first; NotFound for a day they may not see."""
    if not may_see_day(user, day):
        raise NotFound("You can see yesterday, today and tomorrow. Ask a lead about other days.")
    return [
        DayClinic(
            clinic=each.clinic,
            staff=tuple(each.staff),
            kit=tuple(each.kit),
            is_mine=each.is_mine,
            slots=len({row.slot.id for row in each.rows}),
            lines=tuple(_line(session, row) for row in each.rows if not row.goes_on),
        )
        for each in queries.clinics_of_day(session, day, user)
    ]


def check_may_open(session: Session, appointment: Appointment, user: User) -> None:
    """A visit may be opened on the days around its clinic, and until it is finished; NotFound."""
    if may_see_day(user, clock.london(appointment.slot.starts_at).date()):
        return
    visit = visit_queries.visit_of(session, appointment.id)
    if visit is None or visit.finished_at is not None:
        raise NotFound("This visit is not on your day list. Ask a lead to look at it.")


def _line(session: Session, row: queries.DayRow) -> DayLine:
    appointment = row.appointment
    if appointment is None:
        return DayLine(row.slot, None)
    visit = visit_queries.visit_of(session, appointment.id)
    waiting = [
        lesion
        for lesion in appointment.referral.lesions
        if lesion.state is LesionState.AWAITING_IMAGES
    ]
    return DayLine(
        slot=row.slot,
        appointment=appointment,
        above=row.above,
        needs=needs_of(appointment.patient),
        lesions=len(visit_queries.lesions(session, visit)) if visit else len(waiting),
        again=sum(visit_queries.open_retake(session, each.id) is not None for each in waiting),
        state=_state(appointment, visit),
        to_do=_to_do(session, visit),
        visit=visit,
    )


def needs_of(patient: Patient) -> tuple[str, ...]:
    """What the person needs, in words: interpreter, mobility, access needs."""
    said = []
    if patient.interpreter_needed:
        said.append(f"Interpreter: {languages.name(patient.language)}")
    said += access.getting_about(patient.mobility)
    for each in patient.needs:
        said.append(wording.code(each.need) + (f": {each.note}" if each.note else ""))
    return tuple(said)


def _state(appointment: Appointment, visit: Visit | None) -> str:
    if visit is not None and visit.not_photographed_reason is not None:
        return "seen, not photographed"
    if visit is not None and visit.identity_failed_at is not None:
        return "stopped: identity"
    return STATE_WORDS[appointment.state]


def _to_do(session: Session, visit: Visit | None) -> tuple[str, ...]:
    if visit is None or visit.finished_at is not None:
        return ()
    listed = tasks.tasks(
        visit_queries.facts(session, visit),
        visit_queries.lesions(session, visit),
        has_notes=bool(visit.notes_for_reader),
    )
    return tuple(tasks.still_to_do(listed))
