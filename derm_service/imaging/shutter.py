"""Reads of what opens or shuts the shutter, with no column more than decides.

Every photograph asks for it twice, each time in one query that leaves out what a page would show:
a person has fifty columns. It is built once, since to compose it takes longer than to run it.
"""

import uuid
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value

from derm_service.booking.models import Appointment
from derm_service.db import Columns
from derm_service.errors import NotFound
from derm_service.imaging.models import ImageSet, Visit
from derm_service.referrals import consents
from derm_service.referrals.codes import Purpose
from derm_service.referrals.models import Consent, Lesion, Patient, Referral

NO_VISIT = "There is no such visit. Go back to the day list."
NOT_OF_VISIT = "This lesion does not belong to this visit. Go back to the visit."

VISIT = Columns(
    Visit,
    "id appointment_id identity_confirmed_at identity_failed_at has_capacity "
    "consent_recorded_at chaperone chaperone_name finished_at",
)
APPOINTMENT = Columns(Appointment, "id referral_id patient_id state")
REFERRAL = Columns(Referral, "id patient_id state version")
PATIENT = Columns(Patient, "id born_on deceased_on version")
LESION = Columns(Lesion, "id referral_id state intimate")
IMAGES = Columns(ImageSet, "id visit_id lesion_id site_confirmed_at")

CELLS = (
    VISIT.cell.label("visit"),
    APPOINTMENT.cell.label("appointment"),
    REFERRAL.cell.label("referral"),
    PATIENT.cell.label("patient"),
    consents.newest_cell(Referral.id, Purpose.RECORD).label("consent"),
)
"""What `Sight.of` reads, of a query that has joined these tables."""

_VISIT = sa.bindparam("visit_id", type_=sa.Uuid())
_HOLD = sa.select(Visit.id).where(Visit.id == _VISIT).with_for_update()
_SIGHT = (
    sa.select(
        *CELLS,
        LESION.cell.label("lesion"),
        sa.case((ImageSet.id.is_not(None), IMAGES.cell)).label("images"),
    )
    .select_from(Visit)
    .join(Appointment, Appointment.id == Visit.appointment_id)
    .join(Referral, Referral.id == Appointment.referral_id)
    .join(Patient, Patient.id == Referral.patient_id)
    .join(
        Lesion,
        sa.and_(
            Lesion.id == sa.bindparam("lesion_id", type_=sa.Uuid()),
            Lesion.referral_id == Referral.id,
        ),
    )
    .outerjoin(ImageSet, sa.and_(ImageSet.lesion_id == Lesion.id, ImageSet.visit_id == Visit.id))
    .where(Visit.id == _VISIT)
)


@dataclass(frozen=True)
class Sight:
    """A visit, one lesion at it, and the answer in force to photographs for the record."""

    visit: Visit
    consent: Consent | None
    lesion: Lesion
    images: ImageSet | None  # None until the lesion was opened

    @classmethod
    def of(cls, session: Session, found: Any) -> "Sight":
        """The session's own rows, brought up to date with what a query found."""
        visit = VISIT.row(session, found.visit)
        appointment = APPOINTMENT.row(session, found.appointment)
        referral = REFERRAL.row(session, found.referral)
        set_committed_value(visit, "appointment", appointment)
        set_committed_value(appointment, "referral", referral)
        set_committed_value(referral, "patient", PATIENT.row(session, found.patient))
        consent = consents.COLUMNS.row(session, found.consent) if found.consent else None
        lesion = LESION.row(session, found.lesion)
        images = IMAGES.row(session, found.images) if found.images else None
        if images is not None:  # a session holds its rows weakly: they would be read again
            set_committed_value(images, "visit", visit)
            set_committed_value(images, "lesion", lesion)
        return cls(visit, consent, lesion, images)


def held(session: Session, visit_id: uuid.UUID, lesion_id: uuid.UUID) -> Sight:
    """What decides about one lesion at a visit, the visit's row held.

    NotFound without such a visit, and for a lesion that is not of its referral.
    """
    session.flush()
    asked = {"visit_id": visit_id, "lesion_id": lesion_id}
    if session.scalar(_HOLD, asked) is None:
        raise NotFound(NO_VISIT)
    found = session.connection().execute(_SIGHT, asked).one_or_none()
    if found is None:
        raise NotFound(NOT_OF_VISIT)
    return Sight.of(session, found)
