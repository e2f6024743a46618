"""Letters as PDF: tagged for screen readers, in a font we ship, with people's words as data."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from functools import cache
from pathlib import Path
from typing import Any

import fontpkg_noto_sans
import typst

from derm_service.wording import day

TEMPLATE = Path(__file__).with_name("letter.typ")
FONT = fontpkg_noto_sans.FAMILY
FONT_FILES = fontpkg_noto_sans.ROOT / "files"
MOST_ADDRESS_LINES = 7
"""What fits the window of the envelope."""


@dataclass(frozen=True)
class Sender:
    """Who writes, as it stands at the top right of every letter."""

    organisation: str = "Community Dermatology Photography"
    address: str = ""
    phone: str = ""

    @property
    def lines(self) -> list[str]:
        """Address, one part a line, and the telephone number."""
        parts = [part.strip() for part in self.address.split(",") if part.strip()]
        return [*parts, *([f"Telephone: {self.phone}"] if self.phone else [])]


def letter_pdf(
    content: dict[str, Any],
    *,
    large_print: bool = False,
    sender: Sender | None = None,
    mark: str = "",
) -> bytes:
    """The letter on A4, as PDF/UA-1 where the font shows every character, else only tagged.

    `content` is a message's content; `large_print` sets 18 point; `mark` is printed large in the
    corner of what must not be sent. The same content gives the same bytes.
    """
    sender = sender or Sender()
    written_on = _day_of(content)
    data = {
        "title": content.get("subject", "Letter"),
        "font": FONT,
        "large_print": large_print,
        "mark": mark,
        "organisation": sender.organisation,
        "sender": sender.lines,
        "to": _address(content.get("to", [])),
        "date": day(written_on),
        "greeting": content.get("greeting", ""),
        "subject": content.get("subject", ""),
        "paragraphs": [_lines(each) for each in content.get("paragraphs", [])],
        "phone_line": f"Our telephone number: {sender.phone}" if sender.phone else "",
        "sign_off": _lines(content.get("sign_off", "")),
        "reference": content.get("reference", ""),
        "reference_line": _reference_line(content.get("reference", "")),
    }
    return _compile(json.dumps(data), datetime.combine(written_on, time(), UTC))


def _compile(letter: str, moment: datetime) -> bytes:
    inputs = {"letter": letter}
    try:
        return typst.compile(
            TEMPLATE,
            font_paths=_fonts(),
            sys_inputs=inputs,
            timestamp=moment,
            pdf_standards="ua-1",
        )
    except typst.TypstError as error:
        # PDF/UA forbids a character the font does not have, such as an emoji in a name.
        if "could not be displayed" not in error.message:
            raise
    return typst.compile(TEMPLATE, font_paths=_fonts(), sys_inputs=inputs, timestamp=moment)


@cache
def _fonts() -> typst.Fonts:
    return typst.Fonts(
        include_system_fonts=False,
        include_embedded_fonts=False,
        font_paths=[str(FONT_FILES)],
    )


def _day_of(content: dict[str, Any]) -> date:
    return date.fromisoformat(content["date"]) if content.get("date") else date(1970, 1, 1)


def _address(lines: Iterable[str]) -> list[str]:
    """What fits the window: the last line, the postcode, is never the one that is cut."""
    kept = [line for line in lines if line and line.strip()]
    if len(kept) > MOST_ADDRESS_LINES:
        joined = ", ".join(kept[MOST_ADDRESS_LINES - 2 : -1])
        kept = [*kept[: MOST_ADDRESS_LINES - 2], joined, kept[-1]]
    return kept


def _lines(paragraph: str) -> Sequence[str]:
    return paragraph.split("\n")


def _reference_line(reference: str) -> str:
    return f"Our reference: {reference}" if reference else ""
