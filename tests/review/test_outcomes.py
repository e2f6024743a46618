"""Outcomes: urgency, clock, lock, and the words letters start from."""

import re

import pytest

from derm_service.review import first_words, outcomes
from derm_service.review.codes import Outcome

ALL = list(Outcome)
JARGON = re.compile(
    r"lesion|malignan|benign|dermoscop|biops|excis|triage|pathway|melanoma|carcinoma|"
    r"refer(?:red|ral)|urgent suspected|prognos|histolog|monitor",
    re.IGNORECASE,
)


@pytest.mark.parametrize("outcome", ALL)
def test_every_outcome_has_a_label_and_words_for_the_gp(outcome: Outcome) -> None:
    assert outcomes.label(outcome)
    assert first_words.for_gp(outcome)


def test_only_outcomes_that_rule_cancer_out_end_the_clock() -> None:
    ends = {outcome for outcome in ALL if outcomes.ends_clock(outcome)}

    assert ends == {Outcome.REASSURE, Outcome.PRIMARY_CARE}


def test_only_suspected_cancer_and_biopsy_lock_the_letter() -> None:
    locks = {outcome for outcome in ALL if outcomes.locks_letter(outcome)}

    assert locks == {Outcome.USC_F2F, Outcome.DIRECT_SURGERY}


def test_case_outcome_is_that_of_its_most_urgent_lesion() -> None:
    urgent = outcomes.most_urgent([Outcome.REASSURE, Outcome.USC_F2F, Outcome.MONITOR])

    assert urgent is Outcome.USC_F2F
    assert outcomes.most_urgent([]) is None


@pytest.mark.parametrize("other", [Outcome.USC_F2F, Outcome.DIRECT_SURGERY, Outcome.URGENT_F2F])
def test_referral_stays_on_the_cancer_clock_while_a_lesion_is_urgent(other: Outcome) -> None:
    assert not outcomes.allows_downgrade([Outcome.ROUTINE_F2F, other])


def test_referral_may_be_downgraded_when_every_lesion_is_routine() -> None:
    assert outcomes.allows_downgrade([Outcome.ROUTINE_F2F, Outcome.REASSURE])
    assert not outcomes.allows_downgrade([Outcome.ROUTINE_F2F, None])
    assert not outcomes.allows_downgrade([])


def test_discharge_against_the_seven_point_checklist_needs_a_second_look() -> None:
    assert outcomes.needs_second_look(Outcome.REASSURE, 3)
    assert not outcomes.needs_second_look(Outcome.REASSURE, 2)
    assert not outcomes.needs_second_look(Outcome.REASSURE, None)
    assert not outcomes.needs_second_look(Outcome.USC_F2F, 7)


@pytest.mark.parametrize("outcome", [each for each in ALL if outcomes.writes_letters(each)])
def test_patients_words_are_plain_and_short(outcome: Outcome) -> None:
    text = first_words.for_patient(outcome)

    assert not JARGON.findall(text)
    sentences = [each for each in re.split(r"[.!?]\s+", text) if each]
    lengths = [len(each.split()) for each in sentences]
    assert max(lengths) <= 24
    assert sum(lengths) / len(lengths) <= 14
    assert reading_age(text) <= 11.5


def reading_age(text: str) -> float:
    """Flesch-Kincaid grade plus five: the age at which a child in England reads it."""
    words = re.findall(r"[a-zA-Z']+", text)
    sentences = [each for each in re.split(r"[.!?]", text) if each.strip()]
    syllables = sum(max(1, len(re.findall(r"[aeiouy]+", w.lower().rstrip("e")))) for w in words)
    return 0.39 * len(words) / len(sentences) + 11.8 * syllables / len(words) - 15.59 + 5


@pytest.mark.parametrize("outcome", [each for each in ALL if not outcomes.ends_clock(each)])
def test_patient_is_told_when_to_ring_while_something_is_still_to_come(outcome: Outcome) -> None:
    if outcomes.writes_letters(outcome):
        assert "please ring us" in first_words.for_patient(outcome)


def test_paragraphs_are_parted_by_blank_lines_as_browsers_send_them() -> None:
    text = "One\r\nstill one.\r\n\r\nTwo.\n\n\n\nThree."

    assert first_words.paragraphs(text) == ["One still one.", "Two.", "Three."]
