"""A photograph on the wrong person's record: moved or erased by a lead, told on both records."""

import re
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from derm_service.audit import AuditEntry
from derm_service.config import Settings
from derm_service.custody import doubt, moving, shredding
from derm_service.errors import Conflict, Invalid, NotFound
from derm_service.imaging import visits
from derm_service.imaging.codes import CaptureState, SetAsideReason, View
from derm_service.imaging.models import Capture, SealedObject, Visit
from derm_service.imaging.vault import Vault, worker_vault
from derm_service.messages import work
from derm_service.messages.codes import MessageState
from derm_service.people import Role, User
from derm_service.referrals.codes import LesionState
from derm_service.review import addenda, claims, letters, tasks
from derm_service.review.codes import Outcome
from tests import make
from tests.custody.filed import filed
from tests.imaging import visiting
from tests.review import photographed
from tests.surf import post, sign_in_as

SURE = "The wristband in the overview names her"


@pytest.fixture
def vault(settings: Settings) -> Vault:
    return worker_vault(settings)


@pytest.fixture
def lead(session: Session) -> User:
    return make.user(session, Role.LEAD)


@pytest.fixture
def photographer(session: Session) -> User:
    return visiting.photographer(session)


@pytest.fixture
def theirs(session: Session, photographer: User) -> Visit:
    """The visit of the person the photograph shows."""
    return visiting.ready(session, by=photographer)


@pytest.fixture
def wrongly_filed(session: Session, vault: Vault, photographer: User) -> Capture:
    return filed(session, vault, by=photographer)


def did(session: Session, referral_id: object) -> list[str]:
    query = sa.select(AuditEntry.did).where(
        AuditEntry.referral_id == referral_id, AuditEntry.did.startswith("moved capture")
    )
    return list(session.scalars(query))


def hashes(session: Session) -> set[tuple[str, str, bytes]]:
    rows = session.execute(
        sa.select(
            SealedObject.sha256_plain, SealedObject.sha256_cipher, SealedObject.wrapped_keyset
        )
    )
    return {(row[0], row[1], row[2]) for row in rows}


def test_moved_photograph_changes_record_and_no_byte(
    session: Session, vault: Vault, lead: User, theirs: Visit, wrongly_filed: Capture
) -> None:
    reader = make.user(session, Role.DERMATOLOGIST)
    was = wrongly_filed.image_set
    was.lesion.state = LesionState.AWAITING_REVIEW
    before = hashes(session)

    moving.move(
        session,
        capture_id=wrongly_filed.id,
        visit_id=theirs.id,
        lesion_id=visiting.lesion_id(theirs),
        reason=SURE,
        by=lead,
    )

    session.expire_all()
    assert wrongly_filed.image_set.visit_id == theirs.id
    assert wrongly_filed not in was.captures
    assert hashes(session) == before
    assert wrongly_filed.original is not None
    assert len(b"".join(vault.open(wrongly_filed.original))) == wrongly_filed.size_bytes
    assert did(session, was.lesion.referral_id) == ["moved capture away"]
    assert did(session, theirs.appointment.referral_id) == ["moved capture here"]
    (item,) = work.open_items(session, reader)
    assert moving.TAKEN_AWAY in item.note
    assert item.referral_id == was.lesion.referral_id


def test_letters_of_an_opinion_read_from_a_moved_photograph_are_stopped_until_it_is_corrected(
    session: Session, lead: User, theirs: Visit, wrongly_filed: Capture
) -> None:
    reader = photographed.reader(session)
    lesion = wrongly_filed.image_set.lesion
    lesion.state = LesionState.AWAITING_REVIEW
    opinion = photographed.sign(
        session, lesion, Outcome.USC_F2F, by=reader, images_waived_reason="Clear enough"
    )

    go(session, wrongly_filed, theirs.id, visiting.lesion_id(theirs), lead)

    stopped = letters.of_opinion(session, opinion.id)
    assert [each.state for each in stopped] == [MessageState.STOPPED] * 2
    assert tasks.open_call(session, opinion.id) is None
    (item,) = [each for each in work.open_items(session, reader) if each.subject_id == lesion.id]
    assert doubt.STOPPED in item.note
    addenda.correct(
        session, opinion_id=opinion.id, wording=photographed.words(), sure=True, by=reader
    )
    assert {each.state for each in letters.of_opinion(session, opinion.id)[:2]} == {
        MessageState.READY
    }


