"""Visits, image sets, captures, their sealed bytes, and requests to take them again."""

import uuid
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from derm_service.booking.models import Appointment
from derm_service.db import Base, choice, new_id
from derm_service.imaging.codes import (
    CaptureState,
    Chaperone,
    Contact,
    Immersion,
    KeptReason,
    NotPhotographedReason,
    Polarisation,
    RenditionSize,
    RetakeReason,
    SetAsideReason,
    View,
)
from derm_service.referrals.models import Lesion


class Visit(Base):
    """What happened at one appointment from check-in to finish; one row per appointment."""

    __tablename__ = "visit"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    appointment_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("appointment.id"), unique=True)
    identifiers: Mapped[list[str]] = mapped_column(default=list)  # name, born_on, address, ...
    identity_confirmed_at: Mapped[datetime | None]
    identity_confirmed_by_id: Mapped[uuid.UUID | None] = mapped_column(
        sa.ForeignKey("user_account.id")
    )
    has_capacity: Mapped[bool | None]  # for this decision; under 16 not asked
    consent_recorded_at: Mapped[datetime | None]
    chaperone: Mapped[Chaperone | None] = mapped_column(choice(Chaperone, "chaperone"))
    chaperone_name: Mapped[str] = mapped_column(default="")
    notes_for_reader: Mapped[str] = mapped_column(default="")
    needs_someone_today: Mapped[str] = mapped_column(default="")  # why; empty: no
    needs_someone_today_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    finished_by_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("user_account.id"))
    identity_failed_at: Mapped[datetime | None]  # the visit is stopped while this stands
    identity_failed_note: Mapped[str] = mapped_column(default="")
    identity_sorted_note: Mapped[str] = mapped_column(default="")  # how it was cleared up
    competence_note: Mapped[str] = mapped_column(default="")  # why a young person may decide
    interpreter: Mapped[str] = mapped_column(default="")  # who interpreted
    no_interpreter_reason: Mapped[str] = mapped_column(default="")
    not_photographed_reason: Mapped[NotPhotographedReason | None] = mapped_column(
        choice(NotPhotographedReason, "not_photographed_reason")
    )
    not_photographed_note: Mapped[str] = mapped_column(default="")

    appointment: Mapped[Appointment] = relationship()
    image_sets: Mapped[list["ImageSet"]] = relationship(back_populates="visit")


class ImageSet(Base):
    """The captures of one lesion at one visit: the unit of review."""

    __tablename__ = "image_set"
    __table_args__ = (sa.UniqueConstraint("visit_id", "lesion_id"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    visit_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("visit.id"))
    lesion_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("lesion.id"), index=True)
    site_confirmed_at: Mapped[datetime | None]
    site_confirmed_by_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("user_account.id"))
    missing_views_reason: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime]

    visit: Mapped[Visit] = relationship(back_populates="image_sets")
    lesion: Mapped[Lesion] = relationship()
    captures: Mapped[list["Capture"]] = relationship(
        back_populates="image_set", order_by="Capture.announced_at"
    )


