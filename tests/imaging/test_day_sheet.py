"""The day list on paper: what stands on it, who may have it, and that it is on the record."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from derm_service import clock
from derm_service.audit import AuditEntry
from derm_service.booking import ledger
from derm_service.booking.codes import Level, ResourceKind
from derm_service.people import Role
from tests import make
from tests.surf import sign_in_as


def test_paper_says_who_comes_when_with_what_they_need_and_how_to_reach_them(
    client: FlaskClient, session: Session
) -> None:
    sign_in_as(client, session, make.user(session, Role.LEAD))
    patient = make.patient(
        session, needs=("hearing_loop", "transport"), interpreter_needed=True, language="ur"
    )
    clinic = make.clinic(session, note="Bring the spare lamp")
    booked = make.appointment(
        session, slot=clinic.slots[0], referral=make.referral(session, patient=patient)
    )
    somebody = make.resource(session, ResourceKind.INTERPRETER, name="Samina Khan", language="ur")
    ledger.take(
        session,
        [somebody.id],
        level=Level.VISIT,
        during=booked.during,
        appointment_id=booked.id,
    )

    page = client.get(f"/clinic-day/paper?on={clock.london(clinic.starts_at).date()}").text

    words = " ".join(page.split())
    for said in (
        patient.family_name.upper(),
        "Born 14 March 1960",
        "07700 900111",
        "Hearing loop",
        "Urdu<br>With Samina Khan",
        'data-label="Transport">Yes<',
        'data-label="Lesions">1<',
        "Bring the spare lamp",
        clinic.location.directions,
    ):
        assert said in words


def test_everybody_on_paper_is_in_the_audit_and_only_ones_own_clinics_are_on_it(
    client: FlaskClient, session: Session
) -> None:
    user = make.user(session, Role.PHOTOGRAPHER)
    mine = make.resource(session, ResourceKind.PHOTOGRAPHER, user_id=user.id)
    place = make.location(session)
    room = make.resource(session, ResourceKind.ROOM, location_id=place.id)
    at = clock.now() + timedelta(minutes=5)
    own = make.clinic(session, location=place, holds=[room, mine], starts_at=at)
    one, other = (
        make.appointment(session, slot=slot)
        for slot in (own.slots[0], make.slot(session, starts_at=at))
    )
    sign_in_as(client, session, user)

    page = client.get(f"/clinic-day/paper?on={clock.london(at).date()}").text

    assert one.patient.family_name.upper() in page
    assert other.patient.family_name.upper() not in page
    audited = session.scalars(
        sa.select(AuditEntry.patient_id).where(AuditEntry.did == "printed on a day list")
    ).all()
    assert audited == [one.patient_id]


@pytest.mark.parametrize(("role", "status"), [(Role.CLERK, 403), (Role.PHOTOGRAPHER, 404)])
def test_paper_of_a_far_day_is_for_a_lead_and_of_any_day_not_for_a_clerk(
    client: FlaskClient, session: Session, role: Role, status: int
) -> None:
    sign_in_as(client, session, make.user(session, role))
    far = clock.today() + timedelta(days=9)

    assert client.get(f"/clinic-day/paper?on={far}").status_code == status
