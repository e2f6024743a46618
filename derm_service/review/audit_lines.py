"""The audit page's lines: who did or saw what on a referral, in words instead of ids and codes."""

import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from derm_service import wording
from derm_service.audit import AuditEntry
from derm_service.booking.queries import london_day
from derm_service.booking.rules import CANCEL_WORDS, NOT_ATTENDED_WORDS
from derm_service.imaging.capture_words import (
    KEPT_WORDS,
    SET_ASIDE_WORDS,
    STATE_TAGS,
    VERDICT_WORDS,
)
from derm_service.imaging.codes import View
from derm_service.imaging.retake_words import REASONS as REASONS_AGAIN
from derm_service.messages.rules import KIND_WORDS, WORK_WORDS
from derm_service.people import User
from derm_service.referrals.models import Referral
from derm_service.referrals.rules import LESION_WORDS
from derm_service.review import audit_names, outcomes
from derm_service.review.codes import Outcome

ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f-]{22}")
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d.*")
DAY = re.compile(r"\d{4}-\d\d-\d\d")
CODE = re.compile(r"[a-z0-9]+(_[a-z0-9]+)+")
HASH = re.compile(r"[0-9a-f]{64}")
REASONS: dict[str, str] = {
    str(code): words
    for table in (CANCEL_WORDS, NOT_ATTENDED_WORDS, KEPT_WORDS, SET_ASIDE_WORDS, REASONS_AGAIN)
    for code, words in table.items()
}
OUTCOMES = {each.value: outcomes.label(each) for each in Outcome}
VIEWS = {each.value: each.words for each in View}
STATES: dict[str, str] = {
    **{each.value: words for each, (words, _tone) in STATE_TAGS.items()},
    **{each.value: words for each, words in LESION_WORDS.items()},
}
CODED: dict[str, dict[str, str]] = {
    "outcome": OUTCOMES,
    "outcomes": OUTCOMES,
    "view": VIEWS,
    "views": VIEWS,
    "reason": REASONS,
    "state": STATES,
    "was": STATES,
    "verdict": {code: words for code, (words, _tone) in VERDICT_WORDS.items()},
    "kind": {
        **{each.value: words for each, words in WORK_WORDS.items()},
        **{each.value: words for each, words in KIND_WORDS.items()},
    },
    "size": {
        "1024": "small copy",
        "3072": "large copy",
        "full": "full resolution",
        "ers": "copy for e-RS",
    },
}
"""Details whose codes have words of their own."""
MEGABYTE = 1_000_000
CHANGES = ("state", "outcome")
"""Details that hold what was and what is."""


LOOKS = frozenset(
    {
        *(
            "opened case",
            "opened image for review",
            "opened lesion for review",
            "opened letter",
            "opened message",
        ),
        *("opened patient", "opened referral", "opened telling page", "opened visit"),
        *("looked at appointment", "looked at image", "read audit trail", "took original"),
        "was refused image",
    }
)
"""What only looks; everything else an audit row says changes something."""
A_PAGE = 100


@dataclass(frozen=True)
class AuditLine:
    """One audit row as people read it: who did it, to what, and its detail in words."""

    entry: AuditEntry
    who: str
    to_what: str
    detail: list[tuple[str, str]]


@dataclass(frozen=True)
class Asked:
    """Which rows somebody wants to see; codes only, so that it may stand in an address."""

    who: uuid.UUID | None = None
    looks: bool | None = None  # only looks, only changes, or both
    on: date | None = None  # a London day
    page: int = 1  # from 1, the newest rows first


@dataclass(frozen=True)
class AuditPage:
    """One page of what was asked for, and who appears in the trail at all."""

    lines: list[AuditLine]
    total: int
    people: dict[uuid.UUID, str]

    @property
    def pages(self) -> int:
        """How many pages of it there are."""
        return max(1, -(-self.total // A_PAGE))


def of_referral(session: Session, referral: Referral, asked: Asked) -> AuditPage:
    """Who did and who saw what on this referral and its patient's details, newest first."""
    its = (AuditEntry.referral_id == referral.id) | (
        AuditEntry.referral_id.is_(None) & (AuditEntry.patient_id == referral.patient_id)
    )
    rows = sa.select(AuditEntry).where(its, *_conditions(asked))
    shown = session.execute(
        rows.add_columns(User.name)
        .outerjoin(User, User.id == AuditEntry.by_id)
        .order_by(AuditEntry.id.desc())
        .limit(A_PAGE)
        .offset((asked.page - 1) * A_PAGE)
    )
    people = session.execute(
        sa.select(User.id, User.name).where(
            User.id.in_(sa.select(AuditEntry.by_id).where(its).distinct())
        )
    )
    names = audit_names.of_referral(session, referral)
    return AuditPage(
        lines=[_line(entry, name, names) for entry, name in shown],
        total=session.scalar(sa.select(sa.func.count()).select_from(rows.subquery())) or 0,
        people={row.id: row.name for row in sorted(people, key=_by_name)},
    )


def _by_name(row: sa.Row[uuid.UUID, str]) -> str:
    return wording.name_key(row.name)


def _conditions(asked: Asked) -> Iterator[sa.ColumnElement[bool]]:
    if asked.who is not None:
        yield AuditEntry.by_id == asked.who
    if asked.looks is not None:
        is_look = AuditEntry.did.in_(LOOKS)
        yield is_look if asked.looks else ~is_look
    if asked.on is not None:
        first, next_day = london_day(asked.on)
        yield (first <= AuditEntry.at) & (AuditEntry.at < next_day)


def _line(entry: AuditEntry, name: str | None, names: dict[str, str]) -> AuditLine:
    return AuditLine(
        entry,
        who=name or entry.by_system or "",
        to_what=names.get(entry.subject_id) or wording.code(entry.subject_kind),
        detail=list(_in_words(entry.detail, names)),
    )


def _in_words(detail: dict[str, Any], names: dict[str, str]) -> Iterator[tuple[str, str]]:
    """Detail with codes as words; ids become names, or go (they link rows, not people)."""
    for key, value in detail.items():
        if isinstance(value, str) and value in names:
            yield wording.code(key.removesuffix("_id")), names[value]
        elif value not in (None, "", [], {}) and not _is_id(value):
            said = _said(key, value, names)
            if said:  # hashes of several things say nothing here either
                yield wording.code(key), said


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
    if key == "bytes" and isinstance(value, int):
        return f"{value / MEGABYTE:.1f} MB"
    text = str(value)
    if text in CODED.get(key, {}):
        return CODED[key][text]
    if MOMENT.fullmatch(text):
        return wording.day_time(datetime.fromisoformat(text))
    if DAY.fullmatch(text):
        return wording.day(date.fromisoformat(text))
    return wording.code(text) if CODE.fullmatch(text) else text
