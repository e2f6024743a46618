"""The coded words of a capture and of a visit."""

from enum import StrEnum

from derm_service.booking.codes import View as View


class CaptureState(StrEnum):
    """How far a capture has come; allowed moves stand in `rules.py`."""

    ANNOUNCED = "announced"
    RECEIVING = "receiving"
    RECEIVED = "received"
    CHECKED = "checked"
    FILED = "filed"
    SET_ASIDE = "set_aside"
    ERASED = "erased"


class SetAsideReason(StrEnum):
    """Why a capture is not on the record; its bytes are kept sealed for 30 days."""

    RETAKEN = "retaken"
    REJECTED = "rejected"
    CHANGED_ON_THE_WAY = "changed_on_the_way"
    WRONG_LESION = "wrong_lesion"
    STOPPED = "stopped"  # by the device, before all of it was here
    NEVER_ARRIVED = "never_arrived"  # not within a week
    FILED_ELSEWHERE = "filed_elsewhere"  # the same bytes are on another person's record
    CONSENT_REFUSED = "consent_refused"  # a no after it was taken
    REFERRAL_ENDED = "referral_ended"  # withdrawn, or the person has died, before all was here


class KeptReason(StrEnum):
    """Why the photographer kept an image the gate would retake."""

    BEST_POSSIBLE = "best_possible"
    PATIENT_UNABLE = "patient_unable"  # tremor, pain, cannot hold still
    SITE_DIFFICULT = "site_difficult"
    GATE_WRONG = "gate_wrong"


class Polarisation(StrEnum):
    """DICOM Light Source Polarization (0016,1001)."""

    POLARISED = "polarised"
    NON_POLARISED = "non_polarised"


class Contact(StrEnum):
    """DICOM Contact Method (0016,1003)."""

    CONTACT = "contact"
    NON_CONTACT = "non_contact"


class Immersion(StrEnum):
    """DICOM Immersion Media (0016,1004), asked for contact dermoscopy."""

    GEL = "gel"
    ALCOHOL = "alcohol"
    WATER = "water"
    OIL = "oil"
    NONE = "none"


class Chaperone(StrEnum):
    """What was settled about a chaperone for an intimate site."""

    PRESENT = "present"
    DECLINED_BY_PATIENT = "declined_by_patient"


class NotPhotographedReason(StrEnum):
    """Why a visit ended before a photograph could be taken."""

    CONSENT_REFUSED = "consent_refused"
    CAPACITY_NOT_SETTLED = "capacity_not_settled"
    IDENTITY_NOT_CONFIRMED = "identity_not_confirmed"
    UNWELL = "unwell"
    NO_CHAPERONE = "no_chaperone"
    NO_INTERPRETER = "no_interpreter"
    EQUIPMENT_FAILED = "equipment_failed"
    OTHER = "other"


class RenditionSize(StrEnum):
    """The copies that leave the store, named by their longest side in pixels."""

    SMALL = "1024"
    MEDIUM = "3072"
    FULL = "full"
    E_RS = "ers"  # 5 MB or less


class RetakeReason(StrEnum):
    """Why new captures are asked for."""

    BLURRED = "blurred"
    EXPOSURE = "exposure"
    WRONG_SITE = "wrong_site"
    WRONG_PERSON = "wrong_person"
    MISSING_VIEW = "missing_view"
    OBSCURED = "obscured"
    SCALE_MISSING = "scale_missing"
    OTHER = "other"
