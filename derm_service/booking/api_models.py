"""What programs send to booking and read from it; the OpenAPI document is made of these."""

import uuid
from datetime import datetime
from typing import Annotated, Self

from pydantic import AwareDatetime, BaseModel, BeforeValidator, Field, model_validator

from derm_service.api.operations import Asked, Error, Words
from derm_service.booking import holds
from derm_service.booking.codes import (
    AppointmentState,
    CancelReason,
    NextStep,
    NotAttendedReason,
)
from derm_service.booking.models import Appointment, Hold, Slot
from derm_service.booking.rules import CHOOSABLE_CANCEL_REASONS, ers_reason
from derm_service.booking.search import Offer
from derm_service.clock import YEARS

MOST_SLOTS = 50


def _written_out(value: object) -> object:
    if not isinstance(value, str) or not value[:4].isdecimal() or int(value[:4]) not in YEARS:
        raise ValueError("Enter a moment with its offset, like 2026-08-06T09:00:00+01:00")
    return value


def _choosable(value: object) -> object:
    if not isinstance(value, str) or value not in CHOOSABLE_CANCEL_REASONS:
        listed = ", ".join(each.value for each in CHOOSABLE_CANCEL_REASONS)
        raise ValueError(f"Send one of {listed}")
    return value


Moment = Annotated[AwareDatetime, BeforeValidator(_written_out)]


class SlotsAsked(Asked):
    """Which slots to look for: for whom, when and where."""

    referral_id: uuid.UUID
    after: Moment | None = None
    before: Moment | None = None
    location_id: uuid.UUID | None = None
    limit: Annotated[int, Field(ge=1, le=MOST_SLOTS)] = 3
    per_clinic: Annotated[int, Field(ge=1, le=MOST_SLOTS)] = 1

    @model_validator(mode="after")
    def _the_right_way_round(self) -> Self:
        if self.after and self.before and self.before <= self.after:
            raise ValueError("before must be later than after")
        return self


class SlotRef(BaseModel):
    """A slot by its time and place."""

    slot_id: uuid.UUID
    starts_at: datetime
    ends_at: datetime
    location_id: uuid.UUID
    location: str

    @classmethod
    def of(cls, slot: Slot, ends_at: datetime | None = None) -> Self:
        """The slot as programs read it."""
        return cls(
            slot_id=slot.id,
            starts_at=slot.starts_at,
            ends_at=ends_at or slot.ends_at,
            location_id=slot.clinic.location_id,
            location=slot.clinic.location.name,
        )


class SlotOffered(SlotRef):
    """A free slot with why it fits and what it lacks."""

    km: float | None
    in_time: bool
    why: list[str]
    lacks: list[str]

    @classmethod
    def offered(cls, offer: Offer) -> Self:
        """An offer as programs read it."""
        plain = SlotRef.of(offer.slot, offer.ends_at).model_dump()
        return cls(
            **plain,
            km=None if offer.km is None else round(offer.km, 1),
            in_time=not offer.clock.is_breached,
            why=offer.why,
            lacks=offer.lacks,
        )


class SlotsFound(BaseModel):
    """The first slots that fit, the best first."""

    slots: list[SlotOffered]
    notes: list[str]


class HoldAsked(Asked):
    """A slot to keep for somebody for minutes."""

    slot_id: uuid.UUID
    referral_id: uuid.UUID
    minutes: Annotated[
        int, Field(ge=holds.ALLOWED_MINUTES.start, lt=holds.ALLOWED_MINUTES.stop)
    ] = holds.MINUTES


class HoldMade(BaseModel):
    """A kept slot; it lapses by itself."""

    id: uuid.UUID
    slot_id: uuid.UUID
    referral_id: uuid.UUID | None
    expires_at: datetime

    @classmethod
    def of(cls, hold: Hold) -> Self:
        """The hold as programs read it."""
        return cls(
            id=hold.id,
            slot_id=hold.slot_id,
            referral_id=hold.referral_id,
            expires_at=hold.expires_at,
        )


class BookAsked(Asked):
    """A slot for a referral; `note` says what was arranged where a need is not met."""

    slot_id: uuid.UUID
    referral_id: uuid.UUID
    hold_id: uuid.UUID | None = None
    note: Words = ""


class MoveAsked(Asked):
    """Another slot for an appointment; without a note the old one stands."""

    slot_id: uuid.UUID
    hold_id: uuid.UUID | None = None
    note: Words | None = None


class CancelAsked(Asked):
    """Why an appointment is cancelled."""

    reason: Annotated[CancelReason, BeforeValidator(_choosable)]


class NotAttendedAsked(Asked):
    """Why somebody did not come, as far as known, and what follows: never a discharge."""

    reason: NotAttendedReason = NotAttendedReason.NOT_KNOWN
    next_step: NextStep = NextStep.RING


class AppointmentShown(BaseModel):
    """An appointment as it stands."""

    id: uuid.UUID
    referral_id: uuid.UUID
    slot_id: uuid.UUID
    starts_at: datetime
    ends_at: datetime
    location_id: uuid.UUID
    location: str
    state: AppointmentState
    cancel_reason: CancelReason | None
    not_attended_reason: NotAttendedReason | None
    ers_reason: str | None
    moved_to_id: uuid.UUID | None
    note: str

    @classmethod
    def of(cls, one: Appointment) -> Self:
        """The appointment as programs read it."""
        return cls(
            id=one.id,
            referral_id=one.referral_id,
            slot_id=one.slot_id,
            starts_at=one.slot.starts_at,
            ends_at=one.during.upper or one.slot.ends_at,
            location_id=one.slot.clinic.location_id,
            location=one.slot.clinic.location.name,
            state=one.state,
            cancel_reason=one.cancel_reason,
            not_attended_reason=one.not_attended_reason,
            ers_reason=ers_reason(one.cancel_reason, one.not_attended_reason),
            moved_to_id=one.moved_to_id,
            note=one.note,
        )


class Gone(Error):
    """Why it could not be, and, where a time has gone, the next free ones."""

    next_free: list[SlotRef] = Field(default_factory=list)
