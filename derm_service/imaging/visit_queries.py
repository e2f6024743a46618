"""Reads of a visit: its facts for the shutter, its lesions and how far each has come."""

import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload, selectinload

from derm_service import clock, wording
from derm_service.booking.codes import AppointmentState
from derm_service.booking.models import Appointment
from derm_service.errors import NotFound
from derm_service.imaging.codes import Chaperone, RenditionSize
from derm_service.imaging.consent import decider_problem
from derm_service.imaging.models import Capture, ImageSet, Retake, Visit
from derm_service.imaging.progress import LesionProgress, Shot
from derm_service.imaging.rules import (
    IDENTIFIERS,
    ShutterFacts,
    shutter_closed_because,
    wanted_views,
)
from derm_service.imaging.shutter import NO_VISIT, NOT_OF_VISIT
from derm_service.referrals import body_sites, consents
from derm_service.referrals.codes import ConsentBy, LesionState, Purpose, ReferralState
from derm_service.referrals.models import Consent, Lesion, Patient, Referral

_OF_WHOM = (
    joinedload(Visit.appointment, innerjoin=True)
    .joinedload(Appointment.referral, innerjoin=True)
    .joinedload(Referral.patient, innerjoin=True)
)


def visit(session: Session, visit_id: uuid.UUID, *, lock: bool = False) -> Visit:
    """One visit, or NotFound; `lock` holds its row, which orders two photographers."""
    found = session.get(
        Visit,
        visit_id,
        options=[_OF_WHOM],
        with_for_update={"of": Visit} if lock else None,
        populate_existing=lock,
    )
    if found is None:
        raise NotFound(NO_VISIT)
    return found


def visit_of(session: Session, appointment_id: uuid.UUID) -> Visit | None:
    """The visit of an appointment, once the person was checked in."""
    return session.scalar(sa.select(Visit).where(Visit.appointment_id == appointment_id))


def lesion_of(session: Session, visit: Visit, lesion_id: uuid.UUID) -> Lesion:
    """One lesion of the visit's referral; any other is NotFound."""
    lesion = session.get(Lesion, lesion_id)
    if lesion is None or lesion.referral_id != visit.appointment.referral_id:
        raise NotFound(NOT_OF_VISIT)
    return lesion


def set_of(session: Session, visit_id: uuid.UUID, lesion_id: uuid.UUID) -> ImageSet | None:
    """The image set of a lesion at a visit, once it was opened."""
    return session.scalar(
        sa.select(ImageSet).where(ImageSet.visit_id == visit_id, ImageSet.lesion_id == lesion_id)
    )


def open_retake(session: Session, lesion_id: uuid.UUID) -> Retake | None:
    """What a reader asked to have taken again of this lesion, while it is not done."""
    return session.scalar(
        sa.select(Retake).where(Retake.lesion_id == lesion_id, Retake.done_at.is_(None))
    )


def identifiers_on_record(patient: Patient) -> dict[str, str]:
    """What the record can confirm this person by: code and the value to compare with."""
    address = ", ".join([*patient.address_lines, patient.postcode]).strip(", ")
    values = {
        "name": f"{patient.given_name} {patient.family_name}",
        "born_on": wording.day(patient.born_on),
        "address": address,
        "nhs_number": wording.nhs_number(patient.nhs_number) if patient.nhs_number else "",
        "gp": ", ".join(part for part in (patient.gp_name, *patient.gp_address_lines[:1]) if part),
        "phone": ", ".join(part for part in (patient.mobile, patient.phone) if part),
    }
    return {code: values[code] for code in IDENTIFIERS if values[code]}


def facts(session: Session, visit: Visit, lesion: Lesion | None = None) -> ShutterFacts:
    """The facts that open or shut the shutter; without a lesion those of the whole visit."""
    record = consents.newest(session, visit.appointment.referral_id, Purpose.RECORD)
    images = None if lesion is None else set_of(session, visit.id, lesion.id)
    return facts_of(visit, record, lesion, images)


