"""The audit page's lines: who did or saw what on a referral, in words instead of ids and codes."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from derm_service import wording
from derm_service.audit import AuditEntry
from derm_service.imaging.models import Capture, ImageSet, Retake
from derm_service.imaging.rules import VIEW_WORDS
from derm_service.people import User
from derm_service.referrals.body_sites import label as site_label
from derm_service.referrals.models import Lesion, Referral
from derm_service.review import outcomes
from derm_service.review.codes import Outcome
from derm_service.review.models import Opinion

ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f-]{22}")
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d.*")
DAY = re.compile(r"\d{4}-\d\d-\d\d")
CODE = re.compile(r"[a-z0-9]+(_[a-z0-9]+)+")
HASH = re.compile(r"[0-9a-f]{64}")
CODED: dict[str, dict[str, str]] = {
    "outcome": {each.value: outcomes.label(each) for each in Outcome},
    "view": {each.value: words for each, words in VIEW_WORDS.items()},
    "views": {each.value: words for each, words in VIEW_WORDS.items()},
}
"""Details whose codes have words of their own."""
CHANGES = ("state", "outcome")
"""Details that hold what was and what is."""


@dataclass(frozen=True)
class AuditLine:
    """One audit row as people read it: who did it, to what, and its detail in words."""

    entry: AuditEntry
    who: str
    to_what: str
    detail: list[tuple[str, str]]


def of_referral(session: Session, referral: Referral) -> list[AuditLine]:
    """Who did and who saw what on this referral and its patient's details, newest first."""
    rows = session.execute(
        sa.select(AuditEntry, User.name)
        .outerjoin(User, User.id == AuditEntry.by_id)
        .where(
            (AuditEntry.referral_id == referral.id)
            | (AuditEntry.referral_id.is_(None) & (AuditEntry.patient_id == referral.patient_id))
        )
        .order_by(AuditEntry.id.desc())
    )
    names = _names(session, referral)
    return [
        AuditLine(
            entry,
            who=name or entry.by_system or "",
            to_what=names.get(entry.subject_id) or wording.code(entry.subject_kind),
            detail=list(_in_words(entry.detail, names)),
        )
        for entry, name in rows
    ]


def _names(session: Session, referral: Referral) -> dict[str, str]:
    """What the referral's lesions, image sets, captures, retakes and opinions are called, by id."""
    lesions = {each.id: each for each in referral.lesions}
    names: dict[Any, str] = {
        each.id: f"Lesion {each.number}: {site_label(each.site_code, each.laterality)}"
        for each in referral.lesions
    }
    captures = session.scalars(
        sa.select(Capture)
        .join(Capture.image_set)
        .where(ImageSet.lesion_id.in_(lesions))
        .options(joinedload(Capture.image_set))
    )
    for capture in captures:
        number = lesions[capture.image_set.lesion_id].number
        names[capture.id] = f"{VIEW_WORDS[capture.view].capitalize()} of lesion {number}"
    for words, table in (("Photographs", ImageSet), ("Retake", Retake), ("Opinion", Opinion)):
        found = session.execute(
            sa.select(table.id, Lesion.number)
            .join(Lesion, Lesion.id == table.lesion_id)
            .where(table.lesion_id.in_(lesions))
        )
        names |= {row.id: f"{words} of lesion {row.number}" for row in found}
    return {str(key): name for key, name in names.items()}


def _in_words(detail: dict[str, Any], names: dict[str, str]) -> Iterator[tuple[str, str]]:
    """Detail with codes as words; ids become names, or go (they link rows, not people)."""
    for key, value in detail.items():
        if isinstance(value, str) and value in names:
            yield wording.code(key.removesuffix("_id")), names[value]
        elif value not in (None, "", [], {}) and not _is_id(value):
            yield wording.code(key), _said(key, value, names)


def _said(key: str, value: Any, names: dict[str, str]) -> str:
    if isinstance(value, dict):
        return "; ".join(f"{name}: {words}" for name, words in _in_words(value, names))
    if key in CHANGES and isinstance(value, list) and len(value) == 2:
        return f"from {_word(key, value[0]).lower()} to {_word(key, value[1]).lower()}"
    if isinstance(value, list):
        return ", ".join(_word(key, each) for each in value)
    return _word(key, value)


def _is_id(value: object) -> bool:
    return isinstance(value, str) and bool(ID.fullmatch(value) or HASH.fullmatch(value))


def _word(key: str, value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    text = str(value)
    if text in CODED.get(key, {}):
        return CODED[key][text]
    if MOMENT.fullmatch(text):
        return wording.day_time(datetime.fromisoformat(text))
    if DAY.fullmatch(text):
        return wording.day(date.fromisoformat(text))
    return wording.code(text) if CODE.fullmatch(text) else text
