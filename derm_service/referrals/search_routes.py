"""The patient search on every page; by POST, so that nothing typed stands in an address."""

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from derm_service.people import Action
from derm_service.referrals import search
from derm_service.web import allowed, db_session, form_data

bp = Blueprint("search", __name__)


@bp.route("/patients/search", methods=["GET", "POST"])
@allowed(Action.SEE_PATIENT)
def find() -> ResponseReturnValue:
    """Patients who fit what was typed, with their referrals and clocks."""
    data = form_data()
    typed = data.get("q", "") if data else ""
    what = search.wanted(typed)
    found = search.find(db_session(), what)
    return render_template(
        "referrals/search.html",
        typed=typed,
        found=found[: search.MOST],
        is_more=len(found) > search.MOST,
        is_asked=request.method == "POST" and not what.is_empty,
    )
