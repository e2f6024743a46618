"""Asking somebody whether they want a time that fell free: by their own channel."""

from sqlalchemy.orm import Session

from derm_service import clock
from derm_service.booking import letters
from derm_service.booking.offer_models import Offer
from derm_service.messages import work
from derm_service.messages.codes import WorkKind
from derm_service.people import Role, User
from derm_service.wording import day_time


def ask(session: Session, offer: Offer, *, link: str, by: User | None) -> None:
    """Ask by the offer's channel; who is rung stands on the Work page."""
    _have_rung(session, offer, by=by)


def forget(session: Session, offer: Offer, *, how: str, by: User | None) -> None:
    """Take the question back where it has not gone out, because it was answered or is over."""
    work.finish(session, kind=WorkKind.OFFER_CALL, subject_id=offer.id, how=how, by=by)


def _have_rung(session: Session, offer: Offer, *, by: User | None) -> None:
    until = clock.london(offer.expires_at).date()
    stands = "The appointment they have stands unless they accept." if offer.instead_of_id else ""
    said = (
        f"Offer {day_time(offer.slot.starts_at)}, {offer.slot.clinic.location.name}, "
        f"until {day_time(offer.expires_at)}. {stands} {letters.how_to_talk(offer.patient)}"
    )
    work.raise_item(
        session,
        kind=WorkKind.OFFER_CALL,
        role=Role.CLERK,
        due_on=until,
        not_after=until,
        referral_id=offer.referral_id,
        subject_id=offer.id,
        note=" ".join(said.split()),
        urgent=True,
        by=by,
    )
