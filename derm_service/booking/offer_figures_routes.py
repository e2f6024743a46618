"""Who is offered earlier times and who accepts them, as tables and as a file."""

import csv
import io
from datetime import timedelta

from flask import Blueprint, Response, render_template, request
from flask.typing import ResponseReturnValue

from derm_service import clock
from derm_service.booking import offer_figures, offer_queries
from derm_service.booking.offer_figures import Table
from derm_service.forms import whole_number
from derm_service.people import Action
from derm_service.web import allowed, db_session

bp = Blueprint("offer_figures", __name__)
PERIODS = {
    30: "The last 30 days",
    90: "The last 90 days",
    365: "The last 12 months",
    3650: "The last 10 years",
}
HIDDEN = "not shown"
HEADS = ("By", "Group", "Offers", "Answered", "Accepted", "Answered %", "Accepted %")


@bp.get("/offers/figures")
@allowed(Action.SEE_FIGURES)
def figures() -> ResponseReturnValue:
    """The tables of a period."""
    days = _days()
    return render_template(
        "booking/offer_figures.html",
        tables=_tables(days),
        days=days,
        periods=PERIODS,
        hidden=HIDDEN,
        small=offer_figures.SMALL,
    )


@bp.get("/offers/figures.csv")
@allowed(Action.SEE_FIGURES)
def figures_csv() -> ResponseReturnValue:
    """The same numbers as a file for spreadsheets."""
    text = io.StringIO()
    rows = csv.writer(text)
    rows.writerow(HEADS)
    for table in _tables(_days()):
        for row in table.rows:
            numbers = (row.offers, row.answered, row.accepted)
            percents = (row.answered_percent, row.accepted_percent)
            cells = [HIDDEN if each is None else each for each in (*numbers, *percents)]
            rows.writerow([table.title, row.group, *cells])
    answer = Response("\ufeff" + text.getvalue(), mimetype="text/csv")
    answer.headers["Content-Disposition"] = "attachment; filename=offers.csv"
    return answer


def _days() -> int:
    asked = whole_number(request.args.get("days"))
    return asked if asked in PERIODS else 90


def _tables(days: int) -> list[Table]:
    after = clock.now() - timedelta(days=days)
    return offer_figures.tables(offer_queries.asked_since(db_session(), after))
