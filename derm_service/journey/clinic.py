"""The photographer's part of the journey: check-in, identity, consent, photographs, finish."""

from __future__ import annotations

import re
import time
from pathlib import Path

import uuid6

from derm_service.journey.browser import Browser
from derm_service.journey.pages import Answer, Stuck
from derm_service.journey.trip import ID, Trip


def check_in(trip: Trip, photographer: Browser) -> None:
    page = photographer.open(f"/appointments/{trip.appointment}/visit")
    photographer.send(page, page.form(action="/check-in"))


def _visit_link(trip: Trip, photographer: Browser, *parts: str) -> str:
    page = photographer.open(f"/appointments/{trip.appointment}/visit")
    return page.link_to("/visits/", *parts)


def ask(trip: Trip, photographer: Browser) -> None:
    page = photographer.open(_visit_link(trip, photographer, "/identity"))
    photographer.send(page, page.form("identifiers"), identifiers=["name", "born_on", "address"])
    page = photographer.open(_visit_link(trip, photographer, "/consent"))
    photographer.send(
        page,
        page.form("given_by"),
        given_by="patient",
        record="yes",
        teaching="no",
        publication="no",
    )
    page = photographer.open(f"/appointments/{trip.appointment}/visit")
    pattern = re.compile(rf"/visits/{ID}/lesions/{ID}$")
    trip.lesions = list(dict.fromkeys(link for link in page.links if pattern.search(link)))
    if len(trip.lesions) < trip.lesions_needed:
        raise Stuck("The visit's task list does not name every lesion.")


def confirm_site(trip: Trip, photographer: Browser, number: int) -> None:
    """Site and side are confirmed with the patient."""
    page = photographer.open(trip.lesions[number])
    photographer.send(page, page.form(action="/site"))


def photograph(trip: Trip, photographer: Browser, link: str, view: str, image: Path) -> None:
    capture, lesion = str(uuid6.uuid7()), link.rsplit("/", 1)[-1]
    how = {"polarisation": "polarised", "contact": "contact", "immersion": "gel"}
    photographer.upload(
        image.read_bytes(),
        trip.sent,
        capture=capture,
        appointment=trip.appointment,
        lesion=lesion,
        view=view,
        filename=image.name,
        **(how if view == "dermoscopic" else {}),
    )
    found = photographer.verdict(capture)
    if found["state"] == "checked":
        page = photographer.open(link)
        form = page.form("reason", action=f"/captures/{capture}/keep")
        photographer.send(page, form, reason="best_possible", note="Journey")
        found = _until_filed(trip, photographer, capture)
    if found["state"] != "filed":
        why = " ".join(issue["message"] for issue in found["issues"])
        raise Stuck(f"{image.name} was not taken. {why}")
    trip.captures.append(capture)


def _until_filed(trip: Trip, photographer: Browser, capture: str) -> dict[str, object]:
    until = time.monotonic() + 60
    found: dict[str, object] = {}
    while time.monotonic() < until:
        found = photographer.verdict(capture)
        if found["state"] != "checked":
            break
        time.sleep(0.3)
    return found


def finish(trip: Trip, photographer: Browser) -> None:
    page = photographer.open(_visit_link(trip, photographer, "/finish"))
    form = page.form(action="/finish")
    answers: dict[str, Answer] = {
        name: form.offered[name][0] for name in form.names if name.startswith("lesion-")
    }
    photographer.send(page, form, **answers)
