"""What the demonstration's photographers do: check in, identity, consent, photographs, finish."""

import uuid
from collections.abc import Sequence

from derm_service.booking import appointments
from derm_service.demo.darkroom import Darkroom
from derm_service.demo.office import Case
from derm_service.demo.people import Staff
from derm_service.demo.play import Play
from derm_service.errors import Conflict
from derm_service.imaging import visit_ending, visit_lesions, visits
from derm_service.imaging.codes import View
from derm_service.imaging.consent import ConsentTaken
from derm_service.imaging.progress import Ending
from derm_service.referrals.codes import ConsentBy, UnphotographedReason


class ClinicDay:
    """Does what a photographer does, through the service's own actions."""

    def __init__(self, play: Play, staff: Staff, darkroom: Darkroom) -> None:
        self.session = play.session
        self.photographers = staff.photographers
        self.darkroom = darkroom
        self._visits: dict[int, uuid.UUID] = {}

    def check_in(self, case: Case) -> None:
        """The person has come: their visit begins."""
        if case.appointment_id is None:
            raise Conflict("The demonstration expects an appointment here.")
        by = self.photographers[0]
        appointments.check_in(self.session, appointment_id=case.appointment_id, by=by)
        visit = visits.begin(self.session, appointment_id=case.appointment_id, by=by)
        self._visits[case.number] = visit.id

    def ask(self, case: Case) -> None:
        """Identity by three identifiers, then consent by purpose."""
        by, visit_id = self.photographers[0], self._visits[case.number]
        patient = case.person.patient
        visits.confirm_identity(
            self.session,
            visit_id=visit_id,
            identifiers=["name", "born_on", "address"],
            by=by,
        )
        is_child = case.person.age < 16
        visits.record_consent(
            self.session,
            visit_id=visit_id,
            taken=ConsentTaken(
                given_by=ConsentBy.PARENT if is_child else ConsentBy.PATIENT,
                record=True,
                teaching=case.number % 3 != 0 and not is_child,
                has_capacity=None if is_child else True,
                giver_name=f"Karin {patient.family_name}" if is_child else "",
                giver_relation="Mother" if is_child else "",
                interpreter="Telephone interpreter" if patient.interpreter_needed else "",
            ),
            by=by,
        )

    def photograph(
        self, case: Case, lesion: int, views: Sequence[View], *, soft: View | None = None
    ) -> None:
        """Confirm the site and take the views of one lesion; `soft` names one out of focus."""
        by, visit_id = self.photographers[0], self._visits[case.number]
        lesion_id = case.lesion_ids[lesion]
        visits.confirm_site(self.session, visit_id=visit_id, lesion_id=lesion_id, by=by)
        self.session.commit()
        self.darkroom.take(self.session, case, lesion, views, by=by, soft=soft)

    def note(self, case: Case, words: str) -> None:
        """Something the reader should know."""
        visits.note_for_reader(
            self.session,
            visit_id=self._visits[case.number],
            note=words,
            by=self.photographers[0],
        )

    def needs_someone_today(self, case: Case) -> None:
        """The photographer is worried."""
        visits.needs_someone_today(
            self.session,
            visit_id=self._visits[case.number],
            reason="Bleeding freely and grown since last week, says the patient.",
            by=self.photographers[0],
        )

    def not_found(self, case: Case) -> None:
        """There is nothing left to photograph."""
        visit_lesions.close_lesion(
            self.session,
            visit_id=self._visits[case.number],
            lesion_id=case.lesion_ids[0],
            reason=UnphotographedReason.HEALED,
            note="Smooth skin; the patient says it fell off in the shower.",
            by=self.photographers[0],
        )

    def finish(self, case: Case, endings: dict[uuid.UUID, Ending] | None = None) -> None:
        """Check and finish: the lesions go to the reader."""
        visit_ending.finish(
            self.session,
            visit_id=self._visits[case.number],
            endings=endings,
            by=self.photographers[0],
        )
