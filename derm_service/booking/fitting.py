"""How what a person wants of a slot is weighed, and why an offer fits: pure."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from derm_service.booking import access
from derm_service.booking.codes import ResourceKind, View
from derm_service.booking.requirements import Requirement
from derm_service.referrals.clocks import ClockReading
from derm_service.referrals.codes import Mobility, Need, Priority

KM_A_DAY: dict[Priority, float] = {
    Priority.URGENT_SUSPECTED_CANCER: 20,
    Priority.URGENT: 10,
    Priority.ROUTINE: 3,
}
"""How many kilometres further a person is sent to be seen a day sooner."""


@dataclass(frozen=True)
class Wish:
    """What one referral wants of a slot."""

    patient_id: uuid.UUID
    breach_on: date  # the last day that is still in time
    km_a_day: float
    latitude: float | None = None
    longitude: float | None = None
    kit: frozenset[ResourceKind] = frozenset({ResourceKind.DERMATOSCOPE})
    views: frozenset[View] = frozenset(View)
    needs: tuple[Requirement, ...] = ()

    @property
    def slots(self) -> int:
        """How many slots in a row."""
        return 2 if any(each.longer for each in self.needs) else 1

    @property
    def knows_where(self) -> bool:
        """Whether distance can be counted."""
        return self.latitude is not None and self.longitude is not None


def km_a_day(person: access.Person, priority: Priority) -> float:
    """How far a day is worth; half as far for somebody who needs transport or cannot walk."""
    hard = Need.TRANSPORT in person.needs or person.mobility is not Mobility.INDEPENDENT
    return KM_A_DAY[priority] / (2 if hard else 1)


def reasons(
    wish: Wish, reading: ClockReading, *, km: float | None, lacks: Iterable[str]
) -> list[str]:
    """Why an offer fits, as it is read aloud: clock, distance, access, helpers, time."""
    lacking = set(lacks)
    met = [each for each in wish.needs if each.can_be_found and each.words not in lacking]
    said = [reading.label[0].lower() + reading.label[1:]]
    if km is not None:
        said.append(f"{km:.1f} km")
    said += [_short(each.words) for each in met if each.feature]
    said += [f"{each.words} free" for each in met if each.kind and not each.feature]
    return said + [each.words for each in met if each.longer]


def _short(words: str) -> str:
    return words.removesuffix(" access")
