"""What a visit takes beyond its clinic (interpreter, chaperone, second slot) and what it lacks."""

import uuid
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import TSTZRANGE
from sqlalchemy.orm import Session, aliased

from derm_service import clock
from derm_service.booking import requirements
from derm_service.booking.codes import AllocationState, Level, ResourceKind
from derm_service.booking.ledger import LIVE, Span
from derm_service.booking.models import Allocation, Clinic, Resource, Slot
from derm_service.booking.requirements import Requirement
from derm_service.errors import Invalid
from derm_service.referrals.models import Referral

LONGEST_NOTE = 2000  # it stands in letters and on the day list
TOO_LONG = f"Enter what you have arranged in {LONGEST_NOTE:,} characters at most."


@dataclass(frozen=True)
class Settled:
    """How a person's needs are met at a time: what is taken, for how long, what is missing."""

    resources: tuple[uuid.UUID, ...]
    during: Span
    unmet: tuple[Requirement, ...] = ()

    @property
    def unmet_codes(self) -> list[str]:
        """The codes an appointment keeps."""
        return [each.code for each in self.unmet]


def settle(
    session: Session,
    slot: Slot,
    referral: Referral,
    clinic_resources: tuple[uuid.UUID, ...],
    during: Span,
    *,
    giving_up: uuid.UUID | None = None,
) -> Settled:
    """Find a resource for every recorded need; what `giving_up` (an appointment) has is free.

    Somebody without needs costs no query. To take what is found, call it under the locks, which
    hold the helpers too; without them it is a look ahead.
    """
    taken = list(clinic_resources)
    unmet = []
    for each in requirements.of_referral(referral):
        found = _meets(session, each, slot, taken, during, giving_up)
        if found is None:
            unmet.append(each)
        taken += found or []
    unmet += requirements.of_views(slot.clinic.views)
    return Settled(tuple(taken), during, tuple(unmet))


def has_any(referral: Referral) -> bool:
    """Whether anything has to be met for a visit."""
    return bool(requirements.of_referral(referral))


def check_answered(settled: Settled, note: str) -> None:
    """Refuse (Invalid) to confirm what nothing meets and nobody answers for, or a note too long."""
    if len(note) > LONGEST_NOTE:
        raise Invalid({"note": TOO_LONG})
    if settled.unmet and not note.strip():
        lacking = "; ".join(each.words for each in settled.unmet)
        raise Invalid(
            {"note": f"Enter what you have arranged, or why this is right without it: {lacking}."}
        )


def _meets(
    session: Session,
    wanted: Requirement,
    slot: Slot,
    taken: list[uuid.UUID],
    during: Span,
    giving_up: uuid.UUID | None,
) -> list[uuid.UUID] | None:
    """What meets a need (nothing more than the place: an empty list); None: nothing does."""
    if wanted.longer:
        return [] if during.upper and during.upper > slot.ends_at else None
    clinic = slot.clinic
    if wanted.feature is not None and wanted.feature.value in clinic.access:
        return []
    if wanted.kind is None:
        return None
    if _in_clinic(session, wanted.kind, wanted.language, taken):
        return []
    return _somebody_free(session, wanted.kind, wanted.language, clinic, during, giving_up)


def _in_clinic(session: Session, kind: ResourceKind, language: str, taken: list[uuid.UUID]) -> bool:
    query = sa.select(Resource.id).where(Resource.id.in_(taken), Resource.kind == kind)
    return session.scalar(_speaking(query, language).limit(1)) is not None


def _somebody_free(
    session: Session,
    kind: ResourceKind,
    language: str,
    clinic: Clinic,
    during: Span,
    giving_up: uuid.UUID | None,
) -> list[uuid.UUID] | None:
    """One of this kind who can come to the place and is nowhere else; the old one first."""
    had = sa.exists().where(
        Allocation.resource_id == Resource.id, Allocation.appointment_id == giving_up
    )
    query = (
        sa.select(Resource.id)
        .where(
            Resource.kind == kind,
            sa.or_(Resource.location_id.is_(None), Resource.location_id == clinic.location_id),
            _lanes_used(Level.VISIT, during, giving_up) < Resource.capacity,
            _lanes_used(Level.CLINIC, during, None) == 0,
        )
        .order_by(had.desc(), Resource.location_id.is_(None), Resource.id)
    )
    found = session.scalar(_speaking(query, language).limit(1))
    return None if found is None else [found]


def _speaking(query: sa.Select[Any], language: str) -> sa.Select[Any]:
    return query.where(Resource.language == language) if language else query


def _lanes_used(level: Level, during: Span, giving_up: uuid.UUID | None) -> sa.ScalarSelect[int]:
    """How many of a resource's own lanes are used over a time; the same count is in `FIRST_FIT`."""
    other = aliased(Allocation)
    query = sa.select(sa.func.count(sa.distinct(other.lane))).where(
        other.resource_id == Resource.id,
        other.level == level,
        other.lane <= Resource.capacity,
        other.state.in_(LIVE),
        sa.or_(other.state == AllocationState.CONFIRMED, other.expires_at > clock.now()),
        other.during.op("&&")(sa.literal(during, TSTZRANGE)),
    )
    if giving_up is not None:
        query = query.where(other.appointment_id.is_distinct_from(giving_up))
    return query.correlate(Resource).scalar_subquery()
