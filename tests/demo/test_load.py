"""The demonstration data: whole, made by the service's own acts, and only into an empty house."""

import subprocess
import sys
from pathlib import Path
from statistics import median

import pytest
import sqlalchemy as sa
from nhs_number.validate import is_valid
from sqlalchemy.orm import Session, sessionmaker

from derm_service import clock
from derm_service.audit import AuditEntry
from derm_service.config import Settings
from derm_service.demo import cast, load, stories
from derm_service.demo.stories import Story
from derm_service.errors import Conflict
from derm_service.imaging.codes import CaptureState
from derm_service.imaging.models import Capture
from derm_service.people import Role, User
from derm_service.referrals.codes import LesionState, ReferralState
from derm_service.referrals.models import Lesion, Patient, Referral

ROOT = Path(__file__).parents[2]


def nobody_hears(_: str) -> None:
    """Progress is not what these tests are about."""


def check_states(session: Session) -> None:
    """Every state a referral, a lesion or a role can be in is there, and no image hangs about."""
    assert {each.state for each in session.scalars(sa.select(Referral))} == set(ReferralState)
    assert {each.state for each in session.scalars(sa.select(Lesion))} == set(LesionState)
    assert {each.state for each in session.scalars(sa.select(Capture))} == {CaptureState.FILED}
    roles = {role for user in session.scalars(sa.select(User)) for role in user.role_set}
    assert roles == set(Role)


def test_demonstration_has_every_state_and_refuses_a_house_with_people(
    committed_sessions: sessionmaker[Session], settings: Settings
) -> None:
    count = load.load(committed_sessions, settings, nobody_hears, each_story_once=True)

    assert count == len(Story)
    with committed_sessions() as session:
        check_states(session)
        moments = session.scalars(sa.select(AuditEntry.at).order_by(AuditEntry.id)).all()
        assert moments[-1] <= clock.now()
        dead = session.scalars(sa.select(Patient).where(Patient.deceased_on.is_not(None))).all()
        assert len(dead) == 1
    with pytest.raises(Conflict, match="holds people already"):
        load.load(committed_sessions, settings, nobody_hears)


@pytest.mark.long
def test_whole_demonstration_is_sixty_referrals(
    committed_sessions: sessionmaker[Session], settings: Settings
) -> None:
    count = load.load(committed_sessions, settings, nobody_hears)

    assert count == 60
    with committed_sessions() as session:
        check_states(session)
        assert session.scalar(sa.select(sa.func.count()).select_from(Capture)) > 45


def test_cast_is_made_up_and_varied() -> None:
    people = cast.people(clock.today())

    numbers = [person.patient.nhs_number or "" for person in people]
    assert len(set(numbers)) == 60
    assert all(number.startswith("999") and is_valid(number) for number in numbers)
    assert 70 <= median(person.age for person in people) <= 74
    assert {person.monk for person in people} == set(range(1, 11))
    assert len({person.patient.language for person in people}) > 10
    assert all(person.patient.postcode.startswith("AN") for person in people)


def test_stories_cover_every_end() -> None:
    plots = stories.plots()

    assert len(plots) == 60
    assert {plot.story for plot in plots} == set(Story)
    assert plots == stories.plots()


def test_only_the_demonstration_sets_the_clock_back() -> None:
    users = [
        path.relative_to(ROOT / "derm_service").as_posix()
        for path in (ROOT / "derm_service").rglob("*.py")
        if "set_back_to" in path.read_text("utf-8")
    ]

    assert sorted(users) == ["clock.py", "demo/play.py"]


def test_sign_ins_name_every_role() -> None:
    lines = load.sign_ins()

    assert [line.split()[0] for line in lines] == [role.value for role in Role]


def test_command_says_in_a_sentence_that_there_is_no_database() -> None:
    command = [sys.executable, "-m", "flask", "--app", "wsgi", "demo", "load"]

    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, env={"PATH": ""})

    assert done.returncode == 1
    assert "DERM_DATABASE_URL" in done.stderr
