"""Everything a person needs at a visit and what can meet it: pure."""

from collections.abc import Iterable
from dataclasses import dataclass

from derm_service.booking import access
from derm_service.booking.codes import Feature, ResourceKind, View
from derm_service.referrals import languages
from derm_service.referrals.codes import LesionState, Mobility, Need
from derm_service.referrals.models import Referral

MANY_LESIONS = 4
SIGN_LANGUAGE = "bfi"
DOUBLE = "double time"
BY_HAND = (Need.CARER_PRESENT, Need.TRANSPORT, Need.OTHER)
"""Needs that no resource of ours meets: somebody arranges them and says how."""


@dataclass(frozen=True)
class Requirement:
    """One need and what meets it: a feature, a resource, a longer time, a view, or a word."""

    code: str
    words: str
    feature: Feature | None = None
    kind: ResourceKind | None = None
    language: str = ""
    longer: bool = False
    view: View | None = None

    @property
    def can_be_found(self) -> bool:
        """Whether a place, a resource or a longer time meets it; else somebody arranges it."""
        return bool(self.feature or self.kind or self.longer or self.view)


def of_referral(referral: Referral) -> list[Requirement]:
    """What has to be met, or answered for, before a visit for this referral is confirmed."""
    person = access.person(referral.patient)
    found = [_feature(each) for each in access.wanted(person)]
    found += [_interpreter(language) for language in _languages(person)]
    if any(lesion.intimate for lesion in referral.lesions):
        kind = ResourceKind.CHAPERONE
        found.append(Requirement(kind.value, kind.value, kind=kind))
    if slots_wanted(referral) > 1:
        found.append(Requirement("longer", DOUBLE, longer=True))
    if person.mobility is Mobility.HOUSEBOUND:
        found.append(Requirement("housebound", access.HOUSEBOUND))
    return found + [
        Requirement(need.value, access.ARRANGE[need]) for need in BY_HAND if need in person.needs
    ]


def slots_wanted(referral: Referral) -> int:
    """Two slots for many lesions, a hoist or a need for more time; else one."""
    person = access.person(referral.patient)
    waiting = sum(one.state is LesionState.AWAITING_IMAGES for one in referral.lesions)
    slow = {Need.HOIST, Need.LONGER_APPOINTMENT}
    takes_long = person.mobility is Mobility.HOIST or bool(person.needs & slow)
    return 2 if takes_long or waiting >= MANY_LESIONS else 1


def of_views(views: Iterable[str]) -> list[Requirement]:
    """What a clinic that takes these photographs cannot: somebody says why it is right even so."""
    return [
        Requirement(f"view:{each.value}", words.lower(), view=each)
        for each, words in access.views_missing(views)
    ]


def _feature(feature: Feature) -> Requirement:
    kind = ResourceKind.HOIST if feature is Feature.HOIST else None
    words = access.FEATURE_WORDS[feature].lower()
    return Requirement(feature.value, words, feature=feature, kind=kind)


def _languages(person: access.Person) -> list[str]:
    """What the person needs an interpreter for; sign language is one of them."""
    spoken = person.interpreter_language
    signs = Need.BSL in person.needs and spoken != SIGN_LANGUAGE
    return ([spoken] if spoken else []) + ([SIGN_LANGUAGE] if signs else [])


def _interpreter(language: str) -> Requirement:
    kind = ResourceKind.INTERPRETER
    words = f"interpreter ({languages.name(language)})"
    return Requirement(f"{kind}:{language}", words, kind=kind, language=language)
