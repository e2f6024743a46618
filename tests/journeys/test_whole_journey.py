"""One patient's whole journey, by the real users of each step."""

from collections.abc import Callable
from pathlib import Path

from derm_service.people import Role
from tests import make
from tests.fixtures.service import RunningService
from tests.journeys.conftest import Team
from tests.journeys.steps import Walker

FAMILY = "Zzyzxova"


def test_person_with_two_lesions_is_booked_photographed_read_and_told(
    service: RunningService,
    team: Team,
    walk: Callable[..., Walker],
    photographs: dict[str, Path],
) -> None:
    clerk = walk(Role.CLERK)
    referral = clerk.refer(FAMILY, make.nhs_number_of(900_001))
    clerk.book_first_slot(referral, team.place)

    photographer = walk(Role.PHOTOGRAPHER)
    photographer.check_in(FAMILY)
    photographer.confirm_identity()
    photographer.take_consent()
