"""The outbox of messages and the rows of the Work page."""

import uuid
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from derm_service.db import Base, choice, new_id
from derm_service.messages.codes import (
    Addressee,
    Meaning,
    MessageKind,
    MessageState,
    WorkKind,
)
from derm_service.referrals.codes import Channel
from derm_service.referrals.models import Patient, Referral


class Message(Base):
    """One letter, text, email or call as it will reach one addressee."""

    __tablename__ = "message"
    __table_args__ = (
        sa.Index("message_referral_id_idx", "referral_id"),
        sa.Index("message_state_idx", "state"),
        sa.Index("message_subject_id_idx", "subject_id"),
        sa.Index("message_send_to_idx", "send_to", postgresql_where=sa.text("send_to <> ''")),
        sa.UniqueConstraint("once_key"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    referral_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("referral.id"))
    kind: Mapped[MessageKind] = mapped_column(choice(MessageKind, "kind"))
    addressee: Mapped[Addressee] = mapped_column(choice(Addressee, "addressee"))
    channel: Mapped[Channel] = mapped_column(choice(Channel, "channel"))
    state: Mapped[MessageState] = mapped_column(choice(MessageState, "state"))
    content: Mapped[dict[str, Any]] = mapped_column(JSONB)
    """What it says, frozen when it was written: address lines, greeting, paragraphs of a letter,
    `text` of an SMS, `email` of an email, `note` for whoever rings."""
    once_key: Mapped[str]
    """Names the fact the message tells (ids only), so that it is written once."""
    lock_reason: Mapped[str] = mapped_column(default="")
    override_reason: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    subject_id: Mapped[uuid.UUID | None]  # what it is about: the appointment, the offer
    send_to: Mapped[str] = mapped_column(default="")  # number or address of an SMS or email
    not_before: Mapped[datetime | None]  # a moment it waits for
    not_after: Mapped[datetime | None]  # from then on it is of no use
    attempts: Mapped[int] = mapped_column(default=0)
    attempted_at: Mapped[datetime | None]
    carrier_id: Mapped[str] = mapped_column(default="")  # what the carrier calls it
    asked_at: Mapped[datetime | None]  # when the carrier was last asked how far it is
    problem: Mapped[str] = mapped_column(default="")  # why it failed, or did not go out yet

    referral: Mapped[Referral] = relationship()


class Reply(Base):
    """One text that came in, whoever sent it; kept once, however often the carrier tells of it."""

    __tablename__ = "reply"
    __table_args__ = (
        sa.UniqueConstraint("carrier_id"),
        sa.Index("reply_subject_id_idx", "subject_id"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    carrier_id: Mapped[str]
    sent_from: Mapped[str]
    text: Mapped[str]
    meaning: Mapped[Meaning] = mapped_column(choice(Meaning, "meaning"))
    message_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("message.id"))
    referral_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("referral.id"))
    subject_id: Mapped[uuid.UUID | None]  # the appointment or offer the message was about
    received_at: Mapped[datetime]


class WorkItem(Base):
    """One row of the Work page: something that waits for a role until somebody does it."""

    __tablename__ = "work_item"
    __table_args__ = (
        sa.Index(
            "work_item_open_idx", "role", "due_on", postgresql_where=sa.text("done_at IS NULL")
        ),
        sa.Index(
            "work_item_once_key",
            "once_key",
            unique=True,
            postgresql_where=sa.text("done_at IS NULL"),
        ),
        sa.Index("work_item_referral_id_idx", "referral_id"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    kind: Mapped[WorkKind] = mapped_column(choice(WorkKind, "kind"))
    role: Mapped[str]  # people.Role value: whose list it stands on
    referral_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("referral.id"))
    subject_id: Mapped[uuid.UUID | None]  # message, capture, lesion, appointment
    once_key: Mapped[str]  # kind and subject: one open row for one need
    note: Mapped[str] = mapped_column(default="")
    urgent: Mapped[bool] = mapped_column(default=False)
    due_on: Mapped[date]
    not_after: Mapped[date | None]  # it is of no use later: the appointment it tells of
    opened_at: Mapped[datetime]
    done_at: Mapped[datetime | None]
    done_by_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("user_account.id"))
    done_how: Mapped[str] = mapped_column(default="")

    referral: Mapped[Referral | None] = relationship()

    @property
    def patient(self) -> Patient | None:
        """The person it is about, where it is about one."""
        return self.referral.patient if self.referral else None
