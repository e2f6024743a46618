"""Who may withdraw a referral whose signed outcome was not told, and who looks after it."""

import uuid
from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from derm_service import clock
from derm_service.errors import Conflict, Invalid
from derm_service.messages import work
from derm_service.messages.codes import WorkKind
from derm_service.people import Action, Role, User, may
from derm_service.referrals import queries as referral_queries
from derm_service.referrals.codes import LesionState
from derm_service.referrals.models import Lesion, Referral

UNTOLD = (
    "A dermatologist has signed an outcome that the patient was not told yet, so this referral "
    "cannot be withdrawn. Tell the patient first. If they must not or will not be told, ask a lead."
)
WHY = "Enter why the referral is withdrawn before the patient was told"


def untold(session: Session, referral_id: uuid.UUID) -> Sequence[int]:
    """The numbers of the lesions whose signed outcome the patient was not told."""
    return session.scalars(
        sa.select(Lesion.number)
        .where(Lesion.referral_id == referral_id, Lesion.state == LesionState.OPINION_SIGNED)
        .order_by(Lesion.number)
    ).all()


def check(session: Session, referral_id: uuid.UUID, *, note: str, by: User) -> Sequence[int]:
    """Hold the referral and refuse where something is untold; what a lead leaves untold."""
    referral_queries.referral(session, referral_id, lock=True)
    left = untold(session, referral_id)
    if left and not may(by, Action.WITHDRAW_UNTOLD):
        raise Conflict(UNTOLD)
    if left and not note.strip():
        raise Invalid({"note": WHY})
    return left


def ask_to_look(
    session: Session, referral: Referral, left: Sequence[int], *, note: str, by: User
) -> None:
    """Have a dermatologist see today that somebody knows."""
    which = ", ".join(str(number) for number in left)
    work.raise_item(
        session,
        kind=WorkKind.SAFETY_ALERT,
        role=Role.DERMATOLOGIST,
        due_on=clock.today(),
        referral_id=referral.id,
        note=(
            f"Withdrawn before the patient was told the outcome of lesion {which}: {note.strip()} "
            "Ring the GP, so that somebody tells them."
        ),
        urgent=True,
        by=by,
    )
