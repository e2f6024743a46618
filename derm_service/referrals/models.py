"""Patients, their referrals, lesions, needs and consents."""

import uuid
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from derm_service.db import Base, choice, new_id
from derm_service.referrals.codes import (
    Channel,
    ConsentBy,
    Laterality,
    LesionState,
    Mobility,
    Need,
    Priority,
    Purpose,
    ReferralState,
    UnphotographedReason,
    WithdrawnReason,
)


class Patient(Base):
    """A person referred to us; identified by number, name and date of birth together."""

    __tablename__ = "patient"
    __table_args__ = (
        sa.Index(
            "patient_nhs_number_key",
            "nhs_number",
            unique=True,
            postgresql_where=sa.text("nhs_number IS NOT NULL"),
        ),
        sa.CheckConstraint("nhs_number ~ '^[0-9]{10}$'", name="nhs_number_ten_digits"),
        sa.CheckConstraint("digital_confidence BETWEEN 1 AND 5", name="digital_confidence_1_to_5"),
        sa.CheckConstraint(
            "proxy IS NULL OR proxy ->> 'consented_on' IS NOT NULL", name="proxy_has_consent"
        ),
        sa.Index("patient_born_on_idx", "born_on"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    nhs_number: Mapped[str | None]  # ten digits, no spaces
    family_name: Mapped[str]
    given_name: Mapped[str]
    born_on: Mapped[date]
    sex: Mapped[str] = mapped_column(default="not_known")  # female, male, other, not_known
    address_lines: Mapped[list[str]] = mapped_column(default=list)
    postcode: Mapped[str] = mapped_column(default="")
    phone: Mapped[str] = mapped_column(default="")
    mobile: Mapped[str] = mapped_column(default="")
    email: Mapped[str] = mapped_column(default="")
    contact_by: Mapped[Channel] = mapped_column(
        choice(Channel, "contact_by"), default=Channel.LETTER
    )
    contact_note: Mapped[str] = mapped_column(
        default=""
    )  # "ring daughter", "never leave a message"
    safe_contact: Mapped[bool] = mapped_column(default=False)
    """True: whatever we send may be seen by somebody who must not; only ring, as noted."""
    proxy: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    """Who hears for them, with the consent recorded: `proxy.py`."""
    language: Mapped[str] = mapped_column(default="en")  # ISO 639
    short_notice: Mapped[bool | None]  # would come at short notice when a time falls free
    interpreter_needed: Mapped[bool | None]  # None here and below is "not stated"
    ethnic_category: Mapped[str] = mapped_column(default="Z")
    mobility: Mapped[Mobility] = mapped_column(
        choice(Mobility, "mobility"), default=Mobility.NOT_STATED
    )
    care_home: Mapped[bool | None]
    has_device: Mapped[bool | None]
    has_data: Mapped[bool | None]
    digital_confidence: Mapped[int | None]
    has_digital_helper: Mapped[bool | None]
    gp_name: Mapped[str] = mapped_column(default="")
    gp_practice_code: Mapped[str] = mapped_column(default="")
    gp_address_lines: Mapped[list[str]] = mapped_column(default=list)
    deceased_on: Mapped[date | None]
    created_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)

    needs: Mapped[list["AccessNeed"]] = relationship(
        back_populates="patient", cascade="all, delete-orphan", order_by="AccessNeed.need"
    )
    referrals: Mapped[list["Referral"]] = relationship(
        back_populates="patient", order_by="Referral.received_at"
    )

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012


class AccessNeed(Base):
    """One thing a person needs to take part."""

    __tablename__ = "access_need"
    __table_args__ = (sa.UniqueConstraint("patient_id", "need"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    patient_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("patient.id"))
    need: Mapped[Need] = mapped_column(choice(Need, "need"))
    note: Mapped[str] = mapped_column(default="")

    patient: Mapped[Patient] = relationship(back_populates="needs")


class Referral(Base):
    """A clinician's request to look at one or more lesions of one patient."""

    __tablename__ = "referral"
    __table_args__ = (
        sa.Index(
            "referral_source_reference_key",
            "source",
            "source_reference",
            unique=True,
            postgresql_where=sa.text("source_reference IS NOT NULL"),
        ),
        sa.Index("referral_state_clock_idx", "state", "clock_started_on"),
        sa.Index("referral_patient_id_idx", "patient_id"),
        sa.CheckConstraint(
            "(state = 'withdrawn') = (withdrawn_at IS NOT NULL)", name="withdrawn_says_when"
        ),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    patient_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("patient.id"))
    source: Mapped[str] = mapped_column(default="entered")  # entered, csv, ...
    source_reference: Mapped[str | None]  # UBRN or the sender's own number
    state: Mapped[ReferralState] = mapped_column(
        choice(ReferralState, "state"), default=ReferralState.OPEN
    )
    priority: Mapped[Priority] = mapped_column(choice(Priority, "priority"))
    received_at: Mapped[datetime]
    clock_started_on: Mapped[date]  # day 0, a London date
    clock_stopped_on: Mapped[date | None]
    referrer_name: Mapped[str] = mapped_column(default="")
    referrer_organisation: Mapped[str] = mapped_column(default="")
    referrer_phone: Mapped[str] = mapped_column(default="")
    history: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    """anticoagulant, pacemaker, immunosuppressed: true/false/null; allergies, medicines,
    previous_skin_cancer, family_history: text."""
    withdrawn_at: Mapped[datetime | None]
    withdrawn_reason: Mapped[WithdrawnReason | None] = mapped_column(
        choice(WithdrawnReason, "withdrawn_reason")
    )
    created_by_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("user_account.id"))
    created_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)

    patient: Mapped[Patient] = relationship(back_populates="referrals")
    lesions: Mapped[list["Lesion"]] = relationship(
        back_populates="referral", order_by="Lesion.number"
    )

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012


