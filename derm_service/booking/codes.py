"""The coded words of booking."""

from enum import StrEnum


class ResourceKind(StrEnum):
    """What cannot be in two places."""

    ROOM = "room"
    PHOTOGRAPHER = "photographer"
    DERMATOSCOPE = "dermatoscope"
    VAN = "van"
    INTERPRETER = "interpreter"
    CHAPERONE = "chaperone"
    HOIST = "hoist"


class Level(StrEnum):
    """Whether a resource is taken for a clinic's hours or for one visit's minutes."""

    CLINIC = "clinic"
    VISIT = "visit"


class AllocationState(StrEnum):
    """What an allocation means just now."""

    HELD = "held"
    CONFIRMED = "confirmed"
    RELEASED = "released"


class ClinicState(StrEnum):
    """Whether a clinic takes people."""

    OPEN = "open"
    CANCELLED = "cancelled"


class AppointmentState(StrEnum):
    """Where an appointment stands; allowed moves stand in `rules.py`."""

    BOOKED = "booked"
    CHECKED_IN = "checked_in"
    COMPLETED = "completed"
    NOT_ATTENDED = "not_attended"
    CANCELLED = "cancelled"
    MOVED = "moved"


LIVE = frozenset({AppointmentState.BOOKED, AppointmentState.CHECKED_IN, AppointmentState.COMPLETED})


class CancelReason(StrEnum):
    """Why an appointment was cancelled; `CANCEL_CODES` in rules.py says each as e-RS does."""

    PATIENT_ILL = "patient_ill"
    PATIENT_CANNOT_COME = "patient_cannot_come"
    PATIENT_DECLINED = "patient_declined"
    NO_TRANSPORT = "no_transport"
    NO_INTERPRETER = "no_interpreter"
    STAFF_ABSENT = "staff_absent"
    CLINIC_CANCELLED = "clinic_cancelled"
    EQUIPMENT_FAILED = "equipment_failed"
    BOOKED_IN_ERROR = "booked_in_error"
    REFERRAL_WITHDRAWN = "referral_withdrawn"
    PATIENT_DIED = "patient_died"


class NotAttendedReason(StrEnum):
    """Why a person did not come, as far as known."""

    FORGOT = "forgot"
    ILL = "ill"
    ARRIVED_TOO_LATE = "arrived_too_late"
    NO_TRANSPORT = "no_transport"
    NOT_KNOWN = "not_known"


class NextStep(StrEnum):
    """What follows when a person did not come; being discharged is not among it."""

    RING = "ring"
    SECOND_TIME = "second_time"
    ASK_REFERRER = "ask_referrer"
    SAFEGUARDING = "safeguarding"


class LocationKind(StrEnum):
    """What sort of place it is."""

    HOSPITAL = "hospital"
    VAN_STOP = "van_stop"


class View(StrEnum):
    """Which picture of a lesion this is."""

    OVERVIEW = "overview"
    CLOSE_UP = "close_up"
    DERMOSCOPIC = "dermoscopic"

    @property
    def words(self) -> str:
        """As it is read in the middle of a sentence."""
        return self.value.replace("_", "-")


class Feature(StrEnum):
    """What a place offers to somebody with a need."""

    STEP_FREE = "step_free"
    ACCESSIBLE_PARKING = "accessible_parking"
    ACCESSIBLE_TOILET = "accessible_toilet"
    HEARING_LOOP = "hearing_loop"
    HOIST = "hoist"
    CHANGING_PLACE = "changing_place"
    QUIET_SPACE = "quiet_space"


class OfferState(StrEnum):
    """Where an offer of a freed time stands; only an open one can be answered."""

    OPEN = "open"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    EXPIRED = "expired"  # no answer in time, or nobody was reached
    ENDED = "ended"  # overtaken: booked otherwise, withdrawn, died, clinic cancelled


class AnsweredBy(StrEnum):
    """How an offer was answered."""

    LINK = "link"
    REPLY = "reply"
    PHONE = "phone"


class DeclineReason(StrEnum):
    """Why a person says no to an offer; it never counts against them."""

    TOO_SOON = "too_soon"
    BUSY = "busy"
    TOO_FAR = "too_far"
    NO_TRANSPORT = "no_transport"
    KEEPS_OWN = "keeps_own"
    NO_MORE = "no_more"  # wants no further offers of earlier times
    NOT_SAID = "not_said"
