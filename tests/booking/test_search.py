"""The first slots that fit: time, distance, needs, helpers, double time, and why."""

from collections.abc import Callable
from contextlib import nullcontext
from datetime import UTC, datetime, time, timedelta
from functools import partial

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy.orm import Session, sessionmaker

from derm_service import clock
from derm_service.booking import appointments, free, ledger, queries, search
from derm_service.booking.codes import CancelReason, Level, ResourceKind
from derm_service.booking.models import Appointment, Clinic, Location, Slot
from derm_service.errors import Conflict, Invalid
from derm_service.referrals.codes import Laterality, Mobility, Need, Priority
from derm_service.referrals.models import Referral
from derm_service.referrals.postcodes import Postcode
from tests import make
from tests.racing import at_once, outcome
from tests.surf import post, sign_in_as

HOME, NEAR, FAR = "AN1 2BC", "AN2 3CD", "AN9 9ZZ"


@pytest.fixture(autouse=True)
def known_postcodes(session: Session) -> None:
    session.add_all(
        [
            Postcode(code=HOME, latitude=53.10, longitude=-1.60),
            Postcode(code=NEAR, latitude=53.12, longitude=-1.60),
            Postcode(code=FAR, latitude=53.50, longitude=-1.60),
        ]
    )
    session.flush()


def in_days(days: int, hour: int = 9) -> datetime:
    day = clock.today() + timedelta(days=days)
    return datetime.combine(day, time(hour), tzinfo=UTC)


def clinic_in(session: Session, days: int, postcode: str = NEAR, **given: object) -> Clinic:
    """A clinic of six slots at a place of its own."""
    place = given.pop("location", None) or make.location(session, postcode=postcode)
    return make.clinic(session, starts_at=in_days(days), location=place, **given)  # type: ignore[arg-type]


def best(session: Session, referral: Referral, **given: object) -> list[search.Offer]:
    return search.best(session, referral, **given).offers  # type: ignore[arg-type]


def slots(offers: list[search.Offer]) -> list[Slot]:
    return [offer.slot for offer in offers]


def test_offer_says_the_clock_on_that_day_the_distance_and_what_helps(session: Session) -> None:
    person = make.patient(session, mobility=Mobility.WHEELCHAIR)
    referral = make.referral(session, patient=person, days_ago=3)
    clinic_in(session, 3)

    offer = best(session, referral)[0]

    assert offer.why == ["day 6 of 28", "2.2 km", "step-free"]
    assert not offer.lacks


def test_distance_is_along_the_great_circle(session: Session) -> None:
    session.add(Postcode(code="DE1 1AA", latitude=52.9225, longitude=-1.4746))
    session.add(Postcode(code="SH1 1AA", latitude=53.3811, longitude=-1.4701))
    clinic_in(session, 3, "SH1 1AA")
    derby = make.patient(session, postcode="DE1 1AA")

    km = best(session, make.referral(session, patient=derby))[0].km

    assert km == pytest.approx(51.0, abs=0.1)


def test_a_day_sooner_is_worth_some_way_and_not_any_way(session: Session) -> None:
    referral = make.referral(session)
    soon_but_far = clinic_in(session, 5, FAR)
    near_next_day = clinic_in(session, 6, NEAR)
    near_much_later = clinic_in(session, 12, NEAR)

    found = slots(best(session, referral))

    assert found == [near_next_day.slots[0], soon_but_far.slots[0], near_much_later.slots[0]]


def test_routine_people_travel_less_for_a_day(session: Session) -> None:
    referral = make.referral(session, priority=Priority.ROUTINE)
    far = clinic_in(session, 2, FAR)
    near = clinic_in(session, 14, NEAR)

    assert slots(best(session, referral)) == [near.slots[0], far.slots[0]]


def test_what_is_still_in_time_comes_before_what_is_nearer(session: Session) -> None:
    referral = make.referral(session, days_ago=20)  # breaches in 8 days
    in_time_and_far = clinic_in(session, 8, FAR)
    late_and_near = clinic_in(session, 9, NEAR)

    found = slots(best(session, referral))

    assert found == [in_time_and_far.slots[0], late_and_near.slots[0]]


