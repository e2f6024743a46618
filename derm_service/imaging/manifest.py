"""A visit's manifest: what its devices say they took beside what is here, n of n."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from derm_service.booking.models import Appointment
from derm_service.errors import NotFound, Problem
from derm_service.imaging import announcing, day_list, standing
from derm_service.imaging.announcing import GIVEN_UP, Announcement
from derm_service.imaging.codes import CaptureState
from derm_service.imaging.models import Capture, ImageSet, Visit
from derm_service.imaging.rules import STATE_WORDS, may_forget
from derm_service.people import User

ALL_HERE = "{n} of {n} photographs have arrived."
SOME_MISSING = "{here} of {n} photographs have arrived. Missing: {missing}."
NONE_TAKEN = "No photograph was announced for this visit."


@dataclass(frozen=True)
class Line:
    """One announced capture and where it stands."""

    capture: Capture
    name: str  # close-up 2 of lesion 1
    received_bytes: int

    @property
    def has_arrived(self) -> bool:
        """Whether every byte is here."""
        return self.capture.received_at is not None

    @property
    def may_be_forgotten(self) -> bool:
        """Whether the device may delete its copy."""
        return may_forget(self.capture.state, self.capture.sha256, self.capture.sha256_received)

    @property
    def stands(self) -> str:
        """Its state in words; how much is here while it is on its way."""
        words = STATE_WORDS[self.capture.state]
        if self.capture.state is CaptureState.RECEIVING:
            percent = 100 * self.received_bytes // self.capture.size_bytes
            return f"{words}, {percent}% here"
        return words


@dataclass(frozen=True)
class Manifest:
    """Every capture announced for a visit, less those the photographer gave up."""

    lines: tuple[Line, ...]

    @property
    def arrived(self) -> int:
        """How many are here whole."""
        return sum(line.has_arrived for line in self.lines)

    @property
    def is_complete(self) -> bool:
        """Whether the van may leave: all are filed or set aside."""
        done = (CaptureState.FILED, CaptureState.SET_ASIDE, CaptureState.ERASED)
        return all(line.capture.state in done for line in self.lines)

    @property
    def sentence(self) -> str:
        """5 of 6 photographs have arrived. Missing: close-up 2 of lesion 1 (waiting to upload)."""
        if not self.lines:
            return NONE_TAKEN
        missing = [f"{line.name} ({line.stands})" for line in self.lines if not line.has_arrived]
        if not missing:
            return ALL_HERE.format(n=len(self.lines))
        return SOME_MISSING.format(here=self.arrived, n=len(self.lines), missing="; ".join(missing))


def announce_all(
    session: Session, announcements: Sequence[Announcement], *, by: User
) -> dict[uuid.UUID, str]:
    """Announce captures by the same rules as an upload; the sentence of each that is refused."""
    refused = {}
    for each in announcements:
        try:
            announcing.announce(session, each, by=by)
        except Problem as problem:
            refused[each.capture_id] = problem.message
    return refused


def of_appointment(session: Session, appointment_id: uuid.UUID, *, by: User) -> Manifest:
    """The manifest of a visit that may be opened by this person; NotFound otherwise."""
    appointment = session.get(Appointment, appointment_id)
    if appointment is None:
        raise NotFound("There is no such appointment. Go back to the day list.")
    day_list.check_may_open(session, appointment, by)
    captures = session.scalars(
        sa.select(Capture)
        .join(ImageSet)
        .join(Visit)
        .where(Visit.appointment_id == appointment_id)
        .order_by(Capture.id)
    )
    return Manifest(tuple(_lines(session, list(captures))))


def _lines(session: Session, captures: Sequence[Capture]) -> list[Line]:
    counts: dict[tuple[uuid.UUID, str], int] = {}
    lines = []
    for each in captures:
        key = (each.image_set_id, each.view.value)
        counts[key] = counts.get(key, 0) + 1
        if each.set_aside_reason in GIVEN_UP:
            continue
        view = each.view.words
        name = f"{view} {counts[key]} of lesion {each.image_set.lesion.number}"
        lines.append(Line(each, name, standing.of(session, each.id).offset))
    return lines
