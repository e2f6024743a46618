"""Letters as PDF, for those who tell patients."""

from uuid import UUID

import sqlalchemy as sa
from flask import Blueprint, Response
from flask.typing import ResponseReturnValue

from derm_service import audit, clock
from derm_service.config import Settings
from derm_service.errors import NotFound
from derm_service.messages import channels
from derm_service.messages.codes import Addressee, MessageState
from derm_service.messages.letters import Sender, letter_pdf
from derm_service.messages.models import Message
from derm_service.people import Action
from derm_service.referrals.codes import Need
from derm_service.web import allowed, current_user, db_session, settings

bp = Blueprint("letters", __name__)

MARKS = {
    MessageState.LOCKED: "LOCKED: do not send",
    MessageState.STOPPED: "STOPPED: do not send",
}


@bp.get("/letters/<uuid:message_id>.pdf")
@allowed(Action.TELL)
def pdf(message_id: UUID) -> ResponseReturnValue:
    """The letter as it was written; one that must not go out says so on its face."""
    message = db_session().scalar(sa.select(Message).where(Message.id == message_id))
    if message is None:
        raise NotFound("There is no such letter. Go back to the letters.")
    made = letter_pdf(
        message.content,
        large_print=wants_large_print(message),
        sender=sender(settings()),
        mark=_mark(message),
    )
    audit.record(
        db_session(),
        by=current_user(),
        did="opened letter",
        subject=message,
        patient_id=message.referral.patient_id,
    )
    db_session().commit()
    answer = Response(made, mimetype="application/pdf")
    answer.headers["Content-Disposition"] = f'inline; filename="letter-{message.id.hex[-8:]}.pdf"'
    return answer


def _mark(message: Message) -> str:
    """What stands across a letter that must not go; what went out is shown as it went."""
    waits = message.state in (MessageState.READY, MessageState.PRINTED)
    held = waits and channels.forbids(message, clock.today())
    return "HELD BACK: do not send" if held else MARKS.get(message.state, "")


def wants_large_print(message: Message) -> bool:
    """The patient's letters are large where the need was recorded; a GP's never are."""
    if message.addressee is not Addressee.PATIENT:
        return False
    needs = {need.need for need in message.referral.patient.needs}
    return bool(message.content.get("large_print")) or Need.LARGE_PRINT in needs


def sender(settings: Settings) -> Sender:
    """Who writes, from the settings."""
    return Sender(settings.organisation, settings.contact_address, settings.contact_phone)
