"""The clerk on the telephone: two things find, three confirm, three times are kept."""

import re
from datetime import date, timedelta

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from derm_service import clock
from derm_service.audit import AuditEntry
from derm_service.booking.models import Appointment, Hold
from derm_service.people import User
from derm_service.referrals.codes import Need
from derm_service.referrals.models import Referral
from tests import make
from tests.surf import post, sign_in_as

BORN = {"born_on-day": "14", "born_on-month": "3", "born_on-year": "1960"}
SAID = ["name", "born_on", "address"]


@pytest.fixture
def clerk(client: FlaskClient, session: Session) -> User:
    user = make.user(session)
    sign_in_as(client, session, user)
    return user


def find(client: FlaskClient, name: str, born: dict[str, str] = BORN) -> TestResponse:
    return post(client, "/phone", step="find", name=name, data=born)


def confirm(client: FlaskClient, referral: Referral, said: list[str] = SAID) -> TestResponse:
    data = {"step": "confirm", "referral_id": str(referral.id), "identifiers": said}
    return post(client, "/phone", data=data)


def afters(answer: TestResponse) -> list[str]:
    return re.findall(r'<button [^>]*name="after" value="([^"]+)"', answer.text)


def shown_after(answer: TestResponse) -> str:
    return re.findall(r'<input type="hidden" name="after" value="([^"]*)"', answer.text)[0]


def choices(answer: TestResponse) -> list[str]:
    return re.findall(r'name="choice" value="([^"]+)"', answer.text)


@pytest.mark.usefixtures("clerk")
def test_name_and_birthday_find_the_person_and_nothing_of_it_stands_in_the_address(
    client: FlaskClient, session: Session
) -> None:
    referral = make.referral(session)

    answer = find(client, referral.patient.family_name.lower())

    assert answer.status_code == 200
    assert "Book for this person" in answer.text
    assert referral.patient.family_name.upper() in answer.text


@pytest.mark.usefixtures("clerk")
def test_father_and_son_stand_side_by_side(client: FlaskClient, session: Session) -> None:
    home = {"given_name": "John", "family_name": "Ackroyd", "postcode": "AN1 1AA"}
    make.referral(session, patient=make.patient(session, **home, born_on=date(1960, 3, 14)))
    make.referral(session, patient=make.patient(session, **home, born_on=date(1988, 5, 2)))
    make.patient(session, family_name="Ackroyd", born_on=date(1970, 1, 1), postcode="AN9 1AA")

    answer = find(client, "Ackroyd")

    assert answer.text.count("ACKROYD, John</h3>") == 2
    assert answer.text.count("Look-alike") == 1
    assert "14 March 1960" in answer.text
    assert "2 May 1988" in answer.text


@pytest.mark.usefixtures("clerk")
@pytest.mark.parametrize(
    ("name", "born", "sentence"),
    [
        ("", BORN, "Enter a name or an NHS number"),
        ("Okafor", {}, "Enter the date of birth"),
        ("Okafor", BORN | {"born_on-month": "13"}, "must be a real date"),
    ],
)
def test_one_of_the_two_alone_finds_nobody(
    client: FlaskClient, session: Session, name: str, born: dict[str, str], sentence: str
) -> None:
    make.referral(session)

    answer = find(client, name, born)

    assert answer.status_code == 422
    assert sentence in answer.text
    assert "Book for this person" not in answer.text


@pytest.mark.usefixtures("clerk")
@pytest.mark.parametrize("said", [[], ["name", "born_on"], ["name", "born_on", "eye colour"]])
def test_no_time_is_shown_before_three_things_were_confirmed(
    client: FlaskClient, session: Session, said: list[str]
) -> None:
    make.clinic(session)

    answer = confirm(client, make.referral(session), said)

    assert answer.status_code == 422
    assert "Tick three things" in answer.text
    assert not choices(answer)
    assert not session.scalars(sa.select(Hold)).all()


def test_three_times_are_kept_for_ten_minutes_and_how_it_was_confirmed_is_audited(
    client: FlaskClient, session: Session, clerk: User
) -> None:
    for days in (3, 4, 5, 6):
        make.clinic(session, starts_at=clock.now() + timedelta(days=days))
    referral = make.referral(session)

    answer = confirm(client, referral)

    held = session.scalars(sa.select(Hold)).all()
    assert len(choices(answer)) == 3
    assert {f"{one.slot_id} {one.id}" for one in held} == set(choices(answer))
    minutes = [(one.expires_at - clock.now()).total_seconds() / 60 for one in held]
    assert all(9 < each <= 10 for each in minutes)
    entry = session.scalars(
        sa.select(AuditEntry).where(AuditEntry.did == "confirmed who rang")
    ).one()
    assert (entry.by_id, entry.detail) == (clerk.id, {"identifiers": SAID})


