"""A lesion's states, lesions found at the visit, and lesions nobody could photograph."""

import pytest
from sqlalchemy.orm import Session

from derm_service.errors import Conflict, Invalid
from derm_service.people import Role
from derm_service.referrals import lesions
from derm_service.referrals.codes import (
    Laterality,
    LesionState,
    ReferralState,
    UnphotographedReason,
)
from derm_service.referrals.rules import ALLOWED
from tests import make

S = LesionState


@pytest.mark.parametrize("now", list(S))
@pytest.mark.parametrize("to", list(S))
def test_lesion_moves_only_where_the_table_says(
    session: Session, now: LesionState, to: LesionState
) -> None:
    lesion = make.referral(session).lesions[0]
    lesion.state = now

    if to is now or to in ALLOWED[now]:
        lesions.move(session, lesion, to, by=None)
        assert lesion.state is to
    else:
        with pytest.raises(Conflict, match="cannot become"):
            lesions.move(session, lesion, to, by=None)
        assert lesion.state is now


def test_referral_closes_with_the_last_lesion_told_and_opens_when_a_letter_returns(
    session: Session,
) -> None:
    referral = make.referral(session)
    other = make.lesion(session, referral=referral, site_code=make.BACK)
    for lesion in referral.lesions:
        lesion.state = S.OPINION_SIGNED

    lesions.move(session, referral.lesions[0], S.TOLD, by=None)
    after_first = referral.state
    lesions.move(session, other, S.TOLD, by=None)
    after_last = referral.state
    lesions.move(session, other, S.OPINION_SIGNED, by=None)

    assert after_first is ReferralState.OPEN
    assert after_last is ReferralState.CLOSED
    assert referral.state is ReferralState.OPEN


def test_found_lesion_is_added_as_unreferred_with_its_reason(session: Session) -> None:
    referral = make.referral(session)
    photographer = make.user(session, Role.PHOTOGRAPHER)

    found = lesions.add_found(
        session,
        referral_id=referral.id,
        site_code=make.GROIN,
        laterality=Laterality.RIGHT,
        reason=" Bleeds ",
        by=photographer,
    )

    assert (found.number, found.is_referred, found.added_reason) == (2, False, "Bleeds")
    assert found.intimate
    assert found.state is S.AWAITING_IMAGES


def test_found_lesion_asks_for_place_side_and_reason(session: Session) -> None:
    referral = make.referral(session)

    with pytest.raises(Invalid) as no_side:
        lesions.add_found(
            session,
            referral_id=referral.id,
            site_code=make.CHEEK,
            laterality=Laterality.NOT_APPLICABLE,
            reason=" ",
            by=make.user(session),
        )

    assert set(no_side.value.fields) == {"laterality", "reason"}


def test_lesion_that_cannot_be_photographed_goes_to_the_reader(session: Session) -> None:
    lesion = make.referral(session).lesions[0]

    lesions.close_unphotographed(
        session,
        lesion_id=lesion.id,
        reason=UnphotographedReason.NOT_FOUND,
        note="Patient cannot find it",
        by=make.user(session, Role.PHOTOGRAPHER),
    )

    assert lesion.state is S.AWAITING_REVIEW
    assert lesion.unphotographed_reason is UnphotographedReason.NOT_FOUND


def test_retake_forgets_that_a_lesion_was_closed_unphotographed(session: Session) -> None:
    lesion = make.referral(session).lesions[0]
    lesions.close_unphotographed(
        session,
        lesion_id=lesion.id,
        reason=UnphotographedReason.DECLINED,
        note="",
        by=make.user(session),
    )

    lesions.move(session, lesion, S.AWAITING_IMAGES, by=None)

    assert lesion.unphotographed_reason is None


def test_photographed_lesion_cannot_be_closed_unphotographed(session: Session) -> None:
    lesion = make.referral(session).lesions[0]
    lesion.state = S.AWAITING_REVIEW

    with pytest.raises(Conflict, match="no longer waiting"):
        lesions.close_unphotographed(
            session,
            lesion_id=lesion.id,
            reason=UnphotographedReason.HEALED,
            note="",
            by=make.user(session),
        )
