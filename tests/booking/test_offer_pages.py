"""Offers on the pages: read out on the telephone, answered by a link or a text message."""

import re
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from derm_service import clock
from derm_service.accounts.sign_in import digest
from derm_service.booking import appointments, offer_answers, offer_queries, replies
from derm_service.booking.codes import AnsweredBy, AppointmentState, DeclineReason, OfferState
from derm_service.booking.models import Appointment
from derm_service.booking.offer_limits import Limit
from derm_service.booking.offer_models import Offer
from derm_service.discretion import is_discreet
from derm_service.messages import outbox
from derm_service.messages.codes import Addressee, MessageKind, MessageState, WorkKind
from derm_service.messages.models import Message, Reply, WorkItem
from derm_service.people import Role, User
from derm_service.referrals.codes import Channel, ConsentBy, Need
from derm_service.referrals.proxy import Proxy
from tests import make
from tests.booking.test_offers import booked_later, freed_slot, lapse, offered
from tests.surf import TOKEN, post, sign_in_as

LINK = re.compile(r"https://derm\.example(/offer/[\w-]+)")


@pytest.fixture
def clerk(client: FlaskClient, session: Session) -> User:
    made = make.user(session, Role.CLERK)
    sign_in_as(client, session, made)
    return made


def by_text(session: Session) -> tuple[Offer, Appointment, Message]:
    """Somebody who hears by text and is offered a time, and the message that offers it."""
    later = booked_later(session, patient=make.patient(session, contact_by=Channel.SMS))
    offer = offered(session, freed_slot(session))
    message = session.scalars(sa.select(Message).where(Message.subject_id == offer.id)).one()
    return offer, later, message


def link_of(message: Message) -> str:
    found = LINK.search(message.content["text"])
    assert found is not None
    return found[1]


def send(client: FlaskClient, path: str, **form: str) -> tuple[int, str]:
    """Answer as a browser without a sign-in does, with the token of the page."""
    token = TOKEN.search(client.get(path).text)
    assert token is not None
    answer = client.post(path, data={"csrf_token": token[1], **form})
    return answer.status_code, answer.text


def test_text_offers_the_time_by_a_link_without_ids_or_clinical_words(session: Session) -> None:
    offer, _, message = by_text(session)

    words = str(message.content["text"])

    assert (message.kind, message.channel) == (MessageKind.OFFER, Channel.SMS)
    assert message.not_after == offer.expires_at
    assert is_discreet(words.replace("derm.example", ""))
    assert "stands unless you say yes" in words
    secret = link_of(message).rpartition("/")[2]
    assert offer.token_sha256 == digest(secret)
    assert str(offer.id) not in words


def test_looking_at_the_link_changes_nothing_and_yes_moves_the_appointment(
    client: FlaskClient, session: Session
) -> None:
    offer, later, message = by_text(session)
    path = link_of(message)

    first = client.get(path)
    assert first.status_code == 200
    assert is_discreet(re.sub(r"<[^>]+>", " ", first.text))
    assert later.patient.family_name not in first.text
    session.refresh(offer)
    assert offer.state is OfferState.OPEN
    status, page = send(client, path, answer="yes")

    session.refresh(offer)
    session.refresh(later)
    assert status == 200
    assert "You have said yes" in page
    assert (offer.state, offer.answered_by) == (OfferState.ACCEPTED, AnsweredBy.LINK)
    assert later.state is AppointmentState.MOVED
    confirmation = sa.select(Message).where(
        Message.kind == MessageKind.APPOINTMENT_MOVED, Message.referral_id == offer.referral_id
    )
    assert session.scalars(confirmation).all()


def test_no_by_link_keeps_the_appointment_and_the_reason(
    client: FlaskClient, session: Session
) -> None:
    offer, later, message = by_text(session)

    status, page = send(client, link_of(message), answer="no", reason="too_far")

    session.refresh(offer)
    assert status == 200
    assert "stands" in page
    assert offer.decline_reason is DeclineReason.TOO_FAR
    session.refresh(later)
    assert later.state is AppointmentState.BOOKED