def test_postcode_that_is_not_loaded_is_said_and_the_earliest_come_first(
    session: Session,
) -> None:
    referral = make.referral(session, patient=make.patient(session, postcode="AN7 7XX"))
    later, sooner = clinic_in(session, 6, NEAR), clinic_in(session, 5, FAR)

    answer = search.best(session, referral)

    assert slots(answer.offers) == [sooner.slots[0], later.slots[0]]
    assert answer.notes == [search.NOT_LOADED]
    assert not any("km" in words for words in answer.offers[0].why)


def test_place_without_what_the_person_needs_is_left_out(session: Session) -> None:
    person = make.patient(session, needs=(Need.HEARING_LOOP,))
    clinic_in(session, 2)
    loop = make.location(session, postcode=NEAR, features=["hearing_loop", "step_free"])
    fits = clinic_in(session, 9, location=loop)

    offers = best(session, make.referral(session, patient=person))

    assert slots(offers) == [fits.slots[0]]
    assert "hearing loop" in offers[0].why


def test_where_nothing_fits_what_is_missing_is_said(session: Session) -> None:
    person = make.patient(session, needs=(Need.HEARING_LOOP,))
    clinic = clinic_in(session, 2)

    answer = search.best(session, make.referral(session, patient=person))

    assert slots(answer.offers) == [clinic.slots[0]]
    assert answer.offers[0].lacks == ["hearing loop"]
    assert search.NONE_FITS in answer.notes


def test_interpreter_of_the_language_has_to_be_free(session: Session) -> None:
    person = make.patient(session, language="pl", interpreter_needed=True)
    clinic = clinic_in(session, 4)
    polish = make.resource(session, ResourceKind.INTERPRETER, language="pl")
    make.resource(session, ResourceKind.INTERPRETER, language="ur")
    first = clinic.slots[0]
    ledger.take(
        session,
        [polish.id],
        level=Level.VISIT,
        during=ledger.span(first.starts_at, first.ends_at),
        appointment_id=make.appointment(session).id,
    )

    offers = best(session, make.referral(session, patient=person))

    assert slots(offers)[0] == clinic.slots[1]
    assert "interpreter (Polish) free" in offers[0].why


def test_intimate_site_wants_a_chaperone(session: Session) -> None:
    referral = make.referral(session, sites=((make.GROIN, Laterality.LEFT),))
    clinic_in(session, 4)

    without = search.best(session, referral)
    make.resource(session, ResourceKind.CHAPERONE)
    with_one = search.best(session, referral)

    assert without.offers[0].lacks == ["chaperone"]
    assert "chaperone free" in with_one.offers[0].why


def nobody(session: Session, clinic: Clinic) -> None:
    """Nobody speaks Polish here."""


def elsewhere(session: Session, clinic: Clinic) -> None:
    """An interpreter of another place, who does not come here."""
    place = make.location(session)
    make.resource(session, ResourceKind.INTERPRETER, language="pl", location_id=place.id)


def at_another_clinic(session: Session, clinic: Clinic) -> None:
    """An interpreter whom another clinic has for its hours."""
    other = make.location(session, features=[])
    polish = make.resource(session, ResourceKind.INTERPRETER, language="pl")
    make.clinic(session, starts_at=clinic.starts_at, location=other, holds=[polish])


def at_this_clinic(session: Session, clinic: Clinic) -> None:
    """An interpreter whom this clinic has for its hours."""
    polish = make.resource(session, ResourceKind.INTERPRETER, language="pl")
    ledger.take(
        session,
        [polish.id],
        level=Level.CLINIC,
        during=ledger.span(clinic.starts_at, clinic.ends_at),
        clinic_id=clinic.id,
    )


def one_of_two(session: Session, clinic: Clinic) -> None:
    """A pair of interpreters of whom one is at another visit."""
    pair = make.resource(session, ResourceKind.INTERPRETER, language="pl", capacity=2)
    ledger.take(
        session,
        [pair.id],
        level=Level.VISIT,
        during=ledger.span(clinic.starts_at, clinic.ends_at),
        appointment_id=make.appointment(session).id,
    )


@pytest.mark.parametrize(
    ("who_is_there", "is_met"),
    [
        (nobody, False),
        (elsewhere, False),
        (at_another_clinic, False),
        (at_this_clinic, True),
        (one_of_two, True),
    ],
)
def test_search_and_booking_judge_a_need_alike(
    session: Session, who_is_there: Callable[[Session, Clinic], None], is_met: bool
) -> None:
    person = make.patient(session, language="pl", interpreter_needed=True)
    referral, clinic = make.referral(session, patient=person), clinic_in(session, 4)
    who_is_there(session, clinic)

    offer = best(session, referral)[0]
    book = partial(
        appointments.book,
        session,
        slot_id=offer.slot.id,
        referral_id=referral.id,
        by=make.user(session),
    )

    assert (offer.slot, offer.lacks) == (
        clinic.slots[0],
        [] if is_met else ["interpreter (Polish)"],
    )
    with nullcontext() if is_met else pytest.raises(Invalid):
        book()


