"""What the demonstration's dermatologist and office do once there are images."""

import uuid
from datetime import date

from derm_service import clock
from derm_service.demo.lesions import Kind
from derm_service.demo.office import Case
from derm_service.demo.people import Staff
from derm_service.demo.play import Play
from derm_service.imaging.codes import RetakeReason, View
from derm_service.messages.codes import Addressee
from derm_service.people import User
from derm_service.review import (
    claims,
    first_words,
    letters,
    opinions,
    posting,
    retakes,
    standing,
    telling,
    viewing,
)
from derm_service.review.codes import Outcome, ToldHow
from derm_service.review.models import Opinion

_OUTCOME = {
    Kind.NAEVUS: Outcome.REASSURE,
    Kind.MELANOMA: Outcome.USC_F2F,
    Kind.BASAL_CELL: Outcome.DIRECT_SURGERY,
    Kind.SEBORRHOEIC: Outcome.REASSURE,
    Kind.ANGIOMA: Outcome.REASSURE,
    Kind.ACTINIC: Outcome.PRIMARY_CARE,
}
_SEEN = {
    Kind.NAEVUS: "Regular network, symmetrical. Benign naevus.",
    Kind.MELANOMA: "Asymmetry, atypical network, blue-white veil, streaks at the border.",
    Kind.BASAL_CELL: "Arborising vessels, ulceration, blue-grey nests. Basal cell carcinoma.",
    Kind.SEBORRHOEIC: "Milia-like cysts and plugs, sharp border. Seborrhoeic keratosis.",
    Kind.ANGIOMA: "Red lagoons only. Angioma.",
    Kind.ACTINIC: "Strawberry pattern with scale. Actinic keratosis; suggest fluorouracil cream.",
}


class Reading:
    """Reads, signs, asks again, tells and posts, through the service's own actions."""

    def __init__(self, play: Play, staff: Staff) -> None:
        self.session = play.session
        self.reader = staff.reader
        self.other_reader = staff.other_reader
        self.clerk = staff.clerk

    def claim(self, case: Case, *, by: User | None = None) -> None:
        """Open the case, as a reader does."""
        claims.claim(self.session, referral_id=case.referral_id, by=by or self.reader)

    def sign(self, case: Case) -> None:
        """Open every image and sign each lesion."""
        self.claim(case)
        for lesion_id, spot in zip(case.lesion_ids, case.plot.spots, strict=True):
            self._open_all(lesion_id)
            outcome = _OUTCOME[spot.kind]
            opinions.sign(
                self.session,
                lesion_id=lesion_id,
                wording=opinions.Wording(
                    outcome,
                    text_for_patient=first_words.for_patient(outcome),
                    text_for_gp=_SEEN[spot.kind],
                ),
                site_confirmed=True,
                sure=True,
                by=self.reader,
            )

    def ask_again(self, case: Case) -> None:
        """The dermoscopic picture of the first lesion is blurred: ask for another."""
        self.claim(case)
        captures = self._open_all(case.lesion_ids[0])
        failed = next(each for each in captures if each[1] is View.DERMOSCOPIC)
        retakes.ask(
            self.session,
            lesion_id=case.lesion_ids[0],
            views=[View.DERMOSCOPIC],
            reason=RetakeReason.BLURRED,
            note="The network cannot be judged. Rest the hand on the skin and let it focus.",
            capture_id=failed[0],
            by=self.reader,
        )

    def ring(self, case: Case) -> None:
        """Tell the patient every opinion by telephone."""
        for opinion in self._opinions(case):
            telling.tell(
                self.session,
                opinion_id=opinion.id,
                how=ToldHow.PHONE_CALL,
                told_at=clock.now(),
                spoken_to="The patient",
                note="Understood, no questions.",
                by=self.clerk,
            )

    def post(self, case: Case, on: date) -> None:
        """Print and post the letters that may go out."""
        for opinion in self._opinions(case):
            for addressee in Addressee:
                for letter in letters.of_opinion(self.session, opinion.id, addressee)[:1]:
                    if letter.state not in posting.GOES_OUT:
                        continue
                    posting.printed(self.session, message_id=letter.id, by=self.clerk)
                    posting.posted(self.session, message_id=letter.id, posted_on=on, by=self.clerk)

    def come_back(self, case: Case) -> None:
        """The patient's letter is returned."""
        for opinion in self._opinions(case):
            letter = letters.of_opinion(self.session, opinion.id, Addressee.PATIENT)[0]
            posting.returned(self.session, message_id=letter.id, reason="Moved away", by=self.clerk)

    def _open_all(self, lesion_id: uuid.UUID) -> list[tuple[uuid.UUID, View]]:
        captures = viewing.filed(viewing.current_set(self.session, lesion_id))
        for capture in captures:
            viewing.opened(self.session, capture_id=capture.id, by=self.reader)
        return [(capture.id, View(capture.view)) for capture in captures]

    def _opinions(self, case: Case) -> list[Opinion]:
        found = (standing.of_lesion(self.session, each) for each in case.lesion_ids)
        return [opinion for opinion in found if opinion is not None]
