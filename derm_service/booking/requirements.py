"""Everything a person needs at a visit and what can meet it: pure."""

from dataclasses import dataclass

from derm_service.booking import access, fitting
from derm_service.booking.codes import Feature, ResourceKind
from derm_service.referrals.codes import LesionState, Mobility, Need
from derm_service.referrals.models import Referral

BY_HAND = (Need.CARER_PRESENT, Need.TRANSPORT, Need.OTHER)
"""Needs that no resource of ours meets: somebody arranges them and says how."""


@dataclass(frozen=True)
class Requirement:
    """One need and what meets it: a feature of the place, a resource, a longer time, or a word."""

    code: str
    words: str
    feature: Feature | None = None
    kind: ResourceKind | None = None
    language: str = ""
    longer: bool = False


def of_referral(referral: Referral) -> list[Requirement]:
    """What has to be met, or answered for, before a visit for this referral is confirmed."""
    person = access.person(referral.patient)
    found = [_feature(each) for each in access.wanted(person)]
    found += [
        Requirement(
            f"{each.kind}:{each.language}".rstrip(":"),
            each.words,
            kind=each.kind,
            language=each.language,
        )
        for each in fitting.helpers_wanted(person, referral)
    ]
    waiting = sum(one.state is LesionState.AWAITING_IMAGES for one in referral.lesions)
    if fitting.slots_wanted(person, waiting) > 1:
        found.append(Requirement("longer", fitting.DOUBLE, longer=True))
    if person.mobility is Mobility.HOUSEBOUND:
        found.append(Requirement("housebound", access.HOUSEBOUND))
    return found + [
        Requirement(need.value, access.ARRANGE[need]) for need in BY_HAND if need in person.needs
    ]


def _feature(feature: Feature) -> Requirement:
    kind = ResourceKind.HOIST if feature is Feature.HOIST else None
    words = access.FEATURE_WORDS[feature].lower()
    return Requirement(feature.value, words, feature=feature, kind=kind)