class SealedObject(Base):
    """One object in the store: ciphertext there, its wrapped key and hashes here."""

    __tablename__ = "sealed_object"
    __table_args__ = (sa.UniqueConstraint("bucket", "key"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    bucket: Mapped[str]
    key: Mapped[str]  # server-made; says nothing
    wrapped_keyset: Mapped[bytes]
    key_encryption_key: Mapped[str]  # which key wrapped it
    sha256_plain: Mapped[str]
    sha256_cipher: Mapped[str]
    size_plain: Mapped[int] = mapped_column(sa.BigInteger)
    size_cipher: Mapped[int] = mapped_column(sa.BigInteger)
    created_at: Mapped[datetime]


class Capture(Base):
    """One press of the shutter; its id and SHA-256 were made on the device."""

    __tablename__ = "capture"
    __table_args__ = (
        sa.CheckConstraint("size_bytes > 0", name="size_positive"),
        sa.CheckConstraint("sha256 ~ '^[0-9a-f]{64}$'", name="sha256_hex"),
        sa.CheckConstraint(
            "state <> 'filed' OR original_id IS NOT NULL", name="filed_has_its_bytes"
        ),
        sa.CheckConstraint(
            "(state = 'set_aside') = (set_aside_reason IS NOT NULL)", name="set_aside_says_why"
        ),
        sa.Index("capture_image_set_id_idx", "image_set_id"),
        sa.Index("capture_state_idx", "state"),
        sa.Index("capture_sha256_idx", "sha256"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    image_set_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("image_set.id"))
    view: Mapped[View] = mapped_column(choice(View, "view"))
    state: Mapped[CaptureState] = mapped_column(choice(CaptureState, "state"))
    sha256: Mapped[str]  # of the original bytes by the device's word, lower-case hex
    sha256_received: Mapped[str | None]  # of the bytes we put together, by our own count
    size_bytes: Mapped[int] = mapped_column(sa.BigInteger)
    file_name: Mapped[str] = mapped_column(default="")
    captured_at: Mapped[datetime | None]  # the device's clock
    polarisation: Mapped[Polarisation | None] = mapped_column(choice(Polarisation, "polarisation"))
    contact: Mapped[Contact | None] = mapped_column(choice(Contact, "contact"))
    immersion: Mapped[Immersion | None] = mapped_column(choice(Immersion, "immersion"))
    taken_by_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("user_account.id"))
    announced_at: Mapped[datetime]
    received_at: Mapped[datetime | None]
    checked_at: Mapped[datetime | None]
    filed_at: Mapped[datetime | None]
    set_aside_at: Mapped[datetime | None]
    set_aside_reason: Mapped[SetAsideReason | None] = mapped_column(
        choice(SetAsideReason, "set_aside_reason")
    )
    kept_reason: Mapped[KeptReason | None] = mapped_column(choice(KeptReason, "kept_reason"))
    kept_note: Mapped[str] = mapped_column(default="")
    media_type: Mapped[str] = mapped_column(default="")
    width: Mapped[int | None]  # upright, pixels
    height: Mapped[int | None]
    camera: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)  # EXIF worth keeping
    verdict: Mapped[str | None]  # accept, advise, retake, reject
    report: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    original_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("sealed_object.id"))

    image_set: Mapped[ImageSet] = relationship(back_populates="captures")
    original: Mapped[SealedObject | None] = relationship()
    renditions: Mapped[list["Rendition"]] = relationship(back_populates="capture")


class Chunk(Base):
    """One received piece of a capture; the sum of these rows is the only truth of the offset."""

    __tablename__ = "chunk"

    capture_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("capture.id"), primary_key=True)
    start: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True)  # bytes before it
    length: Mapped[int] = mapped_column(sa.BigInteger)
    sealed_object_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("sealed_object.id"))

    sealed: Mapped[SealedObject] = relationship()


class Rendition(Base):
    """A copy for eyes: upright, without metadata, sealed like its original."""

    __tablename__ = "rendition"

    capture_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("capture.id"), primary_key=True)
    size: Mapped[RenditionSize] = mapped_column(choice(RenditionSize, "size"), primary_key=True)
    width: Mapped[int]
    height: Mapped[int]
    sealed_object_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("sealed_object.id"))

    capture: Mapped[Capture] = relationship(back_populates="renditions")
    sealed: Mapped[SealedObject] = relationship()


class Retake(Base):
    """A reader's request for new captures of named views of one lesion."""

    __tablename__ = "retake"
    __table_args__ = (
        sa.Index(
            "retake_one_open_per_lesion",
            "lesion_id",
            unique=True,
            postgresql_where=sa.text("done_at IS NULL"),
        ),
        sa.CheckConstraint("cardinality(views) > 0", name="names_a_view"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    lesion_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("lesion.id"))
    image_set_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("image_set.id"))
    capture_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("capture.id"))
    views: Mapped[list[str]]
    reason: Mapped[RetakeReason] = mapped_column(choice(RetakeReason, "reason"))
    note: Mapped[str] = mapped_column(default="")
    asked_by_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("user_account.id"))
    asked_at: Mapped[datetime]
    done_at: Mapped[datetime | None]

    lesion: Mapped[Lesion] = relationship()
    image_set: Mapped[ImageSet | None] = relationship()
