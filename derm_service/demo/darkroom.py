"""Draws the demonstration's photographs beside the play, and puts each through the real filing."""

import contextvars
import hashlib
import os
import uuid
from collections.abc import Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime

from sqlalchemy.orm import Session, sessionmaker

from derm_service import clock
from derm_service.db import new_id
from derm_service.demo.camera import Faults, Shot, photograph
from derm_service.demo.lesions import Lesion
from derm_service.demo.office import Case
from derm_service.demo.scene import Wish
from derm_service.imaging import announcing, filing, uploads
from derm_service.imaging.announcing import Announcement
from derm_service.imaging.codes import Contact, Immersion, Polarisation, View
from derm_service.imaging.vault import Vault
from derm_service.people import User

SIZES = {
    View.OVERVIEW: (1024, 768),
    View.CLOSE_UP: (1280, 960),
    View.DERMOSCOPIC: (1280, 960),
}
SOFT = Faults(defocus_px=1.6)  # passes the gate, and yet no network can be seen
_EVERY_VIEW = tuple(View)


class Darkroom:
    """Pictures in the making: asked for early, taken when the story comes to them."""

    def __init__(self, sessions: sessionmaker[Session], vault: Vault) -> None:
        self._sessions = sessions
        self._vault = vault
        self._pool = ThreadPoolExecutor(max_workers=os.cpu_count() or 1)
        self._checks = ThreadPoolExecutor(max_workers=os.cpu_count() or 1)
        self._pictures: dict[tuple[int, int, View, bool], Future[bytes]] = {}

    def expect(
        self, case: Case, lesion: int, on: datetime, views: Iterable[View] = _EVERY_VIEW
    ) -> None:
        """Begin drawing these views of one lesion; `on` is when the camera will say it was."""
        for view in views:
            self._begin(case, lesion, view, on, soft=False)

    def take(
        self,
        session: Session,
        case: Case,
        lesion: int,
        views: Sequence[View],
        *,
        by: User,
        soft: View | None = None,
    ) -> None:
        """Send these views of a lesion and have them examined, as upload page and worker do."""
        taken = []
        for view in views:
            jpeg = self._begin(case, lesion, view, clock.now(), soft=view is soft).result()
            announcement = _announcement(case, lesion, view, jpeg)
            capture = announcing.announce(session, announcement, by=by)
            uploads.keep(session, capture.id, 0, [uploads.seal(self._vault, [jpeg])], by=by)
            taken.append(announcement.capture_id)
        session.commit()
        checks = [
            self._checks.submit(contextvars.copy_context().run, self._examine, each)
            for each in taken
        ]
        for check in checks:
            check.result()

    def _examine(self, capture_id: uuid.UUID) -> None:
        """What the worker does with a received capture; its own job finds it done later."""
        with self._sessions() as session:
            leftovers = filing.examine(session, self._vault, capture_id=capture_id)
            session.commit()
        for leftover in leftovers:
            self._vault.delete(leftover.place, leftover.key)

    def close(self) -> None:
        """Stop drawing; what nobody waits for is dropped."""
        for pool in (self._pool, self._checks):
            pool.shutdown(wait=True, cancel_futures=True)

    def _begin(
        self, case: Case, lesion: int, view: View, taken_at: datetime, *, soft: bool
    ) -> Future[bytes]:
        key = (case.number, lesion, view, soft)
        if key not in self._pictures:
            wish, shot = _wish(case, lesion, view), _shot(case, lesion, view, taken_at)
            faults = SOFT if soft else None
            self._pictures[key] = self._pool.submit(_jpeg, wish, shot, faults)
        return self._pictures[key]


def _jpeg(wish: Wish, shot: Shot, faults: Faults | None) -> bytes:
    """The file alone: the truth about it is large, and nobody asks for it here."""
    return photograph(wish, shot, faults).jpeg


def _wish(case: Case, lesion: int, view: View) -> Wish:
    """What this person's lesion looks like in this view; the same on every machine."""
    spot, person = case.plot.spots[lesion], case.person
    return Wish(
        view=view,
        lesion=Lesion(spot.kind, spot.diameter_mm, spot.seed),
        monk=person.monk,
        size=SIZES[view],
        weathered=min(1.0, person.age / 95),
        hair_per_cm2=0.9 if person.patient.sex == "male" and spot.on_limb else 0.25,
        light_hair=person.monk < 3 and person.age > 60,
        limb=spot.on_limb,
        etched_scale=case.number % 2 == 0,
        seed=case.number,
    )


def _shot(case: Case, lesion: int, view: View, taken_at: datetime) -> Shot:
    """Some cameras are held upright and some know where they are, as in life."""
    turned = view is View.OVERVIEW and case.number % 3 == 0
    return Shot(
        taken_at=clock.london(taken_at),
        orientation=6 if turned else 1,
        gps=case.number % 5 == 0 and lesion == 0,
    )


def _announcement(case: Case, lesion: int, view: View, jpeg: bytes) -> Announcement:
    """What the photographer's device says before it sends."""
    if case.appointment_id is None:
        raise ValueError("only a booked person is photographed")
    dermoscopic = view is View.DERMOSCOPIC
    return Announcement(
        capture_id=new_id(),
        sha256=hashlib.sha256(jpeg).hexdigest(),
        size_bytes=len(jpeg),
        appointment_id=case.appointment_id,
        lesion_id=case.lesion_ids[lesion],
        view=view,
        file_name=f"DSC{case.number * 30 + lesion * 10 + list(View).index(view):05d}.JPG",
        captured_at=clock.now(),
        polarisation=Polarisation.POLARISED if dermoscopic else None,
        contact=Contact.CONTACT if dermoscopic else None,
        immersion=Immersion.GEL if dermoscopic else None,
    )
