"""One case as its reader sees it: the story, and every lesion with images and opinions."""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload, selectinload

from derm_service import audit, clock, wording
from derm_service.imaging.capture_words import VERDICT_WORDS, beside
from derm_service.imaging.codes import RenditionSize, View
from derm_service.imaging.models import Capture, ImageSet, Rendition, Retake, Visit
from derm_service.imaging.rules import missing_views, wanted_views
from derm_service.people import Action, User, may
from derm_service.referrals import body_sites, queries, seven_point
from derm_service.referrals.codes import LesionState, ReferralState
from derm_service.referrals.models import Lesion, Referral
from derm_service.referrals.rules import LESION_WORDS
from derm_service.review import (
    claims,
    downgrades,
    outcomes,
    standing,
    telling,
    viewing,
    worklist,
)
from derm_service.review.codes import Outcome
from derm_service.review.models import Claim, ImageOpened, Opinion, Told

QUALITY_WORDS = {
    verdict: f"Photo quality: {words.lower()}" for verdict, (words, _tone) in VERDICT_WORDS.items()
}


@dataclass(frozen=True)
class Shot:
    """One filed capture with the words about it and the copies a viewer may load."""

    capture: Capture
    view: str
    quality: list[str]
    kept: str  # why the photographer kept it against advice
    technique: str
    copies: list[Rendition]
    is_opened: bool
    is_failed_one: bool  # a reader asked for this image to be taken again


@dataclass(frozen=True)
class Attempt:
    """One image set: the photographs of one visit and what was asked or noted about them."""

    image_set: ImageSet
    taken_on: date
    shots: list[Shot]
    on_the_way: int
    absent: str  # wanted views that are not there, in words
    visit: Visit
    retakes: list[Retake]  # asked after looking at this set


@dataclass(frozen=True)
class Signed:
    """One opinion with what holds after its addenda."""

    opinion: Opinion
    outcome: str
    label: str
    text_for_patient: str
    text_for_gp: str
    told: Told | None
    is_current: bool
    may_correct: bool


@dataclass(frozen=True)
class LesionCase:
    """One lesion of the case."""

    lesion: Lesion
    place: str
    state: str
    ticked: list[str]
    is_hidden: bool  # an intimate site this person may not see
    attempts: list[Attempt]  # the newest first
    earlier: list[Attempt]  # same place, other referrals of this patient
    signed: list[Signed]  # the newest first
    open_retake: Retake | None
    waits: bool
    unopened: int


@dataclass(frozen=True)
class Case:
    """The whole case."""

    referral: Referral
    lesions: list[LesionCase]
    claim: Claim | None
    is_mine: bool
    may_claim: bool
    today: str
    missing: list[str]
    outcome: str  # of the case: that of its most urgent lesion
    other_referrals: list[Referral]
    may_downgrade: bool


def case(session: Session, *, referral_id: uuid.UUID, by: User) -> Case:
    """Read a case; its opening is on record before anything of it is shown."""
    referral = queries.referral(session, referral_id)
    lesions = [_lesion(session, lesion, by) for lesion in referral.lesions]
    hidden = [each.lesion.number for each in lesions if each.is_hidden]
    detail = {"hidden_intimate_lesions": hidden} if hidden else {}
    audit.record(session, by=by, did="opened case", subject=referral, detail=detail)
    held = session.get(Claim, referral_id)
    waits = any(each.waits for each in lesions)
    current = [each.signed[0] for each in lesions if each.signed]
    worst = outcomes.most_urgent(standing.outcome_of(each.opinion) for each in current)
    return Case(
        referral=referral,
        lesions=lesions,
        claim=held,
        is_mine=held is not None and held.reader_id == by.id,
        may_claim=waits
        and referral.state is ReferralState.OPEN
        and (held is None or held.reader_id == by.id or claims.is_stale(held)),
        today=worklist.why_today(session, [referral.id]).get(referral.id, ""),
        missing=[sentence for each in lesions for sentence in _missing(each)],
        outcome=outcomes.label(worst) if worst else "",
        other_referrals=[r for r in referral.patient.referrals if r.id != referral.id],
        may_downgrade=downgrades.may_downgrade(session, referral),
    )


def one_lesion(session: Session, *, lesion_id: uuid.UUID, by: User) -> LesionCase:
    """One lesion with its images, for the pages that act on it."""
    return _lesion(session, queries.lesion(session, lesion_id), by)


def _lesion(session: Session, lesion: Lesion, by: User) -> LesionCase:
    is_hidden = lesion.intimate and not may(by, Action.SEE_INTIMATE)
    asked = _retakes(session, lesion.id)
    sets = viewing.sets_of(session, lesion.id)
    seen = _seen(session, [c.id for each in sets for c in each.captures], by)
    waits = lesion.state is LesionState.AWAITING_REVIEW
    current = viewing.current_of(sets)
    unopened = [c for c in viewing.filed(current) if c.id not in seen]
    return LesionCase(
        lesion=lesion,
        place=body_sites.label(lesion.site_code, lesion.laterality),
        state=LESION_WORDS[lesion.state],
        ticked=seven_point.labels(lesion.seven_point),
        is_hidden=is_hidden,
        attempts=[] if is_hidden else [_attempt(each, asked, seen) for each in sets],
        earlier=[] if is_hidden else _earlier(session, lesion),
        signed=_signed(session, lesion),
        open_retake=next((each for each in asked if each.done_at is None), None),
        waits=waits,
        unopened=len(unopened),
    )


def _attempt(image_set: ImageSet, asked: Sequence[Retake], seen: set[uuid.UUID]) -> Attempt:
    about = [each for each in asked if each.image_set_id == image_set.id]
    failed = {each.capture_id for each in about}
    shots = [_shot(each, seen, failed) for each in viewing.filed(image_set)]
    order = list(View)
    there = {shot.capture.view for shot in shots}
    answered = [each for each in asked if each.asked_at < image_set.created_at]
    wanted = wanted_views(answered[0].views if answered else ())
    absent = [view.words for view in missing_views(wanted, there)]
    return Attempt(
        image_set=image_set,
        taken_on=clock.london(image_set.created_at).date(),
        shots=sorted(shots, key=lambda shot: order.index(shot.capture.view)),
        on_the_way=sum(c.state in viewing.ON_THE_WAY for c in image_set.captures),
        absent=" or ".join(absent),
        visit=image_set.visit,
        retakes=about,
    )


def _shot(capture: Capture, seen: set[uuid.UUID], failed: set[uuid.UUID | None]) -> Shot:
    technique = [
        wording.code(each)
        for each in (capture.polarisation, capture.contact, capture.immersion)
        if each
    ]
    copies = [each for each in capture.renditions if each.size is not RenditionSize.E_RS]
    kept = wording.code(capture.kept_reason) if capture.kept_reason else ""
    return Shot(
        capture=capture,
        view=capture.view.words,
        quality=quality_words(capture),
        kept=f"{kept}. {capture.kept_note}".strip() if kept else "",
        technique=", ".join(technique),
        copies=sorted(copies, key=lambda each: each.width),
        is_opened=capture.id in seen,
        is_failed_one=capture.id in failed,
    )


def quality_words(capture: Capture) -> list[str]:
    """What the photo check said, in its own words; it judges the photograph, never the skin."""
    verdict = QUALITY_WORDS.get(capture.verdict or "", "Photo quality: not checked")
    issues: Iterable[object] = (capture.report or {}).get("issues", [])
    messages = [str(each.get("message", "")) for each in issues if isinstance(each, dict)]
    return [verdict, *(message for message in messages if message), *beside(capture.report)]


def _signed(session: Session, lesion: Lesion) -> list[Signed]:
    found = []
    closed = (LesionState.OPINION_SIGNED, LesionState.TOLD)
    for place, opinion in enumerate(standing.all_of(session, [lesion.id])):
        outcome = standing.outcome_of(opinion)
        for_patient, for_gp = standing.texts_of(opinion)
        found.append(
            Signed(
                opinion=opinion,
                outcome=outcome.value,
                label=outcomes.label(outcome),
                text_for_patient=for_patient,
                text_for_gp=for_gp,
                told=standing.told_of(session, opinion.id),
                is_current=place == 0,
                may_correct=place == 0
                and lesion.state in closed
                and outcome is not Outcome.SECOND_OPINION
                and telling.why_nobody_is_told(lesion.referral) is None,
            )
        )
    return found


def _earlier(session: Session, lesion: Lesion) -> list[Attempt]:
    sets = session.scalars(
        sa.select(ImageSet)
        .join(Lesion, ImageSet.lesion_id == Lesion.id)
        .join(Referral, Lesion.referral_id == Referral.id)
        .where(
            Referral.patient_id == lesion.referral.patient_id,
            Referral.id != lesion.referral_id,
            Lesion.site_code == lesion.site_code,
            Lesion.laterality == lesion.laterality,
        )
        .order_by(ImageSet.created_at.desc())
        .options(selectinload(ImageSet.captures).selectinload(Capture.renditions))
    ).all()
    attempts = [_attempt(each, [], set()) for each in sets]
    return [each for each in attempts if each.shots]


def _seen(session: Session, capture_ids: list[uuid.UUID], by: User) -> set[uuid.UUID]:
    return set(
        session.scalars(
            sa.select(ImageOpened.capture_id).where(
                ImageOpened.reader_id == by.id, ImageOpened.capture_id.in_(capture_ids)
            )
        )
    )


def _retakes(session: Session, lesion_id: uuid.UUID) -> Sequence[Retake]:
    return session.scalars(
        sa.select(Retake)
        .where(Retake.lesion_id == lesion_id)
        .order_by(Retake.asked_at.desc())
        .options(joinedload(Retake.image_set))
    ).all()


def _missing(each: LesionCase) -> list[str]:
    sets = [attempt.image_set for attempt in each.attempts]
    if each.is_hidden:
        return []
    return worklist.missing_of(each.lesion, sets, is_retake=each.open_retake is not None)
