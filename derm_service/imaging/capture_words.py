"""The words of the capture page: how to take each view, what a verdict means, what was chosen."""

from typing import Any

from derm_service.imaging.codes import (
    CaptureState,
    Contact,
    Immersion,
    KeptReason,
    Polarisation,
    SetAsideReason,
    View,
)
from derm_service.imaging.gate.remedies import remedy
from derm_service.imaging.gate.report import IssueCode
from derm_service.referrals.codes import Laterality

VIEW_TITLES: dict[View, str] = {
    View.OVERVIEW: "Overview",
    View.CLOSE_UP: "Close-up",
    View.DERMOSCOPIC: "Dermoscopic",
}

HOW_TO: dict[View, str] = {
    View.OVERVIEW: (
        "Far enough away to show where on the body the lesion is. "
        "Have a landmark in the picture, such as an ear, an elbow or the navel."
    ),
    View.CLOSE_UP: (
        "About 20 cm away, the camera square to the skin, a ruler beside the lesion "
        "and not over it."
    ),
    View.DERMOSCOPIC: (
        "The lesion in the middle, hair parted. With a contact lens: gel or alcohol, "
        "flat on the skin, no bubbles over the lesion."
    ),
}

VERDICT_WORDS: dict[str, tuple[str, str]] = {
    "accept": ("Good", "green"),
    "advise": ("Usable", "yellow"),
    "retake": ("Not good enough", "red"),
    "reject": ("Cannot be used", "red"),
}
"""The word and the colour of the tag for each verdict of the gate."""

KEPT_TAG = ("Kept with a reason", "yellow")
"""Stands in place of the verdict once the photographer decided."""

QUALITY_ONLY = "Photo quality only. It says nothing about the lesion."

KEPT_WORDS: dict[KeptReason, str] = {
    KeptReason.BEST_POSSIBLE: "This is the best photograph possible today",
    KeptReason.PATIENT_UNABLE: "The patient cannot hold still or is in pain",
    KeptReason.SITE_DIFFICULT: "The site is hard to reach or to light",
    KeptReason.GATE_WRONG: "The photograph is good: the check is wrong",
}

SET_ASIDE_WORDS: dict[SetAsideReason, str] = {
    SetAsideReason.RETAKEN: "Taken again",
    SetAsideReason.REJECTED: "Could not be used",
    SetAsideReason.CHANGED_ON_THE_WAY: "Changed on the way",
    SetAsideReason.WRONG_LESION: "Not this lesion",
    SetAsideReason.STOPPED: "Removed before it was sent",
    SetAsideReason.NEVER_ARRIVED: "Never arrived in full",
    SetAsideReason.FILED_ELSEWHERE: "Already filed elsewhere: photograph again",
    SetAsideReason.CONSENT_REFUSED: "No consent",
    SetAsideReason.REFERRAL_ENDED: "The referral ended before it was sent",
}

POLARISATION_WORDS: dict[Polarisation, str] = {
    Polarisation.POLARISED: "Polarised",
    Polarisation.NON_POLARISED: "Not polarised",
}

CONTACT_WORDS: dict[Contact, str] = {
    Contact.CONTACT: "Touching the skin",
    Contact.NON_CONTACT: "Not touching",
}

IMMERSION_WORDS: dict[Immersion, str] = {
    Immersion.GEL: "Gel",
    Immersion.ALCOHOL: "Alcohol",
    Immersion.WATER: "Water",
    Immersion.OIL: "Oil",
    Immersion.NONE: "None",
}

STATE_TAGS: dict[CaptureState, tuple[str, str]] = {
    CaptureState.ANNOUNCED: ("Not sent", "red"),
    CaptureState.RECEIVING: ("Not all sent", "red"),
    CaptureState.RECEIVED: ("Being checked", "aqua-green"),
    CaptureState.CHECKED: ("Checked", "blue"),
    CaptureState.FILED: ("On the record", "green"),
    CaptureState.SET_ASIDE: ("Set aside", "grey"),
    CaptureState.ERASED: ("Erased", "grey"),
}

SIDE_WORDS: dict[Laterality, str] = {
    Laterality.LEFT: "Left",
    Laterality.RIGHT: "Right",
    Laterality.MIDLINE: "Middle",
    Laterality.BILATERAL: "Both sides",
    Laterality.NOT_APPLICABLE: "This site has no left or right",
}

ON_DEVICE = (
    IssueCode.LOW_RESOLUTION,
    IssueCode.BLUR,
    IssueCode.MOTION_BLUR,
    IssueCode.OVEREXPOSED,
    IssueCode.UNDEREXPOSED,
    IssueCode.GLARE,
    IssueCode.FRAMING,
)
"""What the device looks for before it sends: `frontend/gate`."""


def first_look_remedies() -> dict[str, dict[str, str]]:
    """By view and code what to do, for the capture page's script."""
    return {view.value: {code.value: remedy(code, view) for code in ON_DEVICE} for view in View}


def beside(report: dict[str, Any] | None) -> list[str]:
    """What the gate read beside the skin: a scale, a colour card."""
    found = []
    scale = (report or {}).get("measures", {}).get("px_per_mm")
    if scale:
        found.append(
            f"A scale was read: {scale['value']:.1f} pixels to the millimetre, "
            f"give or take {max(0.1, scale['error']):.1f}."
        )
    card = (report or {}).get("colour_card")
    return [*found, f"There is a {card} in the picture."] if card else found
