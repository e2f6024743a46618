"""The coded words of reading: outcomes and how people were told."""

from enum import StrEnum


class Outcome(StrEnum):
    """What happens next with one lesion; labels and effects stand in `outcomes.py`."""

    REASSURE = "reassure"
    PRIMARY_CARE = "primary_care"
    ROUTINE_F2F = "routine_f2f"
    URGENT_F2F = "urgent_f2f"
    USC_F2F = "usc_f2f"
    DIRECT_SURGERY = "direct_surgery"
    OTHER_SPECIALTY = "other_specialty"
    MONITOR = "monitor"
    SECOND_OPINION = "second_opinion"


class ToldHow(StrEnum):
    """How the patient was told."""

    PHONE_CALL = "phone_call"
    VISIT = "visit"
    CLINIC = "clinic"
    LETTER = "letter"
    PROXY = "proxy"  # somebody with recorded consent to hear it


class OverrideReason(StrEnum):
    """Why a locked letter goes out although nobody reached the patient."""

    NOT_REACHABLE = "not_reachable"
    PATIENT_ASKED_FOR_LETTER = "patient_asked_for_letter"
    ALREADY_KNOWS = "already_knows"
