"""What each outcome is called, how urgent it is and what it does to clock and letter."""

from collections.abc import Iterable
from dataclasses import dataclass

from derm_service.referrals import seven_point
from derm_service.review.codes import Outcome


@dataclass(frozen=True)
class Effect:
    """One outcome: its label, its urgency (1 is the most urgent) and what follows from it."""

    label: str
    urgency: int
    ends_clock: bool = False
    """Only where cancer is ruled out: everything else leaves the clock running, because a
    clock that runs on is seen and one that stopped too early hides a person."""
    locks_letter: bool = False
    """The patient hears it from a person before a letter comes."""
    writes_letters: bool = True
    needs_diagnosis_soon: bool = False
    """Keeps an urgent suspected cancer referral urgent: no downgrade beside it."""
    next_step: str = ""
    """What the office arranges, for the Work page: the letters promise it."""
    within_days: int = 1


EFFECTS: dict[Outcome, Effect] = {
    Outcome.USC_F2F: Effect(
        "Urgent suspected cancer: see face to face",
        urgency=1,
        locks_letter=True,
        needs_diagnosis_soon=True,
        next_step="Book the urgent suspected cancer clinic at the hospital",
    ),
    Outcome.DIRECT_SURGERY: Effect(
        "Direct to biopsy or excision",
        urgency=2,
        locks_letter=True,
        needs_diagnosis_soon=True,
        next_step="Book biopsy or excision at the hospital",
    ),
    Outcome.URGENT_F2F: Effect(
        "Urgent: see face to face",
        urgency=3,
        needs_diagnosis_soon=True,
        next_step="Book an urgent face-to-face appointment at the hospital",
    ),
    Outcome.SECOND_OPINION: Effect(
        "Ask a colleague for a second opinion",
        urgency=4,
        writes_letters=False,
        needs_diagnosis_soon=True,
    ),
    Outcome.OTHER_SPECIALTY: Effect(
        "Refer to another specialty",
        urgency=5,
        next_step="Send the referral on to the specialty named in the opinion",
        within_days=3,
    ),
    Outcome.ROUTINE_F2F: Effect(
        "Routine: see face to face",
        urgency=6,
        next_step="Book a routine face-to-face appointment at the hospital",
        within_days=7,
    ),
    Outcome.MONITOR: Effect(
        "Repeat the photographs later",
        urgency=7,
        next_step="Enter a referral for the repeat photographs and book them",
        within_days=56,
    ),
    Outcome.PRIMARY_CARE: Effect(
        "Treat in primary care, plan attached", urgency=8, ends_clock=True
    ),
    Outcome.REASSURE: Effect(
        "Discharge with reassurance and safety-net advice", urgency=9, ends_clock=True
    ),
}


def label(outcome: Outcome) -> str:
    """The outcome in the words of every page and of the letter to the GP."""
    return EFFECTS[outcome].label


def choices() -> dict[str, str]:
    """Every outcome with its label, the most urgent first, for a list of radios."""
    ordered = sorted(EFFECTS.items(), key=lambda item: item[1].urgency)
    return {outcome.value: effect.label for outcome, effect in ordered}


def ends_clock(outcome: Outcome) -> bool:
    """Whether the clock may stop once the patient was told this."""
    return EFFECTS[outcome].ends_clock


def locks_letter(outcome: Outcome) -> bool:
    """Whether the patient must be spoken to before the letter goes."""
    return EFFECTS[outcome].locks_letter


def writes_letters(outcome: Outcome) -> bool:
    """Whether signing it tells anybody; a question to a colleague does not."""
    return EFFECTS[outcome].writes_letters


def most_urgent(outcomes: Iterable[Outcome]) -> Outcome | None:
    """The outcome of the whole case: that of its most urgent lesion."""
    return min(outcomes, key=lambda outcome: EFFECTS[outcome].urgency, default=None)


def allows_downgrade(outcomes: Iterable[Outcome | None]) -> bool:
    """Whether a suspected cancer referral may become routine.

    Every lesion needs an opinion, none of them urgent; the referrer's agreement is the
    action's to ask for.
    """
    known = list(outcomes)
    return bool(known) and all(
        outcome is not None and not EFFECTS[outcome].needs_diagnosis_soon for outcome in known
    )


def needs_second_look(outcome: Outcome, seven_point_score: int | None) -> bool:
    """Whether discharging is likely to be a mistake: the checklist speaks against it."""
    discharges = outcome in (Outcome.REASSURE, Outcome.PRIMARY_CARE)
    return discharges and (seven_point_score or 0) >= seven_point.SUSPICIOUS_FROM
