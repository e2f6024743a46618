"""Slots, the moves of an appointment, its codes and moments: pure rules of booking."""

from datetime import UTC, date, datetime, time, timedelta

from derm_service.booking.codes import AppointmentState, CancelReason, NextStep, NotAttendedReason
from derm_service.clock import LONDON
from derm_service.errors import Conflict, Invalid

ALLOWED: dict[AppointmentState, frozenset[AppointmentState]] = {
    AppointmentState.BOOKED: frozenset(
        {
            AppointmentState.CHECKED_IN,
            AppointmentState.NOT_ATTENDED,
            AppointmentState.CANCELLED,
            AppointmentState.MOVED,
        }
    ),
    AppointmentState.CHECKED_IN: frozenset(
        {AppointmentState.COMPLETED, AppointmentState.CANCELLED, AppointmentState.BOOKED}
    ),
}
"""States without a row are ends: completed, not attended, cancelled, moved."""

UNDOABLE = frozenset(
    {AppointmentState.CANCELLED, AppointmentState.NOT_ATTENDED, AppointmentState.MOVED}
)
"""Ends that can be taken back within the hour (`undoing.py`)."""

STATE_WORDS: dict[AppointmentState, str] = {
    AppointmentState.BOOKED: "booked",
    AppointmentState.CHECKED_IN: "checked in",
    AppointmentState.COMPLETED: "completed",
    AppointmentState.NOT_ATTENDED: "not attended",
    AppointmentState.CANCELLED: "cancelled",
    AppointmentState.MOVED: "moved to another time",
}

CANCEL_CODES: dict[CancelReason, str] = {
    CancelReason.PATIENT_ILL: "PATIENT_ILL",
    CancelReason.PATIENT_CANNOT_COME: "PATIENT_APPOINTMENT_CLASH",
    CancelReason.PATIENT_DECLINED: "NOT_SPECIFIED",
    CancelReason.NO_TRANSPORT: "ADDITIONAL_REQ_NOT_AVAILABLE",
    CancelReason.NO_INTERPRETER: "ADDITIONAL_REQ_NOT_AVAILABLE",
    CancelReason.STAFF_ABSENT: "SLOT_CANCELLED",
    CancelReason.CLINIC_CANCELLED: "CLINIC_CANCELLED",
    CancelReason.EQUIPMENT_FAILED: "CLINIC_CANCELLED",
    CancelReason.BOOKED_IN_ERROR: "APPT_MADE_FOR_WRONG_PATIENT",
    CancelReason.REFERRAL_WITHDRAWN: "NOT_SPECIFIED",
    CancelReason.PATIENT_DIED: "PATIENT_DIED",
}
"""Each reason as e-RS codes it; where e-RS has no such code it is NOT_SPECIFIED."""

NOT_ATTENDED_CODES: dict[NotAttendedReason, str] = {
    NotAttendedReason.FORGOT: "PATIENT_FORGOT",
    NotAttendedReason.ILL: "PATIENT_ILL",
    NotAttendedReason.ARRIVED_TOO_LATE: "ARRIVED_TOO_LATE",
    NotAttendedReason.NO_TRANSPORT: "NOT_SPECIFIED",
    NotAttendedReason.NOT_KNOWN: "UNKNOWN",
}

CANCEL_WORDS: dict[CancelReason, str] = {
    CancelReason.PATIENT_ILL: "The patient is ill",
    CancelReason.PATIENT_CANNOT_COME: "The patient cannot come at that time",
    CancelReason.PATIENT_DECLINED: "The patient does not want the appointment",
    CancelReason.NO_TRANSPORT: "No transport",
    CancelReason.NO_INTERPRETER: "No interpreter",
    CancelReason.STAFF_ABSENT: "A member of staff is absent",
    CancelReason.CLINIC_CANCELLED: "The clinic is cancelled",
    CancelReason.EQUIPMENT_FAILED: "Equipment has failed",
    CancelReason.BOOKED_IN_ERROR: "Booked by mistake",
    CancelReason.REFERRAL_WITHDRAWN: "The referral was withdrawn",
    CancelReason.PATIENT_DIED: "The patient has died",
}

NEXT_STEP_WORDS: dict[NextStep, str] = {
    NextStep.RING: "Ring the patient and offer another time",
    NextStep.SECOND_TIME: "Post a second timed appointment",
    NextStep.ASK_REFERRER: "Ask the referrer how to reach the patient",
    NextStep.SAFEGUARDING: "A lead looks at it first: somebody may be at risk",
}

NOT_ATTENDED_WORDS: dict[NotAttendedReason, str] = {
    NotAttendedReason.FORGOT: "The patient forgot",
    NotAttendedReason.ILL: "The patient was ill",
    NotAttendedReason.ARRIVED_TOO_LATE: "The patient arrived too late to be seen",
    NotAttendedReason.NO_TRANSPORT: "Transport did not come",
    NotAttendedReason.NOT_KNOWN: "The reason is not known",
}

CHOOSABLE_CANCEL_REASONS: tuple[CancelReason, ...] = tuple(
    reason
    for reason in CancelReason
    if reason not in {CancelReason.REFERRAL_WITHDRAWN, CancelReason.PATIENT_DIED}
)
"""The two others have pages of their own, which cancel the appointment as well."""


def ers_reason(
    cancelled: CancelReason | None, not_attended: NotAttendedReason | None
) -> str | None:
    """Why an appointment did not take place, as e-RS codes it; None where it did or may yet."""
    if cancelled is not None:
        return CANCEL_CODES[cancelled]
    return None if not_attended is None else NOT_ATTENDED_CODES[not_attended]


def check_move(now: AppointmentState, to: AppointmentState) -> None:
    """Refuse a change of state that an appointment does not know (Conflict)."""
    if to not in ALLOWED.get(now, frozenset()):
        raise Conflict(
            f"This appointment is {STATE_WORDS[now]}, so it cannot become {STATE_WORDS[to]}. "
            "Reload the page to see what has changed."
        )


def cut(starts_at: datetime, ends_at: datetime, minutes: int) -> list[tuple[datetime, datetime]]:
    """The whole slots of `minutes` real minutes that fit, in order; a remainder is left free."""
    length = timedelta(minutes=minutes)
    start = starts_at
    slots = []
    while start + length <= ends_at:
        slots.append((start, start + length))
        start += length
    return slots


def moment(day: date, at: time) -> datetime:
    """The aware UTC moment of a London wall-clock time.

    An hour that the clocks skip in March is Invalid; of the hour that comes twice in October
    the first is meant.
    """
    local = datetime.combine(day, at, tzinfo=LONDON)
    utc = local.astimezone(UTC)
    if utc.astimezone(LONDON).replace(tzinfo=None) != local.replace(tzinfo=None):
        raise Invalid(
            {"starts": "The clocks go forward on that night, so this time does not exist."}
        )
    return utc
