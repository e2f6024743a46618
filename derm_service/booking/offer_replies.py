"""An offer answered by text message: what it comes to, and the sentence to send back."""

from sqlalchemy.orm import Session

from derm_service.booking import offer_answers, offer_queries
from derm_service.booking.codes import AnsweredBy
from derm_service.booking.offer_answers import Late
from derm_service.errors import Conflict
from derm_service.messages.models import Message
from derm_service.wording import day_time

NOT_UNDERSTOOD = "We did not understand. Please answer YES or NO."
THANKS = "Thank you. We offer this time to somebody else."
CHANGED = "Something changed just now. Please answer again, or ring us."


def answer(session: Session, *, message: Message, wants: bool | None) -> str:
    """Accept, decline, or ask again; what is returned is sent back ("": nothing more to say).

    A confirmation goes out by itself. A late answer changes nothing, and the sentence says so.
    """
    if message.subject_id is None:
        return NOT_UNDERSTOOD
    offer = offer_queries.offer(session, message.subject_id)
    if wants is None:
        return f"{NOT_UNDERSTOOD} The time is kept for you until {day_time(offer.expires_at)}."
    act = offer_answers.accept if wants else offer_answers.decline
    try:
        with session.begin_nested():
            act(session, offer_id=offer.id, how=AnsweredBy.REPLY, by=None)
    except Late as late:
        return late.message
    except Conflict:
        return CHANGED
    return "" if wants else f"{THANKS} {offer_answers.what_stands(session, offer)}"
