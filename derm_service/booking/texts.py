"""What a text and an email say of an appointment: pure, and nothing that tells what it is for."""

from typing import Any

from derm_service.booking.letters import AGAIN, MOVED, NEW, REMINDED
from derm_service.booking.models import Appointment, Location
from derm_service.discretion import is_discreet
from derm_service.wording import time, weekday

PREPARE = (
    "Come without make-up, cream or jewellery. "
    "Bring your glasses or hearing aids, and a list of your medicines."
)
ANSWER = "Reply 1 to confirm, 2 to change it, 3 to cancel it."
OPENINGS = {
    NEW: "An NHS appointment is booked: {when}.",
    MOVED: "An NHS appointment has changed. The new time is {when}. The old one no longer stands.",
    AGAIN: (
        "An NHS appointment takes place after all: {when}. "
        "We are sorry for the mistake in what we said before."
    ),
    REMINDED: "A reminder of an NHS appointment: {when}.",
}
CANCELLED = "The NHS appointment on {when} is cancelled. Please do not come."
ANOTHER = "We will contact you soon to offer another time."
NOTHING_TO_DO = "You do not need to do anything."


def booked(appointment: Appointment, opening: str = NEW) -> dict[str, Any]:
    """The texts of an appointment: new, moved, standing after all, or a reminder."""
    said = OPENINGS[opening].format(when=when(appointment))
    location = appointment.slot.clinic.location
    where = f"Place: {place(location)}."
    way = location.directions if is_discreet(location.directions) else ""
    directions = [f"How to get there: {way}"] if way else []
    return {
        "text": " ".join([said, where, *directions, PREPARE]),
        "email": [said, where, *directions, f"How to prepare: {PREPARE}"],
        "answer": ANSWER,
    }


def cancelled(appointment: Appointment, *, will_rebook: bool) -> dict[str, Any]:
    """The texts of an appointment that will not take place."""
    said = CANCELLED.format(when=when(appointment))
    next_step = ANOTHER if will_rebook else NOTHING_TO_DO
    return {"text": f"{said} {next_step}", "email": [said, next_step]}


def when(appointment: Appointment) -> str:
    """Day and time, as people say them."""
    starts_at = appointment.slot.starts_at
    return f"{weekday(starts_at)} at {time(starts_at)}"


def place(location: Location) -> str:
    """Where to come; a name that says what it is for gives way to the address."""
    parts = [location.name, *location.address_lines, location.postcode]
    return ", ".join(part for part in parts if part and is_discreet(part))
