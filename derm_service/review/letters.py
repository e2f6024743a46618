"""The letters of an opinion: what they say to the patient and the GP, written and replaced."""

import uuid
from collections.abc import Sequence
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from derm_service import clock, wording
from derm_service.booking.letters import reference
from derm_service.imaging.models import ImageSet
from derm_service.messages import outbox
from derm_service.messages.codes import Addressee, MessageKind, MessageState
from derm_service.messages.models import Message
from derm_service.messages.rules import STOPPABLE
from derm_service.people import User
from derm_service.referrals import body_sites
from derm_service.referrals.codes import Channel, LesionState, Need, ReferralState
from derm_service.referrals.consent_rules import ADULT_AT
from derm_service.referrals.models import Lesion, Referral
from derm_service.review import first_words, outcomes, standing
from derm_service.review.codes import Outcome
from derm_service.review.models import Opinion

SPEAK_FIRST = "Speak to the patient first: this letter brings news they should hear from a person."
OTHER_FIRST = (
    "Speak to the patient about lesion {number}, {place}, first: it brings news that must not come "
    "after this letter."
)
HELP = (
    "Do you have a question? Do you need this letter in easy read, in another language or in "
    "other print? Please ring us: the number is at the end of this letter."
)
REPLACED = "replaced by a newer letter"
Others = Sequence[tuple[Lesion, Opinion | None]]
"""The other lesions of a referral, each with the newest opinion on it."""
KINDS = {Addressee.PATIENT: MessageKind.OUTCOME_PATIENT, Addressee.GP: MessageKind.OUTCOME_GP}


def write(session: Session, opinion: Opinion, *, lock: bool = True, by: User) -> list[Message]:
    """Write the letters of an opinion as it stands now, in place of earlier ones.

    Earlier letters that have not gone out are stopped. With `lock` the patient's letter waits
    for a call or visit where the outcome asks for one.
    """
    return [
        _write(session, opinion, addressee, lock=lock, by=by)
        for addressee in (Addressee.PATIENT, Addressee.GP)
    ]


def write_again(
    session: Session, opinion: Opinion, addressee: Addressee, *, lock: bool = False, by: User
) -> Message:
    """Write one letter anew, to the address we have today, locked again only with `lock`."""
    return _write(session, opinion, addressee, lock=lock, by=by)


def settle_locks(session: Session, referral: Referral, *, by: User) -> None:
    """Hold every letter that would come before news the patient must hear from a person.

    Somebody who reads "good news" about one mark must not learn later that another may be
    cancer. Once that was told, or a clinician let its letter go, the others go too.
    """
    untold = [
        (opinion, letter)
        for lesion in referral.lesions
        if lesion.state is LesionState.OPINION_SIGNED
        and (opinion := standing.of_lesion(session, lesion.id))
        and (letter := patients(session, opinion.id))
    ]
    first = [
        opinion
        for opinion, letter in untold
        if letter.state is MessageState.LOCKED and letter.lock_reason == SPEAK_FIRST
    ]
    for _, letter in untold:
        if first and letter.state in (MessageState.READY, MessageState.PRINTED):
            news = first[0]
            reason = OTHER_FIRST.format(number=news.lesion.number, place=place_of(news))
            outbox.lock(session, message_id=letter.id, reason=reason, by=by)
        elif not first and letter.state is MessageState.LOCKED:
            outbox.unlock(session, message_id=letter.id, by=by)


def of_opinion(
    session: Session, opinion_id: uuid.UUID, addressee: Addressee | None = None
) -> Sequence[Message]:
    """The letters written for an opinion, the newest first."""
    key = f"opinion:{opinion_id}:{addressee.value + ':' if addressee else ''}"
    return session.scalars(
        sa.select(Message)
        .where(Message.once_key.startswith(key, autoescape=True))
        .order_by(Message.created_at.desc(), Message.id.desc())
        .execution_options(populate_existing=True)
    ).all()


def patients(session: Session, opinion_id: uuid.UUID) -> Message | None:
    """The patient's newest letter about an opinion."""
    return next(iter(of_opinion(session, opinion_id, Addressee.PATIENT)), None)


def place_of(opinion: Opinion) -> str:
    """Where the lesion is, in the words people use: "left cheek"."""
    return body_sites.label(opinion.lesion.site_code, opinion.lesion.laterality)


def opinion_id_of(message: Message) -> uuid.UUID | None:
    """The opinion a letter tells; None for a message about something else."""
    what, _, rest = message.once_key.partition(":")
    return uuid.UUID(rest.split(":")[0]) if what == "opinion" else None


def _write(
    session: Session, opinion: Opinion, addressee: Addressee, *, lock: bool, by: User
) -> Message:
    earlier = of_opinion(session, opinion.id, addressee)
    for message in earlier:
        if message.state in STOPPABLE:
            outbox.stop(session, message, reason=REPLACED, by=by)
    went_out = [each for each in earlier if each.state is not MessageState.STOPPED]
    replaces = date.fromisoformat(went_out[0].content["date"]) if went_out else None
    is_patients = addressee is Addressee.PATIENT
    locked = lock and is_patients and outcomes.locks_letter(standing.outcome_of(opinion))
    compose = for_patient if is_patients else for_gp
    taken_on = _taken_on(session, opinion)
    others = [each for each in opinion.lesion.referral.lesions if each.id != opinion.lesion_id]
    return outbox.write(
        session,
        referral=opinion.lesion.referral,
        kind=KINDS[addressee],
        addressee=addressee,
        channel=Channel.LETTER,
        content=compose(
            opinion,
            taken_on=taken_on,
            replaces=replaces,
            others=[(each, standing.of_lesion(session, each.id)) for each in others],
        ),
        once_key=f"opinion:{opinion.id}:{addressee.value}:{len(earlier) + 1}",
        lock_reason=SPEAK_FIRST if locked else "",
        by=by,
    )


