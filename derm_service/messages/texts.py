"""How a text and an email read when they go out: who writes first, how to answer last; pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from derm_service.config import Settings
from derm_service.discretion import is_discreet

LINK = re.compile(r"(/offer/)[\w-]+")


@dataclass(frozen=True)
class TextSender:
    """Who writes, as others may read it; `hears` is whether answers by text reach us."""

    name: str
    phone: str
    hears: bool = False


def sender_of(settings: Settings) -> TextSender:
    """Who writes, from the settings; a name that says what it is for is not used."""
    name = settings.text_sender if is_discreet(settings.text_sender) else "NHS appointments"
    hears = bool(settings.notify_callback_token.get_secret_value())
    return TextSender(name, settings.contact_phone, hears)


def sms(content: Mapping[str, Any], sender: TextSender) -> str:
    """The words of a text, one paragraph."""
    answer = content.get("answer", "") if sender.hears else ""
    parts = (f"{sender.name}:", content["text"], answer, f"Questions? Ring {sender.phone}.")
    return " ".join(part for part in parts if part)


def email(content: Mapping[str, Any], sender: TextSender) -> tuple[str, str]:
    """Subject and body of an email."""
    ring = f"If you have a question or cannot come, ring us on {sender.phone}."
    return content["subject"], "\n\n".join([*content["email"], ring, sender.name])


def without_secrets(content: Any) -> Any:
    """The same words for whoever may read them later, with no link that answers."""
    if isinstance(content, dict):
        return {key: without_secrets(each) for key, each in content.items()}
    if isinstance(content, list):
        return [without_secrets(each) for each in content]
    return LINK.sub(r"\1…", content) if isinstance(content, str) else content
