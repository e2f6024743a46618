"""The pages of the file import; `routes.py` gives them their addresses."""

from http import HTTPStatus
from uuid import UUID

from flask import Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import FileField, Form

from derm_service.errors import Invalid
from derm_service.forms import whole_number
from derm_service.people import Action
from derm_service.referrals import body_sites, comparing, csv_file, importing
from derm_service.referrals.entry_form import PRIORITIES
from derm_service.referrals.importing import DIFFERENT, LEAVE_OUT, choice_of
from derm_service.referrals.matching import Match
from derm_service.referrals.planning import Fate, Plan, Planned
from derm_service.web import allowed, current_user, db_session, settings

SHOWN = 200


class UploadForm(Form):
    """Which file."""

    file = FileField("CSV file")


@allowed(Action.REFER)
def import_csv() -> ResponseReturnValue:
    """Say what the file must look like, and take it for a dry run."""
    form = UploadForm()
    if request.method == "GET":
        return _upload_page(form)
    sent = request.files.get("file")
    try:
        if sent is None or not sent.filename:
            raise Invalid({"file": "Choose a file"})
        content = sent.stream.read(csv_file.MOST_BYTES + 1)
        file = importing.keep(db_session(), content, by=current_user())
    except Invalid as problem:
        form.file.errors = [problem.fields["file"]]
        return _upload_page(form), HTTPStatus.UNPROCESSABLE_ENTITY
    db_session().commit()
    return redirect(url_for("referrals.import_file", file_id=file.id), HTTPStatus.SEE_OTHER)


@allowed(Action.REFER)
def import_template() -> ResponseReturnValue:
    """An empty file with every column."""
    return _csv("referrals-template.csv", csv_file.written([csv_file.template_columns()]))


@allowed(Action.REFER)
def import_file(file_id: UUID) -> ResponseReturnValue:
    """The dry run of an uploaded file; posting it takes the good rows in."""
    if request.method == "POST":
        file = importing.take_in(
            db_session(),
            file_id=file_id,
            decisions=_decisions(),
            allow_test=settings().demonstration,
            by=current_user(),
        )
        db_session().commit()
        return redirect(url_for("referrals.import_file", file_id=file.id), HTTPStatus.SEE_OTHER)
    file = importing.own_file(db_session(), file_id, current_user())
    if file.result is not None:
        return render_template("referrals/import_done.html", result=file.result)
    plan = importing.dry_run(db_session(), file, allow_test=settings().demonstration)
    return render_template(
        "referrals/import_check.html",
        file=file,
        plan=plan,
        bad=_problems(plan),
        bad_rows=len(plan.of(Fate.BAD)),
        good=[*plan.of(Fate.NEW), *plan.of(Fate.KNOWN)],
        here=plan.of(Fate.HERE),
        ask=[(planned, _beside(plan, planned)) for planned in plan.of(Fate.ASK)],
        shown=SHOWN,
        priorities=PRIORITIES,
        different=DIFFERENT,
        leave_out=LEAVE_OUT,
    )


@allowed(Action.REFER)
def discard_file(file_id: UUID) -> ResponseReturnValue:
    """Forget an uploaded file."""
    importing.discard(db_session(), file_id=file_id, by=current_user())
    db_session().commit()
    flash("The file was discarded. Nothing was imported.")
    return redirect(url_for("referrals.import_csv"), HTTPStatus.SEE_OTHER)


@allowed(Action.REFER)
def import_problems(file_id: UUID) -> ResponseReturnValue:
    """The problems of a file as CSV, to send back to whoever wrote it."""
    file = importing.own_file(db_session(), file_id, current_user())
    plan = importing.dry_run(db_session(), file, allow_test=settings().demonstration)
    rows = [["line", "column", "reason", "what the file says"]]
    for line, column, reason, said in _problems(plan):
        rows.append([str(line), column, reason, said])
    return _csv("referrals-problems.csv", csv_file.written(rows))


def _upload_page(form: UploadForm) -> str:
    return render_template(
        "referrals/import.html",
        form=form,
        columns=csv_file.COLUMNS,
        needed=csv_file.NEEDED,
        lesion_columns=csv_file.LESION_COLUMNS,
        regions=body_sites.regions(),
    )


def _problems(plan: Plan) -> list[tuple[int, str, str, str]]:
    return [
        (planned.line, column, reason, planned.row.texts.get(column, ""))
        for planned in plan.of(Fate.BAD)
        for column, reason in planned.problems.items()
    ]


def _beside(plan: Plan, planned: Planned) -> list[tuple[Match, str, str, list[comparing.Line]]]:
    """Each likely match: why, its choice, whose it is, and the two people's facts."""
    assert planned.entry is not None  # noqa: S101 (rows that are asked about were read)
    found = []
    for match in planned.matches:
        key = match.person.key
        if isinstance(key, UUID):
            known: comparing.Described = plan.known[key]
            whose = "on record"
        else:
            entry = plan.entry_on(key or 0)
            if entry is None:
                continue
            known, whose = entry.patient, f"on line {key}"
        lines = comparing.side_by_side(planned.entry.patient, known)
        found.append((match, choice_of(key), whose, lines))
    return found


def _decisions() -> dict[int, str]:
    return {
        line: value
        for name, value in request.form.items()
        if name.startswith("line_") and (line := whole_number(name.removeprefix("line_")))
    }


def _csv(name: str, text: str) -> Response:
    answer = Response("\ufeff" + text, mimetype="text/csv")
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer
