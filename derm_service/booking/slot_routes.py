"""The pages that find a free slot for a referral and book it or move to it; see `routes.py`."""

from collections.abc import Callable
from datetime import timedelta
from http import HTTPStatus
from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import Form, TextAreaField

from derm_service import clock, wording
from derm_service.booking import (
    access,
    appointments,
    facts,
    free,
    holds,
    ledger,
    needs,
    offers,
    places,
    purpose,
    queries,
    search,
    telling,
)
from derm_service.booking.models import Appointment, Hold, Slot
from derm_service.booking.parsing import day_or_none, uuid_or_none
from derm_service.errors import Conflict, Invalid
from derm_service.forms import stripped
from derm_service.people import Action
from derm_service.referrals import clocks, languages
from derm_service.referrals.models import Referral
from derm_service.web import allowed, current_user, db_session, form_data


class ArrangedForm(Form):
    """What was arranged for a person whose needs the place does not meet by itself."""

    note = TextAreaField("What have you arranged?", filters=[stripped])


@allowed(Action.BOOK)
def find_slot(referral_id: UUID) -> ResponseReturnValue:
    """What is free for this referral, to choose from; one with an appointment is sent to it."""
    referral = queries.referral(db_session(), referral_id)
    already = queries.waiting_appointment(db_session(), referral_id)
    if already is not None:
        flash("This referral already has an appointment. You can move it.", "note")
        return redirect(
            url_for("booking.appointment", appointment_id=already.id), HTTPStatus.SEE_OTHER
        )
    return _slots(referral, None)


@allowed(Action.BOOK)
def confirm(referral_id: UUID, slot_id: UUID) -> ResponseReturnValue:
    """Check what was chosen, then book it."""
    referral = queries.referral(db_session(), referral_id)
    slot = queries.slot(db_session(), slot_id)

    form = ArrangedForm(form_data())

    def book(slots: int) -> Appointment:
        return appointments.book(
            db_session(),
            slot_id=slot_id,
            referral_id=referral_id,
            slots=slots,
            note=form.note.data or "",
            by=current_user(),
        )

    return confirm_or(book, form, referral, slot)


@allowed(Action.BOOK)
def move(appointment_id: UUID) -> ResponseReturnValue:
    """What is free for a move; the appointment stands until the new time is confirmed."""
    found = queries.appointment(db_session(), appointment_id)
    return _slots(found.referral, found)


@allowed(Action.BOOK)
def confirm_move(appointment_id: UUID, slot_id: UUID) -> ResponseReturnValue:
    """Check the new time, then move."""
    found = queries.appointment(db_session(), appointment_id)
    slot = queries.slot(db_session(), slot_id)

    form = ArrangedForm(form_data(), data={"note": found.note})

    def move_it(slots: int) -> Appointment:
        return appointments.move(
            db_session(),
            appointment_id=appointment_id,
            slot_id=slot_id,
            slots=slots,
            note=form.note.data or "",
            by=current_user(),
        )

    return confirm_or(move_it, form, found.referral, slot, moving=found)


def _slots(referral: Referral, moving: Appointment | None) -> ResponseReturnValue:
    facts.check_bookable(referral)
    if request.method == "POST":
        return _keep(referral, moving)
    session = db_session()
    first = max(day_or_none(request.args.get("from")) or clock.today(), clock.today())
    location_id = uuid_or_none(request.args.get("place"))
    days = offers.offers(session, referral, first=first, location_id=location_id)
    within = search.Range(queries.london_day(first)[0], location_id=location_id)
    later = first + timedelta(days=offers.DAYS_A_PAGE)
    return render_template(
        "booking/find_slot.html",
        moving=moving,
        kept=[each for each in holds.kept_for(session, referral.id) if _stands(each)],
        best=search.best(session, referral, within=within),
        days=days,
        first=first,
        later=offers.next_day_with_slots(session, referral, queries.london_day(later)[0]),
        location_id=location_id,
        locations=places.open_locations(session),
        **needs_of(referral, None),
    )


def _keep(referral: Referral, moving: Appointment | None) -> ResponseReturnValue:
    """Keep the chosen time while it is looked at and confirmed; 409 where it has just gone."""
    session, referral_id = db_session(), referral.id
    slot = queries.slot(session, uuid_or_none(request.form.get("slot")) or UUID(int=0))
    slot_id, moving_id = slot.id, moving.id if moving else None
    try:
        holds.hold(
            session,
            slot_id=slot_id,
            referral_id=referral_id,
            slots=search.slots_for(session, referral, slot),
            by=current_user(),
        )
        session.commit()
    except Conflict as problem:
        session.rollback()
        return _taken(problem, ArrangedForm(None), referral_id, slot_id, moving_id)
    to: dict[str, Any] = (
        {"appointment_id": moving_id} if moving_id else {"referral_id": referral_id}
    )
    endpoint = "booking.confirm_move" if moving_id else "booking.confirm"
    return redirect(url_for(endpoint, slot_id=slot_id, **to), HTTPStatus.SEE_OTHER)


