"""Random bookings, moves, cancellations, holds, changed clinics and clock jumps, on PostgreSQL.

Whatever happens in whatever order: no two people in one lane, nobody half booked, and no hold
that has lapsed keeps anybody out. The long form (`-m long`) walks further and more often.
"""

import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
import sqlalchemy as sa
import time_machine
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from sqlalchemy.orm import Session, sessionmaker

from derm_service import clock
from derm_service.booking import (
    appointments,
    clinics,
    free,
    holds,
    ledger,
    queries,
    rehoming,
    undoing,
)
from derm_service.booking.codes import AppointmentState, CancelReason, ClinicState, ResourceKind
from derm_service.booking.models import Clinic, Hold
from derm_service.errors import Conflict, Invalid
from derm_service.people import Role, User
from tests import make

STARTS = datetime(2027, 3, 27, 9, tzinfo=UTC)  # the clocks change in the night that follows
NOW = STARTS - timedelta(days=2)

WRONG = {
    "two in one lane": """
        SELECT count(*) FROM allocation a JOIN allocation b
          ON a.resource_id = b.resource_id AND a.level = b.level AND a.lane = b.lane
         AND a.during && b.during AND a.id < b.id
        WHERE a.state <> 'released' AND b.state <> 'released'""",
    "a person in two places": """
        SELECT count(*) FROM appointment a JOIN appointment b
          ON a.patient_id = b.patient_id AND a.during && b.during AND a.id < b.id
        WHERE a.state IN ('booked', 'checked_in', 'completed')
          AND b.state IN ('booked', 'checked_in', 'completed')""",
    "half booked": """
        SELECT count(*) FROM appointment p
        JOIN slot ON slot.id = p.slot_id
        WHERE p.state IN ('booked', 'checked_in', 'completed') AND (
            SELECT count(*) FROM allocation held
            WHERE held.clinic_id = slot.clinic_id AND held.state = 'confirmed'
              AND NOT EXISTS (
                SELECT FROM allocation a
                WHERE a.appointment_id = p.id AND a.resource_id = held.resource_id
                  AND a.state = 'confirmed' AND a.during = p.during)) > 0""",
    "booked in a clinic that is cancelled": """
        SELECT count(*) FROM appointment p JOIN slot ON slot.id = p.slot_id
        JOIN clinic ON clinic.id = slot.clinic_id
        WHERE p.state IN ('booked', 'checked_in') AND clinic.state = 'cancelled'""",
    "outside the clinic's hours": """
        SELECT count(*) FROM appointment p JOIN slot ON slot.id = p.slot_id
        JOIN clinic ON clinic.id = slot.clinic_id
        WHERE p.state IN ('booked', 'checked_in')
          AND NOT p.during <@ tstzrange(clinic.starts_at, clinic.ends_at)""",
    "something kept for nobody": """
        SELECT count(*) FROM allocation a LEFT JOIN appointment p ON p.id = a.appointment_id
        WHERE a.level = 'visit' AND a.state = 'confirmed'
          AND (p.id IS NULL OR p.state NOT IN ('booked', 'checked_in', 'completed'))""",
    "an interpreter elsewhere than the visit": """
        SELECT count(*) FROM allocation a JOIN appointment p ON p.id = a.appointment_id
        WHERE a.level = 'visit' AND a.state = 'confirmed' AND a.during <> p.during""",
}


