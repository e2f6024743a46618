"""What the capture page says of photographs in every state; no database."""

import uuid
from typing import Any

import pytest

from derm_service.db import new_id
from derm_service.imaging import capture_page, capture_words, retake_words
from derm_service.imaging.codes import (
    CaptureState,
    KeptReason,
    Polarisation,
    RenditionSize,
    RetakeReason,
    SetAsideReason,
    View,
)
from derm_service.imaging.models import Capture, Rendition
from derm_service.referrals.codes import Laterality


def capture(state: CaptureState = CaptureState.FILED, **given: Any) -> Capture:
    """A capture that is in no database, by default an accepted overview."""
    return Capture(**{"id": new_id(), "view": View.OVERVIEW, "state": state, **given})


def status(*captures: Capture, retake_views: tuple[str, ...] = ()) -> dict[View, str]:
    """What the list of wanted views says of each view."""
    shown = capture_page.sections(list(captures), retake_views)
    return {section.view: section.status[0] for section in shown}


def test_views_without_photographs_are_still_needed() -> None:
    assert set(status().values()) == {"Still needed"}


def test_only_the_views_a_retake_names_are_wanted() -> None:
    shown = status(retake_views=("dermoscopic",))

    assert shown == {
        View.OVERVIEW: "Optional",
        View.CLOSE_UP: "Optional",
        View.DERMOSCOPIC: "Still needed",
    }


@pytest.mark.parametrize(
    ("shot", "words"),
    [
        (capture(), "Taken"),
        (capture(CaptureState.RECEIVED), "Being checked"),
        (capture(CaptureState.CHECKED, verdict="accept"), "Being checked"),
        (capture(CaptureState.CHECKED, verdict="retake"), "Take again or keep"),
        (capture(CaptureState.CHECKED, verdict="reject"), "Take again"),
        (
            capture(CaptureState.CHECKED, verdict="retake", kept_reason=KeptReason.PATIENT_UNABLE),
            "Being checked",
        ),
        (capture(CaptureState.RECEIVING), "Still needed"),
        (
            capture(CaptureState.SET_ASIDE, set_aside_reason=SetAsideReason.RETAKEN),
            "Still needed",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else value.state.value,
)
def test_view_says_where_its_photograph_stands(shot: Capture, words: str) -> None:
    assert status(shot)[View.OVERVIEW] == words


def test_one_photograph_on_the_record_is_enough_whatever_became_of_the_others() -> None:
    shown = status(capture(), capture(CaptureState.CHECKED, verdict="retake"))

    assert shown[View.OVERVIEW] == "Taken"


def test_photographs_keep_their_numbers_when_one_is_set_aside() -> None:
    gone = capture(CaptureState.SET_ASIDE, set_aside_reason=SetAsideReason.RETAKEN)
    kept, close_up = capture(), capture(view=View.CLOSE_UP)

    cards = capture_page.all_cards([close_up, kept, gone])

    assert [card.name for card in cards] == [
        "Overview photograph 1",
        "Overview photograph 2",
        "Close-up photograph 1",
    ]
    assert capture_page.set_aside([close_up, kept, gone]) == [
        ("Overview photograph 1", "Taken again")
    ]


def test_photograph_to_retake_offers_to_keep_it_and_gives_the_reason() -> None:
    report = {"issues": [{"code": "blur", "message": "Out of focus. Hold still and retake."}]}

    (card,) = capture_page.all_cards(
        [capture(CaptureState.CHECKED, verdict="retake", report=report)]
    )

    assert card.can_keep
    assert card.verdict == ("Not good enough", "red")
    assert card.messages == ("Out of focus. Hold still and retake.",)


def test_photograph_that_cannot_be_shown_cannot_be_kept() -> None:
    (card,) = capture_page.all_cards([capture(CaptureState.CHECKED, verdict="reject")])

    assert card.waits_for_choice
    assert not card.can_keep


def test_photograph_that_did_not_arrive_is_not_called_received() -> None:
    (card,) = capture_page.all_cards([capture(CaptureState.RECEIVING)])

    assert not card.has_arrived
    assert card.tag == ("Not all sent", "red")


def test_lens_answers_are_offered_again_from_the_last_dermoscopic_photograph() -> None:
    first = capture(view=View.DERMOSCOPIC, polarisation=Polarisation.NON_POLARISED)
    second = capture(view=View.DERMOSCOPIC, polarisation=Polarisation.POLARISED)

    dermoscopic = capture_page.sections([first, second], [])[2]

    assert dermoscopic.last is second


def test_thumbnail_is_offered_only_when_the_small_copy_exists() -> None:
    small = Rendition(capture_id=uuid.UUID(int=1), size=RenditionSize.SMALL, width=480, height=360)

    with_copy, without = capture_page.all_cards([capture(renditions=[small]), capture()])

    assert with_copy.has_thumbnail
    assert not without.has_thumbnail


def test_every_code_the_page_shows_has_its_words() -> None:
    assert set(capture_words.VIEW_TITLES) == set(capture_words.HOW_TO) == set(View)
    assert set(capture_words.STATE_TAGS) == set(CaptureState)
    assert set(capture_words.KEPT_WORDS) == set(KeptReason)
    assert set(capture_words.SET_ASIDE_WORDS) == set(SetAsideReason)
    assert set(retake_words.REASONS) == set(retake_words.WHY) == set(RetakeReason)
    assert set(capture_words.SIDE_WORDS) == set(Laterality)


def judged(verdict: str, score: float, **given: Any) -> Capture:
    """A capture the gate judged, its worst score given."""
    report = {"scores": {"blur": score}, "issues": given.pop("issues", [])}
    return capture(CaptureState.CHECKED, verdict=verdict, report=report, **given)


def test_the_best_of_several_attempts_is_suggested() -> None:
    attempts = [judged("retake", 0.9), judged("advise", 0.6), judged("advise", 0.55)]

    overview = capture_page.sections(attempts, ())[0]

    assert overview.best == "Overview photograph 3"


def test_one_attempt_or_ones_that_cannot_be_shown_suggest_nothing() -> None:
    attempts = [judged("retake", 0.9), judged("reject", 1.0), capture(CaptureState.RECEIVED)]

    assert capture_page.sections(attempts, ())[0].best == ""


def test_what_is_wrong_is_marked_on_the_copy_that_is_shown() -> None:
    region = {"x": 0.25, "y": 0.5, "width": 0.5, "height": 0.1}
    issues = [
        {"code": "blur", "message": "Not sharp.", "regions": []},
        {"code": "glare", "message": "It shines.", "regions": [region]},
    ]
    small = Rendition(size=RenditionSize.SMALL, width=1000, height=800)

    (card,) = capture_page.all_cards([judged("retake", 0.9, issues=issues, renditions=[small])])

    assert card.messages == ("Not sharp.", "It shines.")
    assert [(m.number, m.x, m.y, m.width, m.height) for m in card.marks] == [
        (2, 250.0, 400.0, 500.0, 80.0)
    ]
