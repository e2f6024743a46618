"""The task list of a visit, as the NHS service manual draws it: what to do, and how far it is."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from derm_service.imaging.progress import LesionProgress
from derm_service.imaging.rules import ShutterFacts, visit_closed_because, words
from derm_service.wording import code, count


class Status(StrEnum):
    """The words at the right of a task."""

    COMPLETED = "Completed"
    INCOMPLETE = "Incomplete"
    CANNOT_START = "Cannot start yet"
    OPTIONAL = "Optional"


class Step(StrEnum):
    """Which page a task leads to."""

    IDENTITY = "identity"
    CONSENT = "consent"
    CHAPERONE = "chaperone"
    LESION = "lesion"
    NOTES = "notes"
    FINISH = "finish"


@dataclass(frozen=True)
class Task:
    """One line of the task list."""

    step: Step
    title: str
    status: Status
    hint: str = ""
    lesion_id: uuid.UUID | None = None
    needs_chaperone: bool = False
    may_close: bool = False  # a lesion that waits and has no photograph
    is_closed: bool = False  # a lesion closed without photographs

    @property
    def is_link(self) -> bool:
        """Whether the line leads somewhere: what cannot start is plain text."""
        return self.status is not Status.CANNOT_START


def tasks(facts: ShutterFacts, lesions: Sequence[LesionProgress], *, has_notes: bool) -> list[Task]:
    """The lines of a visit in their order; a chaperone is asked for only at an intimate site."""
    listed = [_identity(facts), _consent(facts)]
    if any(lesion.intimate for lesion in lesions):
        listed.append(_chaperone(facts))
    listed += [_lesion(facts, lesion) for lesion in lesions]
    notes = Status.COMPLETED if has_notes else Status.OPTIONAL
    listed.append(Task(Step.NOTES, "Notes for the reader", notes))
    listed.append(_finish(facts))
    return listed


def still_to_do(listed: Sequence[Task]) -> list[str]:
    """The titles of what is not completed, for the day list; nothing once all is done."""
    open_steps = (Status.INCOMPLETE, Status.CANNOT_START)
    return [task.title for task in listed if task.status in open_steps]


def _identity(facts: ShutterFacts) -> Task:
    if facts.identity_failed:
        return Task(Step.IDENTITY, "Confirm identity", Status.INCOMPLETE, "Did not match: stopped")
    done = facts.identity_confirmed
    return Task(Step.IDENTITY, "Confirm identity", _done(done))


def _consent(facts: ShutterFacts) -> Task:
    if not facts.identity_confirmed and not facts.consent_asked:
        return Task(Step.CONSENT, "Consent", Status.CANNOT_START)
    hint = ""
    if facts.consent_asked and not facts.consent_to_record:
        hint = "No to photographs for the record"
    settled = facts.consent_asked and (not facts.consent_to_record or facts.capacity_settled)
    return Task(Step.CONSENT, "Consent", _done(settled), hint)


def _chaperone(facts: ShutterFacts) -> Task:
    if not facts.identity_confirmed:
        return Task(Step.CHAPERONE, "Chaperone", Status.CANNOT_START)
    return Task(Step.CHAPERONE, "Chaperone", _done(facts.chaperone_settled))


def _lesion(facts: ShutterFacts, lesion: LesionProgress) -> Task:
    return Task(
        Step.LESION,
        f"Lesion {lesion.number}: {lesion.site}",
        _lesion_status(facts, lesion),
        _lesion_hint(lesion),
        lesion_id=lesion.lesion_id,
        needs_chaperone=lesion.waits and lesion.intimate and not facts.chaperone_settled,
        may_close=lesion.waits and not lesion.live,
        is_closed=bool(lesion.closed_because),
    )


def _lesion_status(facts: ShutterFacts, lesion: LesionProgress) -> Status:
    if lesion.is_complete:
        return Status.COMPLETED
    if lesion.waits and not lesion.live and visit_closed_because(facts):
        return Status.CANNOT_START
    return Status.INCOMPLETE


def _lesion_hint(lesion: LesionProgress) -> str:
    said = [] if lesion.is_referred else ["Found at the visit, not referred"]
    if lesion.intimate:
        said.append("Intimate site")
    if lesion.closed_because:
        said.append(f"Closed without photographs: {code(lesion.closed_because).lower()}")
    elif lesion.waits or lesion.shots:
        there = sum(view in lesion.filed for view in lesion.wanted)
        said.append(f"{there} of {count(len(lesion.wanted), 'view')} on the record")
        if lesion.filed and lesion.missing:
            said.append(f"missing: {words(lesion.missing)}")
        said += _unsettled(lesion)
    return "; ".join(said)


def _unsettled(lesion: LesionProgress) -> list[str]:
    on_the_way = sum(shot.is_on_the_way for shot in lesion.unsettled)
    undecided = len(lesion.unsettled) - on_the_way
    said = []
    if on_the_way:
        said.append(f"{count(on_the_way, 'photograph')} being sent or checked")
    if undecided:
        said.append(f"{count(undecided, 'photograph')} to keep or set aside")
    return said


def _finish(facts: ShutterFacts) -> Task:
    if facts.finished:
        return Task(Step.FINISH, "Check and finish", Status.COMPLETED)
    ready = not facts.referral_open or (facts.identity_confirmed and facts.consent_asked)
    status = Status.INCOMPLETE if ready else Status.CANNOT_START
    return Task(Step.FINISH, "Check and finish", status)


def _done(is_done: bool) -> Status:
    return Status.COMPLETED if is_done else Status.INCOMPLETE
