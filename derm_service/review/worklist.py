"""The reader's worklist: who needs somebody today, then who breaches first."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload, selectinload

from derm_service import clock, wording
from derm_service.booking.models import Appointment
from derm_service.imaging.codes import CaptureState, View
from derm_service.imaging.models import ImageSet, Retake, Visit
from derm_service.messages import work
from derm_service.messages.codes import WorkKind
from derm_service.people import Action, Role, User, may
from derm_service.referrals import body_sites
from derm_service.referrals.clocks import ClockReading, clock_of
from derm_service.referrals.codes import LesionState, ReferralState
from derm_service.referrals.models import Lesion, Patient, Referral
from derm_service.review import claims, standing, viewing
from derm_service.review.codes import Outcome
from derm_service.review.models import Claim

NOBODY = (
    "No dermatologist may read this case: what waits is at an intimate site, or its only reader "
    "asked for a second opinion. Ask an administrator to give another reader the right to "
    "intimate images."
)


@dataclass(frozen=True)
class Row:
    """One case of the worklist."""

    referral: Referral
    clock: ClockReading
    today: str  # why somebody is needed today; empty: no
    places: list[str]  # of the lesions that wait for a reader
    missing: list[str]  # sentences
    claim: Claim | None
    is_free: bool  # for this reader to claim
    is_mine: bool
    asked_by_me: bool  # every waiting lesion is this reader's own second-opinion question
    is_for_me: bool  # this reader may sign at least one of the waiting lesions


@dataclass
class _Facts:
    """What was read for all cases at once."""

    today: dict[uuid.UUID, str] = field(default_factory=dict)
    claims: dict[uuid.UUID, Claim] = field(default_factory=dict)
    sets: dict[uuid.UUID, list[ImageSet]] = field(default_factory=dict)
    retakes: set[uuid.UUID] = field(default_factory=set)
    questions: dict[uuid.UUID, uuid.UUID] = field(default_factory=dict)


def rows(session: Session, *, by: User) -> list[Row]:
    """Every case with a lesion that awaits review, in the order it should be read."""
    referrals = _awaiting(session)
    facts = _read(session, referrals)
    found = [_row(referral, facts, by) for referral in referrals]
    return sorted(
        found,
        key=lambda row: (not row.today, row.clock.breach_on, row.referral.received_at),
    )


def tell_whom_nobody_may_read(session: Session) -> int:
    """Tell the lead of every case that no reader may sign; returns of how many.

    Its lesions are at intimate sites, which nobody has the right to see, or the only one who has
    it asked for a second opinion.
    """
    referrals = _awaiting(session)
    facts = _read(session, referrals)
    readers = [
        each
        for each in session.scalars(sa.select(User).where(User.disabled_at.is_(None)))
        if may(each, Action.REVIEW)
    ]
    stuck = [
        referral
        for referral in referrals
        if not any(_row(referral, facts, reader).is_for_me for reader in readers)
    ]
    for referral in stuck:
        work.raise_item(
            session,
            kind=WorkKind.SAFETY_ALERT,
            role=Role.LEAD,
            due_on=clock.today(),
            referral_id=referral.id,
            subject_id=referral.id,
            note=NOBODY,
            urgent=True,
        )
    return len(stuck)


def _awaiting(session: Session) -> Sequence[Referral]:
    waiting = sa.select(Lesion.referral_id).where(Lesion.state == LesionState.AWAITING_REVIEW)
    return session.scalars(
        sa.select(Referral)
        .join(Referral.patient)
        .where(
            Referral.state == ReferralState.OPEN,
            Referral.id.in_(waiting),
            Patient.deceased_on.is_(None),
        )
        .options(joinedload(Referral.patient), selectinload(Referral.lesions))
    ).all()


def to_claim(session: Session, *, by: User) -> list[uuid.UUID]:
    """The cases this reader may take, the next one first."""
    return [row.referral.id for row in rows(session, by=by) if row.is_free and row.is_for_me]


def why_today(session: Session, referral_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, str]:
    """Why somebody is needed today, where the newest visit of a referral says so."""
    visits = session.execute(
        sa.select(Appointment.referral_id, Visit.needs_someone_today)
        .join(Visit, Visit.appointment_id == Appointment.id)
        .where(Appointment.referral_id.in_(referral_ids))
        .order_by(Visit.id)
    )
    newest = {referral_id: reason for referral_id, reason in visits}  # noqa: C416 (typed rows)
    return {referral_id: reason for referral_id, reason in newest.items() if reason}


def missing_of(lesion: Lesion, sets: Sequence[ImageSet], *, is_retake: bool) -> list[str]:
    """Sentences on what is not there for one lesion."""
    name = f"Lesion {lesion.number}"
    if lesion.state is LesionState.AWAITING_IMAGES:
        return [f"{name} waits for {'new ' if is_retake else ''}photographs"]
    if lesion.state is not LesionState.AWAITING_REVIEW:
        return []
    if lesion.unphotographed_reason:
        return [f"{name} was not photographed: {wording.code(lesion.unphotographed_reason)}"]
    current = viewing.current_of(sets)
    coming = [c for c in (current.captures if current else []) if c.state in viewing.ON_THE_WAY]
    there = {c.view for each in sets for c in each.captures if c.state is CaptureState.FILED}
    absent = [view.words for view in View if view not in there]
    found = []
    if coming:
        found.append(f"{name}: {wording.count(len(coming), 'image')} still on the way")
    if absent:
        found.append(f"{name}: no {' or '.join(absent)} image")
    return found


def _read(session: Session, referrals: Sequence[Referral]) -> _Facts:
    ids = [referral.id for referral in referrals]
    lesion_ids = [lesion.id for referral in referrals for lesion in referral.lesions]
    facts = _Facts(today=why_today(session, ids))
    held = sa.select(Claim).where(Claim.referral_id.in_(ids)).options(joinedload(Claim.reader))
    facts.claims = {each.referral_id: each for each in session.scalars(held)}
    for image_set in session.scalars(
        sa.select(ImageSet)
        .where(ImageSet.lesion_id.in_(lesion_ids))
        .order_by(ImageSet.created_at.desc(), ImageSet.id.desc())
        .options(selectinload(ImageSet.captures))
    ):
        facts.sets.setdefault(image_set.lesion_id, []).append(image_set)
    open_retakes = sa.select(Retake.lesion_id).where(
        Retake.lesion_id.in_(lesion_ids), Retake.done_at.is_(None)
    )
    facts.retakes = set(session.scalars(open_retakes))
    newest: set[uuid.UUID] = set()
    for opinion in standing.all_of(session, lesion_ids):
        if opinion.lesion_id in newest:
            continue
        newest.add(opinion.lesion_id)
        if opinion.outcome is Outcome.SECOND_OPINION:
            facts.questions[opinion.lesion_id] = opinion.signed_by_id
    return facts


def _row(referral: Referral, facts: _Facts, by: User) -> Row:
    waiting = [each for each in referral.lesions if each.state is LesionState.AWAITING_REVIEW]
    asked = {each.id for each in waiting if facts.questions.get(each.id) == by.id}
    held = facts.claims.get(referral.id)
    missing: list[str] = []
    for lesion in referral.lesions:
        sets = facts.sets.get(lesion.id, [])
        missing += missing_of(lesion, sets, is_retake=lesion.id in facts.retakes)
    return Row(
        referral=referral,
        clock=clock_of(referral),
        today=facts.today.get(referral.id, ""),
        places=[body_sites.label(each.site_code, each.laterality) for each in waiting],
        missing=missing,
        claim=held,
        is_free=held is None or claims.is_stale(held),
        is_mine=held is not None and held.reader_id == by.id,
        asked_by_me=len(asked) == len(waiting),
        is_for_me=any(standing.may_be_seen(each, by) for each in waiting if each.id not in asked),
    )
