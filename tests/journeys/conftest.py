"""What the journeys share: a team that can sign in, a clinic today, drawn photographs."""

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page
from sqlalchemy.orm import Session

from derm_service import clock
from derm_service.accounts import people
from derm_service.booking import clinics, places
from derm_service.booking.codes import ResourceKind
from derm_service.booking.models import Clinic
from derm_service.demo.camera import Faults, Shot, photograph
from derm_service.demo.lesions import Kind, Lesion
from derm_service.demo.scene import View, Wish
from derm_service.people import Role, User
from tests.fixtures.service import RunningService
from tests.imaging.files import of_its_own
from tests.journeys.steps import Walker

PASSWORD = "three random words"
_count = itertools.count(1)


@dataclass(frozen=True)
class Team:
    """One person of each role and a clinic of theirs today; nobody else is in it."""

    people: dict[Role, User]
    clinic: Clinic
    place: str


@pytest.fixture
def team(service: RunningService) -> Team:
    """A team of its own for each test, so that tests do not meet on the day list."""
    return make_team(service)


def make_team(service: RunningService) -> Team:
    """A team in this service's database."""
    n = next(_count)
    with service.sessions() as session:
        staff = {
            role: people.add(
                session,
                email=f"{role}{n}@journeys.example",
                name=f"{role.title()} of team {n}",
                roles=[role],
                password=PASSWORD,
                intimate_images=True,
                by=None,
            )
            for role in Role
        }
        place = f"Community Hospital {n}"
        clinic = _clinic_today(session, staff, place)
        session.commit()
        session.refresh(clinic)
        _ = clinic.slots
        return Team(staff, clinic, place)


def _clinic_today(session: Session, staff: dict[Role, User], place: str) -> Clinic:
    lead = staff[Role.LEAD]
    location = places.add_location(
        session,
        details=places.PlaceDetails(
            name=place,
            kind="hospital",
            address_lines=["1 Mill Lane", "Anytown"],
            postcode="AN1 1AA",
            directions="Bus 7 stops outside.",
            features=["step_free"],
        ),
        by=lead,
    )
    resources = [
        places.add_resource(
            session,
            kind=ResourceKind.ROOM,
            name=f"Room of {place}",
            location_id=location.id,
            by=lead,
        ),
        places.add_resource(
            session,
            kind=ResourceKind.PHOTOGRAPHER,
            name=f"Photographer of {place}",
            user_id=staff[Role.PHOTOGRAPHER].id,
            by=lead,
        ),
    ]
    starts = clock.london(clock.now()).replace(second=0, microsecond=0) + timedelta(minutes=3)
    midnight = (starts + timedelta(days=1)).replace(hour=0, minute=0)
    return clinics.open_clinic(
        session,
        location_id=location.id,
        starts_at=starts.astimezone(UTC),
        ends_at=max(
            min(starts + timedelta(hours=2), midnight), starts + timedelta(minutes=15)
        ).astimezone(UTC),
        slot_minutes=5,
        resource_ids=[each.id for each in resources],
        by=lead,
    )


@pytest.fixture
def walk(
    service: RunningService, team: Team, new_page: Callable[..., Page]
) -> Callable[..., Walker]:
    """`walk(Role.CLERK)` signs somebody in through the page, each in a browser of their own."""

    def start(role: Role, **size: tuple[int, int]) -> Walker:
        walker = Walker(new_page(service.url, **size))
        walker.sign_in(team.people[role].email, PASSWORD)
        return walker

    return start


@pytest.fixture
def photographs(drawn: dict[str, bytes], tmp_path: Path) -> dict[str, Path]:
    """The drawn photographs as files of this test's own person."""
    files = {name: tmp_path / f"{name}.jpg" for name in drawn}
    for name, path in files.items():
        path.write_bytes(of_its_own(drawn[name]))
    return files


@pytest.fixture(scope="session")
def drawn() -> dict[str, bytes]:
    """One good photograph of each view, and a blurred close-up."""
    lesion = Lesion(kind=next(iter(Kind)), diameter_mm=7, seed=5)
    shot = Shot(taken_at=datetime(2026, 11, 2, 10, 30, tzinfo=UTC), gps=True)
    files = {}
    for view in View:
        wish = Wish(view=view, lesion=lesion, monk=5)
        files[view.value] = photograph(wish, shot).jpeg
    blurred = photograph(
        Wish(view=View.CLOSE_UP, lesion=lesion, monk=5), shot, Faults(defocus_px=9)
    )
    files["blurred"] = blurred.jpeg
    return files
