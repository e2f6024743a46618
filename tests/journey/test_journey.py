"""The whole journey over HTTP against the running service, with drawn photographs."""

import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from derm_service import clock
from derm_service.booking.codes import ResourceKind
from derm_service.demo import people, places
from derm_service.demo.camera import Faults, Shot, photograph
from derm_service.demo.lesions import Kind, Lesion
from derm_service.demo.scene import Wish
from derm_service.imaging.codes import View
from derm_service.people import User
from derm_service.referrals.codes import ReferralState
from derm_service.referrals.models import Referral
from tests import make
from tests.fixtures.service import RunningService

ROOT = Path(__file__).parents[2]


def have_people_and_places(session: Session) -> None:
    """The demonstration's staff, rooms and kit, once; the journey opens its own clinic."""
    email = people.SIGN_INS[0].email
    if session.scalar(sa.select(User).where(User.email == email)) is None:
        staff = people.add(session)
        places.add(session, staff)
        session.commit()


def have_a_better_time_on_another_day(session: Session) -> None:
    """Today's clinic holds no dermatoscope, the one in a week does: the page puts that first."""
    room = make.resource(session, ResourceKind.ROOM, location_id=make.location(session).id)
    soon = clock.now() + timedelta(minutes=6)
    make.clinic(session, starts_at=soon, hours=0.5, slot_minutes=10, holds=[room])
    make.clinic(session)
    session.commit()


def images(place: Path) -> list[str]:
    """Three views of one lesion; the close-up is out of focus, so that it has to be kept."""
    paths = []
    for view in View:
        wish = Wish(view, Lesion(Kind.NAEVUS, 6.0, seed=3), size=(1000, 750), seed=8)
        faults = Faults(defocus_px=9) if view is View.CLOSE_UP else None
        path = place / f"{view.value}.jpg"
        path.write_bytes(photograph(wish, Shot(clock.now()), faults).jpeg)
        paths.append(str(path))
    return paths


def journey(*arguments: str) -> subprocess.CompletedProcess[str]:
    """`flask journey` as somebody types it."""
    command = [sys.executable, "-m", "flask", "--app", "wsgi", "journey", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)


def test_journey_takes_images_from_referral_to_told(
    service: RunningService, tmp_path: Path
) -> None:
    if (clock.london(clock.now()).hour, clock.london(clock.now()).minute) >= (23, 0):
        pytest.skip("no clinic can be opened so late in the day")
    with service.sessions() as session:
        have_people_and_places(session)
        have_a_better_time_on_another_day(session)

    photographs = images(tmp_path)

    done = journey("--address", service.url, *photographs)
    again = journey("--address", service.url, *photographs)  # the same person once more

    assert done.returncode == 0, done.stdout + done.stderr
    assert again.returncode == 0, again.stdout + again.stderr
    assert "read the audit trail" in done.stdout
    referral_id = done.stdout.split("/referrals/")[1].split()[0]
    with service.sessions() as session:
        referral = session.get_one(Referral, referral_id)
        assert referral.state is ReferralState.CLOSED
        assert referral.clock_stopped_on == clock.today()


def test_journey_says_in_a_sentence_that_the_service_is_not_there(tmp_path: Path) -> None:
    image = tmp_path / "image.jpg"
    image.write_bytes(b"not looked at")

    done = journey("--address", "http://127.0.0.1:9", str(image))

    assert done.returncode == 1
    assert "cannot be reached" in done.stderr
