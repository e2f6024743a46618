"""What a reader asked to have photographed again and why, in words for every page; pure."""

from derm_service.imaging.codes import RetakeReason, View
from derm_service.imaging.models import Retake
from derm_service.imaging.rules import words
from derm_service.referrals import body_sites

REASONS: dict[RetakeReason, str] = {
    RetakeReason.BLURRED: "Blurred",
    RetakeReason.EXPOSURE: "Too dark or too bright",
    RetakeReason.WRONG_SITE: "Shows the wrong place",
    RetakeReason.WRONG_PERSON: "Shows another person",
    RetakeReason.MISSING_VIEW: "A view is missing",
    RetakeReason.OBSCURED: "Hidden by hair, bubbles, clothing or pen",
    RetakeReason.SCALE_MISSING: "No ruler or scale in the picture",
    RetakeReason.OTHER: "Something else",
}
"""What the reader chooses from."""
WHY: dict[RetakeReason, str] = {
    RetakeReason.BLURRED: "the last ones were blurred",
    RetakeReason.EXPOSURE: "the last ones were too dark or too bright",
    RetakeReason.WRONG_SITE: "the last ones showed the wrong place",
    RetakeReason.WRONG_PERSON: "the last ones showed another person",
    RetakeReason.MISSING_VIEW: "a view was missing",
    RetakeReason.OBSCURED: "the lesion was hidden by hair, bubbles, clothing or pen",
    RetakeReason.SCALE_MISSING: "there was no ruler or scale in the picture",
    RetakeReason.OTHER: "the reason is in the note",
}
"""How the photographer and the booking pages say it."""


def views(retake: Retake) -> str:
    """Close-up and dermoscopic."""
    return words(map(View, retake.views)).capitalize()


def asked(retake: Retake) -> str:
    """What was asked, in a sentence: "Close-up again: the last ones were blurred. Use a rest"."""
    return f"{views(retake)} again: {WHY[retake.reason]}. {retake.note}".strip()


def headline(retake: Retake) -> str:
    """What the next visit is for: "New photographs of lesion 2, left cheek: a view was missing"."""
    lesion = retake.lesion
    place = body_sites.label(lesion.site_code, lesion.laterality)
    return f"New photographs of lesion {lesion.number}, {place}: {WHY[retake.reason]}"


def to_book(retake: Retake) -> str:
    """All of it, for whoever books and whoever photographs: place, why, views, the note."""
    return f"{headline(retake)}. Wanted: {views(retake).lower()}. {retake.note}".strip()