def test_secret_of_a_link_is_not_kept_once_the_offer_was_answered(
    client: FlaskClient, session: Session
) -> None:
    _, _, message = by_text(session)
    secret = link_of(message).rpartition("/")[2]

    send(client, link_of(message), answer="no")

    session.refresh(message)
    assert secret not in str(message.content)
    assert "/offer/…" in str(message.content)


def test_late_yes_by_link_says_so_and_what_stands(client: FlaskClient, session: Session) -> None:
    offer, later, message = by_text(session)
    path = link_of(message)
    client.get(path)
    lapse(session, offer)

    token = TOKEN.search(client.get(path).text)
    assert token is not None
    late = client.post(path, data={"csrf_token": token[1], "answer": "yes"})

    assert late.status_code == 409
    assert "This offer has ended" in late.text
    assert "stands." in late.text
    session.refresh(later)
    assert later.state is AppointmentState.BOOKED


def test_nothing_chosen_is_asked_again(client: FlaskClient, session: Session) -> None:
    _, _, message = by_text(session)

    status, page = send(client, link_of(message))

    assert status == 422
    assert "Choose yes or no." in page


def test_unknown_link_tells_nothing(client: FlaskClient) -> None:
    for token in ("x", "a" * 200, "../work"):
        answer = client.get(f"/offer/{token}")
        assert answer.status_code in {303, 404}, token
    assert "This link is not known" in client.get("/offer/x").text


def test_more_than_so_many_a_minute_are_refused() -> None:
    limit = Limit(3)

    assert [limit.takes("one") for _ in range(5)] == [True, True, True, False, False]
    assert limit.takes("other")


@pytest.mark.parametrize(
    ("wrote", "state"), [("Yes.", OfferState.ACCEPTED), ("no", OfferState.DECLINED)]
)
def test_reply_by_text_answers_the_offer(session: Session, wrote: str, state: OfferState) -> None:
    offer, _, message = by_text(session)
    message.state = MessageState.SENT

    reply = replies.receive(session, carrier_id="1", sent_from=message.send_to, text=wrote)

    assert offer.state is state
    assert reply.message_id == message.id
    assert calls_about(session, reply) == []


def test_late_reply_by_text_changes_nothing_and_a_clerk_rings(session: Session) -> None:
    offer, later, message = by_text(session)
    message.state = MessageState.SENT
    lapse(session, offer)

    reply = replies.receive(session, carrier_id="1", sent_from=message.send_to, text="YES")

    (call,) = calls_about(session, reply)
    assert "This offer ended" in call.note
    assert later.state is AppointmentState.BOOKED


def calls_about(session: Session, reply: Reply) -> list[WorkItem]:
    query = sa.select(WorkItem).where(
        WorkItem.kind == WorkKind.PATIENT_REPLIED, WorkItem.subject_id == reply.id
    )
    return list(session.scalars(query))


def test_clerk_reads_the_offer_out_and_records_yes(
    client: FlaskClient, session: Session, clerk: User
) -> None:
    later = booked_later(session)
    offer = offered(session, freed_slot(session))
    assert "Make the call" in client.get("/work").text

    page = client.get(f"/offers/{offer.id}/call")
    assert "Would you like it?" in page.text
    assert "stays as it is" in page.text
    answer = post(client, f"/offers/{offer.id}/call", outcome="yes")

    assert answer.status_code == 303
    session.refresh(later)
    assert later.state is AppointmentState.MOVED
    told = session.scalars(sa.select(Message).where(Message.subject_id == offer.id)).one()
    assert told.state is MessageState.DELIVERED
    assert "Make the call" not in client.get("/work").text


def test_whoever_hears_for_the_person_is_rung_in_their_place(
    client: FlaskClient, session: Session, clerk: User
) -> None:
    daughter = Proxy(
        name="Ngozi Eze",
        relation="daughter",
        channel=Channel.PHONE,
        consent_by=ConsentBy.PATIENT,
        consented_on=clock.today(),
        phone="01632 960999",
    )
    booked_later(session, patient=make.patient(session, proxy=daughter.kept()))
    offer = offered(session, freed_slot(session))

    page = client.get(f"/offers/{offer.id}/call").text

    assert "Ring Ngozi Eze (daughter)" in page
    assert offer.patient.phone not in page.partition("Ring Ngozi Eze")[2]
    item = session.scalars(sa.select(WorkItem).where(WorkItem.subject_id == offer.id)).one()
    assert "Ngozi Eze" in item.note


