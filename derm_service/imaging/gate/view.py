"""What the picture is: taken through a dermatoscope, or by a camera from near or far."""

from collections.abc import Mapping

from derm_service.imaging.codes import View
from derm_service.imaging.gate import limits

FAR = 0.35  # of the picture is not the subject: taken from so far that things stand behind it


def detect(figures: Mapping[str, float]) -> tuple[View, float]:
    """The view it looks like, and how much like dermoscopy: 0 camera to 1 dermatoscope."""
    likeness = limits.detector().score(figures)
    if likeness > 0.5:
        return View.DERMOSCOPIC, likeness
    far = 1 - figures["subject_share"] > FAR
    return (View.OVERVIEW if far else View.CLOSE_UP), likeness


def mismatch(likeness: float, declared: View) -> float:
    """The score of `wrong_view`: asked about only where there is hardly a doubt."""
    against = 1 - likeness if declared is View.DERMOSCOPIC else likeness
    doubt = limits.constant("wrong_view_doubt")
    if against <= 1 - doubt:
        return round(0.5 * against / (1 - doubt), 4)
    return round(0.5 + 0.5 * (against - 1 + doubt) / doubt, 4)
