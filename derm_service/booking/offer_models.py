"""Times that fell free, each proposed to one person at a time."""

import uuid
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from derm_service.booking.codes import AnsweredBy, DeclineReason, OfferState
from derm_service.booking.models import Appointment, Slot
from derm_service.db import Base, choice, new_id
from derm_service.referrals.codes import Channel
from derm_service.referrals.models import Patient, Referral

OPEN = sa.text("state = 'open'")


class Offer(Base):
    """A freed time proposed to somebody who would be seen sooner; their own stands meanwhile."""

    __tablename__ = "offer"
    __table_args__ = (
        sa.Index("offer_one_open_per_slot", "slot_id", unique=True, postgresql_where=OPEN),
        sa.Index("offer_one_open_per_patient", "patient_id", unique=True, postgresql_where=OPEN),
        sa.Index("offer_patient_id_made_at_idx", "patient_id", "made_at"),
        sa.Index("offer_made_at_idx", "made_at"),
        sa.UniqueConstraint("token_sha256"),
        sa.CheckConstraint("(state = 'open') = (ended_at IS NULL)", name="ended_says_when"),
        sa.CheckConstraint(
            "(state = 'accepted') = (appointment_id IS NOT NULL)", name="accepted_has_its_place"
        ),
        sa.CheckConstraint(
            "(state IN ('accepted', 'declined')) = (answered_by IS NOT NULL)",
            name="answered_says_how",
        ),
        sa.CheckConstraint(
            "(state = 'declined') = (decline_reason IS NOT NULL)", name="declined_says_why"
        ),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    slot_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("slot.id"))
    referral_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("referral.id"), index=True)
    patient_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("patient.id"))
    instead_of_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("appointment.id"))
    """The appointment it would replace; null for somebody who has none."""
    hold_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("hold.id", ondelete="SET NULL"))
    slots: Mapped[int] = mapped_column(sa.SmallInteger, default=1)  # how many in a row
    channel: Mapped[Channel] = mapped_column(choice(Channel, "channel"))
    token_sha256: Mapped[str | None]  # of the secret in the link; null: rung up
    state: Mapped[OfferState] = mapped_column(choice(OfferState, "state"), default=OfferState.OPEN)
    made_at: Mapped[datetime]
    made_by_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("user_account.id"))
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    ended_why: Mapped[str] = mapped_column(default="")
    answered_by: Mapped[AnsweredBy | None] = mapped_column(choice(AnsweredBy, "answered_by"))
    decline_reason: Mapped[DeclineReason | None] = mapped_column(
        choice(DeclineReason, "decline_reason")
    )
    appointment_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("appointment.id"))

    slot: Mapped[Slot] = relationship()
    referral: Mapped[Referral] = relationship()
    patient: Mapped[Patient] = relationship()
    instead_of: Mapped[Appointment | None] = relationship(foreign_keys=[instead_of_id])
