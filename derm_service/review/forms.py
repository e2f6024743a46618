"""The forms of reading and telling: what a page sends, before the actions judge it."""

from datetime import date, datetime, time

from wtforms import (
    BooleanField,
    Form,
    HiddenField,
    IntegerField,
    RadioField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.validators import Optional
from wtforms.widgets import HiddenInput

from derm_service import clock
from derm_service.errors import Invalid
from derm_service.forms import Chosen, DayField, Required, choices, stripped
from derm_service.imaging import retake_words
from derm_service.imaging.codes import RetakeReason, View
from derm_service.review import outcomes, telling
from derm_service.review.codes import Outcome, OverrideReason, ToldHow
from derm_service.review.opinions import Wording


class OutcomeForm(Form):
    """What happens next with a lesion; without a browser script it is a page of its own."""

    outcome = RadioField(
        "What should happen next?",
        [Chosen("Choose what should happen next.")],
        validate_choice=False,
        choices=outcomes.choices(),
    )


class WordsForm(Form):
    """The words of an opinion or a correction; the action checks them."""

    outcome = HiddenField("Outcome")
    text_for_patient = TextAreaField("What the letter tells the patient", filters=[stripped])
    text_for_gp = TextAreaField("What the letter tells the GP", filters=[stripped])
    sure = HiddenField("I mean it")

    @property
    def wording(self) -> Wording:
        """The words as the actions take them."""
        return Wording(
            Outcome(self.outcome.data or ""),
            text_for_patient=self.text_for_patient.data or "",
            text_for_gp=self.text_for_gp.data or "",
        )


class OpinionForm(WordsForm):
    """An opinion to sign, and the photographs its page showed when it was opened."""

    site_confirmed = BooleanField("The images show this place")
    images_waived_reason = StringField("Why you sign without opening all images")
    images = StringField("Photographs on the page", widget=HiddenInput())


class CorrectionForm(WordsForm):
    """A correction to sign, and how many there were when its page was opened."""

    corrections = IntegerField("Corrections on the page", [Optional()], widget=HiddenInput())


class RetakeForm(Form):
    """Which views to take again, and why."""

    views = SelectMultipleField(
        "Which views should be taken again?",
        choices={view.value: view.words.capitalize() for view in View},
    )
    capture_id = RadioField(
        "Which image shows the problem?",
        [Chosen("Choose one of the images of this lesion.")],
        filters=[lambda chosen: chosen or ""],
        validate_choice=False,
        choices={},
    )
    reason = RadioField(
        "What is the problem?",
        [Chosen("Choose what the problem is.")],
        validate_choice=False,
        choices=choices(RetakeReason, {k.value: v for k, v in retake_words.REASONS.items()}),
    )
    note = TextAreaField("What should the photographer do differently?", filters=[stripped])


class DowngradeForm(Form):
    """Who agreed for the referrer, and when."""

    agreed_with = StringField("Who agreed for the referrer?", filters=[stripped])
    agreed_on = DayField("When did they agree?")


class ToldForm(Form):
    """How and when the patient was told."""

    how = RadioField(
        "How was the patient told?",
        [Chosen("Choose how the patient was told.")],
        validate_choice=False,
        choices=choices(ToldHow, {k.value: v for k, v in telling.HOW_WORDS.items()}),
    )
    told_at = DayField("On which day?", [Required("Enter the day the patient was told.")])
    at_time = StringField("At what time?", filters=[stripped])
    spoken_to = StringField("Who was spoken to?", filters=[stripped])
    corrections = IntegerField(
        "Corrections of the words that were read out", [Optional()], widget=HiddenInput()
    )
    note = TextAreaField("Notes", filters=[stripped])

    def moment(self) -> datetime:
        """The aware moment that was entered; a day without a time counts from midday.

        Invalid names the field that cannot be read.
        """
        day = self.told_at.data
        if not isinstance(day, date):
            raise Invalid({"told_at": "Enter the day the patient was told."})
        return datetime.combine(day, read_time(self.at_time.data or ""), tzinfo=clock.LONDON)


def read_time(text: str) -> time:
    """A time of day as people type it: 14:30, 14.30, 9:05; Invalid when it is none."""
    try:
        hour, _, minute = text.replace(".", ":").partition(":")
        return time(int(hour), int(minute or 0))
    except (ValueError, OverflowError) as error:
        raise Invalid({"at_time": "Enter a time like 14:30."}) from error


class NotReachedForm(Form):
    """A try that reached nobody, and when to try next."""

    what_happened = StringField(
        "What happened?",
        [Required("Enter what happened, like “No answer”.")],
        filters=[stripped],
    )
    next_on = DayField("When to try next?", [Required("Enter when to try next.")])


class OverrideForm(Form):
    """Why a locked letter goes although nobody was spoken to."""

    reason = RadioField(
        "Why may the letter go?",
        [Chosen("Choose why the letter may go.")],
        validate_choice=False,
        choices=choices(OverrideReason, {k.value: v for k, v in telling.OVERRIDE_WORDS.items()}),
    )


class PostedForm(Form):
    """When a letter was posted."""

    posted_on = DayField("When was it posted?", [Required("Enter when the letter was posted.")])


class ReturnedForm(Form):
    """Why a letter came back."""

    came_back = StringField(
        "What does the envelope say?",
        [Required("Enter what the envelope says, like “Gone away”.")],
        filters=[stripped],
    )


def refuse(form: Form, problem: Invalid) -> None:
    """Put an action's refusal beside its fields; a field the form lacks is shown by the first."""
    fields = list(form)
    for name, sentence in problem.fields.items():
        field = form[name] if name in form else fields[0]
        field.errors = [*field.errors, sentence]


def now_as_typed() -> str:
    """The present London time as a form shows it."""
    return f"{clock.london(clock.now()):%H:%M}"
