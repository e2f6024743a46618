"""Reads a referral from texts by name, the same for the page and for a row of a file; pure.

Names are those of the CSV columns, which the import page lists; lesions are `lesion_1_site` ….
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from derm_service.referrals import coded, tidy
from derm_service.referrals.codes import Channel, Laterality, Mobility, Need
from derm_service.referrals.heard import read_heard
from derm_service.referrals.inputs import (
    MOST_LESIONS,
    History,
    LesionInput,
    PatientInput,
    ReferralInput,
    lesion_problems,
    patient_problems,
    referral_problems,
)
from derm_service.referrals.proxy import Heard
from derm_service.referrals.reader import Reader

LESION_PARTS = ("site", "side", "site_note", "question", "duration", "seven_point", "diameter_mm")


@dataclass(frozen=True)
class Entry:
    """One referral as it was entered, tidy and typed."""

    patient: PatientInput
    referral: ReferralInput
    lesions: list[LesionInput]
    heard: Heard


def read(texts: Mapping[str, str], *, today: date, allow_test: bool) -> Entry | dict[str, str]:
    """The referral these texts say, or the sentences by field of why it cannot be taken."""
    reader = Reader(texts)
    patient = read_patient(reader, allow_test=allow_test)
    numbers = lesion_numbers(texts)
    lesions = [_lesion(reader, n) for n in numbers]
    referral = _referral(reader)
    heard = read_heard(reader, today)
    problems = _as_entered(lesion_problems(lesions), numbers)
    if patient:
        problems |= patient_problems(patient, today=today)
    if patient and referral and "born_on" not in problems:
        problems |= referral_problems(referral, today=today, born_on=patient.born_on)
    problems |= reader.problems
    if problems or patient is None or referral is None:
        return problems
    return Entry(patient, referral, lesions, heard)


def _as_entered(problems: dict[str, str], numbers: list[int]) -> dict[str, str]:
    """The same problems, with each lesion called by the number it was entered under."""
    names = {f"lesion_{i}_": f"lesion_{n}_" for i, n in enumerate(numbers, start=1)}
    return {
        name.replace(name[:9], names.get(name[:9], name[:9])): sentence
        for name, sentence in problems.items()
    }


def lesion_numbers(texts: Mapping[str, str]) -> list[int]:
    """The numbers of the lesions of which anything was entered."""
    return [
        n
        for n in range(1, MOST_LESIONS + 1)
        if any(texts.get(f"lesion_{n}_{part}", "").strip() for part in LESION_PARTS)
    ]


def read_patient(reader: Reader, *, allow_test: bool) -> PatientInput | None:
    """The patient these texts say; None where the name or birth date is missing."""
    family_name, given_name = reader.line("family_name"), reader.line("given_name")
    born_on = reader.get("born_on", tidy.day, None)
    if not family_name:
        reader.problems.setdefault("family_name", "Enter the family name")
    if born_on is None:
        reader.problems.setdefault("born_on", "Enter the date of birth")
    number = reader.get("nhs_number", lambda v: tidy.nhs_number(v, allow_test=allow_test), "")
    is_unknown = reader.yes_no("nhs_number_not_known")
    if not number and not is_unknown:
        reader.problems.setdefault(
            "nhs_number", "Enter the NHS number, or say that it is not known"
        )
    values = _contact(reader) | _needs(reader) | _digital(reader)
    if born_on is None:
        return None
    return PatientInput(
        family_name=family_name,
        given_name=given_name,
        born_on=born_on,
        nhs_number=number or None,
        sex=reader.get("sex", coded.sex, "not_known"),
        gp_name=reader.line("gp_name"),
        gp_practice_code=reader.line("gp_practice_code").upper(),
        gp_address_lines=reader.lines("gp_address"),
        **values,  # type: ignore[arg-type]
    )


def _contact(reader: Reader) -> dict[str, object]:
    return {
        "address_lines": reader.lines("address"),
        "postcode": reader.get("postcode", tidy.postcode, ""),
        "phone": reader.get("phone", tidy.phone, ""),
        "mobile": reader.get("mobile", tidy.phone, ""),
        "email": reader.get("email", tidy.email, ""),
        "contact_by": reader.coded(
            "contact_by",
            coded.table(Channel),
            Channel.LETTER,
            "Choose letter, phone, sms or email",
        ),
        "contact_note": reader.line("contact_note"),
    }


def _needs(reader: Reader) -> dict[str, object]:
    none: list[Need] = []
    return {
        "language": reader.get("language", coded.language, "en"),
        "interpreter_needed": reader.yes_no("interpreter_needed"),
        "needs": reader.get("needs", coded.needs, none),
        "needs_note": reader.line("needs_note"),
        "ethnic_category": reader.get("ethnic_category", coded.ethnic_category, "Z"),
        "mobility": reader.coded(
            "mobility",
            coded.table(Mobility),
            Mobility.NOT_STATED,
            "Choose how the person gets about",
        ),
        "care_home": reader.yes_no("care_home"),
    }


def _digital(reader: Reader) -> dict[str, object]:
    return {
        "has_device": reader.yes_no("has_device"),
        "has_data": reader.yes_no("has_data"),
        "digital_confidence": reader.get("digital_confidence", coded.one_to_five, None),
        "has_digital_helper": reader.yes_no("has_digital_helper"),
        "short_notice": reader.yes_no("short_notice"),
    }


def _referral(reader: Reader) -> ReferralInput | None:
    received_on = reader.get("received_on", tidy.day, None)
    priority = coded.PRIORITIES.get(coded.word(reader.texts.get("priority", "")))
    if received_on is None:
        reader.problems.setdefault("received_on", "Enter the day the referral was received")
    if priority is None:
        reader.problems["priority"] = "Choose urgent suspected cancer, urgent or routine"
    history = History(
        **{name: reader.yes_no(name) for name in ("anticoagulant", "pacemaker")},
        immunosuppressed=reader.yes_no("immunosuppressed"),
        allergies=reader.text("allergies"),
        medicines=reader.text("medicines"),
        previous_skin_cancer=reader.text("previous_skin_cancer"),
        family_history=reader.text("family_history"),
    )
    if received_on is None or priority is None:
        return None
    return ReferralInput(
        priority=priority,
        received_on=received_on,
        source_reference=reader.line("source_reference") or None,
        referrer_name=reader.line("referrer_name"),
        referrer_organisation=reader.line("referrer_organisation"),
        referrer_phone=reader.get("referrer_phone", tidy.phone, ""),
        history=history,
    )


def _lesion(reader: Reader, n: int) -> LesionInput:
    prefix = f"lesion_{n}_"
    nothing: list[str] = []
    return LesionInput(
        site_code=reader.get(prefix + "site", coded.site, ""),
        laterality=reader.coded(
            prefix + "side", coded.SIDES, Laterality.NOT_APPLICABLE, "Choose a side"
        ),
        site_note=reader.line(prefix + "site_note"),
        question=reader.text(prefix + "question"),
        duration=reader.line(prefix + "duration"),
        seven_point=reader.get(prefix + "seven_point", coded.seven_point_items, nothing),
        largest_diameter_mm=reader.get(prefix + "diameter_mm", coded.millimetres, None),
    )
