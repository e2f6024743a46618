"""How clinics are used: what is counted, over which days, and the chart, table and file of it."""

import csv
import io
from datetime import date, time, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from derm_service.booking import ledger, rules, utilisation
from derm_service.booking.codes import AppointmentState, ClinicState
from derm_service.booking.models import Clinic, Location
from derm_service.booking.utilisation import Row, Split
from derm_service.people import Role
from tests import make
from tests.surf import sign_in_as

FIRST, LAST = date(2026, 6, 1), date(2026, 6, 30)


def clinic_on(session: Session, day: date, name: str = "Ashe Hospital", **given: object) -> Clinic:
    place = session.query(Location).filter_by(name=name).one_or_none()
    return make.clinic(
        session,
        location=place or make.location(session, name=name),
        starts_at=rules.moment(day, time(9)),
        **given,
    )


def test_times_are_counted_as_offered_booked_used_and_missed(session: Session) -> None:
    clinic = clinic_on(session, date(2026, 6, 2))
    a, b, c, d, e, f = clinic.slots
    make.appointment(session, slot=a, state=AppointmentState.COMPLETED)
    make.appointment(session, slot=b, state=AppointmentState.NOT_ATTENDED)
    make.appointment(session, slot=b, state=AppointmentState.CHECKED_IN)  # given to another
    make.appointment(session, slot=c, during=ledger.span(c.starts_at, d.ends_at))  # a double time
    make.appointment(session, slot=e, state=AppointmentState.CANCELLED)
    f.withdrawn = True
    clinic_on(session, date(2026, 6, 3), state=ClinicState.CANCELLED)

    [row] = utilisation.read(session, FIRST, LAST)

    assert row == Row("Ashe Hospital", FIRST, LAST, offered=5, booked=5, used=2, missed=1)
    assert row.booked_percent == 100


def test_periods_are_whole_weeks_and_months_kept_within_the_days_asked_for(
    session: Session,
) -> None:
    for day in (date(2026, 5, 31), date(2026, 6, 1), date(2026, 6, 30), date(2026, 7, 1)):
        clinic_on(session, day)

    def cut(split: Split) -> list[tuple[date, date]]:
        found = utilisation.read(session, FIRST, date(2026, 7, 1), split=split)
        return [(each.first, each.last) for each in found]

    assert cut(Split.WHOLE) == [(FIRST, date(2026, 7, 1))]
    assert cut(Split.MONTH) == [(FIRST, LAST), (date(2026, 7, 1), date(2026, 7, 1))]
    assert cut(Split.WEEK) == [
        (FIRST, date(2026, 6, 7)),
        (date(2026, 6, 29), date(2026, 7, 1)),
    ]


@pytest.mark.parametrize("sunday", [date(2026, 3, 29), date(2026, 10, 25)])
def test_a_day_on_which_the_clocks_change_is_one_day(session: Session, sunday: date) -> None:
    late = rules.moment(sunday, time(23, 30))
    make.clinic(session, starts_at=late, hours=0.5)
    make.clinic(session, starts_at=late + timedelta(minutes=30), hours=0.5)

    found = utilisation.read(session, sunday, sunday)

    assert [each.offered for each in found] == [1]


def test_places_stand_by_name_with_all_of_them_together(
    client: FlaskClient, session: Session
) -> None:
    sign_in_as(client, session, make.user(session, Role.CLERK))
    one = clinic_on(session, FIRST, "=Zeal")
    clinic_on(session, FIRST, "Ashe Hospital")
    make.appointment(session, slot=one.slots[0], state=AppointmentState.COMPLETED)
    asked = "from=2026-06-01&to=2026-06-30"

    page = client.get(f"/clinics/utilisation?{asked}&split=week").text
    answer = client.get(f"/clinics/utilisation.csv?{asked}")

    assert page.index("All places") > page.index("Ashe Hospital")
    assert '<rect class="derm-chart__used" width="1"' in page
    assert "style=" not in page
    lines = list(csv.reader(io.StringIO(answer.text)))
    assert answer.mimetype == "text/csv"
    assert lines == [
        ["Place", "From", "To", "Offered", "Booked", "Used", "Did not attend"],
        ["'=Zeal", "2026-06-01", "2026-06-30", "6", "1", "1", "0"],
        ["Ashe Hospital", "2026-06-01", "2026-06-30", "6", "0", "0", "0"],
    ]


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("", "No clinic was held"),
        ("from=2026-06-30&to=2026-06-01", "so they are swapped"),
        ("from=2026-06-31&to=2026-06-01", "Enter both dates"),
        ("from=1900-01-01&to=2100-01-01", "Two years at most"),
        ("split=year&place=x", "No clinic was held"),
    ],
)
def test_days_that_cannot_be_get_their_sentence(
    client: FlaskClient, session: Session, asked: str, said: str
) -> None:
    sign_in_as(client, session, make.user(session, Role.LEAD))

    assert said in client.get(f"/clinics/utilisation?{asked}").text
