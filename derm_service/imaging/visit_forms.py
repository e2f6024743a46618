"""The forms of the visit pages: fields and their sentences; the actions judge what they mean."""

from collections.abc import Iterable, Sequence

from wtforms import Form, RadioField, SelectField, SelectMultipleField, StringField, TextAreaField
from wtforms.validators import ValidationError

from derm_service.booking.codes import NextStep
from derm_service.forms import Chosen, Required, stripped
from derm_service.imaging import visit_words as words
from derm_service.imaging.consent import ConsentTaken
from derm_service.imaging.progress import Ending, LesionProgress
from derm_service.imaging.rules import IDENTIFIERS
from derm_service.imaging.rules import words as said
from derm_service.referrals import body_sites
from derm_service.referrals.codes import ConsentBy
from derm_service.referrals.consent_rules import ADULT_AT, PARENT_UNTIL

COME_BACK = "come_back"
YES_NO = {"yes": "Yes", "no": "No"}
ENTRY = ("why_cannot_decide", "consulted", "why_best")


def one_of(label: str, offered: dict[str, str], sentence: str) -> RadioField:
    """Radios that must be answered."""
    return RadioField(label, [Chosen(sentence)], choices=offered, validate_choice=False)


def text(label: str) -> StringField:
    """A line of text without white space around it."""
    return StringField(label, filters=[stripped])


def long_text(label: str, *validators: Required) -> TextAreaField:
    """Some lines of text without white space around them."""
    return TextAreaField(label, validators, filters=[stripped])


class IdentityForm(Form):
    """What the person said when they were asked."""

    identifiers = SelectMultipleField("Which did they give correctly?", validate_choice=False)
    sorted_out = long_text("How did you sort out who this is?")

    def offer(self, known: Iterable[str]) -> None:
        """Offer only what the record can confirm."""
        self.identifiers.choices = {code: IDENTIFIERS[code] for code in known}


class MismatchForm(Form):
    """What did not match."""

    note = long_text("What did not match? (optional)")


class ConsentForm(Form):
    """One conversation about photographs."""

    given_by = one_of("Who decides about photographs?", {}, "Choose who decides about photographs")
    giver_name = text("Their name")
    giver_relation = text("Relation to the patient")
    competence_note = long_text("How did you judge that they are able to decide?")
    why_cannot_decide = long_text("Why can the patient not make this decision?")
    consulted = long_text("Who was consulted, and how are they related?")
    why_best = long_text("Why are photographs in the patient’s best interests?")
    interpreter = text("Who interpreted?")
    no_interpreter_reason = text("If nobody interpreted, why?")
    record = one_of("Photographs for the health record", YES_NO, "Choose Yes or No for the record")
    teaching = one_of("Use for teaching", YES_NO, "Choose Yes or No for teaching")
    publication = one_of("Use in a publication", YES_NO, "Choose Yes or No for publication")
    publication_name = text("Name of the publication")

    def offer(self, age: int) -> None:
        """Offer who may decide for somebody of this age."""
        able = [ConsentBy.PATIENT, ConsentBy.ATTORNEY, ConsentBy.BEST_INTERESTS]
        if age < ADULT_AT:
            able = [ConsentBy.PARENT, ConsentBy.YOUNG_PERSON]
        elif age < PARENT_UNTIL:
            able = [ConsentBy.PATIENT, ConsentBy.PARENT, ConsentBy.BEST_INTERESTS]
        labels = {each.value: words.DECIDERS[each] for each in able}
        if age >= ADULT_AT and ConsentBy.PARENT in able:
            labels[ConsentBy.PARENT] += ": the patient lacks capacity for this decision"
        self.given_by.choices = labels

    def taken(self, age: int) -> ConsentTaken:
        """The conversation as the action takes it."""
        by = ConsentBy(self.given_by.data)
        return ConsentTaken(
            given_by=by,
            record=self.record.data == "yes",
            teaching=self.teaching.data == "yes",
            publication=self.publication.data == "yes",
            publication_name=self.publication_name.data or "",
            has_capacity=_capacity(by, age),
            giver_name=self.giver_name.data or "",
            giver_relation=self.giver_relation.data or "",
            best_interests={name: self[name].data or "" for name in ENTRY}
            if by is ConsentBy.BEST_INTERESTS
            else None,
            competence_note=self.competence_note.data or "",
            interpreter=self.interpreter.data or "",
            no_interpreter_reason=self.no_interpreter_reason.data or "",
        )


