"""What the demonstration's clerk does: referrals, appointments, withdrawals."""

import uuid
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from derm_service.booking import appointments, endings, free, queries, requirements, telling
from derm_service.booking.codes import CancelReason, NotAttendedReason
from derm_service.booking.models import Slot
from derm_service.booking.queries import london_day, waiting_appointment
from derm_service.demo.cast import Person
from derm_service.demo.people import Staff
from derm_service.demo.play import Play
from derm_service.demo.stories import Plot
from derm_service.errors import Conflict
from derm_service.messages import calls, outbox
from derm_service.messages.codes import MessageState
from derm_service.referrals import intake
from derm_service.referrals.codes import Channel, WithdrawnReason
from derm_service.referrals.inputs import History, ReferralInput
from derm_service.review import withdrawals


@dataclass
class Case:
    """One person's referral on its way through the story."""

    number: int
    person: Person
    plot: Plot
    referral_id: uuid.UUID = field(default_factory=uuid.uuid4)  # known once referred
    lesion_ids: list[uuid.UUID] = field(default_factory=list)
    appointment_id: uuid.UUID | None = None

    @property
    def name(self) -> str:
        """What the progress line calls it: never a name."""
        return f"referral {self.number + 1}"


class Office:
    """Does what a clerk does, through the service's own actions."""

    def __init__(self, play: Play, staff: Staff) -> None:
        self.play = play
        self.session = play.session
        self.clerk = staff.clerk

    def refer(self, case: Case) -> None:
        """Take in the referral with its lesions."""
        received = self.play.today - timedelta(days=case.plot.days_ago)
        surgery = case.person.surgery
        on_warfarin = case.person.age > 70 and case.number % 4 == 0
        referral = intake.refer(
            self.session,
            patient=case.person.patient,
            referral=ReferralInput(
                priority=case.plot.priority,
                received_on=received,
                source_reference=f"DEMO-{case.number + 1:04d}",
                referrer_name=surgery[0],
                referrer_organisation=surgery[2],
                referrer_phone="01632 960 010",
                history=History(
                    anticoagulant=on_warfarin,
                    pacemaker=case.number % 11 == 3,
                    immunosuppressed=case.number % 13 == 5,
                    medicines="Apixaban, ramipril" if on_warfarin else "",
                    allergies="Elastoplast" if case.number % 9 == 2 else "",
                    previous_skin_cancer="BCC, nose, 2019" if case.number % 7 == 4 else "",
                ),
            ),
            lesions=[spot.referred for spot in case.plot.spots],
            by=self.clerk,
        )
        case.referral_id = referral.id
        case.lesion_ids = [lesion.id for lesion in referral.lesions]

    def book(self, case: Case, day: date, *, nth: int = 0) -> datetime:
        """Book the nth free time of a day (or the next days); returns when it starts."""
        slot = self._free(case, day, nth)
        referral = queries.referral(self.session, case.referral_id)
        appointment = appointments.book(
            self.session,
            slot_id=slot.id,
            referral_id=referral.id,
            note="Confirmed by telephone" if requirements.of_referral(referral) else "",
            by=self.clerk,
        )
        case.appointment_id = appointment.id
        return slot.starts_at

    def tell_of_appointment(self, case: Case) -> None:
        """Post the letter about the appointment, and ring where a letter is not enough."""
        appointment = queries.appointment(self.session, self._appointment(case))
        letters, to_ring = telling.told(self.session, appointment)
        for letter in letters:
            if letter.channel is Channel.LETTER and letter.state is MessageState.READY:
                outbox.mark_printed(self.session, message_id=letter.id, by=self.clerk)
                outbox.mark_sent(self.session, message_id=letter.id, by=self.clerk)
        for call in to_ring:
            if call.done_at is None:
                calls.reached(
                    self.session, item_id=call.id, how="Spoke to the patient", by=self.clerk
                )

    def move(self, case: Case, day: date) -> None:
        """Move the appointment to another day."""
        slot = self._free(case, day, 2)
        moved = appointments.move(
            self.session, appointment_id=self._appointment(case), slot_id=slot.id, by=self.clerk
        )
        case.appointment_id = moved.id

    def cancel(self, case: Case) -> None:
        """The patient rang: they are ill."""
        appointments.cancel(
            self.session,
            appointment_id=self._appointment(case),
            reason=CancelReason.PATIENT_ILL,
            by=self.clerk,
        )

    def not_attended(self, case: Case) -> None:
        """Nobody came."""
        appointments.not_attended(
            self.session,
            appointment_id=self._appointment(case),
            reason=NotAttendedReason.NOT_KNOWN,
            by=self.clerk,
        )

    def withdraw(self, case: Case) -> None:
        """The patient was seen elsewhere."""
        withdrawals.withdraw(
            self.session,
            referral_id=case.referral_id,
            reason=WithdrawnReason.SEEN_ELSEWHERE,
            by=self.clerk,
        )

    def record_death(self, case: Case, on: date) -> None:
        """The surgery rang."""
        appointment = waiting_appointment(self.session, case.referral_id)
        if appointment is None:
            raise Conflict("The demonstration expects an appointment here.")
        endings.record_death(self.session, patient_id=appointment.patient_id, on=on, by=self.clerk)

    def _appointment(self, case: Case) -> uuid.UUID:
        if case.appointment_id is None:
            raise Conflict("The demonstration expects an appointment here.")
        return case.appointment_id

    def _free(self, case: Case, day: date, nth: int) -> Slot:
        start, end = london_day(day)
        slots = free.free_slots(self.session, after=start, before=end)
        if len(slots) <= nth:
            slots = free.free_slots(self.session, after=end, limit=nth + 1)
        return slots[min(nth, len(slots) - 1)]
