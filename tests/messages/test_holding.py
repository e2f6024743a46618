"""What waits here and may go its way to a person no longer."""

import uuid
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from derm_service import clock
from derm_service.errors import Conflict
from derm_service.messages import channels, holding, outbox
from derm_service.messages.codes import Addressee, MessageKind, MessageState, WorkKind
from derm_service.messages.models import Message, WorkItem
from derm_service.referrals.codes import Channel, ConsentBy
from derm_service.referrals.proxy import Proxy
from tests import make

DAUGHTER = Proxy(
    name="Ngozi Okafor",
    relation="daughter",
    channel=Channel.LETTER,
    address_lines=["3 High Street"],
    postcode="AN1 2BC",
    consent_by=ConsentBy.PATIENT,
    consented_on=clock.today() - timedelta(days=9),
)
ENDED = replace(DAUGHTER, until=clock.today() - timedelta(days=1))


def letter(session: Session, **given: Any) -> Message:
    return outbox.write(
        session,
        **{
            "referral": make.referral(session),
            "kind": MessageKind.APPOINTMENT,
            "addressee": Addressee.PATIENT,
            "channel": Channel.LETTER,
            "content": {"to": ["A"], "paragraphs": ["Come."], "note": "Tell them."},
            "once_key": f"appointment:{uuid.uuid4()}",
            "subject_id": uuid.uuid4(),
            "by": None,
            **given,
        },
    )


def open_work(session: Session, message: Message) -> list[tuple[WorkKind, str]]:
    rows = sa.select(WorkItem).where(
        WorkItem.referral_id == message.referral_id, WorkItem.done_at.is_(None)
    )
    return [(each.kind, each.note) for each in session.scalars(rows)]


def test_letter_that_waits_is_held_back_and_a_call_takes_its_place(session: Session) -> None:
    waiting, gp = letter(session), letter(session, addressee=Addressee.GP)
    gp.referral = waiting.referral
    printed = letter(session, referral=waiting.referral)
    outbox.mark_printed(session, message_id=printed.id, by=make.user(session))
    waiting.referral.patient.safe_contact = True
    session.flush()

    held = [holding.hold_back(session), holding.hold_back(session)]

    assert held == [2, 0]
    assert [one.state for one in (waiting, printed, gp)] == ["stopped", "stopped", "ready"]
    call = (WorkKind.CALL_PATIENT, f"Tell them. {channels.SAFE_CONTACT}")
    assert open_work(session, waiting) == [call]  # of the newer news: the older says no more


@pytest.mark.parametrize(
    "now", [None, ENDED, replace(DAUGHTER, name="Chidi Okafor")], ids=["none", "ended", "another"]
)
def test_letter_to_whoever_hears_no_longer_is_held_back(
    session: Session, now: Proxy | None
) -> None:
    patient = make.patient(session, proxy=DAUGHTER.kept())
    waiting = letter(
        session,
        referral=make.referral(session, patient=patient),
        addressee=Addressee.PROXY,
        content={"to": [DAUGHTER.name], "paragraphs": ["Come."]},
    )
    before = holding.hold_back(session)
    patient.proxy = now.kept() if now else None
    session.flush()

    held = holding.hold_back(session)

    assert (before, held, waiting.state) == (0, 1, MessageState.STOPPED)
    assert open_work(session, waiting) == [(WorkKind.CALL_PATIENT, channels.NO_LONGER_HEARS)]


def test_letter_to_somebody_who_may_be_rung_only_is_neither_printed_nor_posted(
    session: Session,
) -> None:
    waiting, clerk = letter(session), make.user(session)
    waiting.referral.patient.safe_contact = True
    session.flush()

    for act in (outbox.mark_printed, outbox.mark_sent):
        with pytest.raises(Conflict, match=r"must not go\. Safe contact only"):
            act(session, message_id=waiting.id, by=clerk)
