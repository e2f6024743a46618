"""A clinic is cancelled or changed under people: each has a new place, nobody is forgotten."""

from datetime import timedelta
from itertools import pairwise

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy.orm import Session, sessionmaker

from derm_service import clock
from derm_service.booking import appointments, clinics, free, ledger, queries, rehoming
from derm_service.booking.codes import (
    AppointmentState,
    CancelReason,
    ClinicState,
    Level,
    ResourceKind,
)
from derm_service.booking.models import Allocation, Appointment, Clinic
from derm_service.errors import Conflict
from derm_service.people import Role, User
from derm_service.referrals.codes import Priority
from tests import make
from tests.racing import at_once, outcome
from tests.surf import post, sign_in_as


def full_clinic(session: Session, count: int = 3) -> tuple[Clinic, list[Appointment]]:
    clinic = make.clinic(session)
    booked = [make.appointment(session, slot=clinic.slots[n]) for n in range(count)]
    return clinic, booked


def other_clinic(session: Session, clinic: Clinic) -> Clinic:
    return make.clinic(session, starts_at=clinic.starts_at + timedelta(days=1))


def taken_together(session: Session) -> int | None:
    return session.scalar(
        sa.text("""
        SELECT count(*) FROM allocation a JOIN allocation b
          ON a.resource_id = b.resource_id AND a.level = b.level AND a.lane = b.lane
         AND a.during && b.during AND a.id < b.id
        WHERE a.state <> 'released' AND b.state <> 'released'""")
    )


def test_the_most_at_risk_come_first_and_no_two_are_proposed_one_time(session: Session) -> None:
    clinic = make.clinic(session)
    routine = make.referral(session, priority=Priority.ROUTINE)
    late = make.referral(session, days_ago=20)
    make.appointment(session, slot=clinic.slots[0], referral=routine)
    make.appointment(session, slot=clinic.slots[1], referral=late)
    make.appointment(session, slot=clinic.slots[2])
    other_clinic(session, clinic)

    rows = rehoming.affected(session, clinic, None)

    assert [row.appointment.referral for row in rows[::2]] == [late, routine]
    proposed = [row.offers[0].slot.id for row in rows]
    assert len(set(proposed)) == 3
    assert all(row.offers[0].slot.clinic_id != clinic.id for row in rows)


def test_everybody_has_a_new_place_in_one_step(session: Session) -> None:
    clinic, booked = full_clinic(session)
    other_clinic(session, clinic)
    rows = rehoming.affected(session, clinic, None)
    choices = {row.appointment.id: row.offers[0].slot.id for row in rows}
    stays_home = booked[0]
    choices[stays_home.id] = None

    rehoming.cancel(
        session,
        clinic_id=clinic.id,
        choices=choices,
        reason="Photographer ill",
        by=make.user(session, Role.LEAD),
    )

    assert clinic.state is ClinicState.CANCELLED
    assert stays_home.state is AppointmentState.CANCELLED
    assert stays_home.cancel_reason is CancelReason.CLINIC_CANCELLED
    assert [one.state for one in booked[1:]] == [AppointmentState.MOVED] * 2
    assert queries.people_in_clinic(session, clinic.id) == []
    for one in booked[1:]:
        waiting = queries.waiting_appointment(session, one.referral_id)
        assert waiting is not None
        assert waiting.slot_id == choices[one.id]
    assert taken_together(session) == 0
    contacts = rehoming.contacts(session, clinic.id)
    assert contacts[0].was is stays_home
    assert {each.was.id for each in contacts} == {one.id for one in booked}


