"""The rules of a visit and of its photographs: tables and sentences, no I/O.

`shutter_closed_because` is the one guard of the shutter: the pages show its sentence and the
upload endpoint refuses with it, so that no step can be skipped by either way in.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from derm_service.errors import Conflict
from derm_service.imaging.codes import CaptureState, View
from derm_service.wording import listed

ALLOWED_MOVES: dict[CaptureState, frozenset[CaptureState]] = {
    CaptureState.ANNOUNCED: frozenset(
        {CaptureState.RECEIVING, CaptureState.RECEIVED, CaptureState.SET_ASIDE}
    ),
    CaptureState.RECEIVING: frozenset({CaptureState.RECEIVED, CaptureState.SET_ASIDE}),
    CaptureState.RECEIVED: frozenset(
        {CaptureState.CHECKED, CaptureState.SET_ASIDE, CaptureState.ERASED}
    ),
    CaptureState.CHECKED: frozenset(
        {CaptureState.FILED, CaptureState.SET_ASIDE, CaptureState.ERASED}
    ),
    CaptureState.FILED: frozenset({CaptureState.SET_ASIDE, CaptureState.ERASED}),
    CaptureState.SET_ASIDE: frozenset({CaptureState.ERASED}),
    CaptureState.ERASED: frozenset(),
}
"""Which state a capture may go to from each state."""

ON_THE_WAY = frozenset({CaptureState.ANNOUNCED, CaptureState.RECEIVING, CaptureState.RECEIVED})
"""Not yet judged: the photographer waits for these."""

STATE_WORDS: dict[CaptureState, str] = {
    CaptureState.ANNOUNCED: "waiting to upload",
    CaptureState.RECEIVING: "uploading",
    CaptureState.RECEIVED: "being checked",
    CaptureState.CHECKED: "waiting for you to keep it or take it again",
    CaptureState.FILED: "on the record",
    CaptureState.SET_ASIDE: "set aside",
    CaptureState.ERASED: "erased",
}

IDENTIFIERS: dict[str, str] = {
    "name": "Full name",
    "born_on": "Date of birth",
    "address": "Address or postcode",
    "nhs_number": "NHS number",
    "gp": "GP or GP surgery",
    "phone": "Phone number",
}
"""What may confirm who somebody is, in the order it is asked."""

ALWAYS_ASKED = frozenset({"name", "born_on"})
IDENTIFIERS_NEEDED = 3


def check_move(now: CaptureState, to: CaptureState) -> None:
    """Refuse a change of state a capture does not know."""
    if to not in ALLOWED_MOVES[now]:
        raise Conflict(
            f"This photograph is {STATE_WORDS[now]} and cannot become {STATE_WORDS[to]}. "
            "Reload the page to see where it stands."
        )


def may_forget(state: CaptureState, announced: str, received: str | None) -> bool:
    """Whether a device may delete its copy: all is settled, and both counted the same hash."""
    return state in (CaptureState.FILED, CaptureState.SET_ASIDE) and received == announced


@dataclass(frozen=True)
class ShutterFacts:
    """All that decides whether one lesion may be photographed at one visit now."""

    checked_in: bool
    finished: bool
    referral_open: bool
    identity_failed: bool
    identity_confirmed: bool
    consent_asked: bool  # at this visit
    consent_to_record: bool  # the newest answer to "record" is yes
    capacity_settled: bool
    lesion_waits: bool  # awaiting images and not closed without photographs
    intimate: bool
    chaperone_settled: bool
    site_confirmed: bool


def visit_closed_because(facts: ShutterFacts) -> str | None:
    """Why nothing at all may be photographed at this visit, or None."""
    if facts.finished:
        return "This visit is finished. Photographs can no longer be added to it."
    if not facts.referral_open:
        return (
            "This referral is closed or withdrawn, so nothing more may be photographed. "
            "Finish the visit and ring the office if you are not sure why."
        )
    if not facts.checked_in:
        return "This person is not checked in. Check them in on the day list first."
    if facts.identity_failed:
        return (
            "The visit is stopped because the person did not match the record. "
            "Sort out who this is before you go on."
        )
    if not facts.identity_confirmed:
        return "Confirm who this person is before you take a photograph."
    return _consent_missing(facts)


def _consent_missing(facts: ShutterFacts) -> str | None:
    if not facts.consent_asked:
        return "Ask for consent before you take a photograph."
    if not facts.consent_to_record:
        return (
            "There is no consent to photographs for the record. "
            "Record a new answer if they change their mind, or end the visit without photographs."
        )
    if not facts.capacity_settled:
        return (
            "It is not settled who can decide about photographs for this person. "
            "Add the best-interests entry or the attorney on the consent page, "
            "or end the visit without photographs."
        )
    return None


def shutter_closed_because(facts: ShutterFacts) -> str | None:
    """Why this lesion may not be photographed now and what to do next, or None when it may."""
    whole_visit = visit_closed_because(facts)
    if whole_visit:
        return whole_visit
    if not facts.lesion_waits:
        return (
            "This lesion is not waiting for photographs. "
            "If it was closed without photographs by mistake, open it again first."
        )
    if facts.intimate and not facts.chaperone_settled:
        return (
            "This is an intimate site. Record the chaperone, or that the patient declined one, "
            "before you take a photograph."
        )
    if not facts.site_confirmed:
        return "Confirm the site and side with the patient before the first photograph."
    return None


def wanted_views(retake_views: Collection[str] = ()) -> tuple[View, ...]:
    """The views asked of a lesion: all three, or only those a retake names, in their order."""
    return tuple(view for view in View if not retake_views or view.value in retake_views)


def missing_views(wanted: Iterable[View], there: Collection[View]) -> tuple[View, ...]:
    """The wanted views that are not there."""
    return tuple(view for view in wanted if view not in there)


def identity_problem(identifiers: Collection[str]) -> str | None:
    """What is wrong with the ticked identifiers, or None when they confirm the person."""
    if not set(identifiers) <= set(IDENTIFIERS):
        return "Choose identifiers from the list."
    if not set(identifiers) >= ALWAYS_ASKED:
        return "Ask for the full name and the date of birth, and tick both."
    if len(set(identifiers)) < IDENTIFIERS_NEEDED:
        return (
            "Three identifiers are needed. Ask for one more: address or postcode, NHS number, "
            "GP or phone number."
        )
    return None


def words(views: Iterable[View]) -> str:
    """overview, close-up and dermoscopic."""
    return listed([view.words for view in views])
