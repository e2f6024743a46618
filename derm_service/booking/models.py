"""Places, resources, the ledger of their use, clinics, slots and appointments."""

import uuid
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import TSTZRANGE, ExcludeConstraint, Range
from sqlalchemy.orm import Mapped, mapped_column, relationship

from derm_service import clock
from derm_service.booking.codes import (
    AllocationState,
    AppointmentState,
    CancelReason,
    ClinicState,
    Level,
    NotAttendedReason,
    ResourceKind,
    View,
)
from derm_service.db import Base, choice, new_id
from derm_service.people import User
from derm_service.referrals.models import Patient, Referral

LIVE_ALLOCATION = sa.text("state IN ('held', 'confirmed')")
OPEN_SLOT = sa.text("full_until IS NULL OR full_until < ends_at")
LIVE_APPOINTMENT = sa.text("state IN ('booked', 'checked_in', 'completed')")


class Location(Base):
    """A community hospital or a place where the van parks."""

    __tablename__ = "location"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    name: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str]  # hospital, van_stop
    address_lines: Mapped[list[str]] = mapped_column(default=list)
    postcode: Mapped[str] = mapped_column(default="")
    directions: Mapped[str] = mapped_column(default="")  # how to get there, where to park
    features: Mapped[list[str]] = mapped_column(default=list)  # step_free, hearing_loop, hoist ...
    closed_at: Mapped[datetime | None]


class MobileUnit(Base):
    """A van with its kit."""

    __tablename__ = "mobile_unit"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    name: Mapped[str] = mapped_column(unique=True)


class Resource(Base):
    """Something or somebody that cannot be in two places at once."""

    __tablename__ = "resource"
    __table_args__ = (
        sa.CheckConstraint("capacity > 0", name="capacity_positive"),
        sa.Index("resource_kind_language_idx", "kind", "language"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    kind: Mapped[ResourceKind] = mapped_column(choice(ResourceKind, "kind"))
    name: Mapped[str]
    capacity: Mapped[int] = mapped_column(default=1)
    location_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("location.id"))
    mobile_unit_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("mobile_unit.id"))
    user_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("user_account.id"))
    language: Mapped[str] = mapped_column(default="")  # ISO 639: what an interpreter speaks


class Clinic(Base):
    """One dated session at one place, with its staff and kit, cut into slots."""

    __tablename__ = "clinic"
    __table_args__ = (
        sa.CheckConstraint("ends_at > starts_at", name="ends_after_start"),
        sa.CheckConstraint("slot_minutes BETWEEN 5 AND 240", name="slot_minutes_5_to_240"),
        sa.CheckConstraint("cardinality(views) > 0", name="photographs_something"),
        sa.Index("clinic_starts_at_idx", "starts_at"),
        sa.Index("clinic_location_id_starts_at_idx", "location_id", "starts_at"),
        sa.Index("clinic_series_id_idx", "series_id"),
        sa.Index(
            "clinic_own_features_idx",
            "location_id",
            postgresql_where=sa.text("features IS NOT NULL"),
        ),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    location_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("location.id"))
    mobile_unit_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("mobile_unit.id"))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    slot_minutes: Mapped[int]
    state: Mapped[ClinicState] = mapped_column(
        choice(ClinicState, "state"), default=ClinicState.OPEN
    )
    note: Mapped[str] = mapped_column(default="")
    views: Mapped[list[str]] = mapped_column(default=lambda: [each.value for each in View])
    features: Mapped[list[str] | None]  # where they differ from those of the place
    series_id: Mapped[uuid.UUID | None]  # shared by the clinics that were opened as one pattern
    changes: Mapped[int] = mapped_column(default=0)  # how often it was changed or cancelled
    changed_at: Mapped[datetime] = mapped_column(default=clock.now)

    location: Mapped[Location] = relationship()
    mobile_unit: Mapped[MobileUnit | None] = relationship()

    @property
    def access(self) -> list[str]:
        """What this clinic offers to somebody with a need."""
        return self.location.features if self.features is None else self.features

    slots: Mapped[list["Slot"]] = relationship(back_populates="clinic", order_by="Slot.starts_at")


