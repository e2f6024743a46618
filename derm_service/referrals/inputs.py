"""What a referral is entered from, typed and tidy, and what it must hold; pure."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from derm_service.referrals import body_sites
from derm_service.referrals.codes import Channel, Laterality, Mobility, Need, Priority
from derm_service.referrals.tidy import OLDEST_BIRTH

SEXES: dict[str, str] = {
    "female": "Female",
    "male": "Male",
    "other": "Other",
    "not_known": "Not known",
}
MOST_LESIONS = 9
OLDEST_REFERRAL_DAYS = 366


@dataclass(frozen=True)
class PatientInput:
    """A patient as referred; lists and empty strings stand for what is not known."""

    family_name: str
    given_name: str
    born_on: date
    nhs_number: str | None = None
    sex: str = "not_known"
    address_lines: list[str] = field(default_factory=list)
    postcode: str = ""
    phone: str = ""
    mobile: str = ""
    email: str = ""
    contact_by: Channel = Channel.LETTER
    contact_note: str = ""
    language: str = "en"
    interpreter_needed: bool | None = None
    needs: list[Need] = field(default_factory=list)
    needs_note: str = ""
    ethnic_category: str = "Z"
    mobility: Mobility = Mobility.NOT_STATED
    care_home: bool | None = None
    has_device: bool | None = None
    has_data: bool | None = None
    digital_confidence: int | None = None
    has_digital_helper: bool | None = None
    short_notice: bool | None = None
    gp_name: str = ""
    gp_practice_code: str = ""
    gp_address_lines: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class LesionInput:
    """One place to photograph, as the referrer described it."""

    site_code: str
    laterality: Laterality = Laterality.NOT_APPLICABLE
    site_note: str = ""
    question: str = ""
    duration: str = ""
    seven_point: list[str] = field(default_factory=list)
    largest_diameter_mm: float | None = None


@dataclass(frozen=True)
class History:
    """What the referrer says about the patient's health; None is "not stated"."""

    anticoagulant: bool | None = None
    pacemaker: bool | None = None
    immunosuppressed: bool | None = None
    allergies: str = ""
    medicines: str = ""
    previous_skin_cancer: str = ""
    family_history: str = ""


@dataclass(frozen=True)
class ReferralInput:
    """The request itself; day 0 of its clock is `received_on`, a London date."""

    priority: Priority
    received_on: date
    source_reference: str | None = None
    referrer_name: str = ""
    referrer_organisation: str = ""
    referrer_phone: str = ""
    history: History = History()


def patient_problems(patient: PatientInput, *, today: date) -> dict[str, str]:
    """The sentences, by field, of what a patient cannot be."""
    found: dict[str, str] = {}
    if not patient.family_name:
        found["family_name"] = "Enter the family name"
    if not OLDEST_BIRTH <= patient.born_on <= today:
        found["born_on"] = f"Date of birth must be between {OLDEST_BIRTH.year} and today"
    return found


def referral_problems(referral: ReferralInput, *, today: date, born_on: date) -> dict[str, str]:
    """The sentences, by field, of what a referral cannot be."""
    found: dict[str, str] = {}
    if referral.received_on > today:
        found["received_on"] = "The day the referral was received cannot be in the future"
    elif (today - referral.received_on).days > OLDEST_REFERRAL_DAYS:
        found["received_on"] = "The day the referral was received must be within the last year"
    elif referral.received_on < born_on:
        found["received_on"] = "The referral cannot be older than the patient"
    return found


def lesion_problems(lesions: Sequence[LesionInput]) -> dict[str, str]:
    """The sentences, by field (`lesion_1_side`), of what the lesions of a referral cannot be."""
    found: dict[str, str] = {}
    if not lesions:
        found["lesion_1_site"] = "Choose where on the body the lesion is"
    for number, lesion in enumerate(lesions, start=1):
        if body_sites.site(lesion.site_code) is None:
            found[f"lesion_{number}_site"] = "Choose where on the body the lesion is"
        elif wrong := body_sites.why_side_is_wrong(lesion.site_code, lesion.laterality):
            found[f"lesion_{number}_side"] = wrong
    return found
