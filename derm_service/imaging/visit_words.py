"""The words of the visit pages: what each coded choice says to the photographer."""

from derm_service.booking.codes import NextStep, NotAttendedReason
from derm_service.booking.rules import NEXT_STEP_WORDS, NOT_ATTENDED_WORDS
from derm_service.imaging.codes import Chaperone, NotPhotographedReason
from derm_service.referrals.codes import ConsentBy, Laterality, Purpose, UnphotographedReason

NOT_ATTENDED: dict[str, str] = {
    reason.value: NOT_ATTENDED_WORDS[reason] for reason in NotAttendedReason
}
NEXT_STEPS: dict[str, str] = {step.value: NEXT_STEP_WORDS[step] for step in NextStep}

PURPOSES: dict[Purpose, str] = {
    Purpose.RECORD: "Photographs for the health record",
    Purpose.TEACHING: "Use for teaching",
    Purpose.PUBLICATION: "Use in a publication",
}

DECIDERS: dict[ConsentBy, str] = {
    ConsentBy.PATIENT: "The patient: they have capacity for this decision",
    ConsentBy.YOUNG_PERSON: "The young person: they are judged able to decide (Gillick)",
    ConsentBy.PARENT: "A parent or guardian with parental responsibility",
    ConsentBy.ATTORNEY: (
        "An attorney for health and welfare: the patient lacks capacity for this decision"
    ),
    ConsentBy.BEST_INTERESTS: (
        "A best-interests decision: the patient lacks capacity for this decision"
    ),
}

GIVEN_BY: dict[ConsentBy, str] = {
    ConsentBy.PATIENT: "the patient",
    ConsentBy.YOUNG_PERSON: "the young person",
    ConsentBy.PARENT: "a parent or guardian",
    ConsentBy.ATTORNEY: "an attorney",
    ConsentBy.BEST_INTERESTS: "a best-interests decision",
}

CHAPERONE: dict[str, str] = {
    Chaperone.PRESENT.value: "A chaperone is present",
    Chaperone.DECLINED_BY_PATIENT.value: "The patient was offered a chaperone and declined",
}

UNPHOTOGRAPHED: dict[str, str] = {
    UnphotographedReason.NOT_FOUND.value: "The lesion cannot be found",
    UnphotographedReason.HEALED.value: "The lesion has gone or was removed",
    UnphotographedReason.DECLINED.value: "The patient does not want it photographed",
    UnphotographedReason.NOT_REACHABLE.value: (
        "The camera cannot reach it, such as under a dressing"
    ),
    UnphotographedReason.UNSAFE.value: "It is not safe to photograph it",
    UnphotographedReason.NOT_POSSIBLE.value: "It was not possible at this visit",
}

NOT_PHOTOGRAPHED: dict[str, str] = {
    NotPhotographedReason.CONSENT_REFUSED.value: "No consent to photographs",
    NotPhotographedReason.CAPACITY_NOT_SETTLED.value: "It is not settled who can decide",
    NotPhotographedReason.IDENTITY_NOT_CONFIRMED.value: "Identity could not be confirmed",
    NotPhotographedReason.UNWELL.value: "The patient is unwell",
    NotPhotographedReason.NO_CHAPERONE.value: "No chaperone was available",
    NotPhotographedReason.NO_INTERPRETER.value: "No interpreter was available",
    NotPhotographedReason.EQUIPMENT_FAILED.value: "Equipment failed",
    NotPhotographedReason.OTHER.value: "Another reason",
}

MISSING: dict[str, str] = {
    "patient_unable": "The patient cannot hold still or is in pain",
    "site_difficult": "The camera or the dermatoscope cannot reach the site",
    "no_dermatoscope": "No working dermatoscope",
    "not_needed": "This view does not help, such as with a rash",
    "patient_stopped": "The patient asked to stop",
}
"""Why a wanted view is missing; what is chosen is kept in these words for the reader."""

SIDES: dict[str, str] = {
    Laterality.LEFT.value: "Left",
    Laterality.RIGHT.value: "Right",
    Laterality.MIDLINE.value: "Midline",
    Laterality.BILATERAL.value: "Both sides",
    Laterality.NOT_APPLICABLE.value: "No side: there is only one",
}
