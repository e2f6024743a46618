"""Form fields every package uses: dates in three parts, coded choices, errors for the summary."""

from collections.abc import Iterable, Mapping
from datetime import date
from enum import StrEnum
from typing import Any

from wtforms import Field, FieldList, Form, FormField, SelectField
from wtforms.validators import ValidationError

from derm_service.clock import YEARS
from derm_service.wording import code

PARTS = ("day", "month", "year")


class DayField(Field):
    """A date typed as day, month and year (`name-day` …); `data` is a date or None.

    `parts` keeps what was typed. An absent date is an error only with a DataRequired-like
    validator; a date that does not exist always is.
    """

    data: date | None

    def __init__(self, label: str, validators: list[Any] | None = None, **kwargs: Any) -> None:
        super().__init__(label, validators, **kwargs)
        self.parts = dict.fromkeys(PARTS, "")

    def process(self, formdata: Any, data: Any = None, extra_filters: Any = None) -> None:
        """Read the three parts from the form, or split the object's date."""
        self.process_errors: list[str] = []
        self.data = self.object_data = data if isinstance(data, date) else None
        if self.data is not None:
            self.parts = {
                "day": str(self.data.day),
                "month": str(self.data.month),
                "year": str(self.data.year),
            }
        if formdata is not None and any(f"{self.name}-{part}" in formdata for part in PARTS):
            self._read({part: formdata.get(f"{self.name}-{part}", "").strip() for part in PARTS})
        self.raw_data = [part for part in self.parts.values() if part]

    def _read(self, parts: dict[str, str]) -> None:
        self.parts, self.data = parts, None
        if not any(parts.values()):
            return
        try:
            day, month, year = (int(parts[part]) for part in PARTS)
            if year not in YEARS:
                raise ValueError("year")
            self.data = date(year, month, day)
        except (ValueError, OverflowError):
            self.process_errors.append(f"{self.label.text} must be a real date, like 27 3 1950.")


class Required:
    """Ask for a value in one finished sentence of the page's own."""

    field_flags: dict[str, Any] = {}  # noqa: RUF012 (WTForms reads it as a plain attribute)

    def __init__(self, sentence: str) -> None:
        self.sentence = sentence

    def __call__(self, form: Form, field: Field) -> None:
        """Refuse an empty value (None, "", [])."""
        if field.errors or field.process_errors:
            return
        empty = field.data is None or field.data in ("", []) or not str(field.data).strip()
        if empty:
            raise ValidationError(self.sentence)


class Chosen:
    """Ask for one of the choices offered; its field has `validate_choice=False`."""

    field_flags: dict[str, Any] = {}  # noqa: RUF012 (WTForms reads it as a plain attribute)

    def __init__(self, sentence: str) -> None:
        self.sentence = sentence

    def __call__(self, form: Form, field: SelectField) -> None:
        """Refuse nothing chosen and what was not offered."""
        if field.data not in {choice[0] for choice in field.iter_choices()}:
            raise ValidationError(self.sentence)


def choices(enum: type[StrEnum], labels: dict[str, str] | None = None) -> dict[str, str]:
    """Value and label of every member, in the order they are written."""
    return {each.value: (labels or {}).get(each.value, code(each.value)) for each in enum}


def whole_number(typed: str | None) -> int | None:
    """A whole number of at most nine digits, as the database keeps them; None for all else."""
    digits = (typed or "").strip()
    return int(digits) if digits.isdecimal() and len(digits) < 10 else None


def version_on_page(typed: Mapping[str, str] | None, newest: int) -> int:
    """A record's version on the page that was typed on; a fresh page has the newest."""
    return newest if typed is None else whole_number(typed.get("version")) or 0


def stripped(value: Any) -> Any:
    """A WTForms filter: no white space around what was typed."""
    return value.strip() if isinstance(value, str) else value


def form_errors(form: Form) -> list[dict[str, str]]:
    """Every error of a form with the element to jump to, in the order of the page."""
    return list(_errors(form))


def _errors(form: Iterable[Field]) -> Iterable[dict[str, str]]:
    for field in form:
        if isinstance(field, FormField | FieldList):
            yield from _errors(field.entries if isinstance(field, FieldList) else field.form)
        elif field.errors:
            target = f"{field.id}-day" if isinstance(field, DayField) else field.id
            yield {"text": str(field.errors[0]), "href": f"#{target}"}
