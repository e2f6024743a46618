"""Whether the rows of a photograph say what its audit trail says of it; pure.

The trail is chained and anchored, the rows are not: who changes a row is found by the trail.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from derm_service.audit import AuditEntry
from derm_service.imaging.codes import CaptureState
from derm_service.imaging.models import Capture

ANNOUNCED, FILED = "announced capture", "filed capture"
STATES = {
    ANNOUNCED: (CaptureState.ANNOUNCED, CaptureState.RECEIVING),
    "received capture": (CaptureState.RECEIVED,),
    "checked capture": (CaptureState.CHECKED,),
    FILED: (CaptureState.FILED,),
    "set aside capture": (CaptureState.SET_ASIDE,),
    "erased capture": (CaptureState.ERASED,),
}
"""The acts that change a photograph's state, and how it stands after each."""
PLACED = (ANNOUNCED, "moved capture here")
DRAWN = (FILED, "drew copies again")


@dataclass(frozen=True)
class Link:
    """One step of the chain, whether it holds, and what was found."""

    step: str
    found: str
    holds: bool


def links(capture: Capture, entries: Sequence[AuditEntry]) -> Iterator[Link]:
    """Its state and where it belongs, against the last act that settled each."""
    yield _state(capture, _last(entries, STATES))
    yield _place(capture, _last(entries, PLACED))


def copies_on_record(entries: Sequence[AuditEntry]) -> dict[str, str]:
    """The SHA-256 of each copy by its size, as the act that drew them says."""
    drawn = _last(entries, DRAWN)
    return dict(drawn.detail.get("copies", {})) if drawn else {}


def _last(entries: Sequence[AuditEntry], acts: Collection[str]) -> AuditEntry | None:
    return next((each for each in reversed(entries) if each.did in acts), None)


def _state(capture: Capture, last: AuditEntry | None) -> Link:
    is_so = last is not None and capture.state in STATES[last.did]
    said = f"after “{last.did}”" if last else "with no audit row"
    return Link("The state", f"{capture.state.value} {said}", is_so)


def _place(capture: Capture, placed: AuditEntry | None) -> Link:
    """The person, the referral, the lesion and the view it was taken of, or moved to since."""
    images, step = capture.image_set, "The record"
    booked, lesion = images.visit.appointment, images.lesion
    if placed is None:
        return Link(step, "no audit row says whose it is", False)
    now = (booked.patient_id, booked.referral_id, lesion.referral_id)
    then = (placed.patient_id, placed.referral_id, placed.referral_id)
    of = {"lesion": str(lesion.id), "view": capture.view.value}
    if now != then or of != {key: placed.detail.get(key) for key in of}:
        return Link(step, f"not the lesion and view that “{placed.did}” names", False)
    return Link(step, f"lesion {lesion.number} of the referral “{placed.did}” names", True)
