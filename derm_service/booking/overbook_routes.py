"""The pages on which a lead books or moves somebody into a time that is full; see `routes.py`."""

from dataclasses import dataclass, field
from datetime import timedelta
from http import HTTPStatus
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import TextAreaField
from wtforms.validators import Length

from derm_service import clock
from derm_service.booking import appointments, facts, places, queries, slot_routes
from derm_service.booking.codes import ClinicState
from derm_service.booking.models import Appointment, Clinic, Slot
from derm_service.booking.overbooking import LONGEST_REASON, TOO_LONG
from derm_service.booking.parsing import day_or_none, uuid_or_none
from derm_service.booking.queries import DayRow
from derm_service.forms import Required, stripped
from derm_service.people import Action
from derm_service.referrals.models import Referral
from derm_service.web import allowed, current_user, db_session, form_data
from derm_service.wording import full_name

DAYS_A_PAGE = 7


class AboveForm(slot_routes.ArrangedForm):
    """Why somebody is booked into a time that is full."""

    above = TextAreaField(
        "Why is this person booked above capacity?",
        [
            Required("Enter why this person is booked above capacity."),
            Length(max=LONGEST_REASON, message=TOO_LONG),
        ],
        [stripped],
    )


@dataclass(frozen=True)
class FullTime:
    """A slot that is full, and who is in it."""

    slot: Slot
    rows: list[DayRow] = field(default_factory=list)

    @property
    def is_above(self) -> bool:
        """Whether it has somebody above capacity already: there is one such lane."""
        return any(row.above for row in self.rows)


@allowed(Action.OVERBOOK)
def choose(referral_id: UUID) -> ResponseReturnValue:
    """The full times of a week, with who is in each."""
    referral = queries.referral(db_session(), referral_id)
    already = queries.waiting_appointment(db_session(), referral_id)
    if already is not None:
        flash("This referral already has an appointment. You can move it.", "note")
        address = url_for("booking.appointment", appointment_id=already.id)
        return redirect(address, HTTPStatus.SEE_OTHER)
    return _choose(referral, None)


@allowed(Action.OVERBOOK)
def choose_move(appointment_id: UUID) -> ResponseReturnValue:
    """The full times of a week for somebody who has an appointment, which stands until then."""
    found = queries.appointment(db_session(), appointment_id)
    return _choose(found.referral, found)


def _choose(referral: Referral, moving: Appointment | None) -> ResponseReturnValue:
    facts.check_bookable(referral)
    session = db_session()
    first = max(day_or_none(request.args.get("from")) or clock.today(), clock.today())
    location_id = uuid_or_none(request.args.get("place"))
    last = first + timedelta(days=DAYS_A_PAGE - 1)
    found = queries.clinics_between(session, first, last, location_id=location_id)
    open_clinics = [one for one in found if one.state is ClinicState.OPEN]
    rows = queries.rows_of(session, open_clinics)
    times = [(one, _full(rows[one.id])) for one in open_clinics]
    return render_template(
        "booking/overbook.html",
        referral=referral,
        patient=referral.patient,
        moving=moving,
        first=first,
        last=last,
        later=first + timedelta(days=DAYS_A_PAGE),
        location_id=location_id,
        locations=places.open_locations(session),
        clinics=[(one, full) for one, full in times if full],
    )


@allowed(Action.OVERBOOK)
def confirm(referral_id: UUID, slot_id: UUID) -> ResponseReturnValue:
    """Say why, then book above capacity."""
    session = db_session()
    referral = queries.referral(session, referral_id)
    slot = queries.slot(session, slot_id)
    if request.method == "GET" and not _is_full(slot):
        address = url_for("booking.confirm", referral_id=referral_id, slot_id=slot_id)
        return redirect(address, HTTPStatus.SEE_OTHER)
    form = AboveForm(form_data())

    def book(slots: int) -> Appointment:
        return appointments.book(
            session,
            slot_id=slot_id,
            referral_id=referral_id,
            slots=slots,
            note=form.note.data or "",
            above=form.above.data or "",
            by=current_user(),
        )

    return slot_routes.confirm_or(book, form, referral, slot, already=_names(slot.clinic, slot))


@allowed(Action.OVERBOOK)
def confirm_move(appointment_id: UUID, slot_id: UUID) -> ResponseReturnValue:
    """Say why, then move above capacity."""
    session = db_session()
    found = queries.appointment(session, appointment_id)
    slot = queries.slot(session, slot_id)
    if request.method == "GET" and not _is_full(slot):
        address = url_for("booking.confirm_move", appointment_id=found.id, slot_id=slot_id)
        return redirect(address, HTTPStatus.SEE_OTHER)
    form = AboveForm(form_data(), data={"note": found.note})

    def move(slots: int) -> Appointment:
        return appointments.move(
            session,
            appointment_id=appointment_id,
            slot_id=slot_id,
            slots=slots,
            note=form.note.data or "",
            above=form.above.data or "",
            by=current_user(),
        )

    already = _names(slot.clinic, slot)
    return slot_routes.confirm_or(move, form, found.referral, slot, moving=found, already=already)


def _full(rows: list[DayRow]) -> list[FullTime]:
    """The full slots that are still to come, in order of time."""
    full: dict[UUID, FullTime] = {}
    for row in rows:
        if row.slot.starts_at > clock.now() and _is_full(row.slot):
            full.setdefault(row.slot.id, FullTime(row.slot)).rows.append(row)
    return list(full.values())


def _is_full(slot: Slot) -> bool:
    """Whether nothing is left until its end; what is only held is free again in minutes."""
    return slot.full_until is not None and slot.full_until >= slot.ends_at


def _names(clinic: Clinic, slot: Slot) -> list[str]:
    in_slots = queries.appointments_in(db_session(), [clinic])
    people = [one.patient for one in in_slots.get(slot.id, ())]
    return [full_name(who.given_name, who.family_name) for who in people]
