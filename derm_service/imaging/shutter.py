"""Reads of what opens or shuts the shutter, with no column more than decides.

Every photograph asks for it twice. The statements are built once, since to compose one takes
longer than to run it, and they leave out what a page would show: a person has fifty columns.
"""

import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload, load_only
from sqlalchemy.orm.attributes import set_committed_value

from derm_service.booking.models import Appointment
from derm_service.errors import NotFound
from derm_service.imaging.models import ImageSet, Visit
from derm_service.referrals.models import Lesion, Patient, Referral

NO_VISIT = "There is no such visit. Go back to the day list."
NOT_OF_VISIT = "This lesion does not belong to this visit. Go back to the visit."

OF_VISIT = (
    load_only(
        Visit.appointment_id,
        Visit.identity_confirmed_at,
        Visit.identity_failed_at,
        Visit.has_capacity,
        Visit.consent_recorded_at,
        Visit.chaperone,
        Visit.chaperone_name,
        Visit.finished_at,
    ),
    joinedload(Visit.appointment, innerjoin=True).options(
        load_only(Appointment.referral_id, Appointment.patient_id, Appointment.state),
        joinedload(Appointment.referral, innerjoin=True).options(
            load_only(Referral.patient_id, Referral.state, Referral.version),
            joinedload(Referral.patient, innerjoin=True).load_only(
                Patient.born_on, Patient.deceased_on, Patient.version
            ),
        ),
    ),
)
"""Of a visit, and whose it is."""

OF_LESION = load_only(Lesion.referral_id, Lesion.state, Lesion.intimate)

_VISIT = sa.bindparam("visit_id", type_=sa.Uuid())
_HELD = (
    sa.select(Visit)
    .where(Visit.id == _VISIT)
    .options(*OF_VISIT)
    .with_for_update(of=Visit)
    .execution_options(populate_existing=True)
)
_ID_OF = sa.select(Visit.id).where(
    Visit.appointment_id == sa.bindparam("appointment_id", type_=sa.Uuid())
)
_LESION = (
    sa.select(Lesion, ImageSet)
    .outerjoin(ImageSet, sa.and_(ImageSet.lesion_id == Lesion.id, ImageSet.visit_id == _VISIT))
    .where(
        Lesion.id == sa.bindparam("lesion_id", type_=sa.Uuid()),
        Lesion.referral_id == sa.bindparam("referral_id", type_=sa.Uuid()),
    )
    .options(OF_LESION)
)


def visit_id_of(session: Session, appointment_id: uuid.UUID) -> uuid.UUID | None:
    """The id of an appointment's visit, once the person was checked in."""
    return session.scalar(_ID_OF, {"appointment_id": appointment_id})


def held(session: Session, visit_id: uuid.UUID) -> Visit:
    """The visit, its row held; NotFound without one."""
    found = session.scalar(_HELD, {"visit_id": visit_id})
    if found is None:
        raise NotFound(NO_VISIT)
    return found


def lesion_at(
    session: Session, visit: Visit, lesion_id: uuid.UUID
) -> tuple[Lesion, ImageSet | None]:
    """One lesion of the visit's referral and its image set there; any other is NotFound."""
    asked = {
        "visit_id": visit.id,
        "lesion_id": lesion_id,
        "referral_id": visit.appointment.referral_id,
    }
    found = session.execute(_LESION, asked).one_or_none()
    if found is None:
        raise NotFound(NOT_OF_VISIT)
    lesion, images = found
    if images is not None:  # a session holds its rows weakly: they would be read again
        set_committed_value(images, "visit", visit)
        set_committed_value(images, "lesion", lesion)
    return lesion, images
