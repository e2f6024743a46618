"""The calendar of clinics: by day, by week, by place; every change is a link or a button."""

from datetime import date, timedelta
from uuid import UUID

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from derm_service import clock
from derm_service.booking import calendar, places
from derm_service.booking.codes import ResourceKind
from derm_service.booking.days import WEEK, Span, shown
from derm_service.booking.parsing import day_or_none, member_or_none, uuid_or_none
from derm_service.people import Action
from derm_service.web import allowed, db_session

bp = Blueprint("calendar", __name__, url_prefix="/clinics")

SPAN_WORDS = {Span.DAY: "Day", Span.WEEK: "Week", Span.PLACE: "Week by place"}


@bp.get("")
@allowed(Action.SEE_CLINICS)
def listing() -> ResponseReturnValue:
    """The clinics of one day or one week, of any place and photographer or of one."""
    session = db_session()
    span = member_or_none(Span, request.args.get("view")) or Span.WEEK
    on = day_or_none(request.args.get("on")) or clock.today()
    wanted = calendar.Wanted(
        location_id=uuid_or_none(request.args.get("place")),
        photographer_id=uuid_or_none(request.args.get("photographer")),
    )
    found = calendar.read(session, shown(span, on), wanted)
    return render_template(
        "booking/calendar.html",
        span=span,
        spans=SPAN_WORDS,
        on=on,
        days=found,
        places=calendar.by_place(found) if span is Span.PLACE else [],
        near=_near(span, on),
        locations=places.locations(session),
        photographers=places.resources(session, ResourceKind.PHOTOGRAPHER),
        wanted=wanted,
        kept={
            "view": span.value,
            "place": _text(wanted.location_id),
            "photographer": _text(wanted.photographer_id),
        },
    )


def _near(span: Span, on: date) -> tuple[date, date]:
    """The day a page earlier and a page later."""
    step = timedelta(days=1 if span is Span.DAY else WEEK)
    return on - step, on + step


def _text(wanted: UUID | None) -> str | None:
    return str(wanted) if wanted else None
