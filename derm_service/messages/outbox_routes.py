"""The outbox: every message as it went or would go, to whom, when, and how far it is."""

from uuid import UUID

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from derm_service import audit
from derm_service.forms import whole_number
from derm_service.messages import outbox_pages, texts
from derm_service.messages.outbox_pages import FILTERS
from derm_service.people import Action
from derm_service.web import allowed, current_user, db_session, settings

bp = Blueprint("outbox", __name__)

MOST_PAGES = 10_000


@bp.get("/messages")
@allowed(Action.TELL)
def listing() -> ResponseReturnValue:
    """The messages of one state, the newest first."""
    chosen = request.args.get("state", "waiting")
    chosen = chosen if chosen in FILTERS else "waiting"
    number = min(max(whole_number(request.args.get("page")) or 1, 1), MOST_PAGES)
    page = outbox_pages.page(db_session(), chosen, number)
    audit.record(
        db_session(),
        by=current_user(),
        did="looked at messages",
        subject=current_user(),
        detail={"listed": chosen, "messages": [str(each.message.id) for each in page.rows]},
    )
    db_session().commit()
    return render_template(
        "messages/outbox.html",
        page=page,
        chosen=chosen,
        filters={name: words for name, (words, _) in FILTERS.items()},
        is_carried=bool(settings().notify_key.get_secret_value()),
    )


@bp.get("/messages/<uuid:message_id>")
@allowed(Action.TELL)
def message(message_id: UUID) -> ResponseReturnValue:
    """One message, word for word."""
    found = outbox_pages.by_id(db_session(), message_id)
    audit.record(
        db_session(),
        by=current_user(),
        did="opened message",
        subject=found,
        patient_id=found.referral.patient_id,
    )
    db_session().commit()
    subject, paragraphs = outbox_pages.words(found, texts.sender_of(settings()))
    return render_template(
        "messages/message.html",
        row=outbox_pages.row(found),
        subject=subject,
        paragraphs=paragraphs,
        patient=found.referral.patient,
        referral=found.referral,
    )
