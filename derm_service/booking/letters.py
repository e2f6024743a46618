"""What an appointment letter says: pure, plain English, nothing clinical where others may see."""

from datetime import date, timedelta
from typing import Any

from derm_service.booking.models import Appointment, Location
from derm_service.referrals import languages, proxy
from derm_service.referrals.codes import Mobility, Need
from derm_service.referrals.consent_rules import ADULT_AT
from derm_service.referrals.models import Patient, Referral
from derm_service.referrals.proxy import Proxy
from derm_service.wording import age, time, weekday

PREPARE = (
    "Please come without make-up, cream or jewellery on the area. "
    "If there is a scab, soften it with plain petroleum jelly in the days before; "
    "do not pick it. "
    "Wear clothes that make it easy to show the area. "
    "Bring your glasses or hearing aids if you use them, and a list of your medicines."
)
WHAT_HAPPENS = (
    "A photographer will take photographs for the specialist who was asked to look at them. "
    "It does not hurt. The specialist looks at the photographs afterwards, "
    "so you will not get an answer at the appointment. We will write to you or ring you."
)
HOW_TO_CHANGE = (
    "If you cannot come, or need anything to make it easier to come, please ring us on the number "
    "in this letter as soon as you can, so that we can offer you another time "
    "and give this one to somebody else."
)


FOR_THEM = (
    "You have this letter because you hear from us for {name}. "
    "The appointment below is theirs, and “you” means them."
)
NEW, MOVED, AGAIN, REMINDED = "new", "moved", "again", "reminded"
OPENINGS = {
    NEW: (
        "Your appointment",
        "We have booked an appointment for you to have photographs taken.",
    ),
    MOVED: (
        "Your appointment has been changed",
        "Your appointment has been changed. Please use the new date and time below. "
        "The old one no longer stands.",
    ),
    AGAIN: (
        "Your appointment stands after all",
        "We told you, or were about to tell you, that your appointment would not take place. "
        "That was a mistake, and we are sorry. Please come at the date and time below.",
    ),
    REMINDED: (
        "Your appointment: a reminder",
        "This is to remind you of your appointment to have photographs taken.",
    ),
}


def booked(appointment: Appointment, today: date, opening: str = NEW) -> dict[str, Any]:
    """The letter about an appointment: new, moved elsewhere, standing after all, or a reminder."""
    location = appointment.slot.clinic.location
    starts_at = appointment.slot.starts_at
    subject, first = OPENINGS[opening]
    return _letter(
        appointment,
        today,
        subject=subject,
        paragraphs=[
            first,
            f"Date: {weekday(starts_at)}",
            f"Time: {time(starts_at)}. Please allow {_minutes(appointment)} minutes.",
            f"Place: {place(location)}",
            *_directions(location),
            WHAT_HAPPENS,
            PREPARE,
            *_about_needs(appointment),
            HOW_TO_CHANGE,
        ],
    )


def cancelled(appointment: Appointment, today: date, *, will_rebook: bool) -> dict[str, Any]:
    """The letter about an appointment that will not take place."""
    starts_at = appointment.slot.starts_at
    next_step = (
        "We will contact you soon to offer you another time. "
        "If you have not heard from us within a week, please ring us."
        if will_rebook
        else "You do not need to do anything. If you did not expect this, please ring us."
    )
    return _letter(
        appointment,
        today,
        subject="Your appointment has been cancelled",
        paragraphs=[
            f"Your appointment on {weekday(starts_at)} at {time(starts_at)}, "
            f"{appointment.slot.clinic.location.name}, has been cancelled. Please do not come.",
            next_step,
        ],
    )


def place(location: Location) -> str:
    """A place on one line."""
    return ", ".join([location.name, *location.address_lines, location.postcode]).strip(", ")


def reference(referral: Referral) -> str:
    """What a person can quote on the telephone; it says nothing about who they are."""
    return referral.id.hex[-8:].upper()


