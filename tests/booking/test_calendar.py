"""The calendar of clinics: by day, week and place, how full each is, and what is special."""

from datetime import date, time, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from derm_service import clock
from derm_service.booking import calendar, days, rules, series
from derm_service.booking.calendar import Entry, Wanted
from derm_service.booking.codes import AppointmentState, ClinicState
from derm_service.booking.models import Allocation, Resource
from derm_service.booking.recurring import Pattern
from derm_service.people import Role
from tests import make
from tests.surf import sign_in_as

MONDAY = date(2027, 6, 7)
ANY = Wanted()


def entries(session: Session, on: date, wanted: Wanted = ANY) -> list[Entry]:
    return [one for day in calendar.read(session, [on], wanted) for one in day.entries]


@pytest.mark.parametrize(
    ("day", "said"),
    [
        (date(2027, 12, 27), ["Bank holiday: Christmas Day"]),  # the day in its place
        (date(2027, 3, 26), ["Bank holiday: Good Friday"]),
        (date(2027, 3, 28), ["The clocks go forward at 1am"]),
        (date(2027, 10, 31), ["The clocks go back at 2am"]),
        (date(2028, 2, 29), []),
        (date(2027, 6, 8), []),
    ],
)
def test_a_day_says_what_is_special_about_it(day: date, said: list[str]) -> None:
    assert days.notes(day) == said


@pytest.mark.parametrize("span", [days.Span.WEEK, days.Span.PLACE])
def test_a_week_runs_from_monday_to_sunday_whatever_day_of_it_is_asked_for(
    span: days.Span,
) -> None:
    for step in range(7):
        week = days.shown(span, MONDAY + timedelta(days=step))

        assert (week[0], week[-1], len(week)) == (MONDAY, MONDAY + timedelta(days=6), 7)


@pytest.mark.parametrize("sunday", [date(2027, 3, 28), date(2027, 10, 31)])
def test_a_clinic_of_the_night_the_clocks_change_stands_on_its_own_day(
    session: Session, sunday: date
) -> None:
    late = make.clinic(session, starts_at=rules.moment(sunday, time(23)), hours=0.5)
    early = make.clinic(session, starts_at=rules.moment(sunday, time()), hours=0.5)
    make.clinic(session, starts_at=rules.moment(sunday + timedelta(days=1), time()), hours=0.5)

    found = entries(session, sunday)

    assert [one.clinic for one in found] == [early, late]


def test_free_booked_and_overbooked_are_counted(session: Session) -> None:
    clinic = make.clinic(session, hours=2, slot_minutes=20)
    first, second, third = clinic.slots[:3]
    make.appointment(session, slot=first)
    make.appointment(session, slot=second, state=AppointmentState.CANCELLED)
    make.appointment(session, slot=third, state=AppointmentState.NOT_ATTENDED)
    above = make.appointment(session, slot=third)
    session.query(Allocation).filter_by(appointment_id=above.id).update({"reason": "Urgent"})
    clinic.slots[5].withdrawn = True
    session.flush()

    [found] = entries(session, clock.london(clinic.starts_at).date())

    assert found.fill == calendar.Fill(times=5, free=3, people=3, above=1)
    assert found.full == "3 of 5 times free, 3 people"


def test_only_the_place_and_the_photographer_asked_for_are_shown(session: Session) -> None:
    one = make.clinic(session)
    other = make.clinic(session, starts_at=one.starts_at)
    on = clock.london(one.starts_at).date()
    held = {found.clinic: found.photographers for found in entries(session, on)}
    [mine] = session.query(Resource).filter_by(name=held[other][0])

    assert len(held) == 2
    at_place = entries(session, on, Wanted(location_id=one.location_id))
    of_person = entries(session, on, Wanted(photographer_id=mine.id))
    assert [found.clinic for found in at_place] == [one]
    assert [found.clinic for found in of_person] == [other]


def test_places_stand_one_by_one_with_their_days(session: Session) -> None:
    monday = rules.moment(MONDAY, time(9))
    last = make.location(session, name="Zeal Hospital")
    first = make.location(session, name="Ashe Hospital")
    make.clinic(session, location=last, starts_at=monday)
    make.clinic(session, location=first, starts_at=monday + timedelta(days=2))

    week = calendar.read(session, days.shown(days.Span.PLACE, MONDAY), ANY)
    found = calendar.by_place(week)

    assert [place.name for place, _held in found] == ["Ashe Hospital", "Zeal Hospital"]
    assert [len(of_day) for of_day in found[0][1]] == [0, 0, 1, 0, 0, 0, 0]


def test_the_page_links_to_every_change_and_marks_series_and_cancelled_clinics(
    client: FlaskClient, session: Session
) -> None:
    sign_in_as(client, session, make.user(session, Role.LEAD))
    place = make.location(session)
    made = series.open_series(
        session,
        pattern=Pattern(MONDAY, MONDAY + timedelta(weeks=1), frozenset({0})),
        starts=time(9),
        ends=time(12),
        location_id=place.id,
        slot_minutes=20,
        resource_ids=[one.id for one in make.resources(session, place)],
        by=make.user(session, Role.LEAD),
    )
    clinic = made.opened[0]
    gone = make.clinic(session, starts_at=clinic.starts_at, state=ClinicState.CANCELLED)
    address = f"/clinics?on={MONDAY.isoformat()}"

    week = client.get(address).text

    for act in ("", "/change", "/cancel"):
        assert f'href="/clinics/{clinic.id}{act}"' in week
    assert week.count("Repeats") == 1
    assert week.count(">Cancelled<") == 1
    assert f'href="/clinics/{gone.id}/change"' not in week
    assert f"/clinics/open?on={MONDAY.isoformat()}" in week
    for view in ("day", "place"):
        assert f"/clinics/{clinic.id}" in client.get(f"{address}&view={view}").text
    opening = client.get(f"/clinics/open?on={MONDAY.isoformat()}").text
    assert 'name="on-year" type="text" value="2027"' in " ".join(opening.split())


def test_a_photographer_sees_the_calendar_without_a_way_to_people_or_changes(
    client: FlaskClient, session: Session
) -> None:
    sign_in_as(client, session, make.user(session, Role.PHOTOGRAPHER))
    booked = make.appointment(session)
    clinic = booked.slot.clinic

    week = client.get(f"/clinics?on={clock.london(clinic.starts_at).date()}").text

    assert clinic.location.name in week
    assert "1 person" in week
    assert str(clinic.id) not in week
    assert booked.patient.family_name not in week


@pytest.mark.parametrize("on", ["2027-02-31", "9999-12-31", "1800-01-01", "2199-12-31"])
def test_any_day_and_view_that_is_asked_for_is_answered(
    client: FlaskClient, session: Session, on: str
) -> None:
    sign_in_as(client, session, make.user(session, Role.CLERK))

    for view in ("day", "month"):
        answer = client.get(f"/clinics?view={view}&on={on}&place=x&photographer=%F0%9F%98%80")

        assert answer.status_code == 200