@pytest.mark.usefixtures("clerk")
def test_one_is_booked_and_the_others_are_let_go(client: FlaskClient, session: Session) -> None:
    for days in (3, 4, 5):
        make.clinic(session, starts_at=clock.now() + timedelta(days=days))
    referral = make.referral(session)
    second = choices(confirm(client, referral))[1]

    answer = post(client, "/phone", step="book", referral_id=str(referral.id), choice=second)

    booked = session.scalars(sa.select(Appointment)).one()
    assert answer.status_code == 200
    assert "Say to the caller" in answer.text
    assert str(booked.slot_id) == second.split()[0]
    assert not session.scalars(sa.select(Hold)).all()


@pytest.mark.usefixtures("clerk")
def test_pressing_book_twice_shows_the_same_appointment(
    client: FlaskClient, session: Session
) -> None:
    make.clinic(session)
    referral = make.referral(session)
    choice = choices(confirm(client, referral))[0]

    answers = [
        post(client, "/phone", step="book", referral_id=str(referral.id), choice=choice)
        for _ in range(2)
    ]

    assert [each.status_code for each in answers] == [200, 200]
    assert len(session.scalars(sa.select(Appointment)).all()) == 1


NEVER = "9999-12-31T23:59:59+00:00"


@pytest.mark.usefixtures("clerk")
def test_later_times_are_offered_and_the_first_ones_let_go(
    client: FlaskClient, session: Session
) -> None:
    clinics = [make.clinic(session, starts_at=clock.now() + timedelta(days=d)) for d in range(3, 9)]
    referral = make.referral(session)
    first = confirm(client, referral)
    after = afters(first)[0]

    never = post(client, "/phone", step="other", referral_id=str(referral.id), after=NEVER)
    later = post(client, "/phone", step="other", referral_id=str(referral.id), after=after)

    assert never.status_code == 200
    shown = [each.split()[0] for each in choices(later)]
    wanted = [clinics[2].slots[1], clinics[3].slots[0], clinics[4].slots[0]]
    assert shown == [str(each.id) for each in wanted]
    assert len(session.scalars(sa.select(Hold)).all()) == 3


@pytest.mark.usefixtures("clerk")
def test_time_kept_too_long_ago_and_taken_since_says_so_and_keeps_what_was_typed(
    client: FlaskClient, session: Session
) -> None:
    person = make.patient(session, needs=(Need.TRANSPORT,))
    clinic, referral = make.clinic(session), make.referral(session, patient=person)
    choice = choices(confirm(client, referral))[0]
    session.execute(sa.delete(Hold))
    make.appointment(session, slot=clinic.slots[0])

    answer = post(
        client,
        "/phone",
        step="book",
        referral_id=str(referral.id),
        choice=choice,
        note="Ambulance car booked",
    )

    assert answer.status_code == 409
    assert "Choose another time" in answer.text
    assert "Ambulance car booked" in answer.text
    assert choices(answer)[0].startswith(str(clinic.slots[1].id))


@pytest.mark.usefixtures("clerk")
def test_need_that_nothing_meets_asks_what_was_arranged_before_it_books(
    client: FlaskClient, session: Session
) -> None:
    person = make.patient(session, needs=(Need.TRANSPORT,))
    make.clinic(session)
    referral = make.referral(session, patient=person)
    choice = choices(confirm(client, referral))[0]

    refused = post(client, "/phone", step="book", referral_id=str(referral.id), choice=choice)
    again = choices(refused)[0]
    booked = post(
        client,
        "/phone",
        step="book",
        referral_id=str(referral.id),
        choice=again,
        note="Ambulance car booked",
    )

    assert (refused.status_code, booked.status_code) == (422, 200)
    assert session.scalars(sa.select(Appointment)).one().note == "Ambulance car booked"


@pytest.mark.usefixtures("clerk")
def test_later_time_the_caller_chose_is_still_there_when_a_sentence_is_asked_for(
    client: FlaskClient, session: Session
) -> None:
    for days in range(3, 9):
        make.clinic(session, starts_at=clock.now() + timedelta(days=days))
    person = make.patient(session, needs=(Need.TRANSPORT,))
    referral = make.referral(session, patient=person)
    asked = {"referral_id": str(referral.id)}
    later = post(
        client, "/phone", step="other", after=afters(confirm(client, referral))[0], **asked
    )
    chosen = choices(later)[1]

    refused = post(client, "/phone", step="book", choice=chosen, after=shown_after(later), **asked)

    assert refused.status_code == 422
    assert [each.split()[0] for each in choices(refused)] == [
        each.split()[0] for each in choices(later)
    ]


@pytest.mark.usefixtures("clerk")
@pytest.mark.parametrize("step", ["choose", "confirm", "other", "book"])
def test_call_about_nobody_says_so(client: FlaskClient, step: str) -> None:
    answer = post(client, "/phone", step=step, referral_id="nobody", choice="x y", after="soon")

    assert answer.status_code == 404
