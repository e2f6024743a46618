"""Loads the demonstration data: an empty service becomes one in the middle of its week."""

from collections.abc import Callable
from datetime import timedelta
from random import Random

import sqlalchemy as sa
from sqlalchemy.orm import Session, sessionmaker

from derm_service.config import Settings
from derm_service.demo import cast, people, places, stories
from derm_service.demo.darkroom import Darkroom
from derm_service.demo.office import Case
from derm_service.demo.people import SIGN_INS, Staff
from derm_service.demo.play import Play
from derm_service.demo.script import Script
from derm_service.errors import Conflict
from derm_service.imaging.vault import worker_vault
from derm_service.people import User
from derm_service.referrals.models import Patient

HOLDS_PEOPLE = (
    "This database holds people already, so the demonstration data were not loaded and nothing "
    "was changed. Load them into an empty database."
)
_LEAD_TIME = timedelta(days=130)  # before the oldest referral


def sign_ins() -> list[str]:
    """One line for each role: who signs in with what."""
    return [f"{each.role.value:<14} {each.email:<28} {each.password}" for each in SIGN_INS]


def load(
    sessions: sessionmaker[Session],
    settings: Settings,
    told: Callable[[str], None],
    *,
    each_story_once: bool = False,
) -> int:
    """Play the demonstration's past; `told` hears of every act. Gives the number of referrals."""
    with sessions() as session:
        if _holds_people(session):
            raise Conflict(HOLDS_PEOPLE)
        darkroom = Darkroom(sessions, worker_vault(settings))
        try:
            play = Play(session, told)
            staff: list[Staff] = []
            play.at(play.now - _LEAD_TIME, "people and places", lambda: _begin(play, staff))
            play.run()
            script = Script(play, staff[0], darkroom)
            cases = _cases(play)
            if each_story_once:
                cases = list({case.plot.story: case for case in cases}.values())
            for case in reversed(cases):  # the longest stories' pictures are wanted first
                script.write(case)
            play.run()
        finally:
            darkroom.close()
    return len(cases)


def _begin(play: Play, staff: list[Staff]) -> None:
    staff.append(people.add(play.session))
    estate = places.add(play.session, staff[0])
    places.open_clinics(play, estate, staff[0])


def _cases(play: Play) -> list[Case]:
    """Who plays which story: shuffled, so that no story belongs to an age or a culture."""
    everybody = cast.people(play.today)
    Random(60).shuffle(everybody)  # noqa: S311 (the same every time)
    pairs = zip(everybody, stories.plots(), strict=True)
    return [Case(number, person, plot) for number, (person, plot) in enumerate(pairs)]


def _holds_people(session: Session) -> bool:
    return any(
        session.scalar(sa.select(sa.func.count()).select_from(table)) for table in (User, Patient)
    )
