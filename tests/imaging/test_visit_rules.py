"""The shutter, the moves of a capture, identifiers, consent and what stops a finish: pure."""

from dataclasses import replace
from uuid import uuid4

import pytest

from derm_service.errors import Conflict
from derm_service.imaging.codes import CaptureState, View
from derm_service.imaging.consent import ConsentTaken, decider_problem, problems
from derm_service.imaging.progress import (
    Ending,
    LesionProgress,
    Shot,
    ending_problem,
    finish_blocked_because,
)
from derm_service.imaging.rules import (
    ALLOWED_MOVES,
    ShutterFacts,
    check_move,
    identity_problem,
    missing_views,
    shutter_closed_because,
    visit_closed_because,
    wanted_views,
    words,
)
from derm_service.referrals.codes import ConsentBy, LesionState

OPEN = ShutterFacts(
    checked_in=True,
    finished=False,
    referral_open=True,
    identity_failed=False,
    identity_confirmed=True,
    consent_asked=True,
    consent_to_record=True,
    capacity_settled=True,
    lesion_waits=True,
    intimate=False,
    chaperone_settled=False,
    site_confirmed=True,
)
ALL_VIEWS = tuple(View)


def test_shutter_is_open_when_every_step_is_done() -> None:
    assert shutter_closed_because(OPEN) is None


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"checked_in": False}, "not checked in"),
        ({"finished": True}, "visit is finished"),
        ({"referral_open": False}, "closed or withdrawn"),
        ({"identity_failed": True}, "did not match"),
        ({"identity_confirmed": False}, "Confirm who this person is"),
        ({"consent_asked": False}, "Ask for consent"),
        ({"consent_to_record": False}, "no consent to photographs"),
        ({"capacity_settled": False}, "not settled who can decide"),
        ({"lesion_waits": False}, "not waiting for photographs"),
        ({"intimate": True}, "intimate site"),
        ({"site_confirmed": False}, "Confirm the site and side"),
    ],
)
def test_shutter_is_shut_when_one_step_is_missing(changed: dict[str, bool], sentence: str) -> None:
    closed = shutter_closed_because(replace(OPEN, **changed))

    assert closed is not None
    assert sentence in closed


def test_shutter_is_open_for_an_intimate_site_with_a_chaperone_settled() -> None:
    assert shutter_closed_because(replace(OPEN, intimate=True, chaperone_settled=True)) is None


def test_missing_chaperone_shuts_only_the_intimate_lesion_not_the_visit() -> None:
    intimate = replace(OPEN, intimate=True)

    assert visit_closed_because(intimate) is None
    assert shutter_closed_because(intimate) is not None


def test_capture_moves_cover_every_state_and_never_leave_erased() -> None:
    assert set(ALLOWED_MOVES) == set(CaptureState)
    assert not ALLOWED_MOVES[CaptureState.ERASED]


@pytest.mark.parametrize(
    ("now", "to"),
    [
        (CaptureState.ANNOUNCED, CaptureState.FILED),
        (CaptureState.RECEIVED, CaptureState.FILED),
        (CaptureState.FILED, CaptureState.CHECKED),
        (CaptureState.SET_ASIDE, CaptureState.FILED),
    ],
)
def test_capture_cannot_skip_or_go_back(now: CaptureState, to: CaptureState) -> None:
    with pytest.raises(Conflict):
        check_move(now, to)


def test_wanted_views_are_all_three_or_those_of_the_retake() -> None:
    assert wanted_views() == ALL_VIEWS
    assert wanted_views(["dermoscopic", "overview"]) == (View.OVERVIEW, View.DERMOSCOPIC)


def test_missing_views_keep_their_order_and_read_as_a_sentence() -> None:
    missing = missing_views(ALL_VIEWS, {View.OVERVIEW})

    assert missing == (View.CLOSE_UP, View.DERMOSCOPIC)
    assert words(missing) == "close-up and dermoscopic"


@pytest.mark.parametrize(
    "ticked",
    [
        ["name", "born_on"],
        ["name", "address", "nhs_number"],
        ["born_on", "address", "phone"],
        ["name", "born_on", "shoe_size"],
        ["name", "born_on", "born_on"],
        [],
    ],
)
def test_identity_needs_name_date_of_birth_and_one_more(ticked: list[str]) -> None:
    assert identity_problem(ticked) is not None


@pytest.mark.parametrize("third", ["address", "nhs_number", "gp", "phone"])
def test_identity_is_confirmed_by_any_third_identifier(third: str) -> None:
    assert identity_problem(["name", "born_on", third]) is None


@pytest.mark.parametrize(
    ("age", "capacity", "by"),
    [
        (66, True, ConsentBy.PATIENT),
        (16, True, ConsentBy.PATIENT),
        (66, False, ConsentBy.BEST_INTERESTS),
        (66, False, ConsentBy.ATTORNEY),
        (17, False, ConsentBy.PARENT),
        (15, None, ConsentBy.PARENT),
        (15, True, ConsentBy.YOUNG_PERSON),
    ],
)
def test_decider_is_right(age: int, capacity: bool | None, by: ConsentBy) -> None:
    assert decider_problem(age, capacity, by) is None


