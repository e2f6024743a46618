"""The API of free slots and holds."""

from http import HTTPStatus
from uuid import UUID

from flask import Blueprint

from derm_service.api.operations import Operation
from derm_service.api.routes import operation
from derm_service.booking import gone, holds, queries, search
from derm_service.booking.api_models import (
    Gone,
    HoldAsked,
    HoldMade,
    SlotOffered,
    SlotsAsked,
    SlotsFound,
)
from derm_service.people import Action
from derm_service.web import allowed, current_user, db_session

bp = Blueprint("slots_api", __name__, url_prefix="/api/v1")

FIND = Operation(
    "Find the first free slots that fit a referral", query=SlotsAsked, answers={200: SlotsFound}
)
HOLD = Operation("Keep a slot for minutes", body=HoldAsked, answers={201: HoldMade}, conflict=Gone)
RELEASE = Operation("Let a kept slot go", answers={204: None})


@bp.get("/slots")
@allowed(Action.BOOK)
@operation(FIND)
def find(query: SlotsAsked) -> tuple[SlotsFound, HTTPStatus]:
    """The best first, each with why it fits and what it lacks."""
    referral = queries.referral(db_session(), query.referral_id)
    answer = search.best(
        db_session(),
        referral,
        limit=query.limit,
        per_clinic=query.per_clinic,
        within=search.Range(query.after, query.before, query.location_id),
    )
    found = [SlotOffered.offered(each) for each in answer.offers]
    return SlotsFound(slots=found, notes=answer.notes), HTTPStatus.OK


@bp.post("/holds")
@allowed(Action.BOOK)
@operation(HOLD)
def hold(body: HoldAsked) -> tuple[HoldMade, HTTPStatus]:
    """Keep a slot while somebody is talked to."""
    session = db_session()
    with gone.naming_others(session, body.referral_id, body.slot_id):
        made = holds.hold(
            session,
            slot_id=body.slot_id,
            referral_id=body.referral_id,
            minutes=body.minutes,
            slots=gone.slots_for(session, body.referral_id, body.slot_id),
            by=current_user(),
        )
    return HoldMade.of(made), HTTPStatus.CREATED


@bp.delete("/holds/<uuid:hold_id>")
@allowed(Action.BOOK)
@operation(RELEASE)
def release(hold_id: UUID) -> tuple[None, HTTPStatus]:
    """Let a kept slot go; one that has gone already is no harm."""
    holds.release(db_session(), hold_id=hold_id, by=current_user())
    return None, HTTPStatus.NO_CONTENT
