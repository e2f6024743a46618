"""The waiting list: open referrals with a lesion to photograph and nobody expecting them."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload, selectinload

from derm_service import audit, clock
from derm_service.booking import access
from derm_service.booking.codes import AppointmentState, Feature
from derm_service.booking.models import Appointment
from derm_service.booking.queries import WAITING
from derm_service.errors import NotFound
from derm_service.messages import work
from derm_service.messages.codes import WorkKind
from derm_service.messages.models import WorkItem
from derm_service.messages.rules import next_working_day
from derm_service.people import Role, User
from derm_service.referrals import lesions
from derm_service.referrals.clocks import ClockReading, clock_of
from derm_service.referrals.codes import LesionState, Mobility, Need, Priority, ReferralState
from derm_service.referrals.models import AccessNeed, Lesion, Patient, Referral

TO_BOOK = (WorkKind.RETAKE_TO_BOOK, WorkKind.REBOOK)


@dataclass(frozen=True)
class Waiting:
    """One row of the waiting list."""

    referral: Referral
    clock: ClockReading
    lesions: int  # how many wait for photographs
    is_retake: bool
    missed: int  # how often the person did not attend

    @property
    def needs(self) -> list[str]:
        """What the person needs, in words."""
        return access.all_in_words(access.person(self.referral.patient))

    @property
    def features(self) -> frozenset[str]:
        """The access a place must have for the person; a hoist can come there."""
        wanted = access.wanted(access.person(self.referral.patient))
        return frozenset(each.value for each in wanted if each is not Feature.HOIST)


def waiting_list(
    session: Session,
    *,
    priority: Priority | None = None,
    need: Need | None = None,
    mobility: Mobility | None = None,
    retakes_only: bool = False,
) -> list[Waiting]:
    """Who waits for an appointment, the earliest breach first."""
    query = (
        sa.select(Referral)
        .join(Referral.patient)
        .where(
            Referral.state == ReferralState.OPEN,
            Patient.deceased_on.is_(None),
            _has_lesion_to_photograph(),
            ~_is_expected(),
        )
        .options(
            joinedload(Referral.patient).selectinload(Patient.needs),
            selectinload(Referral.lesions),
        )
    )
    if priority is not None:
        query = query.where(Referral.priority == priority)
    if mobility is not None:
        query = query.where(Patient.mobility == mobility)
    if need is not None:
        query = query.where(Patient.needs.any(AccessNeed.need == need))
    referrals = session.scalars(query).all()
    rows = _rows(session, referrals)
    return sorted(
        (row for row in rows if row.is_retake or not retakes_only),
        key=lambda row: (row.clock.breach_on, row.referral.received_at, row.referral.id),
    )


def reopen(session: Session, *, lesion_id: uuid.UUID, reason: str, by: User) -> WorkItem:
    """Put a lesion back for new photographs: the clock runs on, somebody has to book it."""
    lesion = session.get(Lesion, lesion_id)
    if lesion is None:
        raise NotFound("There is no such lesion. Go back to the referral.")
    lesions.move(session, lesion, LesionState.AWAITING_IMAGES, by=by)
    item = work.raise_item(
        session,
        kind=WorkKind.RETAKE_TO_BOOK,
        role=Role.CLERK,
        due_on=next_working_day(clock.today()),
        referral_id=lesion.referral_id,
        subject_id=lesion.id,
        note=reason,
        urgent=lesion.referral.priority is Priority.URGENT_SUSPECTED_CANCER,
        by=by,
    )
    audit.record(
        session,
        by=by,
        did="put lesion back for photographs",
        subject=lesion,
        patient_id=lesion.referral.patient_id,
        detail={"reason": reason},
    )
    return item


def back_on_the_list(session: Session, referral: Referral, *, why: str, by: User) -> None:
    """Have somebody book again, if the referral is open and a lesion still waits."""
    waits = any(lesion.state is LesionState.AWAITING_IMAGES for lesion in referral.lesions)
    if referral.state is not ReferralState.OPEN or not waits:
        return
    reading = clock_of(referral)
    said = why.replace("_", " ")
    work.raise_item(
        session,
        kind=WorkKind.REBOOK,
        role=Role.CLERK,
        due_on=next_working_day(clock.today()),
        referral_id=referral.id,
        subject_id=referral.id,
        note=f"{said[:1].upper()}{said[1:]}. {reading.label}. Offer another time.",
        urgent=referral.priority is Priority.URGENT_SUSPECTED_CANCER,
        by=by,
    )


def ask_a_lead(session: Session, appointment: Appointment, *, by: User) -> None:
    """Have a lead look today at somebody who did not come and may be at risk."""
    work.raise_item(
        session,
        kind=WorkKind.SAFETY_ALERT,
        role=Role.LEAD,
        due_on=clock.today(),
        referral_id=appointment.referral_id,
        subject_id=appointment.id,
        note="Did not attend, and somebody is worried. Look at it before anybody rings.",
        urgent=True,
        by=by,
    )


def off_the_list(session: Session, referral: Referral, *, how: str, by: User | None) -> None:
    """Finish the rows of the Work page that asked for this booking."""
    items = session.scalars(
        sa.select(WorkItem).where(
            WorkItem.referral_id == referral.id,
            WorkItem.kind.in_(TO_BOOK),
            WorkItem.done_at.is_(None),
        )
    ).all()
    for item in items:
        work.finish(session, item_id=item.id, how=how, by=by)


def _has_lesion_to_photograph() -> sa.Exists:
    return (
        sa.select(Lesion.id)
        .where(Lesion.referral_id == Referral.id, Lesion.state == LesionState.AWAITING_IMAGES)
        .exists()
    )


def _is_expected() -> sa.Exists:
    return (
        sa.select(Appointment.id)
        .where(Appointment.referral_id == Referral.id, Appointment.state.in_(WAITING))
        .exists()
    )


def _rows(session: Session, referrals: Sequence[Referral]) -> list[Waiting]:
    ids = [referral.id for referral in referrals]
    retakes = set(
        session.scalars(
            sa.select(WorkItem.referral_id).where(
                WorkItem.referral_id.in_(ids),
                WorkItem.kind == WorkKind.RETAKE_TO_BOOK,
                WorkItem.done_at.is_(None),
            )
        )
    )
    times = session.execute(
        sa.select(Appointment.referral_id, sa.func.count())
        .where(
            Appointment.referral_id.in_(ids),
            Appointment.state == AppointmentState.NOT_ATTENDED,
        )
        .group_by(Appointment.referral_id)
    )
    missed = {row[0]: row[1] for row in times}
    return [
        Waiting(
            referral=referral,
            clock=clock_of(referral),
            lesions=sum(one.state is LesionState.AWAITING_IMAGES for one in referral.lesions),
            is_retake=referral.id in retakes,
            missed=missed.get(referral.id, 0),
        )
        for referral in referrals
    ]
