"""Importing a file: dry run, likely duplicates, the real run, and sending it again."""

import csv
import io
import re
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from derm_service import clock
from derm_service.errors import Conflict, Invalid, NotFound
from derm_service.people import Role, User
from derm_service.referrals import csv_file, importing
from derm_service.referrals.models import Patient, Referral, ReferralFile
from derm_service.referrals.planning import Fate, Plan
from tests import make
from tests.surf import csrf_token, sign_in_as


def row(n: int, **other: str) -> dict[str, str]:
    return {
        "source_reference": f"R{n}",
        "nhs_number": make.nhs_number_of(500 + n),
        "family_name": f"Family{n}",
        "given_name": "Given",
        "born_on": f"{n % 28 + 1}/3/19{40 + n % 50}",
        "priority": "routine",
        "received_on": clock.today().isoformat(),
        "lesion_1_site": "cheek",
        "lesion_1_side": "left",
        **other,
    }


def file_of(*rows: dict[str, str], encoding: str = "utf-8") -> bytes:
    names = list(dict.fromkeys(name for each in rows for name in each))
    out = io.StringIO()
    writer = csv.DictWriter(out, names)
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode(encoding)


@pytest.fixture
def clerk(session: Session) -> User:
    return make.user(session, Role.CLERK)


def looked_at(session: Session, content: bytes, clerk: User) -> tuple[ReferralFile, Plan]:
    file = importing.keep(session, content, by=clerk)
    return file, importing.dry_run(session, file, allow_test=True)


def imported(
    session: Session, content: bytes, clerk: User, decisions: dict[int, str] | None = None
) -> dict[str, Any]:
    file = importing.keep(session, content, by=clerk)
    importing.take_in(
        session, file_id=file.id, decisions=decisions or {}, allow_test=True, by=clerk
    )
    assert file.result is not None
    return file.result


def counted(session: Session, table: type[Patient] | type[Referral]) -> int:
    return session.scalar(sa.select(sa.func.count()).select_from(table)) or 0


def fates(plan: Plan) -> dict[int, Fate]:
    return {each.line: each.fate for each in plan.rows}


def test_dry_run_writes_nothing_and_names_problems_by_line_and_column(
    session: Session, clerk: User
) -> None:
    content = file_of(
        row(1),
        row(2, nhs_number="123", born_on="31/2/1960"),
        row(3, lesion_1_side=""),
        row(4, source_reference=""),
        row(1, nhs_number="", nhs_number_not_known="yes"),
    )

    _, plan = looked_at(session, content, clerk)

    assert fates(plan) == {2: Fate.NEW, 3: Fate.BAD, 4: Fate.BAD, 5: Fate.BAD, 6: Fate.BAD}
    assert {each.line: set(each.problems) for each in plan.of(Fate.BAD)} == {
        3: {"nhs_number", "born_on"},
        4: {"lesion_1_side"},
        5: {"source_reference"},
        6: {"source_reference"},
    }
    assert counted(session, Referral) == counted(session, Patient) == 0


def test_good_rows_are_taken_in_and_bad_ones_left(session: Session, clerk: User) -> None:
    result = imported(session, file_of(row(1), row(2, priority="soon"), row(3)), clerk)

    assert (result["taken_in"], result["bad"], result["left_out"]) == (2, 1, [])
    assert counted(session, Referral) == 2


def test_file_sent_again_changes_nothing(session: Session, clerk: User) -> None:
    content = file_of(row(1), row(2))
    imported(session, content, clerk)

    again = imported(session, content, clerk)

    assert (again["taken_in"], again["here"]) == (0, 2)
    assert counted(session, Referral) == counted(session, Patient) == 2


def test_patient_known_by_number_name_and_birth_date_gets_another_referral(
    session: Session, clerk: User
) -> None:
    imported(session, file_of(row(1)), clerk)

    result = imported(session, file_of(row(1, source_reference="R99")), clerk)

    assert result["taken_in"] == 1
    assert (counted(session, Referral), counted(session, Patient)) == (2, 1)


def test_two_rows_of_one_new_person_make_one_patient(session: Session, clerk: User) -> None:
    result = imported(session, file_of(row(1), row(1, source_reference="R2")), clerk)

    assert result["taken_in"] == 2
    assert (counted(session, Referral), counted(session, Patient)) == (2, 1)


def test_likely_duplicate_waits_for_the_clerk(session: Session, clerk: User) -> None:
    here = make.patient(session, nhs_number=make.nhs_number_of(501), family_name="Other")
    content = file_of(row(1))

    _, plan = looked_at(session, content, clerk)
    undecided = imported(session, content, clerk)
    decided = imported(session, content, clerk, {2: str(here.id)})

    assert fates(plan) == {2: Fate.ASK}
    assert undecided["taken_in"] == 0
    assert undecided["left_out"] == [{"line": 2, "why": importing.UNDECIDED}]
    assert decided["taken_in"] == 1
    assert session.scalars(sa.select(Referral.patient_id)).one() == here.id


