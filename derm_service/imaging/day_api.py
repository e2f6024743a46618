"""The API of the clinic day: check in, which begins the visit as the day list's does; did not come.

Whoever may not open a visit's pages that day gets 404 here too.
"""

from http import HTTPStatus
from uuid import UUID

from flask import Blueprint

from derm_service.api.operations import Error, Operation
from derm_service.api.routes import operation
from derm_service.booking import appointments, queries
from derm_service.booking.api_models import AppointmentShown, NotAttendedAsked
from derm_service.imaging import day_list, visits
from derm_service.people import Action
from derm_service.web import allowed, current_user, db_session

bp = Blueprint("day_api", __name__, url_prefix="/api/v1/appointments")

CHECK_IN = Operation(
    "Record that the person has come; their visit begins",
    answers={200: AppointmentShown},
    conflict=Error,
)
NOT_ATTENDED = Operation(
    "Record that the person did not come; they are back on the waiting list",
    body=NotAttendedAsked,
    answers={200: AppointmentShown},
    conflict=Error,
)

Shown = tuple[AppointmentShown, HTTPStatus]


@bp.post("/<uuid:appointment_id>/check-in")
@allowed(Action.CLINIC_DAY)
@operation(CHECK_IN)
def check_in(appointment_id: UUID) -> Shown:
    """The person has come: on the day, never before."""
    session, by = db_session(), current_user()
    _check_on_day_list(appointment_id)
    done = appointments.check_in(session, appointment_id=appointment_id, by=by)
    visits.begin(session, appointment_id=done.id, by=by)
    return AppointmentShown.of(done), HTTPStatus.OK


@bp.post("/<uuid:appointment_id>/did-not-attend")
@allowed(Action.CLINIC_DAY)
@operation(NOT_ATTENDED)
def not_attended(appointment_id: UUID, body: NotAttendedAsked) -> Shown:
    """Never a discharge: somebody will ring."""
    _check_on_day_list(appointment_id)
    done = appointments.not_attended(
        db_session(),
        appointment_id=appointment_id,
        reason=body.reason,
        next_step=body.next_step,
        by=current_user(),
    )
    return AppointmentShown.of(done), HTTPStatus.OK


def _check_on_day_list(appointment_id: UUID) -> None:
    found = queries.appointment(db_session(), appointment_id)
    day_list.check_may_open(db_session(), found, current_user())
