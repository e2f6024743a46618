"""What can go wrong, in finished sentences a person can act on; no HTTP in here."""

from collections.abc import Mapping
from typing import Any


class Problem(Exception):
    """Something the person in front of the page can understand and act on."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message
        self.more: Mapping[str, Any] = {}  # what programs are told besides


class Invalid(Problem):
    """What was typed or sent cannot be taken; `fields` names each field and its sentence."""

    def __init__(self, fields: Mapping[str, str], message: str = "There is a problem") -> None:
        super().__init__(message)
        self.fields = dict(fields)


class NotFound(Problem):
    """There is no such thing, or this person may not know of it."""


class NotAllowed(Problem):
    """This person may not do that."""


class Conflict(Problem):
    """Somebody or something else was there first."""


class Unavailable(Problem):
    """A part the service needs is down; nothing was changed, trying again later is right."""
