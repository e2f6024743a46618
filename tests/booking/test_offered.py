"""What a clinic offers: its photographs, its access, and slots of another length."""

import itertools
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from derm_service import clock
from derm_service.booking import appointments, clinics, ledger, needs, rehoming, search
from derm_service.booking.models import Appointment, Clinic
from derm_service.errors import Conflict, Invalid
from derm_service.people import Role
from derm_service.referrals.codes import Mobility
from tests import make
from tests.surf import post, sign_in_as

NO_DERMOSCOPY = ["overview", "close_up"]


def change(session: Session, clinic: Clinic, **given: object) -> Clinic:
    return clinics.change_clinic(
        session,
        **{
            "clinic_id": clinic.id,
            "starts_at": clinic.starts_at,
            "ends_at": clinic.ends_at,
            "resource_ids": ledger.resources_of_clinic(session, clinic.id),
            "by": make.user(session, Role.LEAD),
            **given,
        },  # type: ignore[arg-type]
    )


def lengths(clinic: Clinic) -> list[int]:
    """Of the slots that are offered, in minutes, in order of time."""
    held = sorted((one for one in clinic.slots if not one.withdrawn), key=lambda one: one.starts_at)
    return [int((one.ends_at - one.starts_at).total_seconds() // 60) for one in held]


def test_a_clinic_that_cannot_take_a_wanted_photograph_comes_only_where_no_other_fits(
    session: Session,
) -> None:
    soon = make.clinic(session, views=NO_DERMOSCOPY)
    later = make.clinic(session, starts_at=soon.starts_at + timedelta(days=2))
    referral = make.referral(session)

    fits = search.best(session, referral).offers
    later.views = NO_DERMOSCOPY
    session.flush()
    rest = search.best(session, referral).offers

    assert [offer.slot.clinic for offer in fits] == [later]
    assert [offer.slot.clinic for offer in rest] == [soon, later]
    assert {tuple(offer.lacks) for offer in rest} == {("dermoscopic photographs",)}


def test_booking_where_a_photograph_cannot_be_taken_needs_a_reason(session: Session) -> None:
    clinic = make.clinic(session, views=NO_DERMOSCOPY)
    booking = {"slot_id": clinic.slots[0].id, "referral_id": make.referral(session).id}
    by = make.user(session)

    with pytest.raises(Invalid) as refused:
        appointments.book(session, **booking, by=by)
    made = appointments.book(session, **booking, note="Overview asked again only", by=by)

    assert "dermoscopic photographs" in refused.value.fields["note"]
    assert made.unmet == ["view:dermoscopic"]


def test_only_time_that_no_slot_covered_before_counts_as_fallen_free(session: Session) -> None:
    clinic = make.clinic(session, hours=2, slot_minutes=20)

    change(session, clinic, slot_minutes=10, ends_at=clinic.ends_at + timedelta(minutes=20))

    session.expire_all()
    freed = [one.starts_at for one in clinic.slots if one.freed_at is not None]
    assert freed == [clinic.ends_at - timedelta(minutes=20), clinic.ends_at - timedelta(minutes=10)]


@pytest.mark.parametrize(
    ("of_place", "of_clinic", "fits"),
    [
        (["step_free"], None, True),
        (["step_free"], [], False),
        ([], ["step_free"], True),
        ([], None, False),
    ],
)
def test_access_of_a_clinic_goes_before_that_of_its_place(
    session: Session, of_place: list[str], of_clinic: list[str] | None, fits: bool
) -> None:
    place = make.location(session, features=of_place)
    clinic = make.clinic(session, location=place, features=of_clinic)
    patient = make.patient(session, mobility=Mobility.WHEELCHAIR)
    referral = make.referral(session, patient=patient)

    [offer] = search.best(session, referral).offers
    settled = needs.settle(session, clinic.slots[0], referral, (), offer_span(clinic))

    assert (offer.lacks == []) is fits
    assert (settled.unmet == ()) is fits


def offer_span(clinic: Clinic) -> ledger.Span:
    return ledger.span(clinic.slots[0].starts_at, clinic.slots[0].ends_at)


def test_slots_of_another_length_are_cut_and_who_fits_them_stays_and_fills_them(
    session: Session,
) -> None:
    clinic = make.clinic(session, hours=2, slot_minutes=20)
    first = make.appointment(session, slot=clinic.slots[0])
    was = clinic.slots[0]

    change(session, clinic, slot_minutes=10)

    session.expire_all()
    assert lengths(clinic) == [10] * 12
    assert was.withdrawn
    assert (first.slot.starts_at, first.slot.withdrawn) == (was.starts_at, False)
    free = [one for one in clinic.slots if not one.withdrawn and one.full_until is None]
    assert len(free) == 10


def test_who_does_not_fit_a_new_length_is_rehomed_and_nobody_else(session: Session) -> None:
    clinic = make.clinic(session, hours=2, slot_minutes=20)
    other = make.clinic(session, starts_at=clinic.starts_at + timedelta(days=1))
    booked = [make.appointment(session, slot=clinic.slots[n]) for n in (0, 1)]
    double = make.appointment(
        session, slot=clinic.slots[3], during=ledger.span(*two_slots(clinic, 3))
    )

    with pytest.raises(Conflict, match="3 people are booked"):
        change(session, clinic, slot_minutes=40)
    session.expire_all()
    hours = ledger.span(clinic.starts_at, clinic.ends_at)
    rows = rehoming.affected(session, clinic, hours, 60)
    assert {row.appointment for row in rows} == {*booked, double}
    rehoming.change(
        session,
        clinic_id=clinic.id,
        starts_at=clinic.starts_at + timedelta(minutes=20),
        ends_at=clinic.ends_at - timedelta(minutes=20),
        resource_ids=ledger.resources_of_clinic(session, clinic.id),
        slot_minutes=40,
        choices={one.id: other.slots[n].id for n, one in enumerate(booked)},
        by=make.user(session, Role.LEAD),
    )

    session.expire_all()
    assert [one.state for one in (*booked, double)] == ["moved", "moved", "booked"]
    assert lengths(clinic) == [40, 40]
    assert double.slot.starts_at == clinic.starts_at + timedelta(minutes=40)


def two_slots(clinic: Clinic, n: int) -> tuple[object, object]:
    return clinic.slots[n].starts_at, clinic.slots[n + 1].ends_at


def test_a_length_taken_back_brings_the_old_slots_back_and_never_two_at_a_time(
    session: Session,
) -> None:
    clinic = make.clinic(session, hours=2, slot_minutes=20)
    old = {one.id for one in clinic.slots}

    for minutes in (30, 20, 15, 20):
        change(session, clinic, slot_minutes=minutes)
        session.expire_all()
        offered = sorted((one.starts_at, one.ends_at) for one in clinic.slots if not one.withdrawn)
        assert all(end <= start for (_, end), (start, _) in itertools.pairwise(offered))

    assert {one.id for one in clinic.slots if not one.withdrawn} == old


def test_the_pages_open_and_change_what_a_clinic_offers(
    client: FlaskClient, session: Session
) -> None:
    sign_in_as(client, session, make.user(session, Role.LEAD))
    clinic = make.clinic(session)
    booked: Appointment = make.appointment(session, slot=clinic.slots[1])
    address = f"/clinics/{clinic.id}/change"
    form = {
        "starts": f"{clock.london(clinic.starts_at):%H:%M}",
        "ends": f"{clock.london(clinic.ends_at):%H:%M}",
        "slot_minutes": "20",
        "resource_ids": [str(one) for one in ledger.resources_of_clinic(session, clinic.id)],
        "views": NO_DERMOSCOPY,
        "features_differ": "y",
        "features": ["hoist"],
    }

    none = post(client, address, **{**form, "views": []})
    length = post(client, address, **{**form, "slot_minutes": "4"})
    asked = post(client, address, **{**form, "slot_minutes": "30"})
    done = post(client, address, **form)
    page = client.get(f"/clinics/{clinic.id}").text

    assert (none.status_code, length.status_code) == (422, 422)
    assert "Choose the photographs" in none.text
    assert "slot length from 5 to 240" in length.text
    assert booked.patient.family_name.upper() in asked.text
    assert done.status_code == 303
    assert (clinic.views, clinic.features) == (NO_DERMOSCOPY, ["hoist"])
    assert "Overview, Close-up" in page
    assert ">Hoist<" in page
