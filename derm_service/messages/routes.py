"""The Work page: what waits for the signed-in person, and how each thing is done."""

from dataclasses import dataclass
from http import HTTPStatus
from uuid import UUID

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import Form, RadioField, StringField, TextAreaField

from derm_service import clock, wording
from derm_service.errors import Invalid
from derm_service.forms import DayField, stripped
from derm_service.messages import calls
from derm_service.messages import work as items
from derm_service.messages.codes import WorkKind
from derm_service.messages.models import WorkItem
from derm_service.messages.rules import CALLS, WORK_WORDS
from derm_service.people import Action, may
from derm_service.web import allowed, current_user, db_session, form_data

bp = Blueprint("messages", __name__)

REACHED, NOT_REACHED = "reached", "not_reached"


@dataclass(frozen=True)
class Page:
    """Where a kind of work is done: an endpoint, what names its subject there, who may open it."""

    endpoint: str
    words: str
    action: Action
    subject: str = ""
    parameter: str = ""


_BOOK = Page("booking.find_slot", "Find a slot", Action.BOOK, "referral_id", "referral_id")
_LETTERS = Page("telling.letters", "Open letters", Action.TELL)
PAGES: dict[WorkKind, Page] = {
    WorkKind.POST_LETTER: _LETTERS,
    WorkKind.MESSAGE_FAILED: Page(
        "outbox.message", "See the message", Action.TELL, "subject_id", "message_id"
    ),
    WorkKind.PATIENT_REPLIED: Page(
        "record.referral", "See the record", Action.SEE_PATIENT, "referral_id", "referral_id"
    ),
    WorkKind.LETTER_RETURNED: _LETTERS,
    WorkKind.CALL_PATIENT: Page(
        "booking.appointment",
        "See the appointment",
        Action.SEE_PATIENT,
        "subject_id",
        "appointment_id",
    ),
    WorkKind.CAPACITY_ALARM: Page("booking.waiting_list", "See the waiting list", Action.BOOK),
    WorkKind.RETAKE_TO_BOOK: _BOOK,
    WorkKind.REBOOK: _BOOK,
    WorkKind.OFFER_CALL: Page(
        "offers.call", "Make the call", Action.BOOK, "subject_id", "offer_id"
    ),
    WorkKind.TELL_PATIENT: Page(
        "telling.tell", "Tell the patient", Action.TELL, "subject_id", "opinion_id"
    ),
    WorkKind.NEEDS_SOMEONE_TODAY: Page(
        "review.case", "Open for review", Action.REVIEW, "referral_id", "referral_id"
    ),
}
BY_HAND = frozenset(
    {
        WorkKind.CALL_PATIENT,
        WorkKind.LETTER_RETURNED,
        WorkKind.MESSAGE_FAILED,
        WorkKind.PATIENT_REPLIED,
        WorkKind.NEEDS_SOMEONE_TODAY,
        WorkKind.SAFETY_ALERT,
        WorkKind.IMAGE_TROUBLE,
        WorkKind.AUDIT_BROKEN,
        WorkKind.JOB_FAILED,
        WorkKind.ARRANGE_NEXT_STEP,
    }
)
"""What is done by saying so; everything else leaves the list when its own page is used."""


@dataclass(frozen=True)
class Row:
    """One row as the page shows it."""

    item: WorkItem
    title: str
    link: str | None
    link_words: str
    is_by_hand: bool
    is_late: bool
    is_urgent: bool


class CallForm(Form):
    """What came of ringing somebody."""

    outcome = RadioField(
        "Did you reach the patient?",
        choices={REACHED: "Yes", NOT_REACHED: "No, try again later"},
        validate_choice=False,
    )
    how = StringField("Whom did you speak to and what was said?", filters=[stripped])
    note = StringField("What happened? (optional)", filters=[stripped])
    next_on = DayField("When should somebody try next?")


