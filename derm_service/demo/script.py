"""The script: which acts, when, bring each story to where it stands today."""

from collections.abc import Callable
from datetime import date, datetime, timedelta

from derm_service.demo.clinic_day import ClinicDay
from derm_service.demo.darkroom import Darkroom
from derm_service.demo.office import Case, Office
from derm_service.demo.people import Staff
from derm_service.demo.play import Play
from derm_service.demo.reading import Reading
from derm_service.demo.stories import Story
from derm_service.imaging.codes import View

ALL_VIEWS = tuple(View)


class Script:
    """Writes every case's acts into the play."""

    def __init__(self, play: Play, staff: Staff, darkroom: Darkroom) -> None:
        self.play = play
        self.office = Office(play, staff)
        self.clinic = ClinicDay(play, staff, darkroom)
        self.reading = Reading(play, staff)
        self.darkroom = darkroom
        self.other_reader = staff.other_reader
        self.past = play.working_days(6)  # nearest first
        self.ahead = play.working_days(20, ahead=True)
        self._told: dict[Story, Callable[[Case], None]] = {
            Story.BOOKED: self._booked,
            Story.MOVED: self._moved,
            Story.CANCELLED: self._cancelled,
            Story.NOT_ATTENDED: self._not_attended,
            Story.TODAY: self._today,
            Story.CHECKED_IN: self._today,
            Story.CONSENTED: self._today,
            Story.HALF_PHOTOGRAPHED: self._today,
            Story.WITHDRAWN: self._withdrawn,
            Story.DECEASED: self._deceased,
        }
        self._after_visit: dict[Story, Callable[[Case], None]] = {
            Story.BEING_READ: self._being_read,
            Story.RETAKE_WAITING: self._ask_again,
            Story.RETAKE_TODAY: self._retake_today,
            Story.TO_TELL: self._sign,
            Story.RETURNED: self._returned,
            Story.CALLED: self._called,
            Story.CLOSED: self._closed,
        }

    def write(self, case: Case) -> None:
        """Refer the person, and let the story take its way."""
        self._at(self._referred_at(case), "refer", case, self.office.refer)
        story = case.plot.story
        if story is Story.WAITING:
            return
        self._told.get(story, self._visited)(case)

    def _at(self, moment: datetime, what: str, case: Case, act: Callable[[Case], None]) -> None:
        self.play.at(moment, f"{case.name}: {what}", lambda: act(case))

    def _referred_at(self, case: Case) -> datetime:
        return self.play.days_ago(case.plot.days_ago, 8 + case.number % 3, case.number % 60)

    def _booking_at(self, case: Case, before: date) -> datetime:
        """A day after the referral came, and in any case before the appointment."""
        wanted = self._referred_at(case) + timedelta(days=1, hours=2)
        return min(wanted, self.play.moment(before - timedelta(days=1), 16))

    def _book(self, case: Case, day: date, *, nth: int = 0) -> None:
        self._at(
            self._booking_at(case, day),
            "book",
            case,
            lambda c: _drop(self.office.book(c, day, nth=nth)),
        )

        self._tell_of(case, self._booking_at(case, day))

    def _tell_of(self, case: Case, booked_at: datetime) -> None:
        """The office rings and posts the same afternoon; the latest bookings still wait for it."""
        if booked_at < self.play.days_ago(1):
            told_at = booked_at + timedelta(hours=3)
            self._at(told_at, "tell of appointment", case, self.office.tell_of_appointment)

    def _booked(self, case: Case) -> None:
        self._book(case, self.ahead[case.number % 12], nth=case.number % 5)

    def _moved(self, case: Case) -> None:
        self._booked(case)
        self._at(
            self.play.days_ago(2, 15), "move", case, lambda c: self.office.move(c, self.ahead[4])
        )

    def _cancelled(self, case: Case) -> None:
        self._book(case, self.ahead[1])
        self._at(self.play.days_ago(1, 9, 20), "cancel", case, self.office.cancel)

    def _not_attended(self, case: Case) -> None:
        day = self.past[case.number % 2]
        self._book(case, day, nth=3)
        self._at(self.play.moment(day, 17), "did not attend", case, self.office.not_attended)

    def _today(self, case: Case) -> None:
        self._book(case, self.play.today, nth=0)
        steps: dict[Story, list[Callable[[Case], None]]] = {
            Story.CHECKED_IN: [self.clinic.check_in],
            Story.CONSENTED: [self.clinic.check_in, self.clinic.ask],
            Story.HALF_PHOTOGRAPHED: [self.clinic.check_in, self.clinic.ask, self._half],
        }
        for step in steps.get(case.plot.story, []):
            self._at(self.play.now, step.__name__.strip("_"), case, step)
        if case.plot.story is Story.HALF_PHOTOGRAPHED:
            self.darkroom.expect(case, 0, self.play.now)

    def _half(self, case: Case) -> None:
        self.clinic.photograph(case, 0, ALL_VIEWS)

    def _withdrawn(self, case: Case) -> None:
        self._book(case, self.ahead[2])
        self._at(self.play.days_ago(3, 11), "withdraw", case, self.office.withdraw)

    def _deceased(self, case: Case) -> None:
        self._book(case, self.ahead[3])
        died = self.play.today - timedelta(days=3)
        self._at(
            self.play.days_ago(1, 12), "died", case, lambda c: self.office.record_death(c, died)
        )

    def _visited(self, case: Case) -> None:
        """Photographed on a past clinic day; what follows is read later that week."""
        to_read = (Story.TO_READ, Story.NOT_FOUND, Story.SOMEONE_TODAY, Story.BEING_READ)
        day = self.past[case.number % 2] if case.plot.story in to_read else self.past[3]
        if case.plot.story is Story.SOMEONE_TODAY:
            day = self.past[0]
        if case.plot.story is not Story.NOT_FOUND:
            for lesion in range(len(case.plot.spots)):
                self.darkroom.expect(case, lesion, self.play.moment(day, 10), self._wanted(case))
        self._at(self._booking_at(case, day), "book", case, lambda c: self._book_and_visit(c, day))

    def _wanted(self, case: Case) -> tuple[View, ...]:
        retaken = case.plot.story in (Story.RETAKE_WAITING, Story.RETAKE_TODAY)
        return (View.OVERVIEW, View.CLOSE_UP) if retaken else ALL_VIEWS

    def _book_and_visit(self, case: Case, day: date) -> None:
        starts_at = self.office.book(case, day)
        self._tell_of(case, self._booking_at(case, day))
        minutes = timedelta(minutes=1)
        for after, act in (
            (-4, self.clinic.check_in),
            (1, self.clinic.ask),
            (4, self._shoot),
            (14, self.clinic.finish),
        ):
            what = act.__name__.strip("_").replace("_", " ")
            self._at(starts_at + after * minutes, what, case, act)
        follow = self._after_visit.get(case.plot.story)
        if follow is not None:
            follow(case)

    def _shoot(self, case: Case) -> None:
        story = case.plot.story
        if story is Story.NOT_FOUND:
            self.clinic.not_found(case)
            return
        retaken = story in (Story.RETAKE_WAITING, Story.RETAKE_TODAY)
        for lesion in range(len(case.plot.spots)):
            soft = View.DERMOSCOPIC if retaken else None
            self.clinic.photograph(case, lesion, ALL_VIEWS, soft=soft)
        if story is Story.SOMEONE_TODAY:
            self.clinic.needs_someone_today(case)
        if case.number % 4 == 0:
            self.clinic.note(case, "Patient says it itches at night.")

    def _being_read(self, case: Case) -> None:
        self._at(
            self.play.now,
            "claim",
            case,
            lambda c: self.reading.claim(c, by=self.other_reader),
        )

    def _read_at(self, case: Case, minute: int = 0) -> datetime:
        return self.play.moment(self.past[2], 9 + case.number % 6, minute + case.number % 10)

    def _sign(self, case: Case) -> None:
        self._at(self._read_at(case), "sign", case, self.reading.sign)

    def _ask_again(self, case: Case) -> None:
        self._at(self._read_at(case), "ask again", case, self.reading.ask_again)

    def _retake_today(self, case: Case) -> None:
        self._ask_again(case)
        self._at(
            self.play.moment(self.past[1], 10),
            "book again",
            case,
            lambda c: _drop(self.office.book(c, self.play.today)),
        )

    def _posted(self, case: Case) -> None:
        day = self.past[1]
        self._at(self.play.moment(day, 15), "post", case, lambda c: self.reading.post(c, day))

    def _returned(self, case: Case) -> None:
        self._sign(case)
        self._posted(case)
        self._at(self.play.now, "letter returned", case, self.reading.come_back)

    def _called(self, case: Case) -> None:
        self._sign(case)
        self._at(self.play.moment(self.past[1], 11), "ring", case, self.reading.ring)
        self._posted(case)

    def _closed(self, case: Case) -> None:
        self._called(case)


def _drop(_: object) -> None:
    """An act gives nothing back."""
