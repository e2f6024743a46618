"""Letters as PDF, opened and read."""

import io
from typing import Any

import pypdf
import pytest

from derm_service.messages.letters import Sender, letter_pdf

SENDER = Sender("Skin Photography", "Photography Office, Anytown AN1 1AA", "01632 960 001")
MARKUP = '#set text(red) *bold* $x^2$ @ref <label> [box] // note "quoted" \\ #panic("no")'


def content(**other: Any) -> dict[str, Any]:
    return {
        "to": ["Łukasz Nguyễn-Ωmega", "12 Mill Lane", "Anytown", "AN1 2BC"],
        "date": "2026-11-22",
        "greeting": "Dear Łukasz Nguyễn-Ωmega,",
        "subject": "Your skin check: left cheek",
        "paragraphs": ["You do not need treatment.", "If it changes,\nring us."],
        "sign_off": "Yours sincerely\n\nDr A Reader",
        "reference": "12AB34CD/1",
        **other,
    }


def opened(pdf: bytes) -> pypdf.PdfReader:
    return pypdf.PdfReader(io.BytesIO(pdf))


def words(pdf: bytes) -> str:
    return " ".join(" ".join(page.extract_text() for page in opened(pdf).pages).split())


def test_letter_says_what_was_written_and_from_whom() -> None:
    said = words(letter_pdf(content(), sender=SENDER))

    for wanted in (
        "Łukasz Nguyễn-Ωmega 12 Mill Lane Anytown AN1 2BC",
        "22 November 2026",
        "Our reference: 12AB34CD/1",
        "Your skin check: left cheek",
        "You do not need treatment.",
        "Telephone: 01632 960 001",
        "Page 1 of 1",
    ):
        assert wanted in said


def test_words_of_people_are_never_read_as_markup() -> None:
    said = words(letter_pdf(content(subject=MARKUP, paragraphs=[MARKUP])))

    assert said.count(" ".join(MARKUP.split())) == 2


@pytest.mark.parametrize("name", ["😀 Smith", "محمد علي", "王小明", "", "x" * 300])
def test_no_name_breaks_a_letter(name: str) -> None:
    pdf = letter_pdf(content(to=[name, "AN1 2BC"], greeting=f"Dear {name},"))

    assert "You do not need treatment." in words(pdf)


def test_letter_is_tagged_for_screen_readers_and_names_its_language() -> None:
    catalog = opened(letter_pdf(content())).root_object

    assert catalog["/MarkInfo"]["/Marked"]
    assert catalog["/Lang"] == "en-GB"
    assert "/StructTreeRoot" in catalog


def test_large_print_is_set_in_18_point() -> None:
    def sizes(pdf: bytes) -> set[float]:
        found: set[float] = set()

        def visit(text: str, _cm: Any, _tm: Any, _font: Any, size: float) -> None:
            if "treatment" in text:
                found.add(size)

        opened(pdf).pages[0].extract_text(visitor_text=visit)
        return found

    assert sizes(letter_pdf(content())) == {11.0}
    assert sizes(letter_pdf(content(), large_print=True)) == {18.0}


@pytest.mark.parametrize("large_print", [False, True])
def test_address_stands_in_the_window_of_the_envelope(large_print: bool) -> None:
    page = opened(letter_pdf(content(), large_print=large_print, sender=SENDER)).pages[0]
    places: dict[str, tuple[float, float]] = {}

    def visit(text: str, cm: list[float], tm: list[float], _font: Any, _size: float) -> None:
        for wanted in ("12 Mill Lane", "AN1 2BC"):
            if wanted in text:
                places[wanted] = (cm[4] + tm[4], cm[5] + tm[5])

    page.extract_text(visitor_text=visit)
    in_mm = {
        text: (x / 72 * 25.4, 297 - y / 72 * 25.4 if y > 0 else -y / 72 * 25.4)
        for text, (x, y) in places.items()
    }

    assert set(in_mm) == {"12 Mill Lane", "AN1 2BC"}
    for from_left, from_top in in_mm.values():
        assert 19 <= from_left <= 22
        assert 50 <= from_top <= 85


def test_long_letter_runs_on_to_numbered_pages() -> None:
    pdf = letter_pdf(content(paragraphs=["A paragraph of some length. " * 12] * 20))

    assert len(opened(pdf).pages) > 1
    assert "Page 2 of" in words(pdf)


def test_long_address_keeps_its_postcode() -> None:
    said = words(letter_pdf(content(to=[f"Line {n}" for n in range(12)] + ["AN9 9ZZ"])))

    assert "Line 11 AN9 9ZZ" in said


def test_letter_that_must_not_go_says_so_on_its_face() -> None:
    assert "Locked: do not send" in words(letter_pdf(content(), mark="Locked: do not send"))


def test_same_content_gives_the_same_letter() -> None:
    assert letter_pdf(content()) == letter_pdf(content())
