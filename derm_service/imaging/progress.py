"""How far each lesion of a visit has come, and what still stops the visit from finishing; pure."""

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from derm_service.imaging.codes import CaptureState, View
from derm_service.imaging.rules import ON_THE_WAY, STATE_WORDS, missing_views, words
from derm_service.referrals.codes import LesionState

_GONE = frozenset({CaptureState.SET_ASIDE, CaptureState.ERASED})


@dataclass(frozen=True)
class Shot:
    """One capture as the visit pages speak of it."""

    view: View
    state: CaptureState
    kept_reason: str = ""
    is_decided: bool = False  # the gate accepts it, or the photographer keeps it all the same
    capture_id: uuid.UUID | None = None
    has_thumbnail: bool = False
    has_scale: bool = False  # the gate could read millimetres off it

    @property
    def is_on_the_way(self) -> bool:
        """Whether the service is still at work on it: nobody has anything to decide."""
        return self.state in ON_THE_WAY or (self.state is CaptureState.CHECKED and self.is_decided)

    @property
    def is_undecided(self) -> bool:
        """Whether it failed the check and waits for the photographer's word."""
        return self.state is CaptureState.CHECKED and not self.is_decided

    @property
    def state_words(self) -> str:
        """How far it has come: being checked."""
        if self.state is CaptureState.CHECKED and self.is_decided:
            return "being put on the record"
        return STATE_WORDS[self.state]

    @property
    def words(self) -> str:
        """close-up, being checked."""
        return f"{self.view.words}, {self.state_words}"


@dataclass(frozen=True)
class LesionProgress:
    """One lesion at one visit: what is wanted of it and what is there."""

    lesion_id: uuid.UUID
    number: int
    site: str
    state: LesionState
    wanted: tuple[View, ...]
    shots: tuple[Shot, ...] = ()
    intimate: bool = False
    is_referred: bool = True
    site_confirmed: bool = False
    closed_because: str = ""  # code of the reason it was closed without photographs
    missing_reason: str = ""

    @property
    def name(self) -> str:
        """Lesion 2, left cheek."""
        return f"Lesion {self.number}, {self.site}"

    @property
    def waits(self) -> bool:
        """Whether photographs of it are still wanted at this visit."""
        return self.state is LesionState.AWAITING_IMAGES

    @property
    def filed_shots(self) -> tuple[Shot, ...]:
        """The photographs that are on the record."""
        return tuple(shot for shot in self.shots if shot.state is CaptureState.FILED)

    @property
    def filed(self) -> frozenset[View]:
        """The views that are on the record."""
        return frozenset(shot.view for shot in self.filed_shots)

    @property
    def missing(self) -> tuple[View, ...]:
        """The wanted views that are not on the record."""
        return missing_views(self.wanted, self.filed)

    @property
    def scale_words(self) -> str:
        """In which photographs a scale could be read: of the whole set, one is enough."""
        scaled = {shot.view for shot in self.live if shot.has_scale}
        if scaled:
            return f"Seen in the {words(view for view in View if view in scaled)} view"
        return "Not seen in any photograph. Lay a ruler beside the lesion in a close-up"

    @property
    def live(self) -> tuple[Shot, ...]:
        """The captures that are or will be on the record."""
        return tuple(shot for shot in self.shots if shot.state not in _GONE)

    @property
    def unsettled(self) -> tuple[Shot, ...]:
        """The captures the visit must wait for: on their way, or waiting for a word."""
        return tuple(shot for shot in self.live if shot.is_on_the_way or shot.is_undecided)

    @property
    def is_complete(self) -> bool:
        """Whether nothing more has to be done with it before the visit can finish."""
        settled = all(shot.state is CaptureState.FILED for shot in self.live)
        return settled and (not self.waits or not self.missing)


@dataclass(frozen=True)
class Ending:
    """The photographer's word on a lesion that does not have all its wanted views."""

    come_back: bool = False
    missing_because: str = ""


def finish_blocked_because(lesions: Iterable[LesionProgress]) -> str | None:
    """Which photographs the visit must wait for, named, or None."""
    on_the_way, undecided = [], []
    for lesion in lesions:
        for shot in lesion.unsettled:
            if shot.is_on_the_way:
                on_the_way.append(f"{lesion.name} ({shot.words})")
            else:
                undecided.append(f"{lesion.name} ({shot.view.words})")
    if on_the_way:
        return (
            f"Some photographs have not arrived yet: {'; '.join(on_the_way)}. "
            "Wait until they are checked, then finish the visit."
        )
    if undecided:
        return (
            f"Choose whether to keep or take again these photographs: {'; '.join(undecided)}. "
            "Then finish the visit."
        )
    return None


def ending_problem(lesion: LesionProgress, ending: Ending | None) -> str | None:
    """What must still be said about one lesion before the visit can finish, or None."""
    if not lesion.waits or not lesion.missing or (ending and ending.come_back):
        return None
    if not lesion.filed:
        return (
            f"{lesion.name} has no photographs. Take them, close the lesion without photographs, "
            "or choose that the person comes back."
        )
    if ending is None or not ending.missing_because.strip():
        return (
            f"{lesion.name}: the {words(lesion.missing)} "
            f"{'view is' if len(lesion.missing) == 1 else 'views are'} missing. "
            "Say why, or choose that the person comes back."
        )
    return None


def ending_problems(
    lesions: Iterable[LesionProgress], endings: Mapping[uuid.UUID, Ending]
) -> dict[str, str]:
    """`ending_problem` of every lesion that has one, by field name (lesion-<id>)."""
    found = {}
    for lesion in lesions:
        problem = ending_problem(lesion, endings.get(lesion.lesion_id))
        if problem:
            found[f"lesion-{lesion.lesion_id}"] = problem
    return found
