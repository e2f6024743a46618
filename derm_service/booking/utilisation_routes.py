"""How well clinics are used: a chart with its table, and the same as a CSV file."""

import csv
import io
from datetime import date, timedelta

from flask import Blueprint, Response, render_template, request
from flask.typing import ResponseReturnValue

from derm_service import clock
from derm_service.booking import places, utilisation
from derm_service.booking.parsing import day_or_none, member_or_none, uuid_or_none
from derm_service.booking.utilisation import LONGEST_DAYS, Row, Split
from derm_service.people import Action
from derm_service.web import allowed, db_session

bp = Blueprint("utilisation", __name__, url_prefix="/clinics")

SPLIT_WORDS = {Split.WHOLE: "Not split", Split.MONTH: "Month", Split.WEEK: "Week"}
LAST_WEEKS = timedelta(days=28)
COLUMNS = ("Place", "From", "To", "Offered", "Booked", "Used", "Did not attend")


@bp.get("/utilisation")
@allowed(Action.SEE_CLINICS)
def page() -> ResponseReturnValue:
    """Every place with what was offered, booked, used and missed; the last four weeks at first."""
    first, last, sentence = _period()
    session = db_session()
    location_id = uuid_or_none(request.args.get("place"))
    whole = utilisation.read(session, first, last, location_id=location_id)
    split = _split()
    return render_template(
        "booking/utilisation.html",
        first=first,
        last=last,
        sentence=sentence,
        split=split,
        splits=SPLIT_WORDS,
        location_id=location_id,
        locations=places.locations(session),
        chart=whole,
        widest=max((max(each.offered, each.booked) for each in whole), default=0),
        rows=_rows(first, last) if split is not Split.WHOLE else whole,
        total=utilisation.total(whole, first, last) if whole else None,
    )


@bp.get("/utilisation.csv")
@allowed(Action.SEE_CLINICS)
def table() -> ResponseReturnValue:
    """The table as a file."""
    first, last, _sentence = _period()
    written = io.StringIO()
    out = csv.writer(written)
    out.writerow(COLUMNS)
    for each in _rows(first, last):
        counts = (each.offered, each.booked, each.used, each.missed)
        out.writerow((_cell(each.place), each.first, each.last, *counts))
    named = f'attachment; filename="utilisation-{first}-to-{last}.csv"'
    return Response(written.getvalue(), mimetype="text/csv", headers={"Content-Disposition": named})


def _rows(first: date, last: date) -> list[Row]:
    location_id = uuid_or_none(request.args.get("place"))
    return utilisation.read(db_session(), first, last, split=_split(), location_id=location_id)


def _split() -> Split:
    return member_or_none(Split, request.args.get("split")) or Split.WHOLE


def _period() -> tuple[date, date, str]:
    """The days asked for and, where they cannot be, a sentence and the days shown instead."""
    yesterday = clock.today() - timedelta(days=1)
    usual = (yesterday - LAST_WEEKS + timedelta(days=1), yesterday)
    asked = [request.args.get(name, "") for name in ("from", "to")]
    first, last = (day_or_none(each) for each in asked)
    if not any(asked):
        return *usual, ""
    if first is None or last is None:
        return *usual, "Enter both dates. The last four weeks are shown instead."
    if last < first:
        return last, first, "The first day was after the last, so they are swapped."
    if (last - first).days > LONGEST_DAYS:
        return first, first + timedelta(days=LONGEST_DAYS), "Two years at most are shown at once."
    return first, last, ""


def _cell(text: str) -> str:
    """A name that a spreadsheet does not take for a formula."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t") else text
