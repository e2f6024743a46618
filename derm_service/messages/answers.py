"""What an answer by text means, where it says one thing only; pure."""

import re

from derm_service.messages.codes import Meaning

WORDS: dict[Meaning, frozenset[str]] = {
    Meaning.CONFIRM: frozenset({"1", "yes", "y", "ok", "okay", "confirm", "confirmed"}),
    Meaning.CHANGE: frozenset({"2", "change", "move", "rebook", "reschedule"}),
    Meaning.CANCEL: frozenset({"3", "cancel"}),
}
POLITE = frozenset(
    {
        *("please", "pls", "plz", "thanks", "thank", "you", "ta", "hi", "hello"),
        *("it", "this", "my", "the", "appointment", "to", "i", "want", "would", "like"),
    }
)
"""What says neither yes nor no."""


def meaning(text: str) -> Meaning:
    """Confirm, change or cancel where nothing else is said; anything more is for a person."""
    said = set(re.findall(r"[\w'’]+", text.casefold())) - POLITE
    for each, words in WORDS.items():
        if said and said <= words:
            return each
    return Meaning.UNCLEAR