class DoneForm(Form):
    """What was done."""

    how = TextAreaField("What was done?", filters=[stripped])


@bp.get("/work")
@allowed(Action.WORK)
def work() -> ResponseReturnValue:
    """Everything that waits for this person's roles, urgent on top, then by due date."""
    rows = [_row(item) for item in items.open_items(db_session(), current_user())]
    return render_template("messages/work.html", rows=rows)


@bp.app_template_global()
def waiting_work() -> int:
    """How much waits for this person, for the home page."""
    return items.count_open(db_session(), current_user())


@bp.route("/work/<uuid:item_id>", methods=["GET", "POST"])
@allowed(Action.WORK)
def item(item_id: UUID) -> ResponseReturnValue:
    """One row that is done by saying how, or by ringing somebody."""
    found = items.open_item(db_session(), item_id, current_user())
    is_call = found.kind in CALLS
    form: Form
    form = CallForm(form_data()) if is_call else DoneForm(form_data())
    if request.method == "POST":
        try:
            said = _finish(found, form)
        except Invalid as problem:
            return _refused(found, form, problem)
        db_session().commit()
        flash(said)
        return redirect(url_for(".work"), HTTPStatus.SEE_OTHER)
    if is_call and form_data() is None:
        form = CallForm(None, data={"next_on": items.next_try(found)})
    return _item_page(found, form)


def _finish(found: WorkItem, form: Form) -> str:
    if found.kind not in BY_HAND:
        raise Invalid({"how": "This is done on its own page, and leaves the list there."})
    if isinstance(form, CallForm):
        if form.outcome.data == NOT_REACHED:
            return _try_again(found, form)
        if form.outcome.data != REACHED:
            raise Invalid({"outcome": "Choose whether you reached the patient"})
    how = form["how"].data or ""
    finish = calls.reached if isinstance(form, CallForm) else items.finish_by_hand
    finish(db_session(), item_id=found.id, how=how, by=current_user())
    return f"Done and off the list: {WORK_WORDS[found.kind].lower()}."


def _try_again(found: WorkItem, form: CallForm) -> str:
    form.validate()
    if form.next_on.errors or form.next_on.data is None:
        wrong = str(form.next_on.errors[0]) if form.next_on.errors else ""
        raise Invalid({"next_on": wrong or "Enter the next day to try"})
    items.try_again(
        db_session(),
        item_id=found.id,
        note=form.note.data or "",
        next_on=form.next_on.data,
        by=current_user(),
    )
    return f"The call stays on the list. The next try is on {wording.day(form.next_on.data)}."


def _refused(found: WorkItem, form: Form, problem: Invalid) -> ResponseReturnValue:
    for name, sentence in problem.fields.items():
        if name in form:
            form[name].errors = [sentence]
    page = _item_page(found, form)
    return page, HTTPStatus.UNPROCESSABLE_ENTITY


def _item_page(found: WorkItem, form: Form) -> str:
    may_see = may(current_user(), Action.SEE_PATIENT)
    return render_template(
        "messages/item.html",
        form=form,
        row=_row(found),
        patient=found.patient if may_see else None,
        referral=found.referral if may_see else None,
        is_call=isinstance(form, CallForm),
        arranges_care=found.kind is WorkKind.ARRANGE_NEXT_STEP,
    )


def _row(item: WorkItem) -> Row:
    page = PAGES.get(item.kind)
    link = None
    if (
        page
        and may(current_user(), page.action)
        and page.endpoint in current_app.view_functions
        and (not page.subject or getattr(item, page.subject))
    ):
        arguments = {page.parameter: getattr(item, page.subject)} if page.subject else {}
        link = url_for(page.endpoint, **arguments)
    return Row(
        item=item,
        title=WORK_WORDS[item.kind],
        link=link,
        link_words=page.words if page else "",
        is_by_hand=item.kind in BY_HAND,
        is_late=item.due_on < clock.today(),
        is_urgent=items.is_urgent(item),
    )
