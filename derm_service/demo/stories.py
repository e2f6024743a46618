"""What happens to each of the sixty: how long ago they were referred, with what, and how far."""

from dataclasses import dataclass
from enum import StrEnum
from random import Random

from derm_service.demo.lesions import Kind
from derm_service.referrals.codes import Laterality, Priority
from derm_service.referrals.inputs import LesionInput


class Story(StrEnum):
    """How far a referral has come by today."""

    WAITING = "waiting"
    BOOKED = "booked"
    MOVED = "moved"
    CANCELLED = "cancelled"
    NOT_ATTENDED = "not_attended"
    TODAY = "today"
    CHECKED_IN = "checked_in"
    CONSENTED = "consented"
    HALF_PHOTOGRAPHED = "half_photographed"
    TO_READ = "to_read"
    NOT_FOUND = "not_found"
    SOMEONE_TODAY = "someone_today"
    BEING_READ = "being_read"
    RETAKE_WAITING = "retake_waiting"
    RETAKE_TODAY = "retake_today"
    TO_TELL = "to_tell"
    RETURNED = "returned"
    CALLED = "called"
    CLOSED = "closed"
    WITHDRAWN = "withdrawn"
    DECEASED = "deceased"


# Story, days since referral, priority (routine, urgent, cancer), kinds of lesion.
_STORIES = """
waiting 0 cancer melanoma
waiting 1 cancer naevus,naevus
waiting 2 cancer basal_cell
waiting 4 urgent actinic
waiting 6 cancer melanoma,seborrhoeic
waiting 9 cancer naevus
waiting 12 cancer basal_cell
waiting 15 cancer naevus,angioma
waiting 18 cancer seborrhoeic
waiting 25 cancer melanoma
waiting 26 cancer naevus
waiting 27 cancer basal_cell,actinic
waiting 31 cancer naevus
waiting 20 routine seborrhoeic
waiting 45 routine angioma
waiting 80 routine naevus
waiting 119 routine actinic
booked 2 cancer melanoma
booked 3 cancer naevus
booked 5 cancer basal_cell,naevus
booked 7 cancer naevus
booked 8 cancer seborrhoeic
booked 11 cancer melanoma
booked 13 urgent basal_cell
booked 16 cancer naevus,naevus,seborrhoeic
booked 24 routine actinic
booked 33 routine naevus
booked 60 routine seborrhoeic,seborrhoeic
moved 10 cancer naevus
cancelled 14 cancer basal_cell
not_attended 17 cancer naevus
not_attended 22 routine seborrhoeic
today 8 cancer melanoma
today 9 cancer naevus,basal_cell
today 12 cancer seborrhoeic
today 14 urgent actinic
today 30 routine naevus
checked_in 10 cancer naevus,seborrhoeic
consented 11 cancer basal_cell
half_photographed 9 cancer naevus,melanoma
to_read 12 cancer melanoma
to_read 13 cancer naevus,seborrhoeic
to_read 26 cancer basal_cell
to_read 40 routine angioma
not_found 15 cancer actinic
someone_today 11 cancer melanoma
being_read 14 cancer naevus
retake_waiting 19 cancer naevus
retake_today 18 cancer melanoma
to_tell 17 cancer melanoma
to_tell 20 cancer basal_cell
to_tell 21 cancer seborrhoeic
returned 23 cancer naevus
called 19 cancer melanoma
closed 21 cancer seborrhoeic
closed 24 urgent actinic
closed 50 routine naevus
withdrawn 16 cancer naevus
withdrawn 29 routine seborrhoeic
deceased 13 cancer basal_cell
"""
_PRIORITY = {
    "routine": Priority.ROUTINE,
    "urgent": Priority.URGENT,
    "cancer": Priority.URGENT_SUSPECTED_CANCER,
}
# Body site, side, whether it is on a limb (for the renderer).
_SITES = (
    ("36141000", Laterality.LEFT, False),
    ("66643007", Laterality.MIDLINE, False),
    ("25763004", Laterality.RIGHT, True),
    ("41550009", Laterality.LEFT, True),
    ("699893008", Laterality.RIGHT, False),
    ("74160004", Laterality.NOT_APPLICABLE, False),
    ("47224004", Laterality.LEFT, True),
    ("16621002", Laterality.RIGHT, False),
    ("70559009", Laterality.RIGHT, True),
    ("113182001", Laterality.LEFT, False),
    ("61248009", Laterality.LEFT, True),
    ("43067004", Laterality.NOT_APPLICABLE, False),
)
_QUESTION = {
    Kind.NAEVUS: "Mole, looks the same to me but the patient is worried. Benign?",
    Kind.MELANOMA: "Growing and darker than the others, two colours. Melanoma?",
    Kind.BASAL_CELL: "Pearly lump that bleeds and crusts, not healing. BCC?",
    Kind.SEBORRHOEIC: "Stuck-on brown patch, catches on clothes. Seborrhoeic keratosis?",
    Kind.ANGIOMA: "Red spot that bled once when knocked. Angioma?",
    Kind.ACTINIC: "Rough red scaly patch on sun-damaged skin. Actinic keratosis, or SCC?",
}
_DURATION = {
    Kind.NAEVUS: "Since childhood, changed over a year",
    Kind.MELANOMA: "Four months",
    Kind.BASAL_CELL: "About a year",
    Kind.SEBORRHOEIC: "Several years",
    Kind.ANGIOMA: "Two years",
    Kind.ACTINIC: "Eight months",
}
_SEVEN_POINT = {
    Kind.NAEVUS: ["change_in_sensation"],
    Kind.MELANOMA: ["change_in_size", "irregular_shape", "irregular_colour", "seven_mm_or_more"],
    Kind.BASAL_CELL: ["oozing"],
    Kind.SEBORRHOEIC: ["seven_mm_or_more"],
    Kind.ANGIOMA: [],
    Kind.ACTINIC: ["inflammation"],
}
_ACROSS_MM = {
    Kind.NAEVUS: (4.0, 6.5),
    Kind.MELANOMA: (7.0, 11.0),
    Kind.BASAL_CELL: (5.0, 9.0),
    Kind.SEBORRHOEIC: (7.0, 11.0),
    Kind.ANGIOMA: (3.0, 5.0),
    Kind.ACTINIC: (6.0, 11.0),
}