def test_different_person_with_the_same_number_is_left_out_with_the_reason(
    session: Session, clerk: User
) -> None:
    make.patient(session, nhs_number=make.nhs_number_of(501), family_name="Other")

    result = imported(session, file_of(row(1), row(2)), clerk, {2: importing.DIFFERENT})

    assert result["taken_in"] == 1
    assert "Another patient has this NHS number" in result["left_out"][0]["why"]
    assert counted(session, Patient) == 2


def test_likely_duplicate_within_the_file_can_be_the_same_person(
    session: Session, clerk: User
) -> None:
    twin = {"nhs_number": "", "nhs_number_not_known": "yes"}
    content = file_of(row(1), row(1, source_reference="R2", given_name="Gven", **twin))

    result = imported(session, content, clerk, {3: "line-2"})

    assert result["taken_in"] == 2
    assert counted(session, Patient) == 1


def test_decision_for_a_person_nobody_offered_leaves_the_row_out(
    session: Session, clerk: User
) -> None:
    make.patient(session, nhs_number=make.nhs_number_of(501), family_name="Other")
    stranger = make.patient(session)

    result = imported(session, file_of(row(1)), clerk, {2: str(stranger.id)})

    assert result["taken_in"] == 0


def test_file_is_imported_once_and_its_text_is_forgotten(session: Session, clerk: User) -> None:
    file, _ = looked_at(session, file_of(row(1)), clerk)
    importing.take_in(session, file_id=file.id, decisions={}, allow_test=True, by=clerk)

    with pytest.raises(Conflict, match="imported already"):
        importing.take_in(session, file_id=file.id, decisions={}, allow_test=True, by=clerk)

    assert file.text is None


def test_file_of_another_person_is_not_found(session: Session, clerk: User) -> None:
    file, _ = looked_at(session, file_of(row(1)), clerk)

    with pytest.raises(NotFound):
        importing.own_file(session, file.id, make.user(session))


def test_discarded_file_is_forgotten(session: Session, clerk: User) -> None:
    file, _ = looked_at(session, file_of(row(1)), clerk)

    importing.discard(session, file_id=file.id, by=clerk)

    assert file.text is None
    with pytest.raises(NotFound):
        importing.own_file(session, file.id, clerk)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
def test_letters_are_read_in_each_encoding(encoding: str) -> None:
    text = csv_file.text_of(file_of(row(1, family_name="Müller–Žižka"), encoding=encoding))

    assert csv_file.rows_of(text)[0].texts["family_name"] == "Müller–Žižka"


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "empty"),
        (b" \r\n", "empty"),
        (b"PK\x03\x04 workbook", "Excel workbook"),
        ("source_reference,family_name".encode("utf-16"), "UTF-8"),
        (b"source_reference;family_name\n1;2\n", "semicolons"),
        (b"source_reference\tfamily_name\n1\t2\n", "tabs"),
        (b"source_reference,colour\n1,2\n", "colour"),
        (b"source_reference,family_name\n1,2\n", "born_on"),
        (file_of(row(1)).split(b"\r\n")[0] + b"\r\n", "no rows"),
        (file_of(row(1)).split(b"\r\n")[0] + b'\r\n"R1,x\r\n', "quotation mark"),
        (b"family_name," + file_of(row(1)), "twice"),
        (b"x" * 5_000_001, "5 MB"),
        (file_of(row(1)) + b"R2,\n" * 2_000, "2,001 rows"),
        (b"\x81\x8d,\n", "cannot be read"),
    ],
)
def test_file_that_cannot_be_read_is_refused_in_a_sentence(
    session: Session, clerk: User, content: bytes, sentence: str
) -> None:
    with pytest.raises(Invalid) as refusal:
        importing.keep(session, content, by=clerk)

    assert sentence in refusal.value.fields["file"]


def test_rows_are_counted_by_the_line_they_start_on() -> None:
    content = file_of(row(1, address="1 Mill Lane\nAnytown"), {}, row(2))

    assert [each.line for each in csv_file.rows_of(content.decode())] == [2, 5]


def test_row_with_too_many_cells_is_a_problem_of_that_row(session: Session, clerk: User) -> None:
    content = file_of(row(1)).rstrip() + b",one,two\r\n"

    _, plan = looked_at(session, content, clerk)

    assert list(plan.rows[0].problems) == ["row"]


@pytest.mark.parametrize("cell", ["=1+1", "+44", "-2", "@x", "\tx"])
def test_cells_never_calculate_in_a_spreadsheet(cell: str) -> None:
    assert csv_file.written([[cell]]).strip('"\r\n').startswith("'")


def test_template_can_be_read_back() -> None:
    header = csv_file.written([csv_file.template_columns()])
    values = row(1) | {"nhs_number": "1"}
    line = ",".join(values.get(name, "") for name in csv_file.template_columns())

    assert csv_file.rows_of(header + line)[0].texts["lesion_1_site"] == "cheek"


def upload(client: FlaskClient, content: bytes) -> Any:
    return client.post(
        "/referrals/import",
        data={"csrf_token": csrf_token(client), "file": (io.BytesIO(content), "referrals.csv")},
        content_type="multipart/form-data",
    )


