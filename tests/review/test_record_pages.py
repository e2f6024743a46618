"""The record page of a referral says what holds now."""

import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from derm_service import audit
from derm_service.imaging.models import Capture
from derm_service.messages import work
from derm_service.messages.codes import WorkKind
from derm_service.people import Role
from derm_service.referrals.models import Referral
from derm_service.review import addenda
from derm_service.review.codes import Outcome
from tests import make
from tests.review import photographed
from tests.review.test_telling import signed, told
from tests.surf import post, sign_in_as


def test_record_shows_the_outcome_that_holds_after_a_correction_and_the_one_signed(
    client: FlaskClient, session: Session
) -> None:
    case, (opinion,), _ = signed(session, Outcome.REASSURE)
    addenda.correct(
        session,
        opinion_id=opinion.id,
        wording=photographed.words(Outcome.USC_F2F),
        by=photographed.reader(session),
    )
    sign_in_as(client, session, make.user(session))

    page = client.get(f"/referrals/{case.id}").text

    assert "Opinion 1: Urgent suspected cancer: see face to face" in page
    assert "as “Discharge with reassurance and safety-net advice”" in page


def test_audit_page_speaks_of_people_and_moments_not_of_ids(
    client: FlaskClient, session: Session
) -> None:
    case, (opinion,), _ = signed(session, Outcome.REASSURE)
    audit.record(
        session,
        by=None,
        did="booked appointment",
        subject=case,
        detail={
            "slot_id": str(opinion.id),
            "starts_at": "2026-07-01T08:30:00+00:00",
            "reason": "patient_ill",
            "on": "2026-07-02",
            "lesion_id": str(case.lesions[0].id),
        },
    )
    sign_in_as(client, session, make.user(session, Role.GOVERNANCE))

    page = client.get(f"/referrals/{case.id}/audit").text

    assert "Starts at: 1 July 2026 at 9:30am" in page
    assert "Reason: The patient is ill" in page
    assert "On: 2 July 2026" in page
    assert "Lesion: Lesion 1: left cheek" in page
    assert "Signed opinion" in page or "signed opinion" in page
    assert "Opinion of lesion 1" in page
    assert "Outcome: Discharge with reassurance and safety-net advice" in page
    assert f">{opinion.id}" not in page
    assert str(opinion.id) not in page.partition("<main")[2]


def audited(client: FlaskClient, session: Session, case: Referral, **asked: str) -> str:
    """The audit page of a referral as governance sees it, with a filter."""
    sign_in_as(client, session, make.user(session, Role.GOVERNANCE))
    return client.get(f"/referrals/{case.id}/audit", query_string=asked).text


def test_audit_rows_say_which_letter_and_how_large_a_copy(
    client: FlaskClient, session: Session
) -> None:
    case, _, clerk = signed(session, Outcome.REASSURE)
    capture = session.scalars(sa.select(Capture)).first()
    assert capture is not None
    looks = {"size": "1024", "bytes": 5_400_000, "verdict": "retake", "reason": "retaken"}
    audit.record(
        session,
        by=clerk,
        did="looked at image",
        subject=capture,
        referral_id=case.id,
        detail=looks,
    )

    page = audited(client, session, case)

    assert "Letter to the GP of" in page
    assert "Letter to the patient of" in page
    assert "Overview of lesion 1" in page
    for words in ("Size: small copy", "Bytes: 5.4 MB", "Verdict: Not good enough", "Taken again"):
        assert words in page


def test_audit_is_filtered_by_who_and_looked_or_changed_and_day(
    client: FlaskClient, session: Session
) -> None:
    case, _, clerk = signed(session, Outcome.REASSURE)
    audit.record(session, by=clerk, did="opened referral", subject=case)

    by_clerk = audited(client, session, case, who=str(clerk.id))
    looked = audited(client, session, case, what="looked")
    long_ago = audited(client, session, case, on="2020-01-01")

    assert "Opened referral" in by_clerk
    assert "Signed opinion" not in by_clerk
    assert "Opened referral" in looked
    assert "Signed opinion" not in looked
    assert "0 entries" in long_ago


def test_audit_shows_a_hundred_rows_a_page(client: FlaskClient, session: Session) -> None:
    case = make.referral(session)
    for _ in range(130):
        audit.record(session, by=None, did="opened referral", subject=case)

    first, second = audited(client, session, case), audited(client, session, case, page="2")

    assert [page.count('data-label="Did"') for page in (first, second)] == [100, 31]
    assert "Older entries" in first
    assert "Newer entries" in second


def test_governance_reaches_the_audit_from_the_menu(client: FlaskClient, session: Session) -> None:
    case = make.referral(session)
    sign_in_as(client, session, make.user(session, Role.GOVERNANCE))

    home = client.get("/").text
    found = post(client, "/patients/search", q=case.patient.family_name).text

    assert 'href="/patients/search"' in home
    assert f'href="/referrals/{case.id}/audit"' in found


def test_record_says_what_was_arranged_and_that_the_clock_runs_on(
    client: FlaskClient, session: Session
) -> None:
    case, (opinion,), clerk = signed(session, Outcome.DIRECT_SURGERY)
    told(session, opinion, by=clerk)
    work.finish(
        session,
        kind=WorkKind.ARRANGE_NEXT_STEP,
        subject_id=opinion.id,
        how="Biopsy booked for 27 November at 10am",
        by=clerk,
    )
    sign_in_as(client, session, make.user(session))

    referral, patient = (
        client.get(path).text for path in (f"/referrals/{case.id}", f"/patients/{case.patient_id}")
    )

    assert "Biopsy booked for 27 November at 10am" in referral
    assert "Answered, and the clock runs on" in patient