def test_hoist_may_be_the_places_own_or_come_there(session: Session) -> None:
    person = make.patient(session, mobility=Mobility.HOIST)
    referral, clinic = make.referral(session, patient=person), clinic_in(session, 4)

    without = best(session, referral)[0].lacks
    make.resource(session, ResourceKind.HOIST)
    with_one = best(session, referral)[0]

    assert without == ["hoist"]
    assert (with_one.slot, with_one.lacks) == (clinic.slots[0], [])
    assert "hoist" in with_one.why


def test_far_place_is_found_where_the_near_ones_offer_only_later(session: Session) -> None:
    near = [clinic_in(session, 30 + n, NEAR) for n in range(search.NEAR + 2)]
    far = clinic_in(session, 2, FAR)

    found = slots(best(session, make.referral(session, days_ago=0)))

    assert found[0] == far.slots[0]
    assert found[1:] == [near[0].slots[0], near[1].slots[0]]


def test_clinic_without_a_dermatoscope_is_left_out(session: Session) -> None:
    place = make.location(session, postcode=NEAR)
    clinic_in(session, 2, location=place, holds=make.resources(session, place)[:2])
    fits = clinic_in(session, 3)

    assert slots(best(session, make.referral(session))) == [fits.slots[0]]


@pytest.mark.parametrize("reason", ["lesions", "hoist"])
def test_many_lesions_and_a_hoist_want_two_slots_in_a_row(session: Session, reason: str) -> None:
    sites = ((make.CHEEK, Laterality.LEFT),) * (4 if reason == "lesions" else 1)
    needs = (Need.HOIST,) if reason == "hoist" else ()
    place = make.location(session, postcode=NEAR, features=["step_free", "hoist"])
    clinic = clinic_in(session, 4, location=place)
    make.appointment(session, slot=clinic.slots[1])

    answer = search.best(
        session, make.referral(session, patient=make.patient(session, needs=needs), sites=sites)
    )

    assert answer.slots == 2
    assert slots(answer.offers) == [clinic.slots[2]]
    assert answer.offers[0].ends_at == clinic.slots[3].ends_at
    assert "double time" in answer.offers[0].why


def test_one_slot_is_offered_with_the_remark_where_no_two_follow_each_other(
    session: Session,
) -> None:
    person = make.patient(session, needs=(Need.LONGER_APPOINTMENT,))
    clinic_in(session, 4, hours=1 / 3)

    offer = best(session, make.referral(session, patient=person))[0]

    assert offer.lacks == ["double time"]


def test_person_who_is_elsewhere_at_that_time_is_offered_another(session: Session) -> None:
    person = make.patient(session)
    clinic, other = clinic_in(session, 4), clinic_in(session, 4)
    make.appointment(session, slot=other.slots[0], referral=make.referral(session, patient=person))

    offers = best(session, make.referral(session, patient=person), limit=1)

    assert slots(offers)[0].starts_at == clinic.slots[1].starts_at


def test_closed_place_cancelled_clinic_and_past_slot_are_not_offered(session: Session) -> None:
    place: Location = make.location(session, postcode=NEAR, closed_at=clock.now())
    clinic_in(session, 2, location=place)
    clinic_in(session, 3, state="cancelled")
    make.clinic(session, starts_at=clock.now() - timedelta(days=1))

    assert not best(session, make.referral(session))


def test_range_and_place_narrow_the_search(session: Session) -> None:
    sooner, later = clinic_in(session, 3), clinic_in(session, 8)
    referral = make.referral(session)

    within = search.Range(after=in_days(5), location_id=later.location_id)

    assert slots(best(session, referral, within=within)) == [later.slots[0]]
    assert slots(best(session, referral))[0] == sooner.slots[0]


def test_several_of_one_clinic_are_offered_when_asked(session: Session) -> None:
    clinic = clinic_in(session, 3)

    offers = best(session, make.referral(session), limit=3, per_clinic=3)

    assert slots(offers) == clinic.slots[:3]


