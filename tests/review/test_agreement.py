"""What the gate said of photographs beside what readers did with them, in counts."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from derm_service import clock
from derm_service.imaging.codes import KeptReason, RetakeReason, View
from derm_service.imaging.gate.report import Verdict
from derm_service.people import User
from derm_service.referrals.models import Lesion
from derm_service.review import agreement, claims, retakes, viewing
from derm_service.review.agreement import Row
from tests.review import photographed


def judged(session: Session, lesion: Lesion, verdict: Verdict) -> None:
    """As if the gate had said so of all its photographs, and any it would retake had been kept."""
    for each in viewing.filed(viewing.current_set(session, lesion.id)):
        each.verdict = verdict.value
        each.kept_reason = KeptReason.GATE_WRONG if verdict is Verdict.RETAKE else None
    session.flush()


def asked_again(session: Session, lesion: Lesion, view: View, *, by: User) -> None:
    claims.claim(session, referral_id=lesion.referral_id, by=by)
    retakes.ask(session, lesion_id=lesion.id, views=[view], reason=RetakeReason.BLURRED, by=by)


def today(session: Session) -> dict[tuple[View, Verdict], Row]:
    found = agreement.rows(session, first=clock.today(), last=clock.today())
    return {(row.view, row.said): row for row in found}


def test_an_accepted_photograph_a_reader_asks_for_again_is_counted_with_its_reason(
    session: Session,
) -> None:
    case, reader = photographed.case(session), photographed.reader(session)
    judged(session, case.lesions[0], Verdict.ACCEPT)

    asked_again(session, case.lesions[0], View.DERMOSCOPIC, by=reader)

    found = today(session)
    named = found[View.DERMOSCOPIC, Verdict.ACCEPT]
    assert (named.photographs, named.adequate, named.unread) == (1, 0, 0)
    assert named.inadequate == {RetakeReason.BLURRED: 1}
    assert found[View.OVERVIEW, Verdict.ACCEPT].unread == 1


def test_a_photograph_kept_against_the_gate_and_signed_on_is_adequate(session: Session) -> None:
    case, reader = photographed.case(session), photographed.reader(session)
    judged(session, case.lesions[0], Verdict.RETAKE)

    photographed.sign(session, case.lesions[0], by=reader)

    found = list(today(session).values())
    assert [(row.said, row.photographs, row.adequate) for row in found] == [
        (Verdict.RETAKE, 1, 1)
    ] * len(View)
    assert agreement.total(found, Verdict.RETAKE) == (len(View), len(View), 0)


def test_photographs_of_other_days_are_left_out(session: Session) -> None:
    photographed.case(session)
    yesterday = clock.today() - timedelta(days=1)

    assert agreement.rows(session, first=yesterday, last=yesterday) == []


def test_the_command_counts_and_names_nobody(app: Flask, session: Session) -> None:
    case, reader = photographed.case(session), photographed.reader(session)
    judged(session, case.lesions[0], Verdict.ACCEPT)
    asked_again(session, case.lesions[0], View.DERMOSCOPIC, by=reader)
    session.commit()

    said = app.test_cli_runner().invoke(args=["imaging", "agreement"])

    assert said.exit_code == 0, said.output
    assert "Of 3 photographs the gate accepted, readers asked for 1 again." in said.output
    assert "Blurred: 1" in said.output
    assert case.patient.family_name not in said.output


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (["--from", "2001-02-03", "--to", "2001-02-04"], 0, "There is no photograph."),
        (["--from", "2001-02-04", "--to", "2001-02-03"], 2, "The first day is after the last."),
    ],
)
def test_the_command_says_when_there_is_nothing_to_count(
    app: Flask, arguments: list[str], status: int, words: str
) -> None:
    said = app.test_cli_runner().invoke(args=["imaging", "agreement", *arguments])

    assert (said.exit_code, words in said.output) == (status, True), said.output