def test_contact_list_names_who_still_waits_once_with_the_time_they_have_now(
    session: Session,
) -> None:
    clinic, (mover, waits, dies) = full_clinic(session)
    other, lead = other_clinic(session, clinic), make.user(session, Role.LEAD)
    again = appointments.move(session, appointment_id=mover.id, slot_id=clinic.slots[4].id, by=lead)
    stayed = make.appointment(session, slot=clinic.slots[5])
    appointments.move(session, appointment_id=stayed.id, slot_id=clinic.slots[0].id, by=lead)

    unchanged = rehoming.contacts(session, clinic.id)
    choices = {again.id: other.slots[0].id, waits.id: None, dies.id: other.slots[1].id}
    here = {one.id: choices.get(one.id) for one in queries.people_in_clinic(session, clinic.id)}
    rehoming.cancel(session, clinic_id=clinic.id, choices=here, reason="Snow", by=lead)
    appointments.book(session, slot_id=other.slots[2].id, referral_id=waits.referral_id, by=lead)
    dies.patient.deceased_on = clock.today()

    rows = rehoming.contacts(session, clinic.id)
    now = [(row.was.patient_id, row.now and row.now.slot_id) for row in rows]
    assert unchanged == []
    assert now == [
        (stayed.patient_id, None),
        (mover.patient_id, other.slots[0].id),
        (waits.patient_id, other.slots[2].id),
    ]


def test_contact_list_says_who_hears_for_somebody_and_where_only_a_call_is_safe(
    client: FlaskClient, session: Session
) -> None:
    sign_in_as(client, session, make.user(session))
    clinic = make.clinic(session)
    child = make.patient(session, proxy=make.proxy().kept())
    unsafe = make.patient(session, safe_contact=True, contact_note="Ring on Tuesdays only")
    for slot, person in zip(clinic.slots, (child, unsafe), strict=False):
        referral = make.referral(session, patient=person)
        make.appointment(
            session,
            slot=slot,
            referral=referral,
            state=AppointmentState.CANCELLED,
            cancel_reason=CancelReason.CLINIC_CANCELLED,
        )

    page = client.get(f"/clinics/{clinic.id}/contacts").text

    assert "Ring Mary Okafor (daughter) on" in page
    assert "Safe contact only" in page
    assert "Ring on Tuesdays only" in page


def test_somebody_booked_meanwhile_stops_the_cancelling(session: Session) -> None:
    clinic, booked = full_clinic(session, 1)
    late_comer = make.appointment(session, slot=clinic.slots[4])

    with pytest.raises(Conflict, match=late_comer.patient.family_name.upper()):
        rehoming.cancel(
            session,
            clinic_id=clinic.id,
            choices={booked[0].id: None},
            reason="ill",
            by=make.user(session, Role.LEAD),
        )

    assert clinic.state is ClinicState.OPEN
    assert booked[0].state is AppointmentState.BOOKED


def test_a_new_time_that_has_gone_names_the_person_and_changes_nothing(
    committed: Session,
) -> None:
    clinic, booked = full_clinic(committed, 2)
    other = other_clinic(committed, clinic)
    lead = make.user(committed, Role.LEAD)
    make.appointment(committed, slot=other.slots[1])
    committed.commit()
    choices = {one.id: other.slots[n].id for n, one in enumerate(booked)}

    with pytest.raises(Conflict, match=f"{booked[1].patient.family_name.upper()}.*taken"):
        rehoming.cancel(committed, clinic_id=clinic.id, choices=choices, reason="ill", by=lead)
    committed.rollback()

    assert [one.state for one in booked] == [AppointmentState.BOOKED] * 2
    assert clinic.state is ClinicState.OPEN


def test_a_clinic_that_ends_earlier_rehomes_only_who_no_longer_fits(session: Session) -> None:
    clinic, booked = full_clinic(session, 3)
    other = other_clinic(session, clinic)
    lead = make.user(session, Role.LEAD)
    held = ledger.resources_of_clinic(session, clinic.id)
    ends_at = clinic.slots[1].ends_at

    rows = rehoming.affected(session, clinic, ledger.span(clinic.starts_at, ends_at))
    rehoming.change(
        session,
        clinic_id=clinic.id,
        starts_at=clinic.starts_at,
        ends_at=ends_at,
        resource_ids=held,
        choices={booked[2].id: other.slots[0].id},
        by=lead,
    )

    assert [row.appointment for row in rows] == [booked[2]]
    assert [one.state for one in booked] == ["booked", "booked", "moved"]
    assert [slot.withdrawn for slot in clinic.slots] == [False] * 2 + [True] * 4
    assert not [slot for slot in free.free_slots(session) if slot.clinic_id == clinic.id]


