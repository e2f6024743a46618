"""One patient's whole journey, by the real users of each step, and a look behind the pages."""

import re
from collections.abc import Callable
from pathlib import Path
from uuid import UUID

from playwright.sync_api import expect

from derm_service.imaging.codes import View
from derm_service.people import Role
from derm_service.referrals.codes import LesionState, ReferralState
from derm_service.referrals.models import Referral
from tests.fixtures.service import RunningService
from tests.journeys import look
from tests.journeys.conftest import Team
from tests.journeys.steps import Walker, a_person

ACTS = [
    "took in referral",
    "booked appointment",
    "checked in",
    "began visit",
    "confirmed identity",
    "took consent",
    "confirmed site",
    "filed capture",
    "opened case",
    "opened image for review",
    "signed opinion",
    "unlocked message",
    "posted letter",
]


def test_person_with_two_lesions_is_booked_photographed_read_and_told(
    service: RunningService,
    team: Team,
    walk: Callable[..., Walker],
    photographs: dict[str, Path],
) -> None:
    person = a_person()
    clerk = walk(Role.CLERK)
    referral = clerk.refer(person)
    referral_id = UUID(referral.rsplit("/", 1)[1])
    clerk.book_first_slot(referral, team.place)

    photographer = walk(Role.PHOTOGRAPHER)
    photographer.check_in(person.family_name)
    photographer.confirm_identity()
    photographer.take_consent()
    for n in (1, 2):
        photographer.open_lesion(n)
        photographer.photograph({view: photographs[view] for view in View})
        photographer.link(re.compile("task list"))
    photographer.finish_visit()

    reader = walk(Role.DERMATOLOGIST)
    reader.claim(referral_id)
    reader.open_every_image()
    reader.give_opinion(1, "direct_surgery")
    reader.open(f"/review/{referral_id}")
    reader.give_opinion(2, "reassure")

    with service.sessions() as session:
        urgent, _calm = look.opinions(session, referral_id)
    clerk.open("/letters")
    expect(clerk.page.get_by_text("Speak to the patient").first).to_be_visible()
    clerk.tell_by_phone(f"/opinions/{urgent.id}/tell")
    assert clerk.post_letters(person.family_name) >= 3

    look.assert_filed_untouched(service, referral_id, photographs)
    with service.sessions() as session:
        found = session.get_one(Referral, referral_id)
        assert [each.state for each in found.lesions] == [LesionState.TOLD, LesionState.TOLD]
        assert found.state is ReferralState.CLOSED
        assert found.clock_stopped_on is None, "surgery leaves the clock running"
    assert set(ACTS) <= set(look.audited(service, referral_id))
    look.assert_nothing_leaked(service, person.family_name, person.nhs_number, "AN1 2BC")
