"""The whole journey, step by step, each by its own role, over the pages people use."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

from derm_service.journey import clinic, office, reading
from derm_service.journey.browser import Browser, Who
from derm_service.journey.pages import Stuck
from derm_service.journey.trip import VIEWS, Trip


@dataclass(frozen=True)
class Step:
    """One finished step: what was done by whom, and how long it took."""

    who: str
    did: str
    seconds: float


@dataclass(frozen=True)
class Journey:
    """Takes image files from the referral to the patient being told; `told` hears each step."""

    address: str
    people: Mapping[str, Who]  # by role
    trip: Trip
    told: Callable[[Step], None]

    def run(self) -> None:
        """Everything in order; raises Stuck with a sentence where a step fails."""
        self._office()
        self._clinic()
        with self._as("dermatologist") as reader:
            self._step("dermatologist", "opened every image", reading.look, reader)
            self._step("dermatologist", "signed the opinions", reading.sign, reader)
        with self._as("clerk") as clerk:
            self._step("clerk", "told the patient", reading.tell, clerk)
            self._step("clerk", "posted the letters", reading.post, clerk)
        with self._as("governance") as governance:
            self._step("governance", "read the audit trail", reading.audit, governance)

    def _office(self) -> None:
        with self._as("clerk") as clerk:
            self._step("clerk", "entered the referral", office.refer, clerk)
        with self._as("lead") as lead:
            self._step("lead", "made sure of a time today", office.have_a_time, lead)
        with self._as("clerk") as clerk:
            self._step("clerk", "booked the appointment", office.book, clerk)

    def _clinic(self) -> None:
        trip = self.trip
        with self._as("photographer") as photographer:
            self._step("photographer", "checked in", clinic.check_in, photographer)
            self._step("photographer", "identity and consent", clinic.ask, photographer)
            for number in range(trip.lesions_needed):
                confirm = partial(clinic.confirm_site, number=number)
                self._step("photographer", f"site of lesion {number + 1}", confirm, photographer)
                first = number * len(VIEWS)
                of_lesion = trip.images[first : first + len(VIEWS)]
                for view, image in zip(VIEWS, of_lesion, strict=False):
                    shoot = partial(
                        clinic.photograph, link=trip.lesions[number], view=view, image=image
                    )
                    did = f"lesion {number + 1}, {view.replace('_', ' ')}: {image.name}"
                    self._step("photographer", did, shoot, photographer)
            self._step("photographer", "finished the visit", clinic.finish, photographer)

    @contextmanager
    def _as(self, role: str) -> Iterator[Browser]:
        browser = Browser(self.address)
        try:
            browser.sign_in(self.people[role])
            yield browser
        finally:
            browser.close()

    def _step(
        self, who: str, did: str, act: Callable[[Trip, Browser], object], browser: Browser
    ) -> None:
        began = time.monotonic()
        try:
            act(self.trip, browser)
        except Stuck as stuck:
            raise Stuck(f"The {who} is stuck ({did}): {stuck}") from stuck
        self.told(Step(who, did, time.monotonic() - began))
