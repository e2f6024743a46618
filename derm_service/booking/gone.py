"""For programs: how many slots a referral takes, and the next free ones where one has gone."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.orm import Session

from derm_service.booking import free, queries, search
from derm_service.booking.api_models import SlotRef
from derm_service.booking.ledger import Taken

NAMED = 3


@contextmanager
def naming_others(session: Session, referral_id: uuid.UUID, slot_id: uuid.UUID) -> Iterator[None]:
    """Run in a savepoint; where the time has gone, look for others once its locks are let go."""
    try:
        with session.begin_nested():
            yield
    except Taken as problem:
        referral = queries.referral(session, referral_id)
        near = queries.slot(session, slot_id)
        others = free.next_free(session, patient_id=referral.patient_id, near=near, limit=NAMED)
        problem.more = {"next_free": [SlotRef.of(each).model_dump(mode="json") for each in others]}
        raise


def slots_for(session: Session, referral_id: uuid.UUID, slot_id: uuid.UUID) -> int:
    """How many slots in a row a referral takes from this one; NotFound."""
    referral = queries.referral(session, referral_id)
    return search.slots_for(session, referral, queries.slot(session, slot_id))
