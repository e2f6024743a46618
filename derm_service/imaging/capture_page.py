"""What the capture page shows of one lesion at one visit: wanted views, photographs, verdicts."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from derm_service.imaging import capture_words as words
from derm_service.imaging import rules
from derm_service.imaging.codes import CaptureState, RenditionSize, View
from derm_service.imaging.gate.report import Region, Verdict
from derm_service.imaging.marks import Mark, marks
from derm_service.imaging.models import Capture
from derm_service.imaging.soft_places import SoftPlaces, soft_places


@dataclass(frozen=True)
class Card:
    """One photograph as its card shows it."""

    capture: Capture
    name: str  # "Overview photograph 2"
    tag: tuple[str, str]  # words and colour
    verdict: tuple[str, str] | None
    messages: tuple[str, ...]  # what is wrong with it and what to do
    beside: tuple[str, ...]  # what lies beside the skin: a scale, a colour card
    marks: tuple[Mark, ...]  # where: boxes on the copy that is shown, numbered as the messages
    soft: SoftPlaces  # where it is soft, where the gate calls it blurred or moved
    shown_size: tuple[int, int]  # of that copy, pixels
    has_thumbnail: bool
    is_pending: bool  # the service is still working on it
    has_arrived: bool
    waits_for_choice: bool  # the gate would retake it, nobody has decided
    can_keep: bool  # what cannot be shown safely cannot be kept
    kept: str  # why it was kept all the same; empty: it was not
    aside: str  # why it is not on the record; empty: it is, or will be


@dataclass(frozen=True)
class ViewSection:
    """One view of the lesion: how to take it, what is there, what is still needed."""

    view: View
    title: str
    how_to: str
    is_wanted: bool
    cards: tuple[Card, ...]
    taken: int  # photographs ever begun, set aside ones too: names never repeat
    status: tuple[str, str]
    last: Capture | None  # answers about the lens are offered again from here
    best: str  # the photograph to go on with, where there are several; else empty

    @property
    def is_done(self) -> bool:
        """Whether this view needs nothing more."""
        return self.status == DONE or not self.is_wanted


DONE, CHECKING = ("Taken", "green"), ("Being checked", "aqua-green")
CHOOSE, AGAIN = ("Take again or keep", "red"), ("Take again", "red")
SUGGESTED = (Verdict.ACCEPT, Verdict.ADVISE, Verdict.RETAKE)  # from best to worst
NEEDED, OPTIONAL = ("Still needed", "blue"), ("Optional", "grey")


def sections(captures: list[Capture], retake_views: Collection[str]) -> tuple[ViewSection, ...]:
    """Every view in its order, the wanted ones marked."""
    wanted = rules.wanted_views(retake_views)
    return tuple(
        _section(view, [each for each in captures if each.view is view], view in wanted)
        for view in View
    )


def set_aside(captures: list[Capture]) -> list[tuple[str, str]]:
    """Name and reason of every photograph that is not on the record."""
    return [(card.name, card.aside) for card in all_cards(captures) if card.aside]


def all_cards(captures: list[Capture]) -> list[Card]:
    """A card for every capture, numbered within its view in the order they were taken."""
    counts = dict.fromkeys(View, 0)
    made = []
    for each in sorted(captures, key=lambda one: one.id):  # UUIDv7: the order of choosing
        counts[each.view] += 1
        made.append(_card(each, counts[each.view]))
    return made


def _section(view: View, taken: list[Capture], is_wanted: bool) -> ViewSection:
    gone = {CaptureState.SET_ASIDE, CaptureState.ERASED}
    cards = tuple(card for card in all_cards(taken) if card.capture.state not in gone)
    lenses = [each for each in taken if each.polarisation is not None]
    return ViewSection(
        view=view,
        title=words.VIEW_TITLES[view],
        how_to=words.HOW_TO[view],
        is_wanted=is_wanted,
        cards=cards,
        taken=len(taken),
        status=_status(cards, is_wanted),
        last=lenses[-1] if lenses else None,
        best=_best(cards),
    )


def _best(cards: tuple[Card, ...]) -> str:
    """Of several judged photographs the one with the mildest verdict, then the mildest fault."""
    judged = [card for card in cards if card.capture.verdict in SUGGESTED]
    if len(judged) < 2:
        return ""
    return min(judged, key=lambda card: _rank(card.capture)).name


def _rank(capture: Capture) -> tuple[int, float]:
    scores = (capture.report or {}).get("scores", {})
    return SUGGESTED.index(Verdict(capture.verdict or "")), max(scores.values(), default=0.0)


def _status(cards: tuple[Card, ...], is_wanted: bool) -> tuple[str, str]:
    if any(card.capture.state is CaptureState.FILED for card in cards):
        return DONE
    if any(card.is_pending for card in cards):
        return CHECKING
    undecided = [card for card in cards if card.waits_for_choice]
    if undecided:
        return CHOOSE if any(card.can_keep for card in undecided) else AGAIN
    return NEEDED if is_wanted else OPTIONAL


def _card(capture: Capture, number: int) -> Card:
    is_checked = capture.state is CaptureState.CHECKED
    waits = is_checked and capture.verdict in ("retake", "reject") and capture.kept_reason is None
    issues = (capture.report or {}).get("issues", [])
    small = next((each for each in capture.renditions if each.size is RenditionSize.SMALL), None)
    size = (small.width, small.height) if small else (0, 0)
    regions = [[Region(**region) for region in issue.get("regions", ())] for issue in issues]
    return Card(
        capture=capture,
        name=f"{words.VIEW_TITLES[capture.view]} photograph {number}",
        tag=words.STATE_TAGS[capture.state],
        verdict=_verdict(capture),
        messages=tuple(issue["message"] for issue in issues),
        beside=tuple(words.beside(capture.report)),
        marks=marks(regions, *size),
        soft=_soft(capture.report or {}, size) if small else SoftPlaces(),
        shown_size=size,
        has_thumbnail=small is not None,
        is_pending=capture.state is CaptureState.RECEIVED or (is_checked and not waits),
        has_arrived=capture.state not in (CaptureState.ANNOUNCED, CaptureState.RECEIVING),
        waits_for_choice=waits,
        can_keep=waits and capture.verdict == "retake",
        kept=words.KEPT_WORDS[capture.kept_reason] if capture.kept_reason else "",
        aside=words.SET_ASIDE_WORDS[capture.set_aside_reason] if capture.set_aside_reason else "",
    )


def _soft(report: dict[str, Any], size: tuple[int, int]) -> SoftPlaces:
    codes = [issue["code"] for issue in report.get("issues", ())]
    return soft_places(report.get("focus_map", ()), codes, *size)


def _verdict(capture: Capture) -> tuple[str, str] | None:
    if capture.kept_reason is not None:
        return words.KEPT_TAG
    return words.VERDICT_WORDS.get(capture.verdict or "")
