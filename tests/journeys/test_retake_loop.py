"""A retake of one lesion: round again, while the other lesion's urgent outcome goes out."""

import re
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import expect

from derm_service.imaging.codes import CaptureState, View
from derm_service.people import Role
from derm_service.referrals.codes import Laterality, LesionState
from derm_service.referrals.models import Referral
from tests import make
from tests.fixtures.service import RunningService
from tests.journeys import look
from tests.journeys.conftest import Team
from tests.journeys.steps import Walker, a_person


def test_blurred_view_is_taken_again_and_holds_nothing_back(
    service: RunningService,
    team: Team,
    walk: Callable[..., Walker],
    photographs: dict[str, Path],
) -> None:
    person = a_person()
    with service.sessions() as session:
        referral = make.referral(
            session,
            patient=make.patient(
                session, family_name=person.family_name, nhs_number=person.nhs_number
            ),
            sites=((make.CHEEK, Laterality.LEFT), (make.BACK, Laterality.MIDLINE)),
        )
        session.commit()
        referral_id = referral.id
    page = f"/referrals/{referral_id}"

    # The photographer keeps a blurred close-up of lesion 2 with a reason.
    clerk = walk(Role.CLERK)
    clerk.book_first_slot(page, team.place)
    photographer = walk(Role.PHOTOGRAPHER)
    photographer.check_in(person.family_name)
    photographer.confirm_identity()
    photographer.take_consent()
    for n in (1, 2):
        photographer.open_lesion(n)
        files = {view: photographs[view] for view in View}
        if n == 2:
            files[View.CLOSE_UP] = photographs["blurred"]
        cards = photographer.photograph(files)
        if n == 2:
            photographer.keep(cards[View.CLOSE_UP], "patient_unable")
        photographer.link(re.compile("task list"))
    photographer.finish_visit()

    # The reader signs the urgent lesion and asks for the other again.
    reader = walk(Role.DERMATOLOGIST)
    reader.claim(referral_id)
    reader.open_every_image()
    expect(reader.page.get_by_text("Kept with a reason")).to_be_visible()
    reader.give_opinion(1, "direct_surgery")
    reader.open(f"/review/{referral_id}")
    reader.ask_for_retake(2, "close_up", "Rest the arm on the table, please.")

    # The urgent outcome goes out while the retake waits.
    with service.sessions() as session:
        (urgent,) = look.opinions(session, referral_id)
        states = [each.state for each in session.get_one(Referral, referral_id).lesions]
    assert states == [LesionState.OPINION_SIGNED, LesionState.AWAITING_IMAGES]
    clerk.tell_by_phone(f"/opinions/{urgent.id}/tell")
    assert clerk.post_letters(person.family_name) >= 2

    # Round again: the waiting list marks it, the photographer sees what failed and why.
    clerk.menu("Waiting list")
    row = clerk.page.get_by_role("row").filter(
        has_text=re.compile(person.family_name, re.IGNORECASE)
    )
    expect(row).to_contain_text("Retake")
    clerk.book_first_slot(page, team.place)
    photographer.check_in(person.family_name)
    photographer.confirm_identity()
    photographer.take_consent()
    photographer.open_lesion(2)
    shown = photographer.page.locator("main")
    expect(shown).to_contain_text("Rest the arm on the table, please.")
    expect(
        photographer.page.get_by_alt_text("The photograph that could not be used")
    ).to_be_visible()
    photographer.photograph({View.CLOSE_UP: photographs[View.CLOSE_UP]})
    photographer.link(re.compile("task list"))
    photographer.finish_visit()

    # Both attempts are there for the reader, who now can say.
    reader.open(f"/review/{referral_id}")
    if reader.page.get_by_role("button", name="Claim this case").count():
        reader.button("Claim this case")
    expect(reader.page.get_by_text(re.compile("^Earlier photographs")).first).to_be_visible()
    reader.open_every_image()
    reader.give_opinion(2, "reassure")
    assert clerk.post_letters(person.family_name) >= 2

    with service.sessions() as session:
        found = session.get_one(Referral, referral_id)
        assert [each.state for each in found.lesions] == [LesionState.TOLD, LesionState.TOLD]
        assert len(look.captures(session, referral_id)) == 7
        assert {each.state for each in look.captures(session, referral_id)} == {CaptureState.FILED}
    assert "asked for new photographs" in look.audited(service, referral_id)
