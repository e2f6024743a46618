"""The API of appointments: book, see, move, cancel; `imaging.day_api` has the day."""

from http import HTTPStatus
from uuid import UUID

from flask import Blueprint

from derm_service import audit
from derm_service.api.operations import Error, Operation
from derm_service.api.routes import operation
from derm_service.booking import appointments, gone, queries
from derm_service.booking.api_models import (
    AppointmentShown,
    BookAsked,
    CancelAsked,
    Gone,
    MoveAsked,
)
from derm_service.people import Action
from derm_service.web import allowed, current_user, db_session

bp = Blueprint("appointments_api", __name__, url_prefix="/api/v1/appointments")

BOOK = Operation(
    "Book a slot for a referral", body=BookAsked, answers={201: AppointmentShown}, conflict=Gone
)
SHOW = Operation("See an appointment", answers={200: AppointmentShown})
MOVE = Operation(
    "Move an appointment; the old time stands until the new one is taken",
    body=MoveAsked,
    answers={201: AppointmentShown},
    conflict=Gone,
)
CANCEL = Operation(
    "Cancel an appointment; the person is told and back on the waiting list",
    body=CancelAsked,
    answers={200: AppointmentShown},
    conflict=Error,
)

Shown = tuple[AppointmentShown, HTTPStatus]


@bp.post("")
@allowed(Action.BOOK)
@operation(BOOK)
def book(body: BookAsked) -> Shown:
    """Give a referral a slot."""
    session = db_session()
    with gone.naming_others(session, body.referral_id, body.slot_id):
        made = appointments.book(
            session,
            slot_id=body.slot_id,
            referral_id=body.referral_id,
            slots=gone.slots_for(session, body.referral_id, body.slot_id),
            note=body.note,
            hold_id=body.hold_id,
            by=current_user(),
        )
    return AppointmentShown.of(made), HTTPStatus.CREATED


@bp.get("/<uuid:appointment_id>")
@allowed(Action.SEE_PATIENT)
@operation(SHOW)
def show(appointment_id: UUID) -> Shown:
    """When, where and how it stands."""
    found = queries.appointment(db_session(), appointment_id)
    audit.record(db_session(), by=current_user(), did="looked at appointment", subject=found)
    return AppointmentShown.of(found), HTTPStatus.OK


@bp.post("/<uuid:appointment_id>/move")
@allowed(Action.BOOK)
@operation(MOVE)
def move(appointment_id: UUID, body: MoveAsked) -> Shown:
    """Another time; the appointment that is answered is the new one."""
    session = db_session()
    old = queries.appointment(session, appointment_id)
    with gone.naming_others(session, old.referral_id, body.slot_id):
        made = appointments.move(
            session,
            appointment_id=appointment_id,
            slot_id=body.slot_id,
            slots=gone.slots_for(session, old.referral_id, body.slot_id),
            note=body.note,
            hold_id=body.hold_id,
            by=current_user(),
        )
    return AppointmentShown.of(made), HTTPStatus.CREATED


@bp.post("/<uuid:appointment_id>/cancel")
@allowed(Action.BOOK)
@operation(CANCEL)
def cancel(appointment_id: UUID, body: CancelAsked) -> Shown:
    """Free the time, with a coded reason."""
    done = appointments.cancel(
        db_session(), appointment_id=appointment_id, reason=body.reason, by=current_user()
    )
    return AppointmentShown.of(done), HTTPStatus.OK
