"""The form a referral is entered in; `reading` checks it, for the page and for files alike."""

from collections.abc import Mapping
from typing import Any

from wtforms import (
    EmailField,
    Field,
    Form,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TelField,
    TextAreaField,
)

from derm_service.forms import PARTS, DayField, choices, stripped
from derm_service.referrals import body_sites, health, languages, seven_point
from derm_service.referrals.codes import ETHNIC_CATEGORIES, ConsentBy, Mobility, Need
from derm_service.referrals.heard import YES
from derm_service.referrals.inputs import MOST_LESIONS, SEXES
from derm_service.referrals.models import Patient
from derm_service.referrals.proxy import Proxy

NO = "no"
YES_NO_UNSAID = {YES: "Yes", NO: "No", "": "Not stated"}
PRIORITIES = {
    "urgent_suspected_cancer": "Urgent suspected cancer",
    "urgent": "Urgent",
    "routine": "Routine",
}
SIDES = {
    "left": "Left",
    "right": "Right",
    "bilateral": "Both sides",
    "midline": "Middle",
    "not_applicable": "Has no side",
}
YES_OR_NO = (
    "short_notice",
    "interpreter_needed",
    "care_home",
    "has_device",
    "has_data",
    "has_digital_helper",
)
SAFE_ONLY = "Safe contact only: send no letter, text or email, and leave no message"
CHANNELS = {"letter": "Letter", "phone": "Phone call", "sms": "Text message", "email": "Email"}
NEED_LABELS = {Need.BSL.value: "British Sign Language", Need.OTHER.value: "Something else"}
CONFIDENCE = {
    "": "Not stated",
    "1": "1, not at all confident",
    "2": "2",
    "3": "3",
    "4": "4",
    "5": "5, very confident",
}


_SITE_NAMES = {site.code: site.name for site in body_sites.SITES}


def _line(label: str) -> StringField:
    return StringField(label, filters=[stripped])


def _one_of(label: str, options: Mapping[str, str], default: str | None = None) -> RadioField:
    return RadioField(label, choices=dict(options), default=default, validate_choice=False)


class RequestForm(Form):
    """The request itself; the classes stand in the order of the page, and so do the errors."""

    priority = _one_of("Priority", PRIORITIES)
    received_on = DayField("When was the referral received?")
    source_reference = _line("Reference")
    referrer_name = _line("Name of the referrer")
    referrer_organisation = _line("Organisation")
    referrer_phone = TelField("Telephone", filters=[stripped])


class PatientForm(Form):
    """A person's details; used to enter them and to correct them."""

    nhs_number = _line("NHS number")
    nhs_number_not_known = SelectMultipleField(
        "NHS number not known",
        choices={YES: "The NHS number is not known"},
        validate_choice=False,
    )
    given_name = _line("Given names")
    family_name = _line("Family name")
    born_on = DayField("Date of birth")
    sex = _one_of("Sex", SEXES, "not_known")
    address = TextAreaField("Address", filters=[stripped])
    postcode = _line("Postcode")
    phone = TelField("Telephone", filters=[stripped])
    mobile = TelField("Mobile", filters=[stripped])
    email = EmailField("Email address", filters=[stripped])
    contact_by = _one_of("How does the person want to hear from us?", CHANNELS, "letter")
    contact_note = _line("Note on contact")
    short_notice = _one_of("Would the person come at short notice?", YES_NO_UNSAID, "")
    language = SelectField(
        "Language", choices=dict(languages.choices()), default="en", validate_choice=False
    )
    interpreter_needed = _one_of("Is an interpreter needed?", YES_NO_UNSAID, "")
    needs = SelectMultipleField(
        "What does the person need?", choices=choices(Need, NEED_LABELS), validate_choice=False
    )
    needs_note = _line("Anything else they need")
    mobility = _one_of("How does the person get about?", choices(Mobility), "not_stated")
    care_home = _one_of("Does the person live in a care home?", YES_NO_UNSAID, "")
    ethnic_category = SelectField(
        "Ethnic category", choices=ETHNIC_CATEGORIES, default="Z", validate_choice=False
    )
    has_device = _one_of("Has a smartphone, tablet or computer", YES_NO_UNSAID, "")
    has_data = _one_of("Has wifi or mobile data", YES_NO_UNSAID, "")
    digital_confidence = SelectField(
        "How confident is the person online?",
        choices=CONFIDENCE,
        default="",
        validate_choice=False,
    )
    has_digital_helper = _one_of("Has somebody who helps them online", YES_NO_UNSAID, "")
    gp_name = _line("GP name")
    gp_practice_code = _line("GP practice code")
    gp_address = TextAreaField("GP practice address", filters=[stripped])


