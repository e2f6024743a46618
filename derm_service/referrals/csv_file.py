"""Reads an uploaded CSV file into rows of texts, or says in a sentence why it cannot; pure."""

import csv
import io
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from derm_service.errors import Invalid
from derm_service.referrals.inputs import MOST_LESIONS
from derm_service.referrals.reading import LESION_PARTS

MOST_BYTES = 5_000_000
MOST_ROWS = 2_000
NEEDED = ("source_reference", "family_name", "born_on", "priority", "received_on", "lesion_1_site")
COLUMNS: dict[str, str] = {
    "source_reference": "The UBRN or your own number. A row sent again under it changes nothing.",
    "priority": "urgent suspected cancer, urgent or routine",
    "received_on": "The day the referral was received, day 0: 14/3/2026 or 2026-03-14",
    "nhs_number": "10 digits, spaces allowed",
    "nhs_number_not_known": "yes where there is no NHS number",
    "family_name": "",
    "given_name": "",
    "born_on": "Date of birth: 14/3/1960 or 1960-03-14",
    "sex": "female, male, other or not known",
    "address": "Lines separated by semicolons, without the postcode",
    "postcode": "",
    "phone": "",
    "mobile": "",
    "email": "",
    "contact_by": "letter, phone, sms or email",
    "contact_note": "For example: ring the daughter",
    "safe_contact": "yes where nothing may be sent and somebody rings as noted; else no or empty",
    "proxy_name": "Who hears from us for the patient. With any proxy column filled, these must be "
    "too: name, relation, channel, consent_by, consented_on, consent_note",
    "proxy_relation": "For example daughter or carer",
    "proxy_channel": "letter, phone, sms or email; with what it needs in the columns below",
    "proxy_phone": "",
    "proxy_mobile": "",
    "proxy_email": "",
    "proxy_address": "Lines separated by semicolons, without the postcode",
    "proxy_postcode": "",
    "proxy_consent_by": "Who agreed to it: patient, young person, parent, attorney or best "
    "interests",
    "proxy_consented_on": "The day it was agreed: 14/3/2026 or 2026-03-14",
    "proxy_consent_note": "How, and to whom, they agreed",
    "proxy_until": "The last day it holds, or empty",
    "language": "ISO 639 code or English name; empty is English",
    "interpreter_needed": "yes, no or empty for not stated",
    "needs": "Any of step free, hoist, hearing loop, bsl, large print, easy read, braille, "
    "longer appointment, carer present, transport, other; separated by semicolons",
    "needs_note": "",
    "mobility": "independent, needs help, wheelchair, hoist, housebound or empty for not stated",
    "care_home": "yes, no or empty for not stated",
    "ethnic_category": "A to S, Z (not stated) or 99 (not known)",
    "has_device": "yes, no or empty for not stated",
    "has_data": "yes, no or empty for not stated",
    "digital_confidence": "1 to 5",
    "has_digital_helper": "yes, no or empty for not stated",
    "short_notice": "yes, no or empty for not stated",
    "gp_name": "",
    "gp_practice_code": "For example C81001",
    "gp_address": "Lines separated by semicolons",
    "referrer_name": "",
    "referrer_organisation": "",
    "referrer_phone": "",
    "anticoagulant": "yes, no or empty for not stated",
    "pacemaker": "yes, no or empty for not stated",
    "immunosuppressed": "yes, no or empty for not stated",
    "allergies": "",
    "medicines": "",
    "previous_skin_cancer": "",
    "family_history": "",
}
LESION_COLUMNS: dict[str, str] = {
    "site": "SNOMED CT code or name of the place, from the list below",
    "side": "left, right, both, midline or empty",
    "site_note": "Where exactly",
    "question": "The referrer’s question",
    "duration": "",
    "seven_point": "Any of change in size, irregular shape, irregular colour, seven mm or more, "
    "inflammation, oozing, change in sensation; separated by semicolons",
    "diameter_mm": "Millimetres",
}
TEMPLATE_LESIONS = 3
_ALL = frozenset(COLUMNS) | {
    f"lesion_{n}_{part}" for n in range(1, MOST_LESIONS + 1) for part in LESION_PARTS
}
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True)
class Row:
    """One row: the line of the file it starts on, and its texts by column."""

    line: int
    texts: dict[str, str]
    problem: str = ""


