"""What a person needs, what a place offers, and what has to be arranged: pure."""

from collections.abc import Iterable
from dataclasses import dataclass

from derm_service.booking.codes import Feature, View
from derm_service.referrals import languages
from derm_service.referrals.codes import Mobility, Need
from derm_service.referrals.models import Patient

FEATURE_WORDS: dict[Feature, str] = {
    Feature.STEP_FREE: "Step-free access",
    Feature.ACCESSIBLE_PARKING: "Accessible parking",
    Feature.ACCESSIBLE_TOILET: "Accessible toilet",
    Feature.HEARING_LOOP: "Hearing loop",
    Feature.HOIST: "Hoist",
    Feature.CHANGING_PLACE: "Changing Places toilet",
    Feature.QUIET_SPACE: "Quiet space",
}
NEED_WORDS: dict[Need, str] = {
    Need.STEP_FREE: "Step-free access",
    Need.HOIST: "Hoist",
    Need.HEARING_LOOP: "Hearing loop",
    Need.BSL: "British Sign Language",
    Need.LARGE_PRINT: "Large print",
    Need.EASY_READ: "Easy read",
    Need.BRAILLE: "Braille",
    Need.LONGER_APPOINTMENT: "Longer appointment",
    Need.CARER_PRESENT: "Carer present",
    Need.TRANSPORT: "Transport",
    Need.OTHER: "Other need",
}
MOBILITY_WORDS: dict[Mobility, str] = {
    Mobility.INDEPENDENT: "Walks without help",
    Mobility.NEEDS_HELP: "Needs help to walk",
    Mobility.WHEELCHAIR: "Wheelchair",
    Mobility.HOIST: "Needs a hoist",
    Mobility.HOUSEBOUND: "Housebound",
    Mobility.NOT_STATED: "Not stated",
}
_FEATURE_FOR: dict[Need, Feature] = {
    Need.STEP_FREE: Feature.STEP_FREE,
    Need.HOIST: Feature.HOIST,
    Need.HEARING_LOOP: Feature.HEARING_LOOP,
}
_FEATURES_FOR_MOBILITY: dict[Mobility, tuple[Feature, ...]] = {
    Mobility.WHEELCHAIR: (Feature.STEP_FREE,),
    Mobility.HOIST: (Feature.STEP_FREE, Feature.HOIST),
    Mobility.HOUSEBOUND: (Feature.STEP_FREE,),
}
HOUSEBOUND = "how a housebound person can get there and back"
ARRANGE: dict[Need, str] = {
    Need.BSL: "a British Sign Language interpreter",
    Need.LONGER_APPOINTMENT: "a longer appointment",
    Need.CARER_PRESENT: "that the carer can come",
    Need.TRANSPORT: "transport there and back",
    Need.OTHER: "the other need on the record",
}


@dataclass(frozen=True)
class Person:
    """What booking has to know about somebody's needs."""

    mobility: Mobility
    needs: frozenset[Need]
    interpreter_language: str | None  # None: no interpreter is needed


def person(patient: Patient) -> Person:
    """What booking has to know about a patient's needs."""
    return Person(
        mobility=patient.mobility,
        needs=frozenset(need.need for need in patient.needs),
        interpreter_language=patient.language if patient.interpreter_needed else None,
    )


def need_words(person: Person) -> list[str]:
    """The recorded needs in words."""
    return [NEED_WORDS[each] for each in Need if each in person.needs]


def getting_about(mobility: Mobility) -> list[str]:
    """How somebody gets about where it matters to the visit; unknown matters too."""
    if mobility is Mobility.INDEPENDENT:
        return []
    if mobility is Mobility.NOT_STATED:
        return ["Getting about: not stated"]
    return [MOBILITY_WORDS[mobility]]


def all_in_words(person: Person) -> list[str]:
    """Getting about, needs and interpreter in words; nothing for somebody without any."""
    words = getting_about(person.mobility)
    if person.interpreter_language is not None:
        words.append(f"Interpreter: {languages.name(person.interpreter_language)}")
    return words + need_words(person)


def wanted(person: Person) -> list[Feature]:
    """The features a place must have for this person, each once."""
    features = [*_FEATURES_FOR_MOBILITY.get(person.mobility, ())]
    features += [_FEATURE_FOR[need] for need in Need if need in person.needs & set(_FEATURE_FOR)]
    return list(dict.fromkeys(features))


def missing(person: Person, features: Iterable[str], views: Iterable[str]) -> list[str]:
    """What a clinic with these features and views lacks for this person, in words."""
    offered = set(features)
    lacking = [FEATURE_WORDS[each] for each in wanted(person) if each.value not in offered]
    return lacking + [words for _view, words in views_missing(views)]


def views_missing(views: Iterable[str]) -> list[tuple[View, str]]:
    """Which photographs a clinic that takes these cannot take, each with its words."""
    taken = set(views)
    missed = [each for each in View if each.value not in taken]
    return [(each, f"{each.words.capitalize()} photographs") for each in missed]


def view_words(views: Iterable[str]) -> list[str]:
    """Views in words, in the order of the table."""
    taken = set(views)
    return [view.words.capitalize() for view in View if view.value in taken]


def to_arrange(person: Person) -> list[str]:
    """What no place brings by itself: it has to be arranged for the visit."""
    arrange = []
    if person.interpreter_language is not None:
        arrange.append(f"an interpreter ({languages.name(person.interpreter_language)})")
    if person.mobility is Mobility.HOUSEBOUND:
        arrange.append(HOUSEBOUND)
    return arrange + [words for need, words in ARRANGE.items() if need in person.needs]


def feature_words(features: Iterable[str]) -> list[str]:
    """A place's features in words, in the order of the table; unknown ones as they stand."""
    offered = list(features)
    known = [words for feature, words in FEATURE_WORDS.items() if feature.value in offered]
    return known + [each for each in offered if each not in set(Feature)]
