"""How a text and an email read when they go out: who writes first, how to answer last; pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class TextSender:
    """Who writes, as others may read it; `hears` is whether answers by text reach us."""

    name: str
    phone: str
    hears: bool = False


def sms(content: Mapping[str, Any], sender: TextSender) -> str:
    """The words of a text, one paragraph."""
    answer = content.get("answer", "") if sender.hears else ""
    parts = (f"{sender.name}:", content["text"], answer, f"Questions? Ring {sender.phone}.")
    return " ".join(part for part in parts if part)


def email(content: Mapping[str, Any], sender: TextSender) -> tuple[str, str]:
    """Subject and body of an email."""
    ring = f"If you have a question or cannot come, ring us on {sender.phone}."
    return content["subject"], "\n\n".join([*content["email"], ring, sender.name])