def test_slot_is_full_while_booked_and_open_again_when_cancelled(session: Session) -> None:
    clerk, slot = make.user(session), make.slot(session)
    booked = appointments.book(
        session, slot_id=slot.id, referral_id=make.referral(session).id, by=clerk
    )

    assert full_until(session, slot) == slot.ends_at

    appointments.cancel(
        session, appointment_id=booked.id, reason=CancelReason.PATIENT_ILL, by=clerk
    )
    assert full_until(session, slot) is None


def test_slot_of_a_room_for_two_is_full_with_the_second(session: Session) -> None:
    place = make.location(session)
    room = make.resource(session, ResourceKind.ROOM, location_id=place.id, capacity=2)
    slot = make.slot(session, location=place, holds=[room])

    make.appointment(session, slot=slot)
    after_one = full_until(session, slot)
    make.appointment(session, slot=slot)

    assert after_one is None
    assert full_until(session, slot) == slot.ends_at


def test_what_another_clinic_takes_of_a_shared_room_fills_the_slot(session: Session) -> None:
    place = make.location(session)
    room = make.resource(session, ResourceKind.ROOM, location_id=place.id, capacity=2)
    ours, theirs = (
        make.slot(session, location=place, holds=[room], starts_at=in_days(7)) for _ in range(2)
    )

    make.appointment(session, slot=ours)
    make.appointment(session, slot=theirs)

    assert full_until(session, ours) == full_until(session, theirs) == ours.ends_at


def full_until(session: Session, slot: Slot) -> datetime | None:
    return session.scalar(sa.select(Slot.full_until).where(Slot.id == slot.id))


def test_many_at_once_leave_every_slot_marked_as_the_ledger_has_it(
    committed_sessions: sessionmaker[Session],
) -> None:
    with committed_sessions() as session:
        clinic = make.clinic(session, hours=1)
        clerk = make.user(session)
        referrals = [make.referral(session).id for _ in range(6)]
        session.commit()
        slot_ids = [slot.id for slot in clinic.slots]

    def book(n: int) -> str:
        return outcome(
            committed_sessions,
            lambda session: appointments.book(
                session, slot_id=slot_ids[n % 3], referral_id=referrals[n], by=clerk
            ),
        )

    answers = at_once(6, book)

    assert sorted(answers) == ["conflict"] * 3 + ["done"] * 3
    with committed_sessions() as session:
        assert not free.free_slots(session)
        wrong = sa.text("SELECT count(*) FROM slot WHERE full_until <> slot_full_until(slot)")
        assert session.scalar(wrong) == 0


def test_person_who_wants_double_time_is_booked_into_two_slots(
    client: FlaskClient, session: Session
) -> None:
    sign_in_as(client, session, make.user(session))
    person = make.patient(session, needs=(Need.LONGER_APPOINTMENT,))
    referral, clinic = make.referral(session, patient=person), make.clinic(session)

    address = f"/referrals/{referral.id}/book/{clinic.slots[0].id}"
    answer = post(client, address, note="Forty minutes")

    booked = session.scalars(sa.select(Appointment)).one()
    assert answer.status_code == 303
    assert booked.during.upper == clinic.slots[1].ends_at
    assert slots(best(session, make.referral(session), limit=1)) == [clinic.slots[2]]


def test_appointment_of_two_slots_stands_in_both_of_the_clinic_day(session: Session) -> None:
    clinic = make.clinic(session, starts_at=clock.now() + timedelta(minutes=5))
    referral = make.referral(session)

    appointments.book(
        session,
        slot_id=clinic.slots[0].id,
        referral_id=referral.id,
        slots=2,
        by=make.user(session),
    )

    in_slots = queries.appointments_in(session, [clinic])
    assert set(in_slots) == {clinic.slots[0].id, clinic.slots[1].id}


def test_two_slots_where_the_second_is_taken_or_missing_are_refused_whole(
    session: Session,
) -> None:
    clinic = make.clinic(session)
    make.appointment(session, slot=clinic.slots[2])
    clerk, last = make.user(session), clinic.slots[-1]

    for slot in (clinic.slots[1], last):
        with pytest.raises(Conflict, match="Choose another time"):
            appointments.book(
                session,
                slot_id=slot.id,
                referral_id=make.referral(session).id,
                slots=2,
                by=clerk,
            )
        assert full_until(session, slot) is None