class Slot(Base):
    """One bookable time cut from a clinic; whether it is free is the ledger's to say."""

    __tablename__ = "slot"
    __table_args__ = (
        sa.UniqueConstraint("clinic_id", "starts_at", "ends_at"),
        sa.Index("slot_starts_at_idx", "starts_at"),
        sa.Index("slot_open_idx", "clinic_id", "starts_at", postgresql_where=OPEN_SLOT),
        sa.Index("slot_freed_at_idx", "freed_at", postgresql_where=sa.text("freed_at IS NOT NULL")),
        sa.CheckConstraint("ends_at > starts_at", name="ends_after_start"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    clinic_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("clinic.id"))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    full_until: Mapped[datetime | None]
    """Reckoned by a trigger whenever the ledger changes: null while free, a hold's end while all
    that stands in the way is held, and its own end once something its clinic holds is used up."""
    withdrawn: Mapped[bool] = mapped_column(default=False)  # the clinic's hours were changed
    freed_at: Mapped[datetime | None]
    """Since when it is offered to people who would be seen sooner; null: nobody is asked."""

    clinic: Mapped[Clinic] = relationship(back_populates="slots")


class Appointment(Base):
    """A referral in a slot."""

    __tablename__ = "appointment"
    __table_args__ = (
        ExcludeConstraint(
            ("patient_id", "="),
            ("during", "&&"),
            name="appointment_patient_in_one_place",
            where=LIVE_APPOINTMENT,
            using="gist",
        ),
        sa.Index("appointment_slot_id_idx", "slot_id"),
        sa.Index(
            "appointment_one_waiting_per_referral",
            "referral_id",
            unique=True,
            postgresql_where=sa.text("state IN ('booked', 'checked_in')"),
        ),
        sa.CheckConstraint("NOT isempty(during)", name="during_not_empty"),
        sa.CheckConstraint(
            "(state = 'cancelled') = (cancel_reason IS NOT NULL)", name="cancelled_says_why"
        ),
        sa.CheckConstraint("cardinality(unmet) = 0 OR note <> ''", name="responsibility_says_why"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    slot_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("slot.id"))
    referral_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("referral.id"), index=True)
    patient_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("patient.id"))
    during: Mapped[Range[datetime]] = mapped_column(TSTZRANGE)
    state: Mapped[AppointmentState] = mapped_column(
        choice(AppointmentState, "state"), default=AppointmentState.BOOKED
    )
    cancel_reason: Mapped[CancelReason | None] = mapped_column(
        choice(CancelReason, "cancel_reason")
    )
    not_attended_reason: Mapped[NotAttendedReason | None] = mapped_column(
        choice(NotAttendedReason, "not_attended_reason")
    )
    moved_to_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("appointment.id"))
    booked_by_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("user_account.id"))
    """Null: the person took the time themselves, by the link or in reply to a message."""
    booked_at: Mapped[datetime]
    checked_in_at: Mapped[datetime | None]
    note: Mapped[str] = mapped_column(default="")  # what was arranged for the person's needs
    unmet: Mapped[list[str]] = mapped_column(default=list)
    """Needs without a resource of their own: whoever booked answers for them in `note`."""
    ended_at: Mapped[datetime | None]  # moved, cancelled or recorded as not attended

    slot: Mapped[Slot] = relationship()
    referral: Mapped[Referral] = relationship()
    patient: Mapped[Patient] = relationship()
    moved_to: Mapped["Appointment | None"] = relationship(remote_side=[id])


class Hold(Base):
    """A slot kept for somebody for minutes, while they are talked to; it lapses by itself."""

    __tablename__ = "hold"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    slot_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("slot.id"), index=True)
    referral_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("referral.id"), index=True)
    expires_at: Mapped[datetime] = mapped_column(index=True)
    held_by_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("user_account.id"))
    is_offer: Mapped[bool] = mapped_column(default=False)  # for hours, until somebody answers

    slot: Mapped[Slot] = relationship()


class Allocation(Base):
    """The ledger: one use of one lane of one resource over a time range."""

    __tablename__ = "allocation"
    __table_args__ = (
        ExcludeConstraint(
            ("resource_id", "="),
            ("level", "="),
            ("lane", "="),
            ("during", "&&"),
            name="allocation_one_use_per_lane",
            where=LIVE_ALLOCATION,
            using="gist",
        ),
        sa.CheckConstraint("NOT isempty(during)", name="during_not_empty"),
        sa.CheckConstraint("lane > 0", name="lane_positive"),
        sa.CheckConstraint(
            "(level = 'clinic') = (clinic_id IS NOT NULL AND appointment_id IS NULL)",
            name="belongs_to_its_level",
        ),
        sa.CheckConstraint(
            "(state = 'held') = (hold_id IS NOT NULL AND expires_at IS NOT NULL)",
            name="held_by_a_hold",
        ),
        sa.Index("allocation_appointment_id_idx", "appointment_id"),
        sa.Index("allocation_clinic_id_idx", "clinic_id"),
        sa.Index("allocation_hold_id_idx", "hold_id"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    resource_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("resource.id"))
    level: Mapped[Level] = mapped_column(choice(Level, "level"))
    lane: Mapped[int] = mapped_column(sa.SmallInteger, default=1)
    during: Mapped[Range[datetime]] = mapped_column(TSTZRANGE)
    state: Mapped[AllocationState] = mapped_column(choice(AllocationState, "state"))
    clinic_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("clinic.id"))
    appointment_id: Mapped[uuid.UUID | None] = mapped_column(
        # deferred: the ledger is written first, and only what is in it becomes an appointment
        sa.ForeignKey("appointment.id", deferrable=True, initially="DEFERRED")
    )
    hold_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("hold.id", ondelete="CASCADE"))
    expires_at: Mapped[datetime | None]
    reason: Mapped[str] = mapped_column(default="")  # why a lane above capacity was used

    resource: Mapped[Resource] = relationship()


class CalendarFeed(Base):
    """The secret address of one person's clinics; only the SHA-256 of its token is kept."""

    __tablename__ = "calendar_feed"
    __table_args__ = (
        sa.Index(
            "calendar_feed_one_per_person",
            "user_id",
            unique=True,
            postgresql_where=sa.text("revoked_at IS NULL"),
        ),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    user_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("user_account.id"))
    token_sha256: Mapped[str] = mapped_column(unique=True)
    made_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]

    user: Mapped[User] = relationship()
