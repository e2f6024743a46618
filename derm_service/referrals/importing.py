"""Importing a file of referrals: kept at upload, looked at in a dry run, taken in at once."""

import uuid
from collections.abc import Mapping
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from derm_service import audit, clock
from derm_service.errors import Conflict, Invalid, NotFound, Problem
from derm_service.people import User
from derm_service.referrals import planning
from derm_service.referrals.csv_file import rows_of, text_of
from derm_service.referrals.inputs import PatientInput
from derm_service.referrals.intake import refer
from derm_service.referrals.models import Referral, ReferralFile
from derm_service.referrals.planning import SOURCE, Fate, Plan, Planned

KEEP = timedelta(days=1)
DIFFERENT, LEAVE_OUT = "different", "leave_out"
UNDECIDED = "Nobody has decided whether this is the same person"
_ONE_IMPORT_AT_A_TIME = 7_340_021  # any number no other advisory lock uses


def keep(session: Session, content: bytes, *, by: User) -> ReferralFile:
    """Keep an uploaded file for its dry run, a day at most; Invalid names `file`."""
    text = text_of(content)
    rows_of(text)
    session.execute(
        sa.update(ReferralFile)
        .where(ReferralFile.uploaded_at < clock.now() - KEEP)
        .values(text=None)
    )
    file = ReferralFile(text=text, uploaded_by_id=by.id, uploaded_at=clock.now(), result=None)
    session.add(file)
    session.flush()
    audit.record(session, by=by, did="uploaded referral file", subject=file)
    return file


def own_file(session: Session, file_id: uuid.UUID, by: User, *, lock: bool = False) -> ReferralFile:
    """A file this person uploaded, or NotFound."""
    file = session.get(ReferralFile, file_id, with_for_update=lock, populate_existing=lock)
    if file is None or file.uploaded_by_id != by.id:
        raise NotFound("There is no such file. Upload it again.")
    if file.text is None and file.result is None:
        raise NotFound("This file is no longer kept. Upload it again.")
    return file


def dry_run(session: Session, file: ReferralFile, *, allow_test: bool) -> Plan:
    """What importing the file would do now; nothing is written."""
    rows = rows_of(file.text or "")
    return planning.plan(session, rows, today=clock.today(), allow_test=allow_test)


def take_in(
    session: Session,
    *,
    file_id: uuid.UUID,
    decisions: Mapping[int, str],
    allow_test: bool,
    by: User,
) -> ReferralFile:
    """Take in every good row in this one transaction and forget the file's text.

    `decisions` says by line who a likely duplicate is: a patient's id, `line-N` for the person of
    an earlier line, `different` or `leave_out`. The result stands in `result`.
    """
    file = own_file(session, file_id, by, lock=True)
    if file.result is not None:
        raise Conflict("This file was imported already. Nothing was changed.")
    session.execute(sa.select(sa.func.pg_advisory_xact_lock(_ONE_IMPORT_AT_A_TIME)))
    plan = dry_run(session, file, allow_test=allow_test)
    patients: dict[int, uuid.UUID] = {}
    left_out: list[dict[str, object]] = []
    for planned in plan.rows:
        try:
            made = _take_in_row(session, planned, decisions, patients, by)
        except Problem as problem:
            left_out.append({"line": planned.line, "why": _why(problem)})
        else:
            if made is not None:
                patients[planned.line] = made.patient_id
    file.text = None
    file.result = {
        "taken_in": len(patients),
        "here": len(plan.of(Fate.HERE)),
        "bad": len(plan.of(Fate.BAD)),
        "left_out": left_out,
    }
    session.flush()
    audit.record(
        session,
        by=by,
        did="imported referral file",
        subject=file,
        detail={name: file.result[name] for name in ("taken_in", "here", "bad")},
    )
    return file


def discard(session: Session, *, file_id: uuid.UUID, by: User) -> None:
    """Forget an uploaded file."""
    file = own_file(session, file_id, by, lock=True)
    file.text = None
    session.flush()
    audit.record(session, by=by, did="discarded referral file", subject=file)


def _take_in_row(
    session: Session,
    planned: Planned,
    decisions: Mapping[int, str],
    patients: Mapping[int, uuid.UUID],
    by: User,
) -> Referral | None:
    if planned.fate in (Fate.HERE, Fate.BAD) or planned.entry is None:
        return None
    with session.begin_nested():  # a row that is refused leaves nothing behind
        return refer(
            session,
            patient=_who(planned, decisions, patients),
            referral=planned.entry.referral,
            lesions=planned.entry.lesions,
            heard=planned.entry.heard,
            source=SOURCE,
            by=by,
        )


def _who(
    planned: Planned, decisions: Mapping[int, str], patients: Mapping[int, uuid.UUID]
) -> PatientInput | uuid.UUID:
    assert planned.entry is not None  # noqa: S101 (the caller has looked)
    if planned.fate is Fate.NEW:
        return planned.entry.patient
    key = planned.same
    if planned.fate is Fate.ASK:
        said = decisions.get(planned.line, LEAVE_OUT)
        if said == DIFFERENT:
            return planned.entry.patient
        key = next((m.person.key for m in planned.matches if choice_of(m.person.key) == said), None)
    if key is None:
        raise Conflict(UNDECIDED)
    if isinstance(key, uuid.UUID):
        return key
    if key not in patients:
        raise Conflict(f"Line {key}, the same person, was left out")
    return patients[key]


def choice_of(key: uuid.UUID | int | None) -> str:
    """How a decision names a person: a patient's id, or `line-N`."""
    return f"line-{key}" if isinstance(key, int) else str(key)


def _why(problem: Problem) -> str:
    if isinstance(problem, Invalid):
        return ". ".join(problem.fields.values())
    return problem.message