def template_columns() -> list[str]:
    """The columns of the template: every one, with room for three lesions."""
    lesions = [
        f"lesion_{n}_{part}" for n in range(1, TEMPLATE_LESIONS + 1) for part in LESION_PARTS
    ]
    return [*COLUMNS, *lesions]


def text_of(content: bytes) -> str:
    """The text of a file in UTF-8 (with or without mark) or Windows-1252; Invalid names `file`."""
    if not content.strip():
        raise _refusal("The file is empty. Choose another one.")
    if len(content) > MOST_BYTES:
        raise _refusal("The file is larger than 5 MB. Split it and import the parts.")
    if content.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise _refusal("This is an Excel workbook. Save it as CSV and choose that file.")
    if content.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\x00" in content:
        raise _refusal("The file is not plain text in UTF-8. Save it as “CSV UTF-8”.")
    for encoding in ("utf-8-sig", "cp1252"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise _refusal("The letters in this file cannot be read. Save it as “CSV UTF-8”.")


def rows_of(text: str) -> list[Row]:
    """The rows under the column names; Invalid names `file` where the whole cannot be read."""
    first = text.lstrip("\ufeff").split("\n", 1)[0]
    for mark, name in ((";", "semicolons"), ("\t", "tabs"), ("|", "upright strokes")):
        if "," not in first and mark in first:
            raise _refusal(f"The columns are separated by {name}. Save the file with commas.")
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        names = [_name(cell) for cell in next(reader, [])]
        _check_columns(names)
        rows = list(_rows(reader, names))
    except csv.Error as error:
        raise _refusal(
            f"Line {reader.line_num} cannot be read: a quotation mark is missing or too many, "
            "or a cell is far too long."
        ) from error
    if not rows:
        raise _refusal("There are no rows under the column names.")
    if len(rows) > MOST_ROWS:
        raise _refusal(
            f"There are {len(rows):,} rows; {MOST_ROWS:,} is the most. "
            "Split the file and import the parts."
        )
    return rows


def safe_cell(value: str) -> str:
    """A cell a spreadsheet will show and never calculate."""
    return f"'{value}" if value.startswith(_FORMULA) else value


def written(rows: Sequence[Sequence[str]]) -> str:
    """Rows as CSV that is safe to open in a spreadsheet."""
    out = io.StringIO(newline="")
    csv.writer(out).writerows([safe_cell(cell) for cell in row] for row in rows)
    return out.getvalue()


def _rows(reader: Iterator[list[str]], names: list[str]) -> Iterator[Row]:
    line = reader.line_num + 1  # type: ignore[attr-defined]
    for cells in reader:
        if any(cell.strip() for cell in cells):
            texts = dict(zip(names, cells, strict=False))
            problem = ""
            if len(cells) > len(names) and any(cell.strip() for cell in cells[len(names) :]):
                problem = f"There are {len(cells)} cells but {len(names)} columns"
            yield Row(line, texts, problem)
        line = reader.line_num + 1  # type: ignore[attr-defined]


def _name(cell: str) -> str:
    return "_".join(cell.strip().casefold().replace("-", " ").split())


def _check_columns(names: list[str]) -> None:
    unknown = [name for name in names if name and name not in _ALL]
    missing = [name for name in NEEDED if name not in names]
    double = sorted(name for name, times in Counter(names).items() if name and times > 1)
    if unknown:
        raise _refusal(f"The column “{unknown[0][:60]}” is not known. See the list of columns.")
    if missing:
        raise _refusal(f"The column “{missing[0]}” is missing. Use the template.")
    if double:
        raise _refusal(f"The column “{double[0]}” is there twice.")


def _refusal(sentence: str) -> Invalid:
    return Invalid({"file": sentence})
