"""What strangers and odd keyboards send to any page: a sentence, never a fault of ours."""

import io
import logging
from datetime import date

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy.orm import Session, sessionmaker

from derm_service.app import create_app
from derm_service.booking.codes import ResourceKind
from derm_service.booking.models import Clinic, MobileUnit
from derm_service.booking.parsing import day_or_none
from derm_service.config import Settings
from derm_service.forms import whole_number
from derm_service.people import Role
from derm_service.web import db_session, public
from tests import make
from tests.surf import post, sign_in_as


@pytest.fixture
def lead(client: FlaskClient, session: Session) -> None:
    sign_in_as(client, session, make.user(session, Role.LEAD))


@pytest.mark.usefixtures("lead")
def test_nul_character_is_refused_with_a_sentence_and_nothing_is_kept(
    client: FlaskClient, session: Session
) -> None:
    answer = post(client, "/places/vans/add", name="Van\0 1")

    assert answer.status_code == 422
    assert "holds a character that cannot be kept" in answer.text
    assert session.scalar(sa.select(sa.func.count()).select_from(MobileUnit)) == 0


@pytest.mark.usefixtures("lead")
@pytest.mark.parametrize("address", ["/clinics?place=%00", "/%00=?%00"])
def test_nul_character_in_an_address_leads_nowhere(client: FlaskClient, address: str) -> None:
    assert client.get(address).status_code in (404, 422)


def test_asset_that_is_missing_is_not_kept_for_a_year(client: FlaskClient) -> None:
    missing = client.get("/static/build/no-such-asset.js")

    assert missing.status_code == 404
    assert missing.headers["Cache-Control"] == "no-store"


@pytest.mark.usefixtures("lead")
@pytest.mark.parametrize("day", ["9999-12-31", "0001-01-01"])
def test_pages_of_a_week_take_the_ends_of_the_calendar(client: FlaskClient, day: str) -> None:
    weeks = client.get(f"/clinics?on={day}")
    days = client.get(f"/clinic-day?on={day}")

    assert weeks.status_code == 200
    assert days.status_code == 200


@pytest.mark.usefixtures("lead")
@pytest.mark.parametrize(
    ("starts", "slot_minutes", "sentence"),
    [
        ("99999999999999999999", "20", "Enter a time on the 24-hour clock"),
        ("9:00", "9" * 5000, "Enter a whole number of minutes"),
    ],
)
def test_huge_numbers_in_a_clinic_are_a_sentence_beside_the_field(
    client: FlaskClient, session: Session, starts: str, slot_minutes: str, sentence: str
) -> None:
    location = make.location(session)
    room = make.resource(session, location_id=location.id)
    photographer = make.resource(session, ResourceKind.PHOTOGRAPHER)
    answer = post(
        client,
        "/clinics/open",
        starts=starts,
        ends="12:00",
        slot_minutes=slot_minutes,
        views=["overview", "close_up", "dermoscopic"],
        location_id=str(location.id),
        place_id=str(room.id),
        photographer_id=str(photographer.id),
        data={"on-day": "1", "on-month": "12", "on-year": "2030"},
    )

    assert answer.status_code == 422
    assert sentence in answer.text
    assert session.scalar(sa.select(sa.func.count()).select_from(Clinic)) == 0


@pytest.mark.parametrize("typed", ["²", "9" * 5000, "-1", "1e3", "", "1234567890"])
def test_what_is_no_whole_number_the_database_keeps_is_none(typed: str) -> None:
    assert whole_number(typed) is None


def test_a_day_of_a_year_nobody_reckons_with_is_none() -> None:
    assert day_or_none("2026-08-06") == date(2026, 8, 6)
    assert day_or_none("9999-12-31") is None


def test_a_fault_of_ours_gives_a_page_and_logs_nothing_that_was_typed(
    settings: Settings, joined_sessions: sessionmaker[Session], session: Session
) -> None:
    app = create_app(settings)
    app.extensions["derm.sessions"] = joined_sessions

    @app.get("/fault")
    @public
    def fault() -> str:
        db_session().add(MobileUnit(name="Lovelace\0"))
        db_session().flush()
        return "never"

    client = app.test_client()
    sign_in_as(client, session, make.user(session, Role.LEAD))
    session.flush()
    (ours,) = [each for each in logging.getLogger().handlers if getattr(each, "derm", False)]
    assert isinstance(ours, logging.StreamHandler)
    before = ours.setStream(written := io.StringIO())

    answer = client.get("/fault")

    ours.setStream(before)
    assert answer.status_code == 500
    assert "Nothing was changed" in answer.text
    assert "unexpected_error" in written.getvalue()
    assert "Lovelace" not in written.getvalue()


def test_the_text_of_an_exception_is_not_logged() -> None:
    (ours,) = [each for each in logging.getLogger().handlers if getattr(each, "derm", False)]
    assert isinstance(ours, logging.StreamHandler)
    before = ours.setStream(written := io.StringIO())

    try:
        raise ValueError("Lovelace")
    except ValueError:
        logging.getLogger("gunicorn.error").exception("Error handling request")

    ours.setStream(before)
    assert '"kind": "ValueError"' in written.getvalue()
    assert "test_edge.py" in written.getvalue()
    assert "Lovelace" not in written.getvalue()