class Lesion(Base):
    """One place to photograph, from the referral letter to the opinion."""

    __tablename__ = "lesion"
    __table_args__ = (
        sa.UniqueConstraint("referral_id", "number"),
        sa.CheckConstraint("number > 0", name="number_positive"),
        sa.CheckConstraint("seven_point_score BETWEEN 0 AND 10", name="seven_point_0_to_10"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    referral_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("referral.id"))
    number: Mapped[int]
    site_code: Mapped[str]  # SNOMED CT, body_sites.py
    laterality: Mapped[Laterality] = mapped_column(choice(Laterality, "laterality"))
    site_note: Mapped[str] = mapped_column(default="")  # "2 cm below the left eye"
    intimate: Mapped[bool] = mapped_column(default=False)
    question: Mapped[str] = mapped_column(default="")  # the referrer's own words
    duration: Mapped[str] = mapped_column(default="")
    seven_point: Mapped[list[str]] = mapped_column(default=list)  # items ticked, seven_point.py
    seven_point_score: Mapped[int | None]
    largest_diameter_mm: Mapped[float | None]
    is_referred: Mapped[bool] = mapped_column(default=True)  # False: found at the visit
    added_reason: Mapped[str] = mapped_column(default="")
    added_by_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("user_account.id"))
    state: Mapped[LesionState] = mapped_column(
        choice(LesionState, "state"), default=LesionState.AWAITING_IMAGES
    )
    unphotographed_reason: Mapped[UnphotographedReason | None] = mapped_column(
        choice(UnphotographedReason, "unphotographed_reason")
    )
    unphotographed_note: Mapped[str] = mapped_column(default="")

    referral: Mapped[Referral] = relationship(back_populates="lesions")


class Consent(Base):
    """One answer to one purpose; the newest row of a purpose is the one in force."""

    __tablename__ = "consent"
    __table_args__ = (sa.Index("consent_referral_id_purpose_idx", "referral_id", "purpose"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    referral_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("referral.id"))
    appointment_id: Mapped[uuid.UUID | None]
    purpose: Mapped[Purpose] = mapped_column(choice(Purpose, "purpose"))
    is_given: Mapped[bool]
    given_by: Mapped[ConsentBy] = mapped_column(choice(ConsentBy, "given_by"))
    giver_name: Mapped[str] = mapped_column(default="")  # parent, attorney
    giver_relation: Mapped[str] = mapped_column(default="")
    best_interests: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    """why the person cannot decide, who was consulted, why it is in their best interests."""
    publication_name: Mapped[str] = mapped_column(default="")
    text_version: Mapped[str]
    recorded_by_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("user_account.id"))
    recorded_at: Mapped[datetime]

    referral: Mapped[Referral] = relationship()


class ReferralFile(Base):
    """An uploaded file of referrals, between its dry run and its import; then without its text."""

    __tablename__ = "referral_file"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    text: Mapped[str | None]  # emptied when imported or discarded, or after a day
    result: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    """How many rows were taken in, were here, were bad, and the lines left out with the reason."""
    uploaded_by_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("user_account.id"))
    uploaded_at: Mapped[datetime]