def test_appointment_page_says_whom_to_ring_where_somebody_hears_for_the_person(
    client: FlaskClient, session: Session, clerk: User
) -> None:
    daughter = Proxy(
        name="Ngozi Eze",
        relation="daughter",
        channel=Channel.PHONE,
        consent_by=ConsentBy.PATIENT,
        consented_on=clock.today(),
        phone="01632 960999",
    )
    booked = appointments.book(
        session,
        slot_id=make.slot(session).id,
        referral_id=make.referral(session, patient=make.patient(session, proxy=daughter.kept())).id,
        by=clerk,
    )

    page = client.get(f"/appointments/{booked.id}").text

    assert "Next: ring Ngozi Eze (daughter)" in page


def test_caller_who_is_offered_a_time_keeps_it_and_the_clerk_sees_it(
    client: FlaskClient, session: Session, clerk: User
) -> None:
    referral = make.referral(session, patient=make.patient(session, contact_by=Channel.SMS))
    offer = offered(session, freed_slot(session))
    name, born = referral.patient.family_name, referral.patient.born_on
    parts = {"born_on-day": born.day, "born_on-month": born.month, "born_on-year": born.year}
    said = {"step": "confirm", "referral_id": str(referral.id)}

    found = post(client, "/phone", step="find", name=name, data=parts)
    post(client, "/phone", data={**said, "identifiers": ["name", "born_on", "address"]})

    assert f"/offers/{offer.id}/call" in found.text
    assert offer.id not in offer_queries.over(session)


@pytest.mark.parametrize(
    ("form", "state"),
    [
        ({"outcome": "no", "reason": "busy"}, OfferState.DECLINED),
        ({"outcome": "nobody"}, OfferState.EXPIRED),
        ({"outcome": "later", "tried": "Rang twice"}, OfferState.OPEN),
    ],
)
def test_clerk_records_what_came_of_the_call(
    client: FlaskClient, session: Session, clerk: User, form: dict[str, str], state: OfferState
) -> None:
    later = booked_later(session)
    offer = offered(session, freed_slot(session))

    assert post(client, f"/offers/{offer.id}/call", **form).status_code == 303

    session.refresh(offer)
    session.refresh(later)
    assert offer.state is state
    assert later.state is AppointmentState.BOOKED
    item = session.scalars(sa.select(WorkItem).where(WorkItem.subject_id == offer.id)).one()
    assert (item.done_at is None) == (state is OfferState.OPEN)


def test_clerk_is_asked_what_is_arranged_and_nothing_is_lost(
    client: FlaskClient, session: Session, clerk: User
) -> None:
    patient = make.patient(session, needs=(Need.TRANSPORT,))
    make.referral(session, patient=patient)
    offer = offered(session, freed_slot(session))

    refused = post(client, f"/offers/{offer.id}/call", outcome="yes")
    assert refused.status_code == 422
    assert "Enter what you have arranged" in refused.text
    taken = post(client, f"/offers/{offer.id}/call", outcome="yes", note="Taxi at 9am")

    assert taken.status_code == 303


def test_nothing_chosen_on_the_call_is_asked_again(
    client: FlaskClient, session: Session, clerk: User
) -> None:
    booked_later(session)
    offer = offered(session, freed_slot(session))

    answer = post(client, f"/offers/{offer.id}/call")

    assert answer.status_code == 422
    assert "Choose what came of the call." in answer.text


def test_clerk_offers_a_freed_time_by_hand_and_hears_when_nobody_is_left(
    client: FlaskClient, session: Session, clerk: User
) -> None:
    slot = freed_slot(session)
    assert "Offer it now" in client.get("/offers").text

    post(client, f"/offers/times/{slot.id}")
    page = client.get("/offers").text

    assert "Nobody is left" in page
    assert "Offer it now" not in page