class Bookings(RuleBasedStateMachine):
    """A small service: three clinics, six people (one Polish, one slow), one interpreter."""

    sessions: sessionmaker[Session]

    def __init__(self) -> None:
        super().__init__()
        self.time = time_machine.travel(NOW, tick=False)
        self.now = self.time.start()
        with self.sessions() as session:
            self._empty(session)
            made = [
                make.clinic(session, starts_at=STARTS + timedelta(days=n), hours=1)
                for n in range(3)
            ]
            self.clinics = [one.id for one in made]
            make.resource(session, ResourceKind.INTERPRETER, language="pl")
            people = [make.patient(session) for _ in range(4)]
            people.append(make.patient(session, language="pl", interpreter_needed=True))
            people.append(make.patient(session, needs=("longer_appointment",)))
            referrals = [make.referral(session, patient=one) for one in people]
            referrals.append(make.referral(session, patient=people[0]))
            self.referrals = [one.id for one in referrals]
            self.lead = make.user(session, Role.LEAD)
            session.commit()
        self.held: list[uuid.UUID] = []

    def teardown(self) -> None:
        self.time.stop()

    def _empty(self, session: Session) -> None:
        tables = "allocation, hold, appointment, slot, clinic, resource, work_item, message"
        session.execute(sa.text(f"TRUNCATE {tables} CASCADE"))

    def _do(self, act: Callable[..., Any], **given: Any) -> Any:
        """One act in a transaction of its own; what is refused leaves nothing behind."""
        with self.sessions() as session:
            by: User = session.merge(self.lead, load=False)
            try:
                done = act(session, by=by, **given)
                session.commit()
            except (Conflict, Invalid):
                session.rollback()
                return None
        return done

    def _slots(self) -> list[uuid.UUID]:
        with self.sessions() as session:
            query = sa.text("SELECT id FROM slot ORDER BY starts_at, id")
            return list(session.scalars(query))

    def _appointments(self, *states: AppointmentState) -> list[uuid.UUID]:
        query = sa.text("SELECT id FROM appointment WHERE state = ANY(:states) ORDER BY id")
        with self.sessions() as session:
            return list(session.scalars(query, {"states": list(states)}))

    @rule(
        slot=st.integers(0, 30),
        who=st.integers(0, 6),
        slots=st.integers(1, 2),
        note=st.sampled_from(["", "Telephone interpreter"]),
        above=st.sampled_from(["", "", "Bleeding"]),
        with_hold=st.booleans(),
    )
    def book(self, slot: int, who: int, slots: int, note: str, above: str, with_hold: bool) -> None:
        places = self._slots()
        self._do(
            appointments.book,
            slot_id=places[slot % len(places)],
            referral_id=self.referrals[who],
            slots=slots,
            note=note,
            above=above,
            hold_id=self.held[-1] if with_hold and self.held else None,
        )

    @rule(slot=st.integers(0, 30), who=st.integers(0, 7), minutes=st.integers(1, 15))
    def hold(self, slot: int, who: int, minutes: int) -> None:
        places = self._slots()
        kept = self._do(
            holds.hold,
            slot_id=places[slot % len(places)],
            referral_id=self.referrals[who] if who < 7 else None,
            minutes=minutes,
        )
        self.held += [kept.id] if kept else []

    @rule(which=st.integers(0, 20))
    def let_go(self, which: int) -> None:
        if self.held:
            self._do(holds.release, hold_id=self.held[which % len(self.held)])

    @rule(which=st.integers(0, 10), slot=st.integers(0, 30), slots=st.integers(1, 2))
    def move(self, which: int, slot: int, slots: int) -> None:
        booked, places = self._appointments(AppointmentState.BOOKED), self._slots()
        if booked:
            self._do(
                appointments.move,
                appointment_id=booked[which % len(booked)],
                slot_id=places[slot % len(places)],
                slots=slots,
            )

    @rule(which=st.integers(0, 10))
    def cancel(self, which: int) -> None:
        booked = self._appointments(AppointmentState.BOOKED)
        if booked:
            self._do(
                appointments.cancel,
                appointment_id=booked[which % len(booked)],
                reason=CancelReason.PATIENT_ILL,
            )

    @rule(which=st.integers(0, 10))
    def undo(self, which: int) -> None:
        ended = self._appointments(AppointmentState.CANCELLED, AppointmentState.MOVED)
        if ended:
            self._do(undoing.undo, appointment_id=ended[which % len(ended)])

    @rule(
        which=st.integers(0, 2),
        later=st.integers(-2, 2),
        longer=st.integers(-2, 2),
        home=st.booleans(),
    )
    def change_clinic(self, which: int, later: int, longer: int, home: bool) -> None:
        clinic_id, step = self.clinics[which], timedelta(minutes=20)
        with self.sessions() as session:
            clinic = queries.clinic(session, clinic_id)
            starts_at = clinic.starts_at + later * step
            ends_at = clinic.ends_at + longer * step
            held = ledger.resources_of_clinic(session, clinic_id)
            choices = (
                self._choices(session, clinic, ledger.span(starts_at, ends_at), home)
                if (ends_at > starts_at)
                else {}
            )
        self._do(
            rehoming.change,
            clinic_id=clinic_id,
            starts_at=starts_at,
            ends_at=ends_at,
            resource_ids=held,
            choices=choices,
        )

    @rule(which=st.integers(0, 2), home=st.booleans(), really=st.integers(0, 3))
    def cancel_clinic(self, which: int, home: bool, really: int) -> None:
        if really:
            return  # not too often, or there is soon nothing left
        with self.sessions() as session:
            clinic = queries.clinic(session, self.clinics[which])
            choices = self._choices(session, clinic, None, home)
        self._do(rehoming.cancel, clinic_id=self.clinics[which], choices=choices, reason="Ill")

    @rule(which=st.integers(0, 2))
    def open_another(self, which: int) -> None:
        with self.sessions() as session:
            was = queries.clinic(session, self.clinics[which])
            held = ledger.resources_of_clinic(session, was.id)
            where, starts_at = was.location_id, was.ends_at
        if held:
            self._do(
                clinics.open_clinic,
                location_id=where,
                starts_at=starts_at,
                ends_at=starts_at + timedelta(minutes=40),
                slot_minutes=20,
                resource_ids=held,
            )

    @rule(minutes=st.sampled_from([1, 4, 5, 11, 16, 61]))
    def wait(self, minutes: int) -> None:
        self.now.shift(timedelta(minutes=minutes))

    def _choices(
        self, session: Session, clinic: Clinic, during: ledger.Span | None, home: bool
    ) -> dict[uuid.UUID, uuid.UUID | None]:
        if clinic.state is not ClinicState.OPEN:
            return {}
        return {
            row.appointment.id: None if home or not row.offers else row.offers[0].slot.id
            for row in rehoming.affected(session, clinic, during)
        }

    @invariant()
    def nothing_is_wrong(self) -> None:
        with self.sessions() as session:
            wrong = {name: session.scalar(sa.text(query)) for name, query in WRONG.items()}
        assert not {name: count for name, count in wrong.items() if count}

    @invariant()
    def what_is_free_can_be_kept_whatever_has_lapsed(self) -> None:
        """The search and the ledger agree: a free slot is taken at once, then let go again."""
        with self.sessions() as session:
            offered = free.free_slots(session, limit=1)
            if offered:
                by = session.merge(self.lead, load=False)
                holds.hold(session, slot_id=offered[0].id, by=by)
            session.rollback()

    @invariant()
    def what_only_lapsed_holds_keep_is_free(self) -> None:
        with self.sessions() as session:
            offered = {slot.id for slot in free.free_slots(session)}
            lapsed = session.scalars(sa.select(Hold).where(Hold.expires_at <= clock.now()))
            for one in lapsed:
                slot = one.slot
                used = session.scalar(sa.text(USED), {"slot": slot.id, "now": clock.now()})
                is_open = slot.clinic.state is ClinicState.OPEN and not slot.withdrawn
                if not used and is_open and slot.starts_at > clock.now():
                    assert slot.id in offered


USED = """
SELECT count(*) FROM slot JOIN allocation held ON held.clinic_id = slot.clinic_id
JOIN allocation visit ON visit.resource_id = held.resource_id AND visit.level = 'visit'
 AND visit.lane = 1 AND visit.during && tstzrange(slot.starts_at, slot.ends_at)
WHERE slot.id = :slot AND held.state = 'confirmed'
  AND (visit.state = 'confirmed' OR (visit.state = 'held' AND visit.expires_at > :now))
"""


def walk(sessions: sessionmaker[Session], *, examples: int, steps: int) -> None:
    """Let the machine run so often and so far on a database of its own."""
    machine = type("Machine", (Bookings,), {"sessions": sessions})
    run_state_machine_as_test(
        partial(machine),
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            database=None,
        ),
    )


def test_no_order_of_acts_double_books_half_books_or_lets_a_lapsed_hold_block(
    committed_sessions: sessionmaker[Session],
) -> None:
    walk(committed_sessions, examples=6, steps=25)


@pytest.mark.long
def test_no_order_of_acts_double_books_in_a_long_walk(
    committed_sessions: sessionmaker[Session],
) -> None:
    walk(committed_sessions, examples=150, steps=60)
