"""The clerk's and the lead's part of the journey: the referral, a time today, the booking."""

from __future__ import annotations

import hashlib
from datetime import date, timedelta

from derm_service import clock
from derm_service.journey.browser import Browser
from derm_service.journey.pages import Answer, Page, Stuck
from derm_service.journey.trip import SITES, Trip, day, id_in

_TRIES = 3


def refer(trip: Trip, clerk: Browser) -> None:
    """A made-up person, the same for the same first image: twice on one record it is no alarm."""
    today = clock.today()
    mark = hashlib.sha256(trip.images[0].read_bytes()).digest()
    answers: dict[str, Answer] = {
        "nhs_number_not_known": "yes",
        "given_name": "Journey",
        "family_name": f"Test-{mark[:4].hex()}",
        **day("born_on", date(today.year - 71, mark[4] % 12 + 1, mark[5] % 28 + 1)),
        "address": "1 Mill Lane\nAnytown",
        "phone": "01632 960 555",
        "priority": "urgent_suspected_cancer",
        **day("received_on", today),
        "referrer_name": "Dr S Patel",
    }
    page = clerk.open("/referrals/new")
    for number in range(1, trip.lesions_needed + 1):
        if number > 1:
            answers["step"] = "add_lesion"
            page = clerk.send(page, page.form("lesion_1_site"), **answers)
        site, side = SITES[number - 1]
        answers |= {f"lesion_{number}_site": site, f"lesion_{number}_side": side}
    answers["step"] = "check"
    page = clerk.send(page, page.form("lesion_1_site"), **answers)
    form = page.form("step", "family_name")
    known = form.offered.get("person", [])[:1]  # the most likely one stands first
    page = clerk.send(page, form, step="save", **({"person": known[0]} if known else {}))
    trip.referral = id_in(page.url, "referrals")


def have_a_time(trip: Trip, lead: Browser) -> None:
    """A free time later today, or a short clinic opened for it."""
    if _times(lead.open(f"/referrals/{trip.referral}/book")):
        return
    page = lead.open("/clinics/open")
    form = page.form("photographer_id")
    start = clock.london(clock.now() + timedelta(minutes=6)).replace(second=0)
    end = start + timedelta(minutes=40)
    if end.date() != start.date():
        raise Stuck("It is too late in the day for an appointment. Try again after midnight.")
    refused = Stuck("No clinic can be opened: no place has a room and a photographer.")
    for place in form.offered.get("location_id", []):
        for room in form.offered.get("place_id", []):
            for person in reversed(form.offered.get("photographer_id", [])):
                try:
                    lead.send(
                        page,
                        form,
                        location_id=place,
                        place_id=room,
                        photographer_id=person,
                        **day("on", start),
                        starts=f"{start:%H:%M}",
                        ends=f"{end:%H:%M}",
                    )
                except Stuck as stuck:
                    refused = stuck
                else:
                    return
    raise refused


def _times(page: Page) -> list[str]:
    """Today's; the page's first that fit may be of another day, when today's place lacks a lift."""
    return page.offered_in.get(f"day-{clock.today().isoformat()}", [])[:_TRIES]


def book(trip: Trip, clerk: Browser) -> None:
    """The first free time today; a colleague may be quicker, then the next one."""
    refused = Stuck("There is no free time today.")
    times = clerk.open(f"/referrals/{trip.referral}/book")
    for slot in _times(times):
        try:
            page = clerk.send(times, times.form("slot"), slot=slot)
            form = page.form(action=slot)
            answers: dict[str, Answer] = {"note": "All arranged"} if "note" in form.names else {}
            page = clerk.send(page, form, **answers)
        except Stuck as stuck:
            refused = stuck
            continue
        trip.appointment = id_in(page.url, "appointments")
        return
    raise refused
