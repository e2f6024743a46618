"""The dermatologist's part of the journey, and what follows: told, posted, on the audit trail."""

from __future__ import annotations

from derm_service.journey.browser import Browser
from derm_service.journey.pages import Stuck
from derm_service.journey.trip import Trip


def look(trip: Trip, reader: Browser) -> None:
    page = reader.open(f"/review/{trip.referral}")
    page = reader.send(page, page.form(action="/claim"))
    seen = set(page.links_to("/review/images/"))
    if len(seen) < len(trip.captures):
        raise Stuck("The case does not show every photograph.")
    for link in sorted(seen):
        shown = reader.open(link)
        for picture in shown.images[:1]:
            reader.look(picture)
        for form in shown.forms:
            if form.action.endswith("/opened"):
                reader.send(shown, form)


def sign(trip: Trip, reader: Browser) -> None:
    for link in trip.lesions:
        lesion = link.rsplit("/", 1)[-1]
        page = reader.open(f"/review/lesions/{lesion}/opinion?outcome=reassure")
        form = page.form("text_for_gp")
        reader.send(page, form, site_confirmed="y", text_for_gp="Benign. No follow-up.")


def _opinions(trip: Trip, clerk: Browser) -> list[str]:
    page = clerk.open(f"/referrals/{trip.referral}")
    return list(dict.fromkeys(page.links_to("/opinions/", "/tell")))


def tell(trip: Trip, clerk: Browser) -> None:
    opinions = _opinions(trip, clerk)
    if len(opinions) < trip.lesions_needed:
        raise Stuck("The referral does not show an opinion for every lesion.")
    for link in opinions:
        page = clerk.open(link)
        clerk.send(page, page.form("how"), how="phone_call", spoken_to="The patient")


def post(trip: Trip, clerk: Browser) -> None:
    for link in _opinions(trip, clerk):
        letter = clerk.open(link).link_to("/letters/")
        page = clerk.open(letter)
        for form in page.forms:
            if form.action.endswith("/printed"):
                page = clerk.send(page, form)
                break
        page = clerk.open(letter)
        clerk.send(page, page.form("posted_on-day"))


def audit(trip: Trip, governance: Browser) -> None:
    page = governance.open(f"/referrals/{trip.referral}/audit")
    for words in ("ook in referral", "iled capture", "igned opinion", "old patient"):
        if words not in page.text:
            raise Stuck(f"The audit trail does not say “…{words}”.")
