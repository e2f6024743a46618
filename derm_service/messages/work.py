"""The rows of the Work page: raised by whoever sees a need, finished by whoever meets it."""

import uuid
from collections.abc import Sequence
from datetime import date

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from derm_service import audit, clock
from derm_service.db import insert_once, new_id, once
from derm_service.errors import Conflict, Invalid, NotAllowed, NotFound
from derm_service.messages.codes import WorkKind
from derm_service.messages.models import WorkItem
from derm_service.messages.rules import next_working_day
from derm_service.people import Role, User
from derm_service.wording import day

COVERS: dict[Role, frozenset[Role]] = {
    Role.LEAD: frozenset({Role.LEAD, Role.CLERK, Role.PHOTOGRAPHER}),
}
"""Whose lists a role also sees and may finish; every role covers itself."""
_ONCE = once(WorkItem, "once_key", sa.text("done_at IS NULL"))


def lists_of(user: User) -> frozenset[Role]:
    """The roles whose work stands on this person's Work page."""
    return frozenset().union(*(COVERS.get(role, frozenset({role})) for role in user.role_set))


def raise_item(
    session: Session,
    *,
    kind: WorkKind,
    role: Role,
    due_on: date,
    not_after: date | None = None,
    referral_id: uuid.UUID | None = None,
    subject_id: uuid.UUID | None = None,
    note: str = "",
    urgent: bool = False,
    by: User | None = None,
) -> WorkItem:
    """Put a row on a role's list; while one for the same kind and subject is open, that one.

    `subject_id` is the message, lesion, capture or appointment it is about; after `not_after`
    it is of no use, so it becomes urgent when that day comes near.
    """
    once_key = f"{kind}:{role}:{subject_id or referral_id or 'service'}"
    values = {
        "id": new_id(),
        "kind": kind,
        "role": role,
        "referral_id": referral_id,
        "subject_id": subject_id,
        "once_key": once_key,
        "note": note,
        "urgent": urgent,
        "due_on": due_on,
        "not_after": not_after,
        "opened_at": clock.now(),
        "done_how": "",
    }
    made = insert_once(session, _ONCE, WorkItem, values)
    if made is not None:
        audit.record(session, by=by, did="raised work", subject=made, detail={"kind": kind})
        return made
    return session.scalars(
        sa.select(WorkItem).where(WorkItem.once_key == once_key, WorkItem.done_at.is_(None))
    ).one()


def finish(
    session: Session,
    *,
    how: str,
    by: User | None,
    item_id: uuid.UUID | None = None,
    kind: WorkKind | None = None,
    subject_id: uuid.UUID | None = None,
) -> int:
    """Finish one row by id, or every open row of a kind and subject; how many were open."""
    query = sa.select(WorkItem).where(WorkItem.done_at.is_(None)).with_for_update()
    if item_id is not None:
        query = query.where(WorkItem.id == item_id)
    elif kind is not None and subject_id is not None:
        query = query.where(WorkItem.kind == kind, WorkItem.subject_id == subject_id)
    else:
        raise TypeError("finish needs an item_id, or a kind and a subject_id")
    items = session.scalars(query).all()
    for item in items:
        _finish(session, item, how=how, by=by)
    return len(items)


def finish_for_referral(
    session: Session, *, referral_id: uuid.UUID, how: str, by: User | None
) -> int:
    """Finish every open row of a referral (withdrawn, the patient has died)."""
    items = session.scalars(
        sa.select(WorkItem)
        .where(WorkItem.referral_id == referral_id, WorkItem.done_at.is_(None))
        .with_for_update()
    ).all()
    for item in items:
        _finish(session, item, how=how, by=by)
    return len(items)