class HeardForm(Form):
    """Safe contact, and somebody who hears for the person with the consent for it."""

    safe_contact = SelectMultipleField(
        "Safe contact", choices={YES: SAFE_ONLY}, validate_choice=False
    )
    has_proxy = _one_of("Does somebody else hear from us for them?", {YES: "Yes", NO: "No"})
    proxy_name = _line("Their name")
    proxy_relation = _line("Who they are to the patient")
    proxy_channel = _one_of("How do they hear?", CHANNELS)
    proxy_phone = TelField("Their telephone", filters=[stripped])
    proxy_mobile = TelField("Their mobile", filters=[stripped])
    proxy_email = EmailField("Their email address", filters=[stripped])
    proxy_address = TextAreaField("Their address", filters=[stripped])
    proxy_postcode = _line("Their postcode")
    proxy_consent_by = _one_of("Who agreed to it?", choices(ConsentBy))
    proxy_consented_on = DayField("When did they agree?")
    proxy_until = DayField("Until when? (optional)")
    proxy_consent_note = _line("How, and to whom, did they agree?")


class HealthForm(Form):
    """What the referrer says about the patient's health."""

    anticoagulant = _one_of(health.NAMES["anticoagulant"], YES_NO_UNSAID, "")
    pacemaker = _one_of(health.NAMES["pacemaker"], YES_NO_UNSAID, "")
    immunosuppressed = _one_of(health.NAMES["immunosuppressed"], YES_NO_UNSAID, "")
    allergies = _line(health.NAMES["allergies"])
    medicines = TextAreaField(health.NAMES["medicines"], filters=[stripped])
    previous_skin_cancer = _line(health.NAMES["previous_skin_cancer"])
    family_history = _line(health.NAMES["family_history"])


def lesion_fields(n: int) -> dict[str, Any]:
    """The fields of lesion `n`, by name."""
    prefix = f"lesion_{n}_"
    return {
        prefix + "site": SelectField(
            "Place on the body", choices=_SITE_NAMES, validate_choice=False
        ),
        prefix + "side": _one_of("Side", SIDES),
        prefix + "site_note": _line("Where exactly?"),
        prefix + "question": TextAreaField("The referrer’s question", filters=[stripped]),
        prefix + "duration": _line("For how long?"),
        prefix + "diameter_mm": _line("Largest diameter in millimetres"),
        prefix + "seven_point": SelectMultipleField(
            "7-point checklist",
            choices={item.code: item.label for item in seven_point.ITEMS},
            validate_choice=False,
        ),
    }


def referral_form(lesions: int, *args: Any, **kwargs: Any) -> Form:
    """The whole form with room for this many lesions."""
    fields: dict[str, Any] = {}
    for n in range(1, min(max(lesions, 1), MOST_LESIONS) + 1):
        fields |= lesion_fields(n)
    form: Form = type("ReferralForm", (RequestForm, PatientForm, HeardForm, HealthForm), fields)(
        *args, **kwargs
    )
    return form


def texts_of(form: Form) -> dict[str, str]:
    """What was entered, as the texts `reading` reads."""
    return {field.name: _text(field) for field in form}


def _text(field: Field) -> str:
    if isinstance(field, DayField):
        return " ".join(field.parts[part] for part in PARTS if field.parts[part])
    if isinstance(field, SelectMultipleField):
        return ";".join(field.data or [])
    return str(field.data) if field.data else ""


def put_problems(form: Form, problems: Mapping[str, str]) -> None:
    """Put each sentence on its field; one that has no field goes to the family name."""
    for name, sentence in problems.items():
        target = form[name] if name in form else form["family_name"]
        target.errors = [sentence]


def as_heard(patient: Patient) -> dict[str, Any]:
    """How a patient is reached, and who hears for them, as the form holds it."""
    kept: dict[str, Any] = {"safe_contact": [YES] if patient.safe_contact else []}
    if patient.proxy is None:
        return kept | {"has_proxy": NO}
    found = Proxy.read(patient.proxy)
    fields = {f"proxy_{name}": value for name, value in vars(found).items()}
    return kept | fields | {"has_proxy": YES, "proxy_address": "\n".join(found.address_lines)}


def as_entered(patient: Patient) -> dict[str, Any]:
    """A patient's details as the form holds them."""
    plain = (
        "nhs_number given_name family_name born_on sex postcode phone mobile email contact_by "
        "contact_note language mobility ethnic_category gp_name gp_practice_code"
    )
    data: dict[str, Any] = {name: getattr(patient, name) for name in plain.split()}
    for name in YES_OR_NO:
        data[name] = {True: YES, False: NO, None: ""}[getattr(patient, name)]
    notes = [need.note for need in patient.needs if need.note]
    return data | {
        "nhs_number_not_known": [] if patient.nhs_number else [YES],
        "address": "\n".join(patient.address_lines),
        "gp_address": "\n".join(patient.gp_address_lines),
        "needs": [need.need.value for need in patient.needs],
        "needs_note": "; ".join(notes),
        "digital_confidence": str(patient.digital_confidence or ""),
    }