def test_nothing_is_moved_to_the_record_of_somebody_who_said_no(
    session: Session, lead: User, photographer: User, theirs: Visit, wrongly_filed: Capture
) -> None:
    own = wrongly_filed.image_set_id
    visits.record_consent(session, visit_id=theirs.id, taken=visiting.NO, by=photographer)

    with pytest.raises(Invalid) as refused:
        go(session, wrongly_filed, theirs.id, visiting.lesion_id(theirs), lead)

    assert "said no to photographs" in refused.value.fields["target"]
    assert wrongly_filed.image_set_id == own


def test_opinion_is_not_signed_from_a_page_whose_photograph_was_moved_away(
    client: FlaskClient, session: Session, lead: User, theirs: Visit, wrongly_filed: Capture
) -> None:
    reader = photographed.reader(session)
    lesion = wrongly_filed.image_set.lesion
    lesion.state = LesionState.AWAITING_REVIEW
    claims.claim(session, referral_id=lesion.referral_id, by=reader)
    sign_in_as(client, session, reader)
    address = f"/review/lesions/{lesion.id}/opinion"
    form = {
        "outcome": "usc_f2f",
        "text_for_patient": "Come and see us.",
        "text_for_gp": "Please refer.",
        "site_confirmed": "y",
        "images_waived_reason": "Clear enough",
    }
    images = hidden_images(client.get(f"{address}?outcome=usc_f2f").text)
    go(session, wrongly_filed, theirs.id, visiting.lesion_id(theirs), lead)

    refused = post(client, address, **form, images=images)
    signed = post(client, address, **form, images=hidden_images(refused.text))

    assert images == str(wrongly_filed.id)
    assert refused.status_code == 422
    assert "has been taken off the record" in refused.text
    assert signed.status_code == 303


def hidden_images(page: str) -> str:
    field = re.search(r'<input[^>]*name="images"[^>]*value="([^"]*)"', page)
    assert field is not None
    return field[1]


def test_opinion_read_from_an_erased_photograph_is_stopped_and_read_again(
    session: Session, lead: User, wrongly_filed: Capture
) -> None:
    reader = photographed.reader(session)
    lesion = wrongly_filed.image_set.lesion
    lesion.state = LesionState.AWAITING_REVIEW
    opinion = photographed.sign(
        session, lesion, Outcome.USC_F2F, by=reader, images_waived_reason="Clear enough"
    )

    shredding.shred(session, capture_id=wrongly_filed.id, reason="Not hers", by=lead)

    stopped = letters.of_opinion(session, opinion.id)
    assert [each.state for each in stopped] == [MessageState.STOPPED] * 2
    assert tasks.open_call(session, opinion.id) is None
    (item,) = [each for each in work.open_items(session, reader) if each.subject_id == lesion.id]
    assert shredding.ERASED in item.note


def test_move_needs_a_reason_and_a_place_that_exists_and_differs(
    session: Session, lead: User, theirs: Visit, wrongly_filed: Capture
) -> None:
    own = wrongly_filed.image_set

    with pytest.raises(Invalid):
        go(session, wrongly_filed, theirs.id, visiting.lesion_id(theirs), lead, reason=" ")
    with pytest.raises(Invalid):
        go(session, wrongly_filed, own.visit_id, own.lesion_id, lead)
    with pytest.raises(NotFound):
        go(session, wrongly_filed, theirs.id, own.lesion_id, lead)
    wrongly_filed.state = CaptureState.SET_ASIDE
    wrongly_filed.set_aside_reason = SetAsideReason.RETAKEN
    session.flush()
    with pytest.raises(Conflict):
        go(session, wrongly_filed, theirs.id, visiting.lesion_id(theirs), lead)


def go(
    session: Session,
    moved: Capture,
    visit_id: object,
    lesion_id: object,
    lead: User,
    *,
    reason: str = SURE,
) -> None:
    moving.move(
        session,
        capture_id=moved.id,
        visit_id=visit_id,  # type: ignore[arg-type]
        lesion_id=lesion_id,  # type: ignore[arg-type]
        reason=reason,
        by=lead,
    )


