"""Figures of offers by group: counted right, small numbers not shown nor reckonable."""

import csv
import io

from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from derm_service import clock
from derm_service.booking import offer_figures
from derm_service.booking.codes import AnsweredBy, DeclineReason, OfferState
from derm_service.booking.offer_figures import Asked, Row
from derm_service.booking.offer_models import Offer
from derm_service.people import Role
from derm_service.referrals.codes import Channel
from derm_service.referrals.postcodes import Postcode
from tests import make
from tests.surf import sign_in_as


def asked(
    count: int, *, age: int = 70, answered: bool = True, accepted: bool = True, language: str = "en"
) -> list[Asked]:
    return [Asked(age, 3, "A", language, answered, accepted)] * count


def rows(title: str, given: list[Asked]) -> dict[str, Row]:
    found = next(one for one in offer_figures.tables(given) if one.title == title)
    return {row.group: row for row in found.rows}


def test_offers_are_counted_by_group_and_everybody_stands_last() -> None:
    given = asked(12) + asked(8, age=85, answered=False, accepted=False)

    by_age = rows("Age", given)

    assert by_age["65 to 79"] == Row("65 to 79", 12, 12, 12)
    assert by_age["80 and over"] == Row("80 and over", 8, 0, 0)
    assert list(by_age)[-1] == "Everybody"
    everybody = by_age["Everybody"]
    assert (everybody.offers, everybody.accepted_percent) == (20, 60)


def test_number_below_five_is_not_shown_nor_what_it_could_be_reckoned_from() -> None:
    given = asked(3, language="pl") + asked(20) + asked(7, language="ur")

    by_language = rows("Language", given)

    assert by_language["Polish"].offers is None
    assert by_language["Urdu"].offers is None  # else Polish would be the total less the others
    assert by_language["Urdu"].accepted is None
    assert by_language["English"].offers == 20
    assert by_language["Everybody"].offers == 30


def test_small_groups_that_are_few_together_hide_the_next_smallest_too() -> None:
    given = (
        asked(1, language="pl")
        + asked(2, language="cy")
        + asked(6, language="ur")
        + asked(9, language="pa")
        + asked(20)
    )

    by_language = rows("Language", given)

    hidden = {name for name, row in by_language.items() if row.offers is None}
    assert hidden == {"Polish", "Welsh", "Urdu"}  # 9 together; without Urdu 3 would be left
    assert by_language["Everybody"].offers == 38


def test_two_small_groups_that_are_many_together_hide_no_other() -> None:
    given = asked(4, language="pl") + asked(3, language="cy") + asked(6, language="ur") + asked(9)

    by_language = rows("Language", given)

    assert {name for name, row in by_language.items() if row.offers is None} == {"Polish", "Welsh"}


def test_few_who_did_not_accept_in_two_groups_are_not_reckoned_from_the_total() -> None:
    given = [
        each
        for language in ("pl", "cy")
        for each in asked(9, language=language) + asked(1, language=language, accepted=False)
    ]
    given += asked(8, language="ur") + asked(8, language="ur", accepted=False) + asked(30)

    by_language = rows("Language", given)

    assert {name for name, row in by_language.items() if row.accepted is None} == {
        "Polish",
        "Welsh",
        "Urdu",
    }  # 10 did not accept together; without Urdu 2 would be left


def test_few_who_did_not_accept_are_not_shown_by_the_difference() -> None:
    given = asked(10) + asked(2, accepted=False)

    by_age = rows("Age", given)

    assert by_age["65 to 79"].answered == 12
    assert by_age["65 to 79"].accepted is None
    assert by_age["65 to 79"].accepted_percent is None


def test_lead_reads_and_downloads_them_and_unknown_deprivation_is_its_own_row(
    client: FlaskClient, session: Session
) -> None:
    session.merge(Postcode(code="AN8 1AA", latitude=53.0, longitude=-1.6, imd_decile=1))
    slot = make.slot(session)
    for n in range(12):
        referral = make.referral(
            session, patient=make.patient(session, postcode="AN8 1AA" if n < 6 else "AN9 9ZZ")
        )
        session.add(
            Offer(
                slot_id=slot.id,
                referral_id=referral.id,
                patient_id=referral.patient_id,
                channel=Channel.PHONE,
                state=OfferState.DECLINED,
                answered_by=AnsweredBy.PHONE,
                decline_reason=DeclineReason.BUSY,
                made_at=clock.now(),
                expires_at=clock.now(),
                ended_at=clock.now(),
            )
        )
    sign_in_as(client, session, make.user(session, Role.LEAD))

    page = client.get("/offers/figures?days=30")
    file = client.get("/offers/figures.csv?days=30")

    assert page.status_code == 200
    assert "Decile 1 (most deprived tenth)" in page.text
    found = list(csv.reader(io.StringIO(file.text.lstrip("\ufeff"))))
    decile = "Deprivation of the neighbourhood"
    assert [decile, "Decile 1 (most deprived tenth)", "6", "6", "0", "100", "0"] in found
    assert [decile, "Not known", "6", "6", "0", "100", "0"] in found