def test_clerk_imports_a_file_through_the_pages(
    client: FlaskClient, session: Session, clerk: User, app: Any
) -> None:
    settings = app.extensions["derm.settings"].model_copy(update={"demonstration": True})
    app.extensions["derm.settings"] = settings
    here = make.patient(session, nhs_number=make.nhs_number_of(503), family_name="Other")
    sign_in_as(client, session, clerk)
    content = file_of(row(1), row(2, priority="=soon"), row(3))

    sent = upload(client, content)
    check = client.get(sent.location).text
    problems = client.get(f"{sent.location}/problems.csv").text
    done = client.post(
        sent.location, data={"csrf_token": csrf_token(client), "line_4": str(here.id)}
    )
    result = client.get(done.location).text

    assert sent.status_code == done.status_code == 303
    assert "Family1".upper() in check
    assert "Choose urgent suspected cancer" in check
    counts = re.findall(r'summary-list__value">(\d+)<', check)
    assert counts == ["1", "1", "0", "1"]  # good, may be known, here already, with problems
    assert "Same NHS number, but another name or date of birth" in check
    assert "'=soon" in problems
    assert "2 referrals imported" in result
    assert counted(session, Referral) == 2


def test_upload_without_a_file_says_so(client: FlaskClient, session: Session, clerk: User) -> None:
    sign_in_as(client, session, clerk)

    page = client.post(
        "/referrals/import",
        data={"csrf_token": csrf_token(client)},
        content_type="multipart/form-data",
    )

    assert page.status_code == 422
    assert "Choose a file" in page.text


def test_template_downloads(client: FlaskClient, session: Session, clerk: User) -> None:
    sign_in_as(client, session, clerk)

    answer = client.get("/referrals/import/template.csv")

    assert answer.mimetype == "text/csv"
    assert answer.text.startswith("\ufeffsource_reference,priority")


DAUGHTER = {
    "safe_contact": "yes",
    "proxy_name": "Ngozi Okafor",
    "proxy_relation": "daughter",
    "proxy_channel": "SMS",
    "proxy_mobile": "07700 900222",
    "proxy_consent_by": "Best interests",
    "proxy_consented_on": "1/7/2026",
    "proxy_consent_note": "Recorded by the GP",
}


def test_safe_contact_and_who_hears_come_in_with_their_consent(
    session: Session, clerk: User
) -> None:
    result = imported(session, file_of(row(1, **DAUGHTER), row(2, safe_contact="no")), clerk)

    first, second = session.scalars(sa.select(Patient).order_by(Patient.family_name)).all()
    assert result["taken_in"] == 2
    assert first.safe_contact
    assert first.proxy is not None
    assert (first.proxy["name"], first.proxy["channel"]) == ("Ngozi Okafor", "sms")
    assert (first.proxy["consent_by"], first.proxy["consented_on"]) == (
        "best_interests",
        "2026-07-01",
    )
    assert (second.safe_contact, second.proxy) == (False, None)


@pytest.mark.parametrize(
    ("column", "value", "reason"),
    [
        ("safe_contact", "perhaps", "Enter yes or no"),
        ("proxy_name", "", "Enter the name of the person who hears for them"),
        ("proxy_channel", "pigeon", "Choose how they hear from us"),
        ("proxy_channel", "", "Choose how they hear from us"),
        ("proxy_mobile", "", "Enter the mobile number the texts go to"),
        ("proxy_mobile", "07", "Enter a telephone number"),
        ("proxy_consent_by", "nobody", "Choose who agreed to it"),
        ("proxy_consent_by", "", "Choose who agreed to it"),
        ("proxy_consented_on", "1/7/2199", "The day of the consent must be today or in the past"),
        ("proxy_consented_on", "", "Enter the day on which it was agreed"),
        ("proxy_consent_note", "", "Enter how and to whom the consent was given"),
        ("proxy_until", "1/6/2026", "The last day must not lie before"),
    ],
)
def test_who_hears_without_a_way_or_consent_is_said_by_line_column_and_reason(
    session: Session, clerk: User, column: str, value: str, reason: str
) -> None:
    _, plan = looked_at(session, file_of(row(1, **DAUGHTER | {column: value}), row(2)), clerk)

    assert fates(plan) == {2: Fate.BAD, 3: Fate.NEW}
    assert list(plan.rows[0].problems) == [column]
    assert plan.rows[0].problems[column].startswith(reason)


def test_referral_of_somebody_known_puts_safe_contact_on_and_keeps_who_hears_already(
    session: Session, clerk: User
) -> None:
    imported(session, file_of(row(1, **DAUGHTER)), clerk)
    again = row(1, source_reference="R9", proxy_name="Chidi", safe_contact="no")
    known = imported(session, file_of(DAUGHTER | again), clerk)

    (patient,) = session.scalars(sa.select(Patient)).all()
    assert known["taken_in"] == 1
    assert patient.safe_contact
    assert patient.proxy is not None
    assert patient.proxy["name"] == "Ngozi Okafor"
