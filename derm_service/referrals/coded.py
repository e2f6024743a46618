"""Coded words as people write them, whatever their capitals, spaces and dashes; pure."""

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar

from derm_service.referrals import body_sites, languages, seven_point
from derm_service.referrals.codes import ETHNIC_CATEGORIES, Laterality, Need, Priority
from derm_service.referrals.inputs import SEXES

E = TypeVar("E", bound=StrEnum)
T = TypeVar("T")
LARGEST_MM = 500

PRIORITIES: dict[str, Priority] = {
    **{priority.value.replace("_", " "): priority for priority in Priority},
    "two week wait": Priority.URGENT_SUSPECTED_CANCER,
    "2ww": Priority.URGENT_SUSPECTED_CANCER,
    "usc": Priority.URGENT_SUSPECTED_CANCER,
}
SIDES: dict[str, Laterality] = {
    **{side.value.replace("_", " "): side for side in Laterality},
    "none": Laterality.NOT_APPLICABLE,
    "l": Laterality.LEFT,
    "r": Laterality.RIGHT,
    "both": Laterality.BILATERAL,
    "both sides": Laterality.BILATERAL,
}


def word(value: str) -> str:
    """A word as tables hold it: small letters, single spaces."""
    return " ".join(value.replace("_", " ").replace("-", " ").casefold().split())


def table(enum: type[E]) -> dict[str, E]:
    """The members of an enum by their word."""
    return {word(member.value): member for member in enum}


def sex(value: str) -> str:
    """A sex; empty is not known."""
    known = {word(code): code for code in SEXES} | {"": "not_known", "f": "female", "m": "male"}
    if word(value) not in known:
        raise ValueError("Choose female, male, other or not known")
    return known[word(value)]


def language(value: str) -> str:
    """An ISO 639 code; empty is English."""
    if not value.strip():
        return "en"
    if (code := languages.code_of(value)) is None:
        raise ValueError("Choose a language from the list, or give its ISO 639 code")
    return code


def needs(value: str) -> list[Need]:
    """Needs, separated by commas or semicolons."""
    return _all_of(value, table(Need), "list of needs")


def seven_point_items(value: str) -> list[str]:
    """Ticked items of the checklist, separated by commas or semicolons."""
    known = {word(item.code): item.code for item in seven_point.ITEMS}
    return _all_of(value, known, "seven-point checklist")


def ethnic_category(value: str) -> str:
    """A category by its letter or its name; empty is Z, not stated."""
    letter = value.strip().upper() or "Z"
    by_name = {word(label): code for code, label in ETHNIC_CATEGORIES.items()}
    code = letter if letter in ETHNIC_CATEGORIES else by_name.get(word(value))
    if code is None:
        raise ValueError("Choose an ethnic category, or Z for not stated")
    return code


def one_to_five(value: str) -> int | None:
    """Digital confidence; empty is not stated."""
    if not value.strip():
        return None
    if value.strip() not in {"1", "2", "3", "4", "5"}:
        raise ValueError("Digital confidence must be a number from 1 to 5")
    return int(value)


def site(value: str) -> str:
    """A body site by its code or its name."""
    said = " ".join(value.split())
    known = body_sites.BY_CODE.get(said.upper()) or body_sites.BY_NAME.get(said.casefold())
    if known is None:
        raise ValueError("Choose where on the body the lesion is")
    return known.code


def millimetres(value: str) -> float | None:
    """A size in millimetres; empty is not measured."""
    said = value.casefold().replace("mm", "").replace(",", ".").strip()
    if not said:
        return None
    try:
        size = float(said)
    except ValueError:
        size = 0.0
    if not 0 < size <= LARGEST_MM:  # refuses "nan" too
        raise ValueError("Largest diameter must be a number of millimetres, like 6")
    return size


def _all_of(value: str, known: Mapping[str, T], where: str) -> list[T]:
    listed = [said for each in value.replace(";", ",").split(",") if (said := word(each))]
    if unknown := [said for said in listed if said not in known]:
        raise ValueError(f"Choose from the {where}: “{unknown[0]}” is not on it")
    return list(dict.fromkeys(known[said] for said in listed))
