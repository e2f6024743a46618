"""What each role does, as they do it: by the names they read on the page."""

import random
import re
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from uuid import UUID

from playwright.sync_api import Locator, Page, expect

from derm_service import clock, wording
from derm_service.imaging.codes import View
from tests import make
from tests.frontend.axe import faults

JUDGED = re.compile("^(filed|checked)$")
VERDICT_MILLISECONDS = 60_000
"""A slow machine's patience: the point is that a verdict comes, not how soon."""


@dataclass(frozen=True)
class Person:
    """Somebody to refer, like nobody else in the database."""

    family_name: str
    nhs_number: str
    born_on: date


def a_person() -> Person:
    """Somebody new each time: a likely duplicate would ask a question of its own."""
    letters = "".join(random.choices("abcdefghijklmnopqrstuvwxyz", k=10))
    return Person(
        family_name=f"Zz{letters}",
        nhs_number=make.nhs_number_of(random.randrange(1_000_000)),
        born_on=date(1930, 1, 1) + timedelta(days=random.randrange(15_000)),
    )


class Walker:
    """One person in one browser; every page they come to is checked on the way."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def sign_in(self, email: str, password: str) -> None:
        """Through the sign-in page."""
        self.page.goto("/sign-in")
        self.page.get_by_label("Email address").fill(email)
        self.page.get_by_label("Password", exact=True).fill(password)
        self.button("Sign in")
        expect(self.heading()).to_contain_text("Hello")

    def open(self, path: str) -> None:
        """Go to a page and check it."""
        answer = self.page.goto(path)
        assert answer is not None
        assert answer.status < 400, f"{path}: {answer.status}"
        self.check()

    def check(self) -> None:
        """Nothing on this page is wrong for axe, and it does not scroll sideways."""
        assert faults(self.page) == [], self.page.url

    def heading(self) -> Locator:
        """The page's h1."""
        return self.page.get_by_role("heading", level=1)

    def button(self, name: str | re.Pattern[str]) -> None:
        """Press a button of the page itself, then check where it leads."""
        with self.page.expect_navigation():
            self.page.locator("main").get_by_role("button", name=name).first.click()
        self.check()

    def link(self, name: str | re.Pattern[str]) -> None:
        """Follow a link of the page itself, then check where it leads."""
        with self.page.expect_navigation():
            self.page.locator("main").get_by_role("link", name=name).first.click()
        self.check()

    def menu(self, name: str) -> None:
        """Choose from the menu at the top."""
        with self.page.expect_navigation():
            self.page.get_by_role("navigation", name="Menu").get_by_role("link", name=name).click()
        self.check()

    def pick(self, question: str, answer: str) -> None:
        """Choose one radio button or tick one box under a question."""
        group = self.page.get_by_role("group", name=question).first
        group.get_by_label(answer, exact=True).first.check()

    def day(self, question: str, value: date) -> None:
        """Type a date in its three parts."""
        group = self.page.get_by_role("group", name=question)
        group.get_by_label("Day").fill(str(value.day))
        group.get_by_label("Month").fill(str(value.month))
        group.get_by_label("Year").fill(str(value.year))

    # The clerk

    def refer(self, person: Person) -> str:
        """Enter a referral with two lesions; the address of its page."""
        self.menu("New referral")
        self.pick("Priority", "Urgent suspected cancer")
        self.day("When was the referral received?", clock.today() - timedelta(days=2))
        self.page.get_by_label("Name of the referrer").fill("Dr S Patel")
        self.page.locator("#nhs_number").fill(wording.nhs_number(person.nhs_number))
        self.page.locator("#given_name").fill("Adaeze")
        self.page.locator("#family_name").fill(person.family_name)
        self.day("Date of birth", person.born_on)
        self.page.locator("#address").fill("12 Mill Lane\nAnytown")
        self.page.locator("#postcode").fill("an1 2bc")
        self.page.locator("#mobile").fill("07700 900111")
        self.page.locator("#gp_name").fill("Dr S Patel")
        self.page.locator("#gp_address").fill("Mill Surgery\n1 Mill Lane\nAnytown")
        self.lesion(1, "Cheek", "left", "Growing for three months. Melanoma?")
        self.button("Add another lesion")
        self.lesion(2, "Back", "midline", "Scaly patch. Anything to do?")
        with self.page.expect_navigation():
            self.page.locator("main").get_by_role("button", name="Continue").last.click()
        refused = self.page.locator(".nhsuk-error-summary")
        assert not refused.count(), refused.inner_text()
        expect(self.heading()).to_contain_text("Check the referral")
        self.check()
        self.button("Save the referral")
        return self.page.url

    def lesion(self, n: int, place: str, side: str, question: str) -> None:
        """Fill in lesion n of the referral."""
        self.page.locator(f"#lesion_{n}_site").select_option(label=place)
        self.page.locator(f"input[name=lesion_{n}_side][value={side}]").check()
        self.page.locator(f"#lesion_{n}_question").fill(question)

    def book_first_slot(self, referral: str, place: str) -> None:
        """Take the first free time at a place for a referral."""
        self.open(referral)
        self.link("Find a slot")
        self.page.get_by_label("Place").select_option(label=place)
        self.button("Show this place")
        self.page.locator(".derm-slot").first.click()
        expect(self.heading()).to_contain_text("Confirm the appointment")
        self.check()
        self.button("Book this appointment")
        expect(self.heading()).to_contain_text("Appointment")

    # The photographer

    def check_in(self, family_name: str) -> None:
        """From the day list into the visit."""
        self.menu("Clinic day")
        self.button(re.compile(f"Check in.*{family_name}", re.IGNORECASE))
        if not self.heading().get_by_text("Visit").count():
            self.link(re.compile(f"Go on with the visit.*{family_name}", re.IGNORECASE))

    def confirm_identity(self) -> None:
        """Name, date of birth and NHS number."""
        self.link("Confirm identity")
        for what in ("Full name", "Date of birth", "NHS number"):
            self.page.get_by_label(what, exact=True).check()
        self.button("Confirm identity")

    def take_consent(self, *, record: str = "Yes") -> None:
        """The patient decides: yes to the record, no to teaching and publication."""
        self.link("Consent")
        self.page.locator("input[name=given_by][value=patient]").check()
        for purpose, answer in (("record", record), ("teaching", "No"), ("publication", "No")):
            self.page.locator(f"input[name={purpose}][value={answer.lower()}]").check()
        self.button("Save the answers")

    def open_lesion(self, n: int) -> None:
        """From the visit's task list to the photographs of lesion n, its site confirmed."""
        self.link(re.compile(rf"Lesion {n}\b"))
        if self.page.get_by_role("button", name=re.compile("^Confirm:")).count():
            self.button(re.compile("^Confirm:"))

    def photograph(self, files: dict[View, Path]) -> dict[View, Locator]:
        """Choose a file for each view without waiting, then see every verdict; the cards."""
        cards = {view: self._choose(view, file) for view, file in files.items()}
        for card in cards.values():
            expect(card).to_have_attribute("data-state", JUDGED, timeout=VERDICT_MILLISECONDS)
            expect(card.get_by_text("Photo quality only").first).to_be_visible()
        return cards

    def _choose(self, view: View, file: Path) -> Locator:
        section = self.page.locator(f"[data-view={view}]")
        if view is View.DERMOSCOPIC:
            for name, value in (
                ("polarisation", "polarised"),
                ("contact", "contact"),
                ("immersion", "gel"),
            ):
                section.locator(f"input[name=dermoscopic-{name}][value={value}]").check()
        before = section.locator("[data-cards] > li").count()
        section.locator(f"#{view}-files").set_input_files(file)
        return section.locator("[data-cards] > li").nth(before)

    def keep(self, card: Locator, reason: str) -> None:
        """Keep a photograph the gate would take again, with a reason."""
        card.get_by_text("Keep it with a reason").click()
        card.locator(f"input[name=reason][value={reason}]").check()
        card.get_by_role("button", name=re.compile("Keep this photograph")).click()
        expect(card.get_by_text("On the record")).to_be_visible(timeout=VERDICT_MILLISECONDS)

    def finish_visit(self) -> None:
        """Check and finish, with nothing missing."""
        self.link("Check and finish")
        self.button("Finish the visit")

    # The dermatologist

    def claim(self, referral_id: UUID) -> None:
        """Open the case and take it."""
        self.open(f"/review/{referral_id}")
        self.button("Claim this case")

    def open_every_image(self) -> None:
        """Look at each image of the case until the service knows it was opened."""
        viewers = self.page.locator("[data-viewer]")
        for n in range(viewers.count()):
            viewers.nth(n).scroll_into_view_if_needed()
            expect(viewers.nth(n)).to_have_attribute(
                "data-viewer-state", "recorded", timeout=VERDICT_MILLISECONDS
            )
        assert viewers.count()

    def give_opinion(self, n: int, outcome: str) -> None:
        """Choose an outcome for lesion n, confirm the site, sign."""
        form = (
            self.page.locator("section")
            .filter(has=self.page.locator(f"#lesion-{n}"))
            .locator("form")
            .filter(has=self.page.get_by_role("button", name="Continue"))
        )
        form.locator(f"input[value={outcome}]").check()
        form.get_by_role("button", name="Continue").click()
        expect(self.heading()).to_contain_text("Opinion")
        self.check()
        self.page.locator("#site_confirmed").check()
        self.button("Sign this opinion")

    def ask_for_retake(self, n: int, view: str, note: str) -> None:
        """Ask for a view of lesion n again because it is blurred."""
        self.link(re.compile(f"Ask for new photographs.*of lesion {n}"))
        self.page.locator(f"input[name=views][value={view}]").check()
        self.page.locator("input[name=reason][value=blurred]").check()
        self.page.locator("#note").fill(note)
        self.button(re.compile("Ask for new photographs"))

    # The clerk again

    def tell_by_phone(self, opinion: str) -> None:
        """Record that the patient was told on the phone just now."""
        self.open(opinion)
        self.page.locator("input[name=how][value=phone_call]").check()
        now = clock.london(clock.now())
        self.day("On which day?", now.date())
        self.page.locator("#at_time").fill(f"{now:%H:%M}")
        self.page.locator("#spoken_to").fill("The patient")
        self.button("Record that they were told")

    def post_letters(self, family_name: str) -> int:
        """Record every letter about a person as printed and posted today; how many there were."""
        self.open("/letters")
        self._press_all("Printed", family_name)
        return self._press_all("Posted today", family_name)

    def _press_all(self, words: str, family_name: str) -> int:
        pressed = 0
        while True:
            mine = self.page.get_by_role(
                "button", name=re.compile(f"{words}.*{family_name}", re.IGNORECASE)
            )
            if not mine.count():
                return pressed
            with self.page.expect_navigation():
                mine.first.click()
            pressed += 1
