"""One sentence of cause and remedy for each fault, right for the view it was taken in."""

from derm_service.imaging.codes import View
from derm_service.imaging.gate.report import IssueCode

_EITHER = {
    IssueCode.LOW_RESOLUTION: (
        "The picture holds too little fine detail (under 800 by 600 pixels, or enlarged): "
        "choose the camera's largest size, do not zoom, and send the camera's own file, not a copy "
        "from a message."
    ),
    IssueCode.COMPRESSION: (
        "The picture was saved with strong compression, which wipes out fine detail: choose the "
        "camera's finest quality and send the camera's own file, not a copy from a message."
    ),
}
_CAMERA = {
    IssueCode.COLOUR_CAST: (
        "The colours are off, as under a coloured lamp: use daylight or white light only, set the "
        "white balance to that light and take it again."
    ),
    IssueCode.BLUR: (
        "The picture is not sharp: steady the camera, move back until it can focus, tap on the "
        "skin to focus and take it again."
    ),
    IssueCode.MOTION_BLUR: (
        "The camera or the patient moved: rest your arms and the patient's, add light so that the "
        "shutter is quicker, and take it again."
    ),
    IssueCode.OVEREXPOSED: (
        "Parts of the skin are burnt out to white: move the light or flash further away, or "
        "lower the exposure, and take it again."
    ),
    IssueCode.UNDEREXPOSED: (
        "The picture is too dark to show detail: add light or raise the exposure and take it again."
    ),
    IssueCode.UNEVEN_LIGHT: (
        "One side of the picture is much darker than the other: light the skin from both sides, "
        "keep your own shadow off it and take it again."
    ),
    IssueCode.GLARE: (
        "Light is reflected off the skin and hides part of it: turn off the flash or tilt the "
        "light or the camera until the shine is gone, and take it again."
    ),
    IssueCode.NOISE: (
        "The picture is grainy because there was too little light: add light or lower the ISO "
        "setting and take it again."
    ),
    IssueCode.HAIR: (
        "Hair covers the skin to be shown: part it or hold it aside and take it again."
    ),
    IssueCode.FRAMING: (
        "The lesion is cut off, off centre or too small: put it in the middle with skin all round "
        "it and take it again."
    ),
    IssueCode.WRONG_VIEW: (
        "This looks like a picture taken through a dermatoscope, not by a camera: check which "
        "view it belongs to."
    ),
    IssueCode.NO_SCALE: (
        "No ruler can be made out: lay a millimetre scale beside the lesion and take it again."
    ),
}
_DERMOSCOPIC = {
    IssueCode.COLOUR_CAST: (
        "The colours are off: press the dermatoscope flat so that its own light alone falls on the "
        "skin, set the camera's white balance to that light and take it again."
    ),
    IssueCode.BLUR: (
        "The picture is not sharp: rest the dermatoscope on the skin, turn its focus ring until "
        "the skin pattern is crisp, hold still and take it again."
    ),
    IssueCode.MOTION_BLUR: (
        "The dermatoscope slid while the picture was taken: press it on gently, hold it and the "
        "skin still and take it again."
    ),
    IssueCode.OVEREXPOSED: (
        "Parts of the skin are burnt out to white: dim the dermatoscope's light, use "
        "polarised light or lower the exposure, and take it again."
    ),
    IssueCode.UNDEREXPOSED: (
        "The picture is too dark to show detail: switch the dermatoscope's light on, charge it, or "
        "raise the exposure, and take it again."
    ),
    IssueCode.UNEVEN_LIGHT: (
        "Part of the field is much darker than the rest: hold the dermatoscope flat on the skin "
        "and the camera straight on its eyepiece, and take it again."
    ),
    IssueCode.GLARE: (
        "Light is reflected off the skin and hides part of it: use polarised light or more gel, "
        "press flat and take it again."
    ),
    IssueCode.NOISE: (
        "The picture is grainy because there was too little light: brighten the dermatoscope's "
        "light or lower the ISO setting and take it again."
    ),
    IssueCode.HAIR: (
        "Hair covers the lesion: smooth it aside with gel, or trim it with the patient's consent, "
        "and take it again."
    ),
    IssueCode.FRAMING: (
        "The lesion or the field is cut off, off centre or too small: put the lesion in the middle "
        "of the dermatoscope, zoom until the field fills the picture and take it again."
    ),
    IssueCode.WRONG_VIEW: (
        "This looks like a picture taken by a camera, not through a dermatoscope: check which "
        "view it belongs to."
    ),
}


def remedy(code: IssueCode, view: View) -> str:
    """What went wrong and what to do about it, in one sentence."""
    of_view = _DERMOSCOPIC if view is View.DERMOSCOPIC else _CAMERA
    return of_view.get(code) or _EITHER[code]
