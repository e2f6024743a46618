"""The page of the day list that is made for paper."""

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from derm_service import clock
from derm_service.booking.parsing import day_or_none
from derm_service.imaging import day_sheet
from derm_service.people import Action
from derm_service.web import allowed, current_user, db_session

bp = Blueprint("day_sheet", __name__)


@bp.get("/clinic-day/paper")
@allowed(Action.CLINIC_DAY)
def page() -> ResponseReturnValue:
    """Who comes to one's clinics of a day, on few sheets of A4; everybody on it is audited."""
    day = day_or_none(request.args.get("on")) or clock.today()
    sheets = day_sheet.sheets(db_session(), day, current_user())
    shown = render_template("visits/day_sheet.html", day=day, sheets=sheets)
    db_session().commit()
    return shown