def for_patient(
    opinion: Opinion,
    *,
    taken_on: date | None,
    replaces: date | None = None,
    others: Others = (),
) -> dict[str, Any]:
    """The patient's letter in plain English; `taken_on` is the day of the photographs."""
    lesion = opinion.lesion
    patient = lesion.referral.patient
    place = place_of(opinion)
    name = f"{patient.given_name} {patient.family_name}"
    is_child = wording.age(patient.born_on, clock.today()) < ADULT_AT
    to = f"The parent or guardian of {name}" if is_child else name
    text, _ = standing.texts_of(opinion)
    return {
        "to": [to, *patient.address_lines, patient.postcode],
        "date": clock.today().isoformat(),
        "greeting": f"Dear {'parent or guardian' if is_child else name},",
        "subject": f"Your skin check: {place}",
        "paragraphs": [
            *([f"This letter is for {name}. Please read it together."] if is_child else []),
            *_replacing(replaces),
            _what_was_seen(body_sites.of_yours(lesion.site_code, lesion.laterality), taken_on),
            *first_words.paragraphs(text),
            *_separately([each for each, _ in others if each.state is not LesionState.TOLD]),
            HELP,
        ],
        "sign_off": f"Yours sincerely\n\n{_last_signer(opinion)}",
        "reference": f"{reference(lesion.referral)}/{lesion.number}",
        "about": [f"lesion {lesion.number}", place],
        "large_print": any(need.need is Need.LARGE_PRINT for need in patient.needs),
    }


def _what_was_seen(place: str, taken_on: date | None) -> str:
    if taken_on is None:
        return (
            f"A skin doctor has looked at what we were told about the mark on {place}. "
            "There are no photographs of it."
        )
    return (
        f"A skin doctor has looked at the photographs of the mark on {place}. "
        f"We took them on {wording.day(taken_on)}."
    )


def _separately(lesions: Sequence[Lesion]) -> list[str]:
    """What the letter does not speak of, so that nobody takes it for the whole answer."""
    places = [body_sites.of_yours(each.site_code, each.laterality) for each in lesions]
    if not places:
        return []
    if len(places) == 1:
        return [
            f"This letter is not about the mark on {places[0]}. We tell you about it separately."
        ]
    listed = "; ".join(places)
    return [
        f"This letter is not about your other marks: {listed}. We tell you about them separately."
    ]


def for_gp(
    opinion: Opinion,
    *,
    taken_on: date | None,
    replaces: date | None = None,
    others: Others = (),
) -> dict[str, Any]:
    """The GP's letter: the outcome in its coded words, and the text the reader wrote."""
    lesion = opinion.lesion
    patient = lesion.referral.patient
    place = place_of(opinion)
    outcome = standing.outcome_of(opinion)
    _, text = standing.texts_of(opinion)
    images = f"Images of {wording.day(taken_on)}." if taken_on else "Assessed without images."
    last = opinion.addenda[-1] if opinion.addenda else opinion
    return {
        "to": [patient.gp_name or "The GP", *patient.gp_address_lines],
        "date": clock.today().isoformat(),
        "greeting": f"Dear {patient.gp_name or 'Doctor'},",
        "subject": (
            f"{wording.full_name(patient.given_name, patient.family_name)}, "
            f"born {wording.day(patient.born_on)}, "
            f"NHS number {wording.nhs_number(patient.nhs_number)}"
        ),
        "paragraphs": [
            *_replacing(replaces),
            f"Dermatology opinion on lesion {lesion.number}: {place}. {images}",
            f"Outcome: {outcomes.label(outcome)}.",
            *first_words.paragraphs(text),
            *_other_lesions(others),
            f"{_who_tells(lesion, outcome)} Signed by {last.signed_by.name} on "
            f"{wording.day_time(last.signed_at)}.",
        ],
        "sign_off": f"Yours sincerely\n\n{last.signed_by.name}",
        "reference": f"{reference(lesion.referral)}/{lesion.number}",
        "about": [f"lesion {lesion.number}", place],
    }


def _who_tells(lesion: Lesion, outcome: Outcome) -> str:
    """How the patient learns the outcome, so that the GP neither waits for us nor goes before."""
    if lesion.referral.state is ReferralState.WITHDRAWN and lesion.state is not LesionState.TOLD:
        return (
            "The referral was withdrawn before we told the patient, and we shall not tell them. "
            "Please tell them, or ring us."
        )
    if outcomes.locks_letter(outcome) or lesion.referral.patient.safe_contact:
        return (
            "We tell the patient by phone or in person. Please find out what they know before you "
            "speak to them about it."
        )
    return "The patient is told by letter."


def _other_lesions(others: Others) -> list[str]:
    """Where the referral's other lesions stand, for the GP."""
    said = [
        f"lesion {lesion.number}, {body_sites.label(lesion.site_code, lesion.laterality)}: "
        + (outcomes.label(standing.outcome_of(opinion)) if opinion else "no opinion yet")
        for lesion, opinion in others
    ]
    return [f"Other lesions on this referral: {'; '.join(said)}."] if said else []


def _last_signer(opinion: Opinion) -> str:
    last = opinion.addenda[-1] if opinion.addenda else opinion
    return last.signed_by.name


def _replacing(replaces: date | None) -> list[str]:
    if replaces is None:
        return []
    return [f"This letter replaces our letter of {wording.day(replaces)}. Please use this one."]


def _taken_on(session: Session, opinion: Opinion) -> date | None:
    image_set = session.get(ImageSet, opinion.image_set_id) if opinion.image_set_id else None
    if image_set is None or not image_set.captures:
        return None
    return clock.london(image_set.created_at).date()
