"""What a person wants of a slot, how wants are weighed, and why an offer fits: pure."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from derm_service.booking import access
from derm_service.booking.codes import Feature, ResourceKind
from derm_service.referrals import languages
from derm_service.referrals.clocks import ClockReading
from derm_service.referrals.codes import Mobility, Need, Priority
from derm_service.referrals.models import Referral

KM_A_DAY: dict[Priority, float] = {
    Priority.URGENT_SUSPECTED_CANCER: 20,
    Priority.URGENT: 10,
    Priority.ROUTINE: 3,
}
"""How many kilometres further a person is sent to be seen a day sooner."""
MANY_LESIONS = 4
SIGN_LANGUAGE = "bfi"
DOUBLE = "double time"


@dataclass(frozen=True)
class Helper:
    """Somebody who has to be there besides the clinic's own staff."""

    kind: ResourceKind
    language: str = ""  # of an interpreter

    @property
    def words(self) -> str:
        """What this is called in a sentence."""
        if self.kind is ResourceKind.INTERPRETER:
            return f"interpreter ({languages.name(self.language)})"
        return self.kind.value


@dataclass(frozen=True)
class Wish:
    """What one referral wants of a slot."""

    patient_id: uuid.UUID
    breach_on: date  # the last day that is still in time
    km_a_day: float
    latitude: float | None = None
    longitude: float | None = None
    slots: int = 1
    kit: frozenset[ResourceKind] = frozenset({ResourceKind.DERMATOSCOPE})
    features: tuple[Feature, ...] = ()
    helpers: tuple[Helper, ...] = field(default=())

    @property
    def knows_where(self) -> bool:
        """Whether distance can be counted."""
        return self.latitude is not None and self.longitude is not None


def slots_wanted(person: access.Person, lesions: int) -> int:
    """Two slots for many lesions, a hoist or a need for more time; else one."""
    slow = (
        person.mobility is Mobility.HOIST
        or bool(person.needs & {Need.HOIST, Need.LONGER_APPOINTMENT})
        or lesions >= MANY_LESIONS
    )
    return 2 if slow else 1


def helpers_wanted(person: access.Person, referral: Referral) -> tuple[Helper, ...]:
    """Interpreters for the person's languages, and a chaperone where a site is intimate."""
    wanted = []
    if person.interpreter_language is not None:
        wanted.append(Helper(ResourceKind.INTERPRETER, person.interpreter_language))
    if Need.BSL in person.needs and person.interpreter_language != SIGN_LANGUAGE:
        wanted.append(Helper(ResourceKind.INTERPRETER, SIGN_LANGUAGE))
    if any(lesion.intimate for lesion in referral.lesions):
        wanted.append(Helper(ResourceKind.CHAPERONE))
    return tuple(wanted)


def km_a_day(person: access.Person, priority: Priority) -> float:
    """How far a day is worth; half as far for somebody who needs transport or cannot walk."""
    hard = Need.TRANSPORT in person.needs or person.mobility is not Mobility.INDEPENDENT
    return KM_A_DAY[priority] / (2 if hard else 1)


def reasons(
    wish: Wish, reading: ClockReading, *, km: float | None, lacks: Iterable[str]
) -> list[str]:
    """Why an offer fits, as it is read aloud: clock, distance, access, helpers, time."""
    lacking = set(lacks)
    said = [reading.label[0].lower() + reading.label[1:]]
    if km is not None:
        said.append(f"{km:.1f} km")
    said += [
        _short(words)
        for words in (access.FEATURE_WORDS[feature] for feature in wish.features)
        if words not in lacking
    ]
    said += [f"{each.words} free" for each in wish.helpers if each.words not in lacking]
    if wish.slots > 1 and DOUBLE not in lacking:
        said.append(DOUBLE)
    return said


def _short(words: str) -> str:
    return words.lower().removesuffix(" access")
