"""What has to be done about an opinion once a photograph it was read from is there no more."""

from sqlalchemy.orm import Session

from derm_service import clock
from derm_service.imaging.models import Capture
from derm_service.messages import work
from derm_service.messages.codes import WorkKind
from derm_service.people import Role, User
from derm_service.referrals import body_sites
from derm_service.referrals.codes import LesionState
from derm_service.referrals.models import Lesion
from derm_service.review import holding

STOPPED = (
    "The letters of its opinion that had not gone out are stopped, and nobody rings: correct the "
    "opinion, which writes them again."
)


def taken_off(
    session: Session, lesion: Lesion, gone: Capture, *, note: str, why: str, by: User
) -> None:
    """Stop what would tell the lesion's opinion and have it read again; `why` stands beside."""
    stopped = holding.stop_in_doubt(session, lesion_id=lesion.id, reason=why, by=by)
    note = f"{note} {STOPPED}" if stopped else note
    ask_to_read_again(session, lesion, gone, note, by=by)


def ask_to_read_again(
    session: Session, lesion: Lesion, shown: Capture, note: str, *, by: User
) -> None:
    """A lesion nobody reads yet needs nobody: its pages show what is there."""
    if lesion.state is LesionState.AWAITING_IMAGES:
        return
    site = body_sites.label(lesion.site_code, lesion.laterality)
    work.raise_item(
        session,
        kind=WorkKind.SAFETY_ALERT,
        role=Role.DERMATOLOGIST,
        due_on=clock.today(),
        referral_id=lesion.referral_id,
        subject_id=lesion.id,
        note=f"Lesion {lesion.number}, {site}, {shown.view.words}. {note}",
        urgent=True,
        by=by,
    )