def test_a_clinic_that_starts_earlier_and_ends_later_has_more_slots(session: Session) -> None:
    clinic, booked = full_clinic(session, 1)
    quarter = timedelta(minutes=15)

    clinics.change_clinic(
        session,
        clinic_id=clinic.id,
        starts_at=clinic.starts_at - timedelta(minutes=40) - quarter,
        ends_at=clinic.ends_at + timedelta(minutes=20),
        resource_ids=ledger.resources_of_clinic(session, clinic.id),
        by=make.user(session, Role.LEAD),
    )

    session.refresh(clinic)
    times = [slot.starts_at for slot in clinic.slots]
    assert len(times) == 9
    assert {b - a for a, b in pairwise(times)} == {timedelta(minutes=20)}
    assert booked[0].state is AppointmentState.BOOKED


def test_who_stays_is_seen_with_the_new_photographer(session: Session) -> None:
    clinic, booked = full_clinic(session, 2)
    old = next(
        each
        for each in queries.resources_in(session, [clinic])[clinic.id]
        if each.kind is ResourceKind.PHOTOGRAPHER
    )
    new = make.resource(session, ResourceKind.PHOTOGRAPHER)
    held = set(ledger.resources_of_clinic(session, clinic.id))

    clinics.change_clinic(
        session,
        clinic_id=clinic.id,
        starts_at=clinic.starts_at,
        ends_at=clinic.ends_at,
        resource_ids=sorted(held - {old.id} | {new.id}),
        by=make.user(session, Role.LEAD),
    )

    for one in booked:
        used = sa.select(Allocation.resource_id).where(
            Allocation.appointment_id == one.id, Allocation.state.in_(ledger.LIVE)
        )
        assert set(session.scalars(used)) == held - {old.id} | {new.id}
    old_is_free = sa.select(Allocation.id).where(
        Allocation.resource_id == old.id, Allocation.state.in_(ledger.LIVE)
    )
    assert session.scalar(old_is_free) is None


def test_a_changed_clinic_cannot_have_what_another_clinic_has(session: Session) -> None:
    clinic, _ = full_clinic(session, 1)
    busy = make.resource(session, ResourceKind.PHOTOGRAPHER)
    make.clinic(session, starts_at=clinic.starts_at, holds=[busy])

    with pytest.raises(Conflict, match=busy.name):
        clinics.change_clinic(
            session,
            clinic_id=clinic.id,
            starts_at=clinic.starts_at,
            ends_at=clinic.ends_at,
            resource_ids=[*ledger.resources_of_clinic(session, clinic.id), busy.id],
            by=make.user(session, Role.LEAD),
        )


def test_people_are_booked_or_rehomed_but_never_left_in_a_cancelled_clinic(
    committed_sessions: sessionmaker[Session],
) -> None:
    with committed_sessions() as session:
        clinic, booked = full_clinic(session, 2)
        other = other_clinic(session, clinic)
        lead = make.user(session, Role.LEAD)
        referrals = [make.referral(session).id for _ in range(5)]
        session.commit()
        choices = {one.id: other.slots[n].id for n, one in enumerate(booked)}
        slots = [slot.id for slot in clinic.slots]

    def act(n: int) -> str:
        def do(session: Session) -> object:
            by: User = session.merge(lead, load=False)
            if n == 0:
                return rehoming.cancel(
                    session, clinic_id=clinic.id, choices=choices, reason="ill", by=by
                )
            return appointments.book(
                session, slot_id=slots[1 + n], referral_id=referrals[n - 1], by=by
            )

        return outcome(committed_sessions, do)

    results = at_once(5, act)

    assert set(results) <= {"done", "conflict"}
    with committed_sessions() as session:
        cancelled = queries.clinic(session, clinic.id).state is ClinicState.CANCELLED
        assert cancelled is (queries.people_in_clinic(session, clinic.id) == [])
        assert taken_together(session) == 0
        visits = sa.select(sa.func.count()).where(
            Allocation.level == Level.VISIT, Allocation.state.in_(ledger.LIVE)
        )
        waiting = sa.select(sa.func.count()).where(Appointment.state == AppointmentState.BOOKED)
        assert session.scalar(visits) == 3 * (session.scalar(waiting) or 0)


