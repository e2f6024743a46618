"""The coded words of messages and of the Work page."""

from enum import StrEnum


class MessageKind(StrEnum):
    """What a message is about."""

    APPOINTMENT = "appointment"
    APPOINTMENT_MOVED = "appointment_moved"
    APPOINTMENT_CANCELLED = "appointment_cancelled"
    APPOINTMENT_REMINDER = "appointment_reminder"
    OFFER = "offer"  # a time that fell free
    OUTCOME_PATIENT = "outcome_patient"
    OUTCOME_GP = "outcome_gp"


class Addressee(StrEnum):
    """Who it is for."""

    PATIENT = "patient"
    PROXY = "proxy"  # who hears for them, with recorded consent
    GP = "gp"


class MessageState(StrEnum):
    """How far a message has come; allowed moves stand in `rules.py`."""

    LOCKED = "locked"  # waits until the patient was spoken to
    READY = "ready"
    PRINTED = "printed"
    SENDING = "sending"  # the attempt is on record, the carrier's answer is not
    SENT = "sent"  # posted, or taken by the carrier
    DELIVERED = "delivered"  # the carrier says so, or they were spoken to
    RETURNED = "returned"
    FAILED = "failed"
    STOPPED = "stopped"  # deceased, withdrawn, replaced by a corrected one


class Meaning(StrEnum):
    """What an answer by text says, where it says it beyond doubt."""

    CONFIRM = "confirm"
    CHANGE = "change"
    CANCEL = "cancel"
    UNCLEAR = "unclear"


class WorkKind(StrEnum):
    """What waits for somebody."""

    CALL_PATIENT = "call_patient"  # about an appointment
    POST_LETTER = "post_letter"
    MESSAGE_FAILED = "message_failed"
    PATIENT_REPLIED = "patient_replied"
    LETTER_RETURNED = "letter_returned"
    RETAKE_TO_BOOK = "retake_to_book"
    NEEDS_SOMEONE_TODAY = "needs_someone_today"
    SAFETY_ALERT = "safety_alert"
    TELL_PATIENT = "tell_patient"  # about an opinion: told on its own page, with evidence
    IMAGE_TROUBLE = "image_trouble"
    REBOOK = "rebook"
    ARRANGE_NEXT_STEP = "arrange_next_step"  # what an outcome asks for, outside this service
    AUDIT_BROKEN = "audit_broken"  # a row of the audit trail was changed or is gone
    JOB_FAILED = "job_failed"  # given up after every try
    CAPACITY_ALARM = "capacity_alarm"  # more people than times before they breach
    OFFER_CALL = "offer_call"  # a time that fell free, to be read out to somebody
