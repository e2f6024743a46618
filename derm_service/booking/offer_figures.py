"""Offers made, answered and accepted by group of people, small numbers left out: pure."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from derm_service.referrals import languages

SMALL = 5
"""A count below it, or one that lets such a count be reckoned, is not shown."""
AGE_BANDS = (
    (18, "Under 18"),
    (40, "18 to 39"),
    (65, "40 to 64"),
    (80, "65 to 79"),
    (200, "80 and over"),
)
ETHNIC_GROUPS = {
    "White": "ABC",
    "Mixed": "DEFG",
    "Asian or Asian British": "HJKL",
    "Black or Black British": "MNP",
    "Chinese or any other ethnic group": "RS",
}
NOT_KNOWN = "Not known"
ALL = "Everybody"


@dataclass(frozen=True)
class Asked:
    """One offer and the person it was made to, as the figures need them."""

    age: int
    imd_decile: int | None
    ethnic_category: str
    language: str
    answered: bool
    accepted: bool


@dataclass(frozen=True)
class Row:
    """One group; None is a number that is not shown."""

    group: str
    offers: int | None
    answered: int | None
    accepted: int | None

    @property
    def answered_percent(self) -> int | None:
        """How many of a hundred offers were answered."""
        return _percent(self.answered, self.offers)

    @property
    def accepted_percent(self) -> int | None:
        """How many of a hundred offers were accepted."""
        return _percent(self.accepted, self.offers)


@dataclass(frozen=True)
class Table:
    """One way to look at all offers; the last row is everybody."""

    title: str
    rows: list[Row]


def tables(asked: Sequence[Asked]) -> list[Table]:
    """The same offers by age, deprivation, ethnicity and language."""
    deciles = [_decile(n) for n in range(1, 11)]
    by_language = sorted({_language(one) for one in asked})
    return [
        _table("Age", asked, lambda one: _age_band(one.age), [name for _, name in AGE_BANDS]),
        _table(
            "Deprivation of the neighbourhood",
            asked,
            lambda one: _decile(one.imd_decile),
            [*deciles, NOT_KNOWN],
        ),
        _table("Ethnicity", asked, _ethnic_group, [*ETHNIC_GROUPS, NOT_KNOWN]),
        _table("Language", asked, _language, by_language),
    ]


def hide_small(rows: Sequence[Row]) -> list[Row]:
    """The rows without small numbers, nor any from which one could be reckoned."""
    shown = [_hide_in_row(row) for row in rows]
    for name, of in (("offers", ""), ("answered", "offers"), ("accepted", "answered")):
        rest = sorted(
            (n for n, row in enumerate(shown) if getattr(row, name)),
            key=lambda n: _number(rows[n], name),
            reverse=True,
        )
        hidden = [row for row, each in zip(rows, shown, strict=True) if getattr(each, name) is None]
        hide: dict[str, Any] = {name: None}
        while rest and _tells(hidden, name, of):
            least = rest.pop()
            hidden.append(rows[least])
            shown[least] = replace(shown[least], **hide)
    return [_consistent(row) for row in shown]


def _number(row: Row, name: str) -> int:
    return getattr(row, name) or 0


def _tells(hidden: Sequence[Row], name: str, of: str) -> bool:
    """Whether the total less what is shown says too much of the hidden numbers.

    One alone would be that difference; several that are few together would be almost known, and
    so would the few who did not answer, or did not accept.
    """
    together = sum(_number(row, name) for row in hidden)
    others = sum(_number(row, of) for row in hidden) - together if of else 0
    return len(hidden) == 1 or _is_small(together) or _is_small(others)


def _table(
    title: str, asked: Sequence[Asked], group: Callable[[Asked], str], names: Iterable[str]
) -> Table:
    rows = [_count(name, [one for one in asked if group(one) == name]) for name in names]
    everybody = _consistent(_hide_in_row(_count(ALL, asked)))
    return Table(title, [*hide_small([row for row in rows if row.offers]), everybody])


def _count(group: str, asked: Sequence[Asked]) -> Row:
    return Row(
        group,
        len(asked),
        sum(one.answered for one in asked),
        sum(one.accepted for one in asked),
    )


def _hide_in_row(row: Row) -> Row:
    offers, answered, accepted = row.offers or 0, row.answered or 0, row.accepted or 0
    hide_answered = _is_small(answered) or _is_small(offers - answered)
    hide_accepted = _is_small(accepted) or _is_small(answered - accepted)
    return Row(
        row.group,
        None if _is_small(offers) else offers,
        None if hide_answered else answered,
        None if hide_accepted else accepted,
    )


def _consistent(row: Row) -> Row:
    """Of a group whose offers are not shown nothing else is."""
    return replace(row, answered=None, accepted=None) if row.offers is None else row


def _is_small(number: int) -> bool:
    return 0 < number < SMALL


def _percent(part: int | None, whole: int | None) -> int | None:
    return None if part is None or not whole else round(100 * part / whole)


def _age_band(age: int) -> str:
    return next(name for below, name in AGE_BANDS if age < below)


def _decile(decile: int | None) -> str:
    if decile is None:
        return NOT_KNOWN
    ends = {1: " (most deprived tenth)", 10: " (least deprived tenth)"}
    return f"Decile {decile}{ends.get(decile, '')}"


def _ethnic_group(one: Asked) -> str:
    groups = (name for name, codes in ETHNIC_GROUPS.items() if one.ethnic_category in codes)
    return next(groups, NOT_KNOWN)


def _language(one: Asked) -> str:
    return languages.name(one.language)
