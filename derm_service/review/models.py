"""Claims, opened images, opinions, addenda and the telling of the patient."""

import uuid
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from derm_service.db import Base, choice, new_id
from derm_service.people import User
from derm_service.referrals.models import Lesion
from derm_service.review.codes import Outcome, ToldHow


class Claim(Base):
    """Which reader has a referral open; one at a time, taken over when it is old."""

    __tablename__ = "claim"

    referral_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("referral.id"), primary_key=True)
    reader_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("user_account.id"))
    claimed_at: Mapped[datetime]

    reader: Mapped[User] = relationship()


class ImageOpened(Base):
    """A reader had this capture open in the viewer."""

    __tablename__ = "image_opened"

    capture_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("capture.id"), primary_key=True)
    reader_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("user_account.id"), primary_key=True)
    opened_at: Mapped[datetime]


class Opinion(Base):
    """A signed opinion on one lesion; never edited, corrected by addenda."""

    __tablename__ = "opinion"
    __table_args__ = (
        sa.UniqueConstraint("lesion_id", "number"),
        sa.CheckConstraint("site_confirmed", name="site_was_confirmed"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    lesion_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("lesion.id"))
    number: Mapped[int]  # 1 is the first opinion on this lesion
    image_set_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("image_set.id"))
    outcome: Mapped[Outcome] = mapped_column(choice(Outcome, "outcome"))
    text_for_gp: Mapped[str]
    text_for_patient: Mapped[str]
    site_confirmed: Mapped[bool]
    images_waived_reason: Mapped[str] = mapped_column(default="")  # signed without all images
    signed_by_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("user_account.id"))
    signed_at: Mapped[datetime]

    lesion: Mapped[Lesion] = relationship()
    signed_by: Mapped[User] = relationship()
    addenda: Mapped[list["Addendum"]] = relationship(
        back_populates="opinion", order_by="Addendum.signed_at"
    )


class Addendum(Base):
    """A dated correction of an opinion; it reissues the letters."""

    __tablename__ = "addendum"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    opinion_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("opinion.id"), index=True)
    outcome: Mapped[Outcome | None] = mapped_column(choice(Outcome, "outcome"))  # when it changes
    text_for_gp: Mapped[str]
    text_for_patient: Mapped[str]
    signed_by_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("user_account.id"))
    signed_at: Mapped[datetime]

    opinion: Mapped[Opinion] = relationship(back_populates="addenda")
    signed_by: Mapped[User] = relationship()


class Told(Base):
    """When and how the patient was told an opinion; taken back when a letter returns."""

    __tablename__ = "told"
    __table_args__ = (
        sa.Index(
            "told_once_per_opinion",
            "opinion_id",
            unique=True,
            postgresql_where=sa.text("taken_back_at IS NULL"),
        ),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    opinion_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("opinion.id"))
    how: Mapped[ToldHow] = mapped_column(choice(ToldHow, "how"))
    told_at: Mapped[datetime]
    spoken_to: Mapped[str] = mapped_column(default="")
    note: Mapped[str] = mapped_column(default="")
    recorded_by_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("user_account.id"))
    recorded_at: Mapped[datetime]
    taken_back_at: Mapped[datetime | None]
    taken_back_reason: Mapped[str] = mapped_column(default="")

    opinion: Mapped[Opinion] = relationship()