@dataclass(frozen=True)
class Spot:
    """One lesion of a story: as the referrer writes it, and as the renderer draws it."""

    referred: LesionInput
    kind: Kind
    diameter_mm: float
    on_limb: bool
    seed: int


@dataclass(frozen=True)
class Plot:
    """One referral's story before it is played."""

    story: Story
    days_ago: int
    priority: Priority
    spots: tuple[Spot, ...]


def plots() -> list[Plot]:
    """Sixty stories; the same on every machine."""
    chance = Random(28)  # noqa: S311 (made-up stories, the same every time)
    lines = [line.split() for line in _STORIES.strip().splitlines()]
    return [
        Plot(Story(story), int(days), _PRIORITY[priority], _spots(kinds, 10 * index, chance))
        for index, (story, days, priority, kinds) in enumerate(lines)
    ]


def _spots(kinds: str, seed: int, chance: Random) -> tuple[Spot, ...]:
    names = kinds.split(",")
    sites = chance.sample(_SITES, len(names))
    return tuple(
        _spot(Kind(name), site, seed + at, chance)
        for at, (name, site) in enumerate(zip(names, sites, strict=True))
    )


def _spot(kind: Kind, site: tuple[str, Laterality, bool], seed: int, chance: Random) -> Spot:
    across = round(chance.uniform(*_ACROSS_MM[kind]), 1)
    code, side, on_limb = site
    return Spot(
        referred=LesionInput(
            site_code=code,
            laterality=side,
            question=_QUESTION[kind],
            duration=_DURATION[kind],
            seven_point=list(_SEVEN_POINT[kind]),
            largest_diameter_mm=float(round(across)),
        ),
        kind=kind,
        diameter_mm=across,
        on_limb=on_limb,
        seed=seed,
    )
