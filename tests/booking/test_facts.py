"""What decides a booking is read afresh into the rows the session has, and no more than that."""

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from derm_service.booking import facts
from derm_service.booking.models import Slot
from derm_service.referrals.codes import Channel, Mobility, Need
from derm_service.referrals.models import Patient, Referral
from tests import make


@pytest.fixture
def slot(session: Session) -> Slot:
    return make.clinic(session).slots[0]


@pytest.fixture
def referral(session: Session) -> Referral:
    patient = make.patient(session, needs=("step_free", "bsl"), mobility=Mobility.WHEELCHAIR)
    made = make.referral(session, patient=patient)
    make.lesion(session, referral=made)
    return made


def test_rows_made_for_a_booking_are_those_the_orm_would_make(
    session: Session, slot: Slot, referral: Referral
) -> None:
    asked = {"slot_id": slot.id, "referral_id": referral.id}
    at, born_on = slot.starts_at, referral.patient.born_on
    session.expunge_all()

    found = facts.read(session, **asked)

    patient = found.referral.patient
    assert (found.slot.starts_at, patient.born_on) == (at, born_on)
    assert (patient.contact_by, patient.mobility) == (Channel.LETTER, Mobility.WHEELCHAIR)
    assert [one.need for one in patient.needs] == [Need.BSL, Need.STEP_FREE]
    assert [one.number for one in found.referral.lesions] == [1, 2]
    assert not session.dirty
    assert patient is session.get(Patient, patient.id)


def test_column_left_out_is_read_when_it_is_asked_for(
    session: Session, slot: Slot, referral: Referral
) -> None:
    asked = {"slot_id": slot.id, "referral_id": referral.id}
    gp_name = referral.patient.gp_name
    session.expunge_all()

    found = facts.read(session, **asked)

    assert found.referral.patient.gp_name == gp_name
    assert found.slot.clinic.slots[0] is found.slot


def test_rows_the_session_has_already_are_brought_up_to_date(
    session: Session, slot: Slot, referral: Referral
) -> None:
    table = Patient.__table__
    here = table.c.id == referral.patient_id
    session.execute(sa.update(table).where(here).values(mobile="07700 900222"))

    found = facts.read(session, slot_id=slot.id, referral_id=referral.id)

    assert found.referral is referral
    assert referral.patient.mobile == "07700 900222"