def _capacity(by: ConsentBy, age: int) -> bool | None:
    """Whether the patient has capacity, which the answer to "who decides" says."""
    if by in (ConsentBy.PATIENT, ConsentBy.YOUNG_PERSON):
        return True
    return None if age < ADULT_AT else False


class ChaperoneForm(Form):
    """A chaperone, or that the patient declined one."""

    chaperone = one_of("Chaperone", words.CHAPERONE, "Choose whether a chaperone is present")
    chaperone_name = text("Name of the chaperone")


class CloseLesionForm(Form):
    """Why a lesion is not photographed."""

    reason = one_of(
        "Why is it not photographed?", words.UNPHOTOGRAPHED, "Choose why it is not photographed"
    )
    note = long_text("More for the reader (optional)")


def _places() -> dict[str, str | dict[str, str]]:
    regions: dict[str, str | dict[str, str]] = {"": "Choose a place"}
    for region, sites in body_sites.regions().items():
        regions[region] = {site.code: site.name for site in sites}
    return regions


class AddLesionForm(Form):
    """A lesion found at the visit."""

    site_name = text("Where on the body is it?")
    site_code = SelectField("Or choose it from the list", choices=_places, validate_choice=False)
    laterality = one_of("Which side?", words.SIDES, "Choose which side")
    site_note = text("Exact place (optional)")
    reason = long_text(
        "Why should somebody look at it?", Required("Enter why somebody should look at it")
    )

    def validate_site_name(self, field: StringField) -> None:
        """Ask for a place we know, typed or chosen."""
        if field.data and self._typed() is None:
            raise ValidationError(
                "Choose one of the places that appear while you type, or one from the list"
            )
        if not field.data and not self.site_code.data:
            raise ValidationError("Enter or choose where on the body it is")

    def code(self) -> str:
        """The chosen code; what was typed wins over what was chosen from the list."""
        return self._typed() or str(self.site_code.data)

    def _typed(self) -> str | None:
        known = body_sites.BY_NAME.get((self.site_name.data or "").lower())
        return known.code if known else None


class NotesForm(Form):
    """Notes for the reader."""

    note = long_text("Notes for the reader")


class TodayForm(Form):
    """Why somebody must look today."""

    reason = long_text("Why must somebody look at this today?")


class NotAttendedForm(Form):
    """Why somebody did not come."""

    reason = one_of(
        "Why did the patient not come?",
        words.NOT_ATTENDED,
        "Choose why the patient did not come, or that it is not known.",
    )
    next_step = RadioField(
        "What happens next?",
        [Chosen("Choose what happens next. Nobody is discharged for not coming.")],
        validate_choice=False,
        default=NextStep.RING.value,
        choices=words.NEXT_STEPS,
    )


class EndForm(Form):
    """Why a visit ends without photographs, and what happens with its lesions."""

    reason = one_of(
        "Why were no photographs taken?", words.NOT_PHOTOGRAPHED, "Choose why none were taken"
    )
    note = long_text("More about it (optional)")
    lesions = one_of(
        "What happens next?",
        {
            "reader": "The dermatologist decides without photographs",
            "waiting": "The patient goes back on the waiting list for another visit",
        },
        "Choose what happens next",
    )


def finish_form(lesions: Sequence[LesionProgress]) -> type[Form]:
    """A form with a choice and a line of text for every lesion that lacks a wanted view."""
    fields: dict[str, object] = {}
    for lesion in needing_a_word(lesions):
        offered = dict(words.MISSING) if lesion.filed else {}
        offered[COME_BACK] = "The patient comes back for it"
        fields[f"lesion-{lesion.lesion_id}"] = RadioField(
            _question(lesion), choices=offered, validate_choice=False
        )
        fields[f"note-{lesion.lesion_id}"] = text("More for the reader (optional)")
    return type("FinishForm", (Form,), fields)


def _question(lesion: LesionProgress) -> str:
    if not lesion.filed:
        return "What happens with this lesion?"
    return f"Why is there no {said(lesion.missing)} view?"


def needing_a_word(lesions: Sequence[LesionProgress]) -> list[LesionProgress]:
    """The lesions whose wanted views are not all on the record."""
    return [lesion for lesion in lesions if lesion.waits and lesion.missing]


def ending_of(form: Form, lesion: LesionProgress) -> Ending:
    """The word on one lesion, read from the form; empty where nothing was chosen."""
    chosen = form[f"lesion-{lesion.lesion_id}"].data or ""
    if chosen == COME_BACK:
        return Ending(come_back=True)
    reason = words.MISSING.get(chosen, "")
    note = form[f"note-{lesion.lesion_id}"].data or ""
    return Ending(missing_because=f"{reason}: {note}" if reason and note else reason)
