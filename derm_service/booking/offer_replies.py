"""An offer answered by text message, and why that could not be taken."""

from sqlalchemy.orm import Session

from derm_service.booking import offer_answers
from derm_service.booking.codes import AnsweredBy
from derm_service.errors import Conflict, Invalid
from derm_service.messages.models import Message

CHANGED = "Something changed at the same moment."


def answer(session: Session, *, message: Message, wants: bool) -> str:
    """Accept or decline the offer a message made; why it could not be done, "" once it is.

    A confirmation goes out by itself. A late answer changes nothing.
    """
    if message.subject_id is None:
        return CHANGED
    act = offer_answers.accept if wants else offer_answers.decline
    try:
        with session.begin_nested():
            act(session, offer_id=message.subject_id, how=AnsweredBy.REPLY, by=None)
    except offer_answers.Late as late:
        return late.message
    except (Conflict, Invalid):
        return CHANGED
    return ""