@pytest.mark.parametrize(
    ("age", "capacity", "by"),
    [
        (66, None, ConsentBy.PATIENT),
        (66, False, ConsentBy.PATIENT),
        (66, True, ConsentBy.BEST_INTERESTS),
        (66, True, ConsentBy.ATTORNEY),
        (66, False, ConsentBy.PARENT),
        (17, False, ConsentBy.ATTORNEY),
        (17, True, ConsentBy.PARENT),
        (15, True, ConsentBy.PATIENT),
        (15, None, ConsentBy.BEST_INTERESTS),
    ],
)
def test_decider_is_wrong(age: int, capacity: bool | None, by: ConsentBy) -> None:
    assert decider_problem(age, capacity, by) is not None


def test_young_person_needs_a_word_on_how_they_were_judged_able() -> None:
    taken = ConsentTaken(given_by=ConsentBy.YOUNG_PERSON, record=True)

    assert "competence_note" in problems(taken, age=15, interpreter_needed=False)


def test_parent_needs_a_relation() -> None:
    taken = ConsentTaken(given_by=ConsentBy.PARENT, record=True, has_capacity=None)

    assert "giver_relation" in problems(taken, age=8, interpreter_needed=False)


def test_interpreter_must_be_named_or_missed_when_one_was_needed() -> None:
    taken = ConsentTaken(given_by=ConsentBy.PATIENT, record=True)

    assert "interpreter" in problems(taken, age=66, interpreter_needed=True)
    assert not problems(
        replace(taken, no_interpreter_reason="Patient preferred English"),
        age=66,
        interpreter_needed=True,
    )


def test_teaching_and_publication_cannot_be_given_without_the_record() -> None:
    taken = ConsentTaken(given_by=ConsentBy.PATIENT, record=False, teaching=True, publication=True)

    assert set(problems(taken, age=66, interpreter_needed=False)) == {"teaching", "publication"}


def progress(*shots: Shot, state: LesionState = LesionState.AWAITING_IMAGES) -> LesionProgress:
    return LesionProgress(
        lesion_id=uuid4(), number=1, site="left cheek", state=state, wanted=ALL_VIEWS, shots=shots
    )


def filed(*views: View) -> list[Shot]:
    return [Shot(view, CaptureState.FILED) for view in views]


@pytest.mark.parametrize(
    "state", [CaptureState.ANNOUNCED, CaptureState.RECEIVING, CaptureState.RECEIVED]
)
def test_finish_waits_for_photographs_on_the_way_and_names_them(state: CaptureState) -> None:
    blocked = finish_blocked_because([progress(Shot(View.CLOSE_UP, state))])

    assert blocked is not None
    assert "Lesion 1, left cheek (close-up" in blocked


def test_finish_waits_for_the_choice_to_keep_or_retake() -> None:
    blocked = finish_blocked_because([progress(Shot(View.CLOSE_UP, CaptureState.CHECKED))])

    assert blocked is not None
    assert "keep or take again" in blocked


def test_finish_waits_for_a_kept_photograph_that_is_not_yet_on_the_record() -> None:
    kept = Shot(View.CLOSE_UP, CaptureState.CHECKED, "best_possible", is_decided=True)

    assert "close-up, being put on the record" in str(finish_blocked_because([progress(kept)]))


def test_finish_does_not_wait_for_what_is_filed_or_set_aside() -> None:
    shots = [*filed(*View), Shot(View.CLOSE_UP, CaptureState.SET_ASIDE)]

    assert finish_blocked_because([progress(*shots)]) is None
    assert progress(*shots).is_complete


def test_scale_in_one_photograph_is_enough_for_the_set() -> None:
    bare = filed(View.OVERVIEW, View.CLOSE_UP)
    etched = Shot(View.DERMOSCOPIC, CaptureState.FILED, has_scale=True)
    lost = Shot(View.CLOSE_UP, CaptureState.SET_ASIDE, has_scale=True)

    assert "Not seen in any" in progress(*bare, lost).scale_words
    assert progress(*bare, etched).scale_words == "Seen in the dermoscopic view"


def test_missing_view_needs_a_reason_or_another_visit() -> None:
    lesion = progress(*filed(View.OVERVIEW, View.CLOSE_UP))

    assert "dermoscopic view is missing" in str(ending_problem(lesion, None))
    assert ending_problem(lesion, Ending(missing_because="  ")) is not None
    assert ending_problem(lesion, Ending(missing_because="Too painful")) is None
    assert ending_problem(lesion, Ending(come_back=True)) is None


def test_reason_is_not_enough_for_a_lesion_without_any_photograph() -> None:
    problem = ending_problem(progress(), Ending(missing_because="Too painful"))

    assert "has no photographs" in str(problem)


def test_lesion_that_no_longer_waits_needs_nothing() -> None:
    assert ending_problem(progress(state=LesionState.AWAITING_REVIEW), None) is None
