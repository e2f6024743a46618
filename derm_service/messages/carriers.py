"""Who carries a text or an email: what any carrier has to be able to do, and how it refuses."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from derm_service.referrals.codes import Channel


class Progress(StrEnum):
    """How far the carrier says a message is."""

    ON_ITS_WAY = "on_its_way"
    DELIVERED = "delivered"
    FAILED = "failed"


@dataclass(frozen=True)
class Parcel:
    """One message as it is handed over; `reference` is ours, and finds it again."""

    reference: str
    channel: Channel
    to: str
    subject: str
    body: str


@dataclass(frozen=True)
class Receipt:
    """What the carrier knows of a message; `why` in words where it failed."""

    progress: Progress
    why: str = ""


class Refused(Exception):
    """The carrier will never take this message, and says why."""


class Unsure(Exception):
    """No answer, or none that says whether the message was taken."""


class Closed(Exception):
    """The carrier takes nothing from us: the key, or the limit of the day."""


class Carrier(Protocol):
    """Takes messages once each, and can say what became of them."""

    def send(self, parcel: Parcel) -> str:
        """Hand a message over; the carrier's id of it. Refused, Unsure or Closed."""
        ...

    def find(self, reference: str) -> str | None:
        """The carrier's id of the message with our reference, if it was ever taken."""
        ...

    def receipt(self, carrier_id: str) -> Receipt:
        """How far a message is."""
        ...
