"""The record pages: one patient, one referral, and who did and saw what on it."""

from http import HTTPStatus
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from derm_service.audit import record as write_audit
from derm_service.booking.parsing import day_or_none, uuid_or_none
from derm_service.forms import whole_number
from derm_service.imaging import retake_words
from derm_service.imaging.capture_words import STATE_TAGS
from derm_service.messages.rules import WORK_WORDS
from derm_service.people import Action
from derm_service.referrals import queries as referrals
from derm_service.referrals import seven_point
from derm_service.referrals.rules import LESION_WORDS
from derm_service.review import audit_lines, outcomes, record, reviving, standing, telling
from derm_service.web import allowed, current_user, db_session

bp = Blueprint("record", __name__)


@bp.get("/patients/<uuid:patient_id>")
@allowed(Action.SEE_PATIENT)
def patient(patient_id: UUID) -> ResponseReturnValue:
    """One patient: details, needs, contact choices, referrals."""
    found = referrals.patient(db_session(), patient_id)
    write_audit(db_session(), by=current_user(), did="opened patient", subject=found)
    page = render_template(
        "record/patient.html",
        patient=found,
        referrals=record.patient_referrals(db_session(), found),
    )
    db_session().commit()
    return page


@bp.post("/patients/<uuid:patient_id>/death/take-back")
@allowed(Action.REFER)
def take_back_death(patient_id: UUID) -> ResponseReturnValue:
    """Take back a death recorded by mistake."""
    reviving.take_back_death(db_session(), patient_id=patient_id, by=current_user())
    db_session().commit()
    flash("The death is taken back. Open referrals, letters and work are back; book again.")
    return redirect(url_for("record.patient", patient_id=patient_id), HTTPStatus.SEE_OTHER)


@bp.get("/referrals/<uuid:referral_id>")
@allowed(Action.SEE_PATIENT)
def referral(referral_id: UUID) -> ResponseReturnValue:
    """One referral from receipt to the patient being told."""
    found = referrals.referral(db_session(), referral_id)
    write_audit(db_session(), by=current_user(), did="opened referral", subject=found)
    page = render_template(
        "record/referral.html",
        patient=found.patient,
        referral=found,
        record=record.referral_record(db_session(), found),
        lesion_words=LESION_WORDS,
        how_words=telling.HOW_WORDS,
        work_words=WORK_WORDS,
        outcome_of=standing.outcome_of,
        outcome_label=outcomes.label,
        retake_words=retake_words.asked,
        state_tags=STATE_TAGS,
        seven_point=seven_point.reading,
        seven_point_labels=seven_point.labels,
    )
    db_session().commit()
    return page


@bp.get("/referrals/<uuid:referral_id>/audit")
@allowed(Action.SEE_AUDIT)
def audit(referral_id: UUID) -> ResponseReturnValue:
    """Who did and who saw what; looking at it is written down as well."""
    found = referrals.referral(db_session(), referral_id)
    asked = _asked()
    shown = audit_lines.of_referral(db_session(), found, asked)
    write_audit(db_session(), by=current_user(), did="read audit trail", subject=found)
    db_session().commit()
    return render_template(
        "record/audit.html", patient=found.patient, referral=found, shown=shown, asked=asked
    )


def _asked() -> audit_lines.Asked:
    """What the address asks for: codes only, and what is none of them is not asked."""
    given = request.args
    return audit_lines.Asked(
        who=uuid_or_none(given.get("who")),
        looks={"looked": True, "changed": False}.get(given.get("what", "")),
        on=day_or_none(given.get("on")),
        page=whole_number(given.get("page", "")) or 1,
    )
