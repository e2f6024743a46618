"""Which moves a lesion and a referral know; pure."""

from derm_service.errors import Conflict
from derm_service.referrals.codes import LesionState, ReferralState

_S = LesionState
ALLOWED: dict[LesionState, frozenset[LesionState]] = {
    _S.AWAITING_IMAGES: frozenset({_S.AWAITING_REVIEW}),
    _S.AWAITING_REVIEW: frozenset({_S.AWAITING_IMAGES, _S.OPINION_SIGNED}),
    _S.OPINION_SIGNED: frozenset({_S.TOLD}),
    _S.TOLD: frozenset({_S.OPINION_SIGNED}),
}

LESION_WORDS: dict[LesionState, str] = {
    _S.AWAITING_IMAGES: "Waiting for photographs",
    _S.AWAITING_REVIEW: "Waiting for the dermatologist",
    _S.OPINION_SIGNED: "Opinion signed, patient not yet told",
    _S.TOLD: "Patient told",
}


REFERRAL_WORDS: dict[ReferralState, str] = {
    ReferralState.OPEN: "Open",
    ReferralState.CLOSED: "Answered",
    ReferralState.WITHDRAWN: "Withdrawn",
}
ANSWERED_AND_RUNNING = "Answered, and the clock runs on until what comes next is done"


def state_words(state: ReferralState, *, clock_runs: bool) -> str:
    """Where a referral stands; a biopsy that is still to come is not the end of it."""
    if state is ReferralState.CLOSED and clock_runs:
        return ANSWERED_AND_RUNNING
    return REFERRAL_WORDS[state]


def check_move(now: LesionState, to: LesionState) -> None:
    """Refuse a change of state that no step of the journey makes."""
    if to not in ALLOWED[now]:
        raise Conflict(
            f"This lesion is “{LESION_WORDS[now].lower()}” and cannot become "
            f"“{LESION_WORDS[to].lower()}”. Load the page again to see where it stands."
        )


def check_open(state: ReferralState) -> None:
    """Refuse work on a referral that was withdrawn."""
    if state is ReferralState.WITHDRAWN:
        raise Conflict(
            "This referral was withdrawn, so nothing more can be done on it. "
            "Enter a new one if it is needed after all."
        )
