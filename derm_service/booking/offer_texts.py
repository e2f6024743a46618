"""What an offer says in a text, an email, a call and on the page of its link: pure, discreet."""

from typing import Any

from derm_service.booking import texts
from derm_service.booking.models import Appointment, Slot
from derm_service.booking.offer_models import Offer
from derm_service.wording import day_time, time, weekday

ANSWER = "Or reply YES or NO."
NOTHING_ELSE = "If you do not want it, you need do nothing: we will contact you about another time."


def when(slot: Slot) -> str:
    """Day and time, as people say them."""
    return f"{weekday(slot.starts_at)} at {time(slot.starts_at)}"


def stands(appointment: Appointment | None) -> str:
    """What becomes of what the person has, said to them."""
    if appointment is None:
        return NOTHING_ELSE
    return f"Your appointment on {when(appointment.slot)} stands unless you say yes."


def question(offer: Offer, link: str) -> dict[str, Any]:
    """The text and the email: when, where, until when to answer, and what stands meanwhile."""
    opening = f"An earlier time is free for an NHS appointment: {when(offer.slot)}."
    where = f"Place: {texts.place(offer.slot.clinic.location)}."
    until = f"Say yes or no by {day_time(offer.expires_at)}: {link}"
    meanwhile = stands(offer.instead_of)
    return {
        "subject": "An earlier time is free",
        "text": " ".join([opening, where, until, meanwhile]),
        "email": [opening, where, until, meanwhile],
        "answer": ANSWER,
    }


def to_ring(offer: Offer) -> str:
    """What the Work page asks somebody to ring about."""
    kept = "The appointment they have stands unless they accept. " if offer.instead_of else ""
    return (
        f"Offer {day_time(offer.slot.starts_at)}, {offer.slot.clinic.location.name}, "
        f"until {day_time(offer.expires_at)}. {kept}"
    ).strip()