def facts_of(
    visit: Visit, record: Consent | None, lesion: Lesion | None, images: ImageSet | None
) -> ShutterFacts:
    """The same, where the caller has the newest answer and the lesion's image set."""
    referral = visit.appointment.referral
    return ShutterFacts(
        checked_in=visit.appointment.state is AppointmentState.CHECKED_IN,
        finished=visit.finished_at is not None,
        referral_open=referral.state is ReferralState.OPEN and not referral.patient.deceased_on,
        identity_failed=visit.identity_failed_at is not None,
        identity_confirmed=visit.identity_confirmed_at is not None,
        consent_asked=visit.consent_recorded_at is not None,
        consent_to_record=record is not None and record.is_given,
        capacity_settled=record is not None and _capacity_settled(visit, referral.patient, record),
        lesion_waits=lesion is None or lesion.state is LesionState.AWAITING_IMAGES,
        intimate=lesion is not None and lesion.intimate,
        chaperone_settled=visit.chaperone is Chaperone.DECLINED_BY_PATIENT
        or (visit.chaperone is Chaperone.PRESENT and bool(visit.chaperone_name)),
        site_confirmed=images is not None and images.site_confirmed_at is not None,
    )


def _capacity_settled(visit: Visit, patient: Patient, record: Consent) -> bool:
    age = wording.age(patient.born_on, clock.today())
    if decider_problem(age, visit.has_capacity, record.given_by):
        return False
    return record.given_by is not ConsentBy.BEST_INTERESTS or bool(record.best_interests)


def shutter(session: Session, *, visit_id: uuid.UUID, lesion_id: uuid.UUID) -> str | None:
    """Why this lesion may not be photographed now at this visit, or None when it may."""
    found = visit(session, visit_id)
    return shutter_closed_because(facts(session, found, lesion_of(session, found, lesion_id)))


def lesions(session: Session, visit: Visit) -> list[LesionProgress]:
    """The lesions this visit is about, by number: waiting, photographed or closed at it."""
    rows = session.scalars(
        sa.select(Lesion)
        .where(Lesion.referral_id == visit.appointment.referral_id)
        .order_by(Lesion.number)
    ).all()
    sets = {
        images.lesion_id: images
        for images in session.scalars(
            sa.select(ImageSet)
            .where(ImageSet.visit_id == visit.id)
            .options(selectinload(ImageSet.captures).selectinload(Capture.renditions))
            .execution_options(populate_existing=True)
        )
    }
    asked = _retake_views(session, visit)
    return [
        _progress(lesion, sets.get(lesion.id), asked.get(lesion.id, ()))
        for lesion in rows
        if lesion.state is LesionState.AWAITING_IMAGES
        or lesion.id in sets
        or (lesion.unphotographed_reason and lesion.state is LesionState.AWAITING_REVIEW)
    ]


def _retake_views(session: Session, visit: Visit) -> dict[uuid.UUID, tuple[str, ...]]:
    """Views asked for again by lesion; a retake this visit has just answered still counts."""
    answered = Retake.done_at == visit.finished_at
    rows = session.scalars(
        sa.select(Retake)
        .join(Lesion)
        .where(
            Lesion.referral_id == visit.appointment.referral_id,
            answered if visit.finished_at else Retake.done_at.is_(None),
        )
    )
    return {row.lesion_id: tuple(row.views) for row in rows}


def _progress(
    lesion: Lesion, images: ImageSet | None, retake_views: tuple[str, ...]
) -> LesionProgress:
    shots = tuple(
        Shot(
            view=capture.view,
            state=capture.state,
            kept_reason=capture.kept_reason or "",
            is_decided=bool(capture.kept_reason) or capture.verdict in ("accept", "advise"),
            capture_id=capture.id,
            has_thumbnail=any(each.size is RenditionSize.SMALL for each in capture.renditions),
            has_scale="px_per_mm" in (capture.report or {}).get("measures", {}),
        )
        for capture in (images.captures if images else ())
    )
    return LesionProgress(
        lesion_id=lesion.id,
        number=lesion.number,
        site=body_sites.label(lesion.site_code, lesion.laterality),
        state=lesion.state,
        wanted=wanted_views(retake_views),
        shots=shots,
        intimate=lesion.intimate,
        is_referred=lesion.is_referred,
        site_confirmed=images is not None and images.site_confirmed_at is not None,
        closed_because=lesion.unphotographed_reason or "",
        missing_reason=images.missing_views_reason if images else "",
    )