def test_page_offers_the_visits_of_that_day_and_of_the_person_and_moves(
    client: FlaskClient, session: Session, lead: User, theirs: Visit, wrongly_filed: Capture
) -> None:
    long_ago = visiting.visit(session, by=lead)
    long_ago.appointment.slot.starts_at -= timedelta(days=9)
    sign_in_as(client, session, lead)
    address = f"/captures/{wrongly_filed.id}/move"
    target = f"{theirs.id}:{visiting.lesion_id(theirs)}"

    record = client.get(f"/referrals/{wrongly_filed.image_set.lesion.referral_id}").text
    page = client.get(address).text
    nothing = post(client, address, reason="", target="")
    somewhere = post(client, address, reason=SURE, target=f"{long_ago.id}:{long_ago.id}")
    moved = post(client, address, reason=SURE, target=target)

    assert address in record
    assert target in page
    assert theirs.appointment.patient.family_name.upper() in page
    assert str(long_ago.id) not in page
    assert (nothing.status_code, somewhere.status_code) == (422, 422)
    assert "Choose where it belongs" in nothing.text
    assert moved.status_code == 303
    session.expire_all()
    assert wrongly_filed.image_set.visit_id == theirs.id


def test_erased_from_the_page_its_key_is_gone_at_once(
    client: FlaskClient, session: Session, lead: User, wrongly_filed: Capture
) -> None:
    sign_in_as(client, session, lead)
    address = f"/captures/{wrongly_filed.id}/erase"

    empty = post(client, address, reason="")
    erased = post(client, address, reason="Agreed with governance: not a patient of ours")

    session.expire_all()
    assert empty.status_code == 422
    assert erased.status_code == 303
    assert wrongly_filed.state is CaptureState.ERASED
    assert session.scalar(sa.select(sa.func.count()).select_from(SealedObject)) == 0
    queued = "SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'imaging.delete_object'"
    assert session.scalar(sa.text(queued)) == 5


def test_a_no_after_photographs_sets_them_aside_and_the_page_says_so(
    client: FlaskClient, session: Session, vault: Vault, photographer: User, theirs: Visit
) -> None:
    capture = filed(session, vault, visit=theirs, by=photographer)
    images = capture.image_set
    waiting = visiting.capture(
        session, images, View.OVERVIEW, by=photographer, state=CaptureState.RECEIVING
    )

    visits.record_consent(session, visit_id=theirs.id, taken=visiting.NO, by=photographer)
    sign_in_as(client, session, photographer)
    page = client.get(f"/appointments/{theirs.appointment_id}/visit").text

    assert {capture.state, waiting.state} == {CaptureState.SET_ASIDE}
    assert capture.set_aside_reason is SetAsideReason.CONSENT_REFUSED
    assert capture.original is not None
    assert len(b"".join(vault.open(capture.original))) == capture.size_bytes
    assert "2 photographs of this visit were set aside because of the no." in page
    assert "kept sealed for 30 days, then destroyed" in page
    assert client.get(f"/images/{capture.id}/thumb").status_code == 403


def test_verdict_of_an_intimate_photograph_is_only_for_those_cleared(
    client: FlaskClient, session: Session, vault: Vault, photographer: User, theirs: Visit
) -> None:
    capture = filed(session, vault, visit=theirs, by=photographer)
    capture.report = {
        "issues": [{"code": "blur", "message": "Blurred.", "regions": [[0, 0, 1, 1]]}]
    }
    capture.image_set.lesion.intimate = True
    session.flush()
    sign_in_as(client, session, photographer)
    address = f"/api/v1/captures/{capture.id}"

    closed = client.get(address).get_json()
    photographer.intimate_images = True
    session.flush()
    cleared = client.get(address).get_json()

    assert (closed["state"], closed["sha256"]) == ("filed", capture.sha256)
    assert (closed["issues"], closed["thumbnail_url"]) == ([], None)
    assert cleared["issues"][0]["code"] == "blur"
    assert cleared["thumbnail_url"]