def _stands(kept: Hold) -> bool:
    return kept.expires_at > clock.now()


def confirm_or(
    act: Callable[[int], Appointment],
    form: ArrangedForm,
    referral: Referral,
    slot: Slot,
    *,
    moving: Appointment | None = None,
    **more: Any,
) -> ResponseReturnValue:
    """On GET ask to confirm, on POST `act` with the slots it takes; `more` is for the page."""
    slots = search.slots_for(db_session(), referral, slot)
    shown = needs_of(referral, slot) | _settled(referral, slot, slots, moving) | more
    if request.method == "POST":
        try:
            if not form.validate():
                return _confirm_page(form, shown, slot, moving), HTTPStatus.UNPROCESSABLE_ENTITY
            done = act(slots)
            db_session().commit()
        except Invalid as problem:
            db_session().rollback()
            for name, sentence in problem.fields.items():
                form[name].errors = [sentence]
            return _confirm_page(form, shown, slot, moving), HTTPStatus.UNPROCESSABLE_ENTITY
        except Conflict as problem:
            db_session().rollback()
            already = _done_before(referral.id, slot.id)
            if already is not None:  # the same button was pressed twice
                return _to(already)
            return _taken(problem, form, referral.id, slot.id, moving.id if moving else None)
        when = f"{wording.weekday(done.slot.starts_at)} at {wording.time(done.slot.starts_at)}"
        flash(f"The appointment is {'moved to' if moving else 'booked for'} {when}.")
        return _to(done)
    facts.check_bookable(referral)
    return _confirm_page(form, shown, slot, moving)


def _settled(
    referral: Referral, slot: Slot, slots: int, moving: Appointment | None
) -> dict[str, Any]:
    """What would be taken for the person's needs as things stand, and what nothing meets."""
    session = db_session()
    held = ledger.resources_of_clinic(session, slot.clinic_id)
    during = ledger.span_of(session, slot, slots)
    here = (each for each in holds.kept_for(session, referral.id) if each.slot_id == slot.id)
    kept = next(here, None)
    keeps = holds.resources(session, kept) if kept and _stands(kept) else ()
    settled = needs.settle(
        session,
        slot,
        referral,
        tuple(dict.fromkeys([*held, *keeps])),
        during,
        giving_up=moving.id if moving else None,
    )
    return {
        "kept": kept,
        "still_kept": bool(kept and _stands(kept)),
        "ends_at": during.upper,
        "unmet": [each.words for each in settled.unmet],
        "coming": places.names(session, set(settled.resources) - set(held)),
    }


def _done_before(referral_id: UUID, slot_id: UUID) -> Appointment | None:
    """The appointment that somebody asks for a second time."""
    found = queries.waiting_appointment(db_session(), referral_id)
    return found if found is not None and found.slot_id == slot_id else None


def _to(appointment: Appointment) -> ResponseReturnValue:
    return redirect(
        url_for("booking.appointment", appointment_id=appointment.id), HTTPStatus.SEE_OTHER
    )


def _confirm_page(
    form: ArrangedForm, shown: dict[str, Any], slot: Slot, moving: Appointment | None
) -> str:
    on = clock.london(slot.starts_at).date()
    referral: Referral = shown["referral"]
    return render_template(
        "booking/confirm.html",
        form=form,
        slot=slot,
        moving=moving,
        location=slot.clinic.location,
        features=access.feature_words(slot.clinic.access),
        clock_then=clocks.reading(referral.priority, referral.clock_started_on, on),
        how_told=telling.how(referral.patient, clock.today(), on),
        **shown,
    )


def _taken(
    problem: Conflict, form: ArrangedForm, referral_id: UUID, slot_id: UUID, moving_id: UUID | None
) -> ResponseReturnValue:
    """409: why it could not be, and the next free times with what was typed kept."""
    session = db_session()
    referral = queries.referral(session, referral_id)
    near = queries.slot(session, slot_id)
    page = render_template(
        "booking/taken.html",
        sentence=problem.message,
        note=form.note.data or "",
        moving_id=moving_id,
        slots=free.next_free(session, patient_id=referral.patient_id, near=near),
        **needs_of(referral, None),
    )
    return page, HTTPStatus.CONFLICT


def needs_of(referral: Referral, slot: Slot | None) -> dict[str, Any]:
    """What the pages show of a person's needs, and what the place of a slot lacks for them."""
    person = access.person(referral.patient)
    return {
        "referral": referral,
        "patient": referral.patient,
        "reach": telling.how_to_reach(referral.patient, clock.today()),
        "wanted": [access.FEATURE_WORDS[each] for each in access.wanted(person)],
        "arrange": access.to_arrange(person),
        "purpose": purpose.of_visit(db_session(), referral),
        "language": languages.name(referral.patient.language),
        "mobility": access.MOBILITY_WORDS[person.mobility],
        "all_needs": access.all_in_words(person),
        "need_words": access.need_words(person),
        "missing": access.missing(person, slot.clinic.access, slot.clinic.views) if slot else [],
    }