def phone_note(appointment: Appointment, today: date, *, said: str) -> str:
    """What the Work page asks somebody to ring about, and whom."""
    starts_at = appointment.slot.starts_at
    text = (
        f"{said}: {weekday(starts_at)} at {time(starts_at)}, "
        f"{appointment.slot.clinic.location.name}."
    )
    whom = whom_to_ring(appointment.patient, today)
    return " ".join(part for part in (text, whom, how_to_talk(appointment.patient)) if part)


def whom_to_ring(patient: Patient, today: date) -> str:
    """Who is rung in a person's place, where somebody hears for them; else nothing."""
    for_them = proxy.of(patient, today)
    return f"Ring {_reached(for_them)}, who hears for them." if for_them else ""


def how_to_talk(patient: Patient) -> str:
    """How to reach a person who cannot simply be rung in English."""
    needs = {need.need for need in patient.needs}
    hints = []
    if patient.interpreter_needed:
        hints.append(f"Ring with an interpreter ({languages.name(patient.language)}).")
    if Need.BSL in needs:
        hints.append("Uses British Sign Language: use a relay service or send a text.")
    if patient.contact_note:
        hints.append(f"Note: {patient.contact_note}.".replace("..", "."))
    return " ".join(hints)


def _letter(
    appointment: Appointment, today: date, *, subject: str, paragraphs: list[str]
) -> dict[str, Any]:
    patient = appointment.patient
    to, greeted, first = _addressed(patient, today)
    return {
        "to": to,
        "date": today.isoformat(),
        "greeting": f"Dear {greeted},",
        "subject": subject,
        "paragraphs": [*first, *paragraphs],
        "sign_off": "Yours sincerely",
        "reference": reference(appointment.referral),
        "large_print": any(need.need is Need.LARGE_PRINT for need in patient.needs),
    }


def _addressed(patient: Patient, today: date) -> tuple[list[str], str, list[str]]:
    """The address, whom the letter greets, and what it must say first."""
    name = f"{patient.given_name} {patient.family_name}"
    if for_them := proxy.of(patient, today):
        to = [for_them.name, *for_them.address_lines, for_them.postcode]
        return to, for_them.name, [FOR_THEM.format(name=name)]
    theirs = [*patient.address_lines, patient.postcode]
    if age(patient.born_on, today) < ADULT_AT:
        return [f"The parent or guardian of {name}", *theirs], f"parent or guardian of {name}", []
    return [name, *theirs], name, []


def _reached(for_them: Proxy) -> str:
    numbers = " or ".join(number for number in (for_them.phone, for_them.mobile) if number)
    return f"{for_them.name} ({for_them.relation}){' on ' if numbers else ''}{numbers}"


def _directions(location: Location) -> list[str]:
    return [f"How to get there: {location.directions}"] if location.directions else []


def _minutes(appointment: Appointment) -> int:
    during = appointment.during
    if during.lower is None or during.upper is None:
        raise ValueError("an appointment has a beginning and an end")
    length: timedelta = during.upper - during.lower
    return int(length.total_seconds() // 60)


def _about_needs(appointment: Appointment) -> list[str]:
    known = _noted(appointment.patient)
    with_you = "You may bring somebody with you. Tell us if you want a chaperone."
    if not known:
        return [with_you]
    listed = ", ".join(known[:-1]) + (" and " if len(known) > 1 else "") + known[-1]
    told = f"We have noted that {listed}."
    if appointment.note:
        told += f" What we have arranged: {appointment.note}"
    return [told, with_you]


def _noted(patient: Patient) -> list[str]:
    needs = {need.need for need in patient.needs}
    on_wheels = patient.mobility in {Mobility.WHEELCHAIR, Mobility.HOIST}
    noted = {
        "you need an interpreter": patient.interpreter_needed,
        "you use British Sign Language": Need.BSL in needs,
        "you need transport": Need.TRANSPORT in needs,
        "you need step-free access": Need.STEP_FREE in needs or on_wheels,
        "you need a hoist": Need.HOIST in needs or patient.mobility is Mobility.HOIST,
        "somebody will come with you": Need.CARER_PRESENT in needs,
    }
    return [sentence for sentence, is_so in noted.items() if is_so]
