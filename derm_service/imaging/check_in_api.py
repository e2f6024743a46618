"""The API's check-in, which begins the visit as the day list's does."""

from http import HTTPStatus
from uuid import UUID

from flask import Blueprint

from derm_service.api.operations import Error, Operation
from derm_service.api.routes import operation
from derm_service.booking import appointments
from derm_service.booking.api_models import AppointmentShown
from derm_service.imaging import visits
from derm_service.people import Action
from derm_service.web import allowed, current_user, db_session

bp = Blueprint("check_in_api", __name__, url_prefix="/api/v1/appointments")

CHECK_IN = Operation(
    "Record that the person has come; their visit begins",
    answers={200: AppointmentShown},
    conflict=Error,
)


@bp.post("/<uuid:appointment_id>/check-in")
@allowed(Action.CLINIC_DAY)
@operation(CHECK_IN)
def check_in(appointment_id: UUID) -> tuple[AppointmentShown, HTTPStatus]:
    """The person has come: on the day, never before."""
    session, by = db_session(), current_user()
    done = appointments.check_in(session, appointment_id=appointment_id, by=by)
    visits.begin(session, appointment_id=done.id, by=by)
    return AppointmentShown.of(done), HTTPStatus.OK