def test_call_page_of_an_offer_that_is_over_says_what_stands(
    client: FlaskClient, session: Session, clerk: User
) -> None:
    booked_later(session)
    offer = offered(session, freed_slot(session))
    lapse(session, offer)

    page = client.get(f"/offers/{offer.id}/call").text

    assert "This offer is over: no answer." in page
    assert "stands." in page


def test_message_that_failed_ends_its_offer(session: Session) -> None:
    offer, _, message = by_text(session)
    message.state = MessageState.FAILED
    session.flush()

    assert offer_queries.over(session) == [offer.id]
    offer_answers.settle(session, offer_id=offer.id)

    assert offer.state is OfferState.ENDED
    assert message.state is MessageState.FAILED  # it stays on the Work page: the number is wrong
    assert WorkKind.OFFER_CALL not in {
        one.kind for one in session.scalars(sa.select(WorkItem).where(WorkItem.done_at.is_(None)))
    }


@pytest.mark.parametrize("wrote", ["YES", "Yes please"])
def test_answer_to_an_offer_that_ran_out_does_not_confirm_what_they_have(
    session: Session, wrote: str
) -> None:
    offer, later, message = by_text(session)
    hears_of(session, later, message)
    message.state, message.not_after = MessageState.SENT, clock.now()
    lapse(session, offer)

    replies.receive(session, carrier_id="1", sent_from=message.send_to, text=wrote)

    (call,) = replied(session)
    assert f"“{wrote}”" in call.note
    assert replies.of(session, later.id) == []


def test_words_that_answer_no_offer_name_the_person_they_are_of(session: Session) -> None:
    make.referral(session, patient=make.patient(session, contact_by=Channel.SMS))
    offer = offered(session, freed_slot(session))
    message = session.scalars(sa.select(Message).where(Message.subject_id == offer.id)).one()
    message.state = MessageState.SENT

    replies.receive(session, carrier_id="1", sent_from=message.send_to, text="Yes please")

    (call,) = replied(session)
    assert call.referral_id == offer.referral_id
    assert "the time that was offered" in call.note
    assert offer.state is OfferState.OPEN


def test_yes_from_a_number_that_hears_of_somebody_else_too_goes_to_a_clerk(
    session: Session,
) -> None:
    offer, _, message = by_text(session)
    message.state = MessageState.SENT
    hears_of(session, booked_later(session, days=30), message)

    replies.receive(session, carrier_id="1", sent_from=message.send_to, text="yes")

    (call,) = replied(session)
    assert "which is meant is not clear" in call.note
    assert offer.state is OfferState.OPEN


def test_offer_sent_to_a_number_that_was_wrong_is_shown_to_nobody_and_ends(
    client: FlaskClient, session: Session
) -> None:
    offer, later, message = by_text(session)
    message.state = MessageState.SENT
    offer.patient.mobile = "07700 900999"
    session.flush()

    page = client.get(link_of(message))
    replies.receive(session, carrier_id="1", sent_from=message.send_to, text="yes")
    offer_answers.settle(session, offer_id=offer.id)

    assert page.status_code == 404
    assert offer.state is OfferState.ENDED
    assert later.state is AppointmentState.BOOKED


def hears_of(session: Session, appointment: Appointment, offered: Message) -> None:
    """Let the number an offer went to have heard of an appointment before."""
    told = outbox.write(
        session,
        referral=appointment.referral,
        kind=MessageKind.APPOINTMENT,
        addressee=Addressee.PATIENT,
        channel=Channel.SMS,
        content={"text": "An appointment is booked."},
        once_key=f"told:{appointment.id}",
        send_to=offered.send_to,
        subject_id=appointment.id,
        by=None,
    )
    told.state, told.created_at = MessageState.SENT, offered.created_at - timedelta(days=1)
    session.flush()


def replied(session: Session) -> list[WorkItem]:
    kind = WorkItem.kind == WorkKind.PATIENT_REPLIED
    return list(session.scalars(sa.select(WorkItem).where(kind)))
