"""Reading a referral from texts and taking it in."""

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from derm_service import clock
from derm_service.audit import AuditEntry
from derm_service.errors import Conflict, Invalid
from derm_service.referrals import duplicates
from derm_service.referrals.codes import Laterality, Need, Priority
from derm_service.referrals.inputs import LesionInput, PatientInput, ReferralInput
from derm_service.referrals.intake import refer
from derm_service.referrals.matching import MatchKind
from derm_service.referrals.models import Patient, Referral
from derm_service.referrals.reading import Entry, read
from tests import make


def texts(**other: str) -> dict[str, str]:
    return {
        "nhs_number": make.nhs_number_of(77),
        "family_name": " Nguyễn ",
        "given_name": "thị  Hà",
        "born_on": "14/3/1960",
        "postcode": "an12bc",
        "language": "Vietnamese",
        "needs": "large print; hoist",
        "priority": "2WW",
        "received_on": f"{clock.today():%d/%m/%Y}",
        "lesion_1_site": "Cheek",
        "lesion_1_side": "L",
        "lesion_1_seven_point": "change_in_size; oozing",
        "lesion_1_diameter_mm": "6,5 mm",
        **other,
    }


def entry(**other: str) -> Entry:
    found = read(texts(**other), today=clock.today(), allow_test=True)
    assert isinstance(found, Entry), found
    return found


def problems(**other: str) -> dict[str, str]:
    found = read(texts(**other), today=clock.today(), allow_test=True)
    assert isinstance(found, dict), found
    return found


def taken_in(session: Session, found: Entry, **other: Any) -> Referral:
    return refer(
        session,
        **{
            "patient": found.patient,
            "referral": found.referral,
            "lesions": found.lesions,
            "by": make.user(session),
            **other,
        },
    )


def test_texts_become_a_referral_without_pedantry() -> None:
    found = entry()

    assert found.patient.family_name == "Nguyễn"
    assert found.patient.given_name == "thị Hà"
    assert found.patient.postcode == "AN1 2BC"
    assert found.patient.language == "vi"
    assert found.patient.needs == [Need.LARGE_PRINT, Need.HOIST]
    assert found.referral.priority is Priority.URGENT_SUSPECTED_CANCER
    assert found.lesions == [
        LesionInput(
            site_code="36141000",
            laterality=Laterality.LEFT,
            seven_point=["change_in_size", "oozing"],
            largest_diameter_mm=6.5,
        )
    ]


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("family_name", " "),
        ("born_on", ""),
        ("born_on", "14/3/2090"),
        ("nhs_number", ""),
        ("nhs_number", "123 456 7890"),
        ("postcode", "nowhere"),
        ("email", "nobody"),
        ("language", "Klingon"),
        ("needs", "a lift to the moon"),
        ("ethnic_category", "Q"),
        ("mobility", "flies"),
        ("digital_confidence", "6"),
        ("has_device", "perhaps"),
        ("priority", "soon"),
        ("received_on", "1/1/2090"),
        ("received_on", "1/1/2020"),
        ("lesion_1_site", "somewhere"),
        ("lesion_1_side", ""),
        ("lesion_1_diameter_mm", "nan"),
        ("lesion_1_seven_point", "ugly"),
        ("contact_note", "x" * 201),
    ],
)
def test_what_cannot_be_taken_is_named_by_field_in_a_sentence(field: str, typed: str) -> None:
    found = problems(**{field: typed})

    assert list(found) == [field]
    assert found[field][0].isupper()


def test_every_problem_is_told_at_once() -> None:
    found = problems(family_name="", postcode="x", lesion_1_side="", lesion_3_site="nose tip")

    assert set(found) == {"family_name", "postcode", "lesion_1_side", "lesion_3_site"}


def test_missing_lesion_is_told_together_with_everything_else() -> None:
    found = read({}, today=clock.today(), allow_test=True)

    assert isinstance(found, dict)
    assert set(found) == {
        *("family_name", "born_on", "nhs_number"),
        *("priority", "received_on", "lesion_1_site"),
    }


def test_unknown_nhs_number_is_taken_when_it_is_said_to_be_unknown() -> None:
    assert entry(nhs_number="", nhs_number_not_known="yes").patient.nhs_number is None


def test_lesions_keep_their_order_when_one_was_left_empty() -> None:
    found = entry(lesion_3_site="nose")

    assert [lesion.site_code for lesion in found.lesions] == ["36141000", "113179006"]


def test_referral_is_taken_in_with_lesions_needs_and_audit(session: Session) -> None:
    made = taken_in(session, entry(lesion_2_site="groin crease", lesion_2_side="both"))

    assert [(each.number, each.intimate) for each in made.lesions] == [(1, False), (2, True)]
    assert made.lesions[0].seven_point_score == 3
    assert {each.need for each in made.patient.needs} == {Need.LARGE_PRINT, Need.HOIST}
    assert made.clock_started_on == clock.today()
    did = session.scalars(
        sa.select(AuditEntry.did)
        .where(AuditEntry.patient_id == made.patient_id)
        .order_by(AuditEntry.id)
    ).all()
    assert did == ["added patient", "took in referral"]


def test_day_of_receipt_is_day_0_when_it_was_earlier(session: Session) -> None:
    earlier = clock.today() - timedelta(days=5)

    made = taken_in(session, entry(received_on=f"{earlier:%d/%m/%Y}"))

    assert made.clock_started_on == earlier
    assert clock.london(made.received_at).date() == earlier


def test_same_reference_is_taken_in_once(session: Session) -> None:
    taken_in(session, entry(source_reference="UBRN 1"))
    again = entry(source_reference="UBRN 1", nhs_number="", nhs_number_not_known="y")

    with pytest.raises(Conflict, match="here already"):
        taken_in(session, again)

    assert session.scalar(sa.select(sa.func.count()).select_from(Referral)) == 1


def test_number_of_another_person_is_refused_with_what_to_do(session: Session) -> None:
    taken_in(session, entry())

    with pytest.raises(Conflict, match="if they are the same person"):
        taken_in(session, entry(family_name="Smith"))

    assert session.scalar(sa.select(sa.func.count()).select_from(Patient)) == 1


def test_known_patient_gets_another_referral(session: Session) -> None:
    first = taken_in(session, entry())

    second = taken_in(session, entry(), patient=first.patient_id)

    assert second.patient_id == first.patient_id
    assert second.id != first.id


def test_referral_for_somebody_who_has_died_is_refused(session: Session) -> None:
    dead = make.patient(session, deceased_on=clock.today())

    with pytest.raises(Conflict, match="having died"):
        taken_in(session, entry(), patient=dead.id)


def test_referral_without_lesion_is_refused(session: Session) -> None:
    with pytest.raises(Invalid) as refusal:
        refer(
            session,
            patient=make.patient(session).id,
            referral=ReferralInput(priority=Priority.ROUTINE, received_on=clock.today()),
            lesions=[],
            by=make.user(session),
        )

    assert "lesion_1_site" in refusal.value.fields


def test_likely_duplicate_is_found_by_birth_date_and_similar_name(session: Session) -> None:
    here = make.patient(session, family_name="Nguyen-Smith", nhs_number=None)
    make.patient(session, family_name="Nowak")
    new = entry().patient

    found = duplicates.likely(session, PatientInput("Nguyễn", "Ha", new.born_on))

    assert [(m.kind, m.person.key) for m in found] == [(MatchKind.SAME_BIRTH_DATE, here.id)]