def raise_again(
    session: Session, *, referral_id: uuid.UUID, ended_by: str, by: User
) -> Sequence[WorkItem]:
    """Raise anew what `ended_by` took off the list, unless it came again or is too late by now."""
    newest = session.scalars(
        sa.select(WorkItem)
        .where(WorkItem.referral_id == referral_id)
        .ext(distinct_on(WorkItem.once_key))
        .order_by(WorkItem.once_key, WorkItem.opened_at.desc(), WorkItem.id.desc())
    ).all()
    return [
        raise_item(
            session,
            kind=item.kind,
            role=Role(item.role),
            due_on=item.due_on,
            not_after=item.not_after,
            referral_id=referral_id,
            subject_id=item.subject_id,
            note=item.note,
            urgent=item.urgent,
            by=by,
        )
        for item in newest
        if item.done_how == ended_by and (item.not_after or clock.today()) >= clock.today()
    ]


def finish_by_hand(session: Session, *, item_id: uuid.UUID, how: str, by: User) -> WorkItem:
    """Finish a row from the Work page; `how` is kept and shown in the audit."""
    item = open_item(session, item_id, by)
    if not how.strip():
        raise Invalid({"how": "Enter what was done"})
    _finish(session, item, how=how.strip(), by=by)
    return item


def try_again(
    session: Session, *, item_id: uuid.UUID, note: str, next_on: date, by: User
) -> WorkItem:
    """Record a call that reached nobody and when to try next; the row stays open."""
    item = open_item(session, item_id, by)
    if next_on < clock.today():
        raise Invalid({"next_on": "The next try must be today or later"})
    if item.not_after and next_on > item.not_after:
        raise Invalid({"next_on": f"Try again by {day(item.not_after)}: later is too late"})
    was, item.due_on = item.due_on, next_on
    said = f"{clock.london(clock.now()):%d %b %H:%M}: not reached. {note.strip()}".strip()
    item.note = f"{item.note}\n{said}".strip()
    session.flush()
    audit.record(
        session,
        by=by,
        did="tried to reach patient",
        subject=item,
        detail={"due_on": [str(was), str(next_on)]},
    )
    return item


def open_item(session: Session, item_id: uuid.UUID, user: User) -> WorkItem:
    """A row that still waits and that this person may finish; it is held until the end."""
    item = session.get(WorkItem, item_id, with_for_update=True, populate_existing=True)
    if item is None:
        raise NotFound("There is no such piece of work. Go back to the Work page.")
    if item.role not in lists_of(user):
        raise NotAllowed("This stands on the list of another role. Go back to your own Work page.")
    if item.done_at is not None:
        raise Conflict("Somebody has done this already. Go back to the Work page.")
    return item


def open_items(session: Session, user: User) -> list[WorkItem]:
    """What waits for this person's roles: urgent first, then by due date."""
    return list(
        session.scalars(
            sa.select(WorkItem)
            .where(*_waits_for(user))
            .order_by(_is_urgent().desc(), WorkItem.due_on, WorkItem.opened_at)
        )
    )


def count_open(session: Session, user: User) -> int:
    """How much waits for this person's roles."""
    query = sa.select(sa.func.count()).select_from(WorkItem)
    return session.scalars(query.where(*_waits_for(user))).one()


def next_try(item: WorkItem) -> date:
    """When to try again, unless the person says otherwise: the next working day, if in time."""
    if item.not_after is None:
        return _soon()
    return max(clock.today(), min(_soon(), item.not_after))


def is_urgent(item: WorkItem) -> bool:
    """Whether it stands on top: it was raised so, or is of no use after the next working day."""
    return item.urgent or bool(item.not_after and item.not_after <= _soon())


def _is_urgent() -> sa.ColumnElement[bool]:
    near = sa.func.coalesce(WorkItem.not_after <= _soon(), sa.false())
    return sa.or_(WorkItem.urgent, near)


def _soon() -> date:
    return next_working_day(clock.today())


def _waits_for(user: User) -> tuple[sa.ColumnElement[bool], ...]:
    return WorkItem.done_at.is_(None), WorkItem.role.in_(lists_of(user))


def _finish(session: Session, item: WorkItem, *, how: str, by: User | None) -> None:
    item.done_at = clock.now()
    item.done_by_id = by.id if by else None
    item.done_how = how
    session.flush()
    audit.record(session, by=by, did="finished work", subject=item, detail={"kind": item.kind})
