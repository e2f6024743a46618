"""What the audit page calls the things an audit row is about: lesion, photograph, letter, visit."""

import uuid
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from derm_service.booking.models import Appointment
from derm_service.imaging.models import Capture, ImageSet, Retake, Visit
from derm_service.messages.codes import Addressee
from derm_service.messages.models import Message, WorkItem
from derm_service.messages.rules import KIND_WORDS, WORK_WORDS
from derm_service.referrals.body_sites import label as site_label
from derm_service.referrals.models import Lesion, Referral
from derm_service.review.models import Opinion
from derm_service.wording import day, day_time


def of_referral(session: Session, referral: Referral) -> dict[str, str]:
    """Everything of a referral that has a name of its own, by its id as text."""
    names: dict[uuid.UUID, str] = {
        referral.id: f"Referral of {day(referral.received_at)}",
        referral.patient_id: "Patient's details",
        **_lesions(referral),
        **_photographs(session, referral),
        **_of_lesions(session, referral),
        **_letters(session, referral),
        **_visits(session, referral),
    }
    return {str(key): name for key, name in names.items()}


def _lesions(referral: Referral) -> dict[uuid.UUID, str]:
    return {
        each.id: f"Lesion {each.number}: {site_label(each.site_code, each.laterality)}"
        for each in referral.lesions
    }


def _photographs(session: Session, referral: Referral) -> dict[uuid.UUID, str]:
    numbers = {each.id: each.number for each in referral.lesions}
    captures = session.scalars(
        sa.select(Capture)
        .join(Capture.image_set)
        .where(ImageSet.lesion_id.in_(numbers))
        .options(joinedload(Capture.image_set))
    )
    return {
        each.id: f"{each.view.words.capitalize()} of lesion {numbers[each.image_set.lesion_id]}"
        for each in captures
    }


def _of_lesions(session: Session, referral: Referral) -> dict[uuid.UUID, str]:
    names: dict[uuid.UUID, str] = {}
    tables: list[tuple[str, Any]] = [
        ("Photographs", ImageSet),
        ("Retake", Retake),
        ("Opinion", Opinion),
    ]
    for words, table in tables:
        found = session.execute(
            sa.select(table.id, Lesion.number)
            .join(Lesion, Lesion.id == table.lesion_id)
            .where(Lesion.referral_id == referral.id)
        )
        names |= {row.id: f"{words} of lesion {row.number}" for row in found}
    return names


def _letters(session: Session, referral: Referral) -> dict[uuid.UUID, str]:
    messages = session.scalars(sa.select(Message).where(Message.referral_id == referral.id))
    items = session.scalars(sa.select(WorkItem).where(WorkItem.referral_id == referral.id))
    return {each.id: _letter(each) for each in messages} | {
        each.id: f"Work: {WORK_WORDS[each.kind].lower()}" for each in items
    }


def _letter(message: Message) -> str:
    to = "the GP" if message.addressee is Addressee.GP else "the patient"
    about = ", ".join([KIND_WORDS[message.kind], *message.content.get("about", [])])
    return f"Letter to {to} of {day(message.created_at)}: {about}"


def _visits(session: Session, referral: Referral) -> dict[uuid.UUID, str]:
    booked = session.scalars(
        sa.select(Appointment)
        .where(Appointment.referral_id == referral.id)
        .options(joinedload(Appointment.slot))
    ).all()
    at = {each.id: day_time(each.slot.starts_at) for each in booked}
    visits = session.scalars(sa.select(Visit).where(Visit.appointment_id.in_(at)))
    return {key: f"Appointment of {when}" for key, when in at.items()} | {
        each.id: f"Visit of {at[each.appointment_id]}" for each in visits
    }
