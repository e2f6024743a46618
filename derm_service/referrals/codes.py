"""The coded words of a referral: what may stand in each column."""

from enum import StrEnum


class Priority(StrEnum):
    """How urgent the referrer made it; e-RS writes the last one TWO_WEEK_WAIT."""

    ROUTINE = "routine"
    URGENT = "urgent"
    URGENT_SUSPECTED_CANCER = "urgent_suspected_cancer"


class ReferralState(StrEnum):
    """Open until every lesion's patient has been told, or withdrawn."""

    OPEN = "open"
    CLOSED = "closed"
    WITHDRAWN = "withdrawn"


class LesionState(StrEnum):
    """Where one lesion stands; the referral's story is the sum of its lesions."""

    AWAITING_IMAGES = "awaiting_images"
    AWAITING_REVIEW = "awaiting_review"
    OPINION_SIGNED = "opinion_signed"
    TOLD = "told"


class Laterality(StrEnum):
    """Which side; SNOMED CT codes stand in `body_sites.py`."""

    LEFT = "left"
    RIGHT = "right"
    MIDLINE = "midline"
    BILATERAL = "bilateral"
    NOT_APPLICABLE = "not_applicable"


class Channel(StrEnum):
    """How a person wants to hear from us."""

    LETTER = "letter"
    PHONE = "phone"
    SMS = "sms"
    EMAIL = "email"


class Mobility(StrEnum):
    """How a person gets about, as far as the referral states it."""

    INDEPENDENT = "independent"
    NEEDS_HELP = "needs_help"
    WHEELCHAIR = "wheelchair"
    HOIST = "hoist"
    HOUSEBOUND = "housebound"
    NOT_STATED = "not_stated"


class Need(StrEnum):
    """What a person needs to take part (DAPB1605 and the building)."""

    STEP_FREE = "step_free"
    HOIST = "hoist"
    HEARING_LOOP = "hearing_loop"
    BSL = "bsl"
    LARGE_PRINT = "large_print"
    EASY_READ = "easy_read"
    BRAILLE = "braille"
    LONGER_APPOINTMENT = "longer_appointment"
    CARER_PRESENT = "carer_present"
    TRANSPORT = "transport"
    OTHER = "other"


class Purpose(StrEnum):
    """What images may be used for; each is asked on its own."""

    RECORD = "record"
    TEACHING = "teaching"
    PUBLICATION = "publication"


class ConsentBy(StrEnum):
    """Who said yes or no."""

    PATIENT = "patient"
    YOUNG_PERSON = "young_person"  # under 16 and judged able to decide (Gillick)
    PARENT = "parent"
    ATTORNEY = "attorney"
    BEST_INTERESTS = "best_interests"


class WithdrawnReason(StrEnum):
    """Why a referral was withdrawn."""

    PATIENT_WISH = "patient_wish"
    REFERRER_WISH = "referrer_wish"
    DUPLICATE = "duplicate"
    WRONG_PATIENT = "wrong_patient"
    SEEN_ELSEWHERE = "seen_elsewhere"
    DECEASED = "deceased"


class UnphotographedReason(StrEnum):
    """Why a lesion was closed without photographs."""

    NOT_FOUND = "not_found"
    HEALED = "healed"
    DECLINED = "declined"
    NOT_REACHABLE = "not_reachable"  # under hair, nail, dressing
    UNSAFE = "unsafe"
    NOT_POSSIBLE = "not_possible"  # at that visit: capacity, chaperone, interpreter, equipment


ETHNIC_CATEGORIES: dict[str, str] = {
    "A": "White British",
    "B": "White Irish",
    "C": "Any other White background",
    "D": "White and Black Caribbean",
    "E": "White and Black African",
    "F": "White and Asian",
    "G": "Any other mixed background",
    "H": "Indian",
    "J": "Pakistani",
    "K": "Bangladeshi",
    "L": "Any other Asian background",
    "M": "Caribbean",
    "N": "African",
    "P": "Any other Black background",
    "R": "Chinese",
    "S": "Any other ethnic group",
    "Z": "Not stated",
    "99": "Not known",
}
