"""One sentence of cause and remedy for each fault, right for the view it was taken in."""

from derm_service.imaging.codes import View
from derm_service.imaging.gate.report import IssueCode

_CAMERA = {
    IssueCode.LOW_RESOLUTION: (
        "The picture has too few pixels (under 800 by 600): choose the camera's largest size "
        "and send the camera's own file, not a copy from a message."
    ),
    IssueCode.BLUR: (
        "The picture is not sharp: steady the camera, move back until it can focus, tap on the "
        "skin to focus and take it again."
    ),
    IssueCode.OVEREXPOSED: (
        "Parts of the skin are burnt out to white: move the light or flash further away, or "
        "lower the exposure, and take it again."
    ),
    IssueCode.UNDEREXPOSED: (
        "Most of the picture is black: add light or raise the exposure and take it again."
    ),
}
_DERMOSCOPIC = {
    IssueCode.LOW_RESOLUTION: (
        "The picture has too few pixels (under 800 by 600): choose the camera's largest size "
        "and send the camera's own file, not a copy from a message."
    ),
    IssueCode.BLUR: (
        "The picture is not sharp: rest the dermatoscope on the skin, turn its focus ring until "
        "the skin pattern is crisp, hold still and take it again."
    ),
    IssueCode.OVEREXPOSED: (
        "Parts of the skin are burnt out to white: dim the dermatoscope's light, use "
        "polarised light or lower the exposure, and take it again."
    ),
    IssueCode.UNDEREXPOSED: (
        "Most of the picture is black: switch the dermatoscope's light on or raise the "
        "exposure, and take it again."
    ),
}


def remedy(code: IssueCode, view: View) -> str:
    """What went wrong and what to do about it, in one sentence."""
    return (_DERMOSCOPIC if view is View.DERMOSCOPIC else _CAMERA)[code]