def test_the_page_rehomes_and_leads_to_the_contact_list(
    client: FlaskClient, session: Session
) -> None:
    sign_in_as(client, session, make.user(session, Role.LEAD))
    clinic, booked = full_clinic(session, 2)
    other_clinic(session, clinic)
    address = f"/clinics/{clinic.id}/cancel"

    asked = client.get(address)
    missing = post(client, address, reason="Van broken down")
    rows = rehoming.affected(session, clinic, None)
    given = {f"to-{row.appointment.id}": str(row.offers[0].slot.id) for row in rows}
    done = post(client, address, reason="Van broken down", **given)
    contacts = client.get(done.headers["Location"])

    assert booked[0].patient.family_name.upper() in asked.text
    assert missing.status_code == 409
    assert "Choose where" in missing.text
    assert done.status_code == 303
    assert "2 people have a new time" in contacts.text
    assert booked[1].patient.mobile in contacts.text


def test_the_page_changes_hours_and_asks_where_those_go_who_no_longer_fit(
    client: FlaskClient, session: Session
) -> None:
    sign_in_as(client, session, make.user(session, Role.LEAD))
    clinic, booked = full_clinic(session, 3)
    other = other_clinic(session, clinic)
    address = f"/clinics/{clinic.id}/change"
    form = {
        "starts": f"{clock.london(clinic.starts_at):%H:%M}",
        "ends": f"{clock.london(clinic.slots[1].ends_at):%H:%M}",
        "slot_minutes": "20",
        "views": ["overview", "close_up", "dermoscopic"],
        "resource_ids": [str(one) for one in ledger.resources_of_clinic(session, clinic.id)],
    }

    shown = client.get(address)
    bad = post(client, address, **{**form, "ends": "late"})
    upside_down = post(client, address, **{**form, "ends": "0:01"})
    asked = post(client, address, **form)
    done = post(client, address, **form, **{f"to-{booked[2].id}": str(other.slots[0].id)})

    assert shown.status_code == asked.status_code == 200
    assert bad.status_code == upside_down.status_code == 422
    assert "24-hour clock, like" in bad.text
    assert booked[2].patient.family_name.upper() in asked.text
    assert booked[0].patient.family_name.upper() not in asked.text
    assert done.status_code == 303
    assert [one.state for one in booked] == ["booked", "booked", "moved"]


def test_administrator_closes_an_empty_clinic_and_learns_nobodys_name(
    client: FlaskClient, session: Session
) -> None:
    sign_in_as(client, session, make.user(session, Role.ADMINISTRATOR))
    clinic, booked = full_clinic(session, 1)
    empty = other_clinic(session, clinic)
    form = {
        "starts": f"{clock.london(clinic.slots[1].starts_at):%H:%M}",
        "ends": f"{clock.london(clinic.ends_at):%H:%M}",
        "slot_minutes": "20",
        "views": ["overview", "close_up", "dermoscopic"],
        "resource_ids": [str(one) for one in ledger.resources_of_clinic(session, clinic.id)],
    }

    answers = [
        client.get(f"/clinics/{clinic.id}/cancel"),
        post(client, f"/clinics/{clinic.id}/cancel", reason="Snow"),
        post(client, f"/clinics/{clinic.id}/change", **form),
        post(client, f"/clinics/{clinic.id}/change", **form, **{f"to-{booked[0].id}": ""}),
    ]
    done = post(client, f"/clinics/{empty.id}/cancel", reason="Snow")
    after = client.get(done.location)

    assert [answer.status_code for answer in answers] == [403] * 4
    assert all("Ask a lead" in answer.text for answer in answers)
    assert not any(booked[0].patient.family_name.upper() in answer.text for answer in answers)
    assert booked[0].state == "booked"
    assert (done.status_code, after.status_code) == (303, 200)
    assert empty.state == "cancelled"
