"""The page on how a person may be reached, and who hears for them."""

from http import HTTPStatus
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import EmailField, Form, RadioField, SelectMultipleField, StringField, TextAreaField

from derm_service import clock
from derm_service.errors import Conflict, Invalid
from derm_service.forms import DayField, choices, stripped, whole_number
from derm_service.people import Action
from derm_service.referrals import contacts, queries, tidy
from derm_service.referrals.codes import Channel, ConsentBy
from derm_service.referrals.entry_form import CHANNELS, NO, YES
from derm_service.referrals.models import Patient
from derm_service.referrals.proxy import Proxy
from derm_service.web import allowed, current_user, db_session, form_data

bp = Blueprint("contacts", __name__)

SAFE_ONLY = "Safe contact only: send no letter, text or email, and leave no message"
TIDY = {
    "phone": tidy.phone,
    "mobile": tidy.phone,
    "email": tidy.email,
    "address": tidy.lines,
    "postcode": tidy.postcode,
}


class ContactForm(Form):
    """Safe contact, and somebody who hears for the person with the consent for it."""

    safe_contact = SelectMultipleField(
        "Safe contact", choices={YES: SAFE_ONLY}, validate_choice=False
    )
    has_proxy = RadioField(
        "Does somebody else hear from us for them?",
        choices={YES: "Yes", NO: "No"},
        default=NO,
        validate_choice=False,
    )
    name = StringField("Their name", filters=[stripped])
    relation = StringField("Who they are to the patient", filters=[stripped])
    channel = RadioField("How do they hear?", choices=CHANNELS, validate_choice=False)
    phone = StringField("Telephone", filters=[stripped])
    mobile = StringField("Mobile", filters=[stripped])
    email = EmailField("Email address", filters=[stripped])
    address = TextAreaField("Address", filters=[stripped])
    postcode = StringField("Postcode", filters=[stripped])
    consent_by = RadioField("Who agreed to it?", choices=choices(ConsentBy), validate_choice=False)
    consented_on = DayField("When did they agree?")
    until = DayField("Until when? (optional)")
    consent_note = StringField("How, and to whom, did they agree?", filters=[stripped])


@bp.route("/patients/<uuid:patient_id>/contact", methods=["GET", "POST"])
@allowed(Action.REFER)
def contact(patient_id: UUID) -> ResponseReturnValue:
    """Say how a person may be reached and who hears for them."""
    patient = queries.patient(db_session(), patient_id)
    form = ContactForm(form_data(), data=_as_kept(patient))
    if request.method == "GET":
        return _page(patient, form)
    form.validate()
    try:
        contacts.keep(
            db_session(),
            patient_id=patient_id,
            version=whole_number(request.form.get("version")) or 0,
            safe_contact=YES in (form.safe_contact.data or []),
            proxy=_proxy(form) if form.has_proxy.data == YES else None,
            by=current_user(),
        )
    except Invalid as problem:
        for name, sentence in problem.fields.items():
            field = "address" if name == "address_lines" else name
            form[field].errors = [sentence]
        return _page(patient, form), HTTPStatus.UNPROCESSABLE_ENTITY
    except Conflict as problem:
        form.name.errors = [problem.message]
        return _page(queries.patient(db_session(), patient_id), form), HTTPStatus.CONFLICT
    db_session().commit()
    flash("How this person is reached is saved.")
    return redirect(url_for("record.patient", patient_id=patient_id), HTTPStatus.SEE_OTHER)


def _proxy(form: ContactForm) -> Proxy:
    """What was typed, tidy; Invalid by field."""
    wrong = {field.name: str(field.errors[0]) for field in form if field.errors}
    typed: dict[str, Any] = {}
    for name, read in TIDY.items():
        try:
            typed[name] = read(form[name].data or "")
        except ValueError as problem:
            wrong[name] = str(problem)
    if form.channel.data not in set(Channel):
        wrong["channel"] = "Choose how they hear from us"
    if form.consent_by.data not in set(ConsentBy):
        wrong["consent_by"] = "Choose who agreed to it"
    consented_on = form.consented_on.data
    if consented_on is None:
        wrong.setdefault("consented_on", "Enter the day on which it was agreed")
    if wrong or consented_on is None:
        raise Invalid(wrong)
    return Proxy(
        name=tidy.line(form.name.data or ""),
        relation=tidy.line(form.relation.data or ""),
        channel=Channel(form.channel.data),
        consent_by=ConsentBy(form.consent_by.data),
        consented_on=consented_on,
        consent_note=tidy.line(form.consent_note.data or "", longest=500),
        until=form.until.data,
        phone=typed["phone"],
        mobile=typed["mobile"],
        email=typed["email"],
        address_lines=typed["address"],
        postcode=typed["postcode"],
    )


def _as_kept(patient: Patient) -> dict[str, Any]:
    kept: dict[str, Any] = {"safe_contact": [YES] if patient.safe_contact else []}
    if patient.proxy is None:
        return kept | {"has_proxy": NO, "consented_on": clock.today()}
    proxy = Proxy.read(patient.proxy)
    address = "\n".join(proxy.address_lines)
    return kept | vars(proxy) | {"has_proxy": YES, "address": address}


def _page(patient: Patient, form: ContactForm) -> str:
    return render_template("referrals/contact.html", patient=patient, form=form)
