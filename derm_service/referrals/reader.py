"""Takes values out of texts by name, for pages and rows of files alike; pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeVar

from derm_service.referrals import coded, tidy

T = TypeVar("T")
E = TypeVar("E", bound=StrEnum)


@dataclass
class Reader:
    """Takes values out of texts by name and collects the sentences of what cannot be taken."""

    texts: Mapping[str, str]
    problems: dict[str, str] = field(default_factory=dict)

    def get(self, name: str, read: Callable[[str], T], otherwise: T) -> T:
        """The value of one field, or `otherwise` with its problem noted."""
        try:
            return read(self.texts.get(name, ""))
        except ValueError as error:
            self.problems[name] = _sentence(name, str(error))
            return otherwise

    def line(self, name: str) -> str:
        """One line of text."""
        return self.get(name, tidy.line, "")

    def text(self, name: str) -> str:
        """Several lines of text."""
        return self.get(name, tidy.text, "")

    def lines(self, name: str) -> list[str]:
        """An address in lines."""
        empty: list[str] = []
        return self.get(name, tidy.lines, empty)

    def yes_no(self, name: str) -> bool | None:
        """Yes, no or not stated."""
        return self.get(name, tidy.yes_no, None)

    def coded(self, name: str, table: Mapping[str, E], otherwise: E, sentence: str) -> E:
        """A coded word, whatever its capitals, spaces and dashes; empty is `otherwise`."""
        word = coded.word(self.texts.get(name, ""))
        if word and word not in table:
            self.problems[name] = sentence
        return table.get(word, otherwise) if word else otherwise


def _sentence(name: str, message: str) -> str:
    if message.startswith("must be"):
        return f"{name.replace('_', ' ').capitalize()} {message}"
    return message
