"""What comes out of the sandbox, as plain values."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from derm_service.imaging.codes import RenditionSize
from derm_service.imaging.gate.report import QualityReport


class Want(StrEnum):
    """What is asked of the sandbox beside the report."""

    REPORT = "report"
    THUMBNAIL = "thumbnail"  # one small copy, for a contact sheet
    COPIES = "copies"  # every rendition that is filed


@dataclass(frozen=True)
class Copy:
    """One encoded rendition."""

    size: RenditionSize
    width: int
    height: int
    data: bytes


@dataclass(frozen=True)
class Examined:
    """What came out of the sandbox; without a picture there is only the report."""

    report: QualityReport
    media_type: str = ""
    width: int | None = None
    height: int | None = None
    facts: dict[str, Any] = field(default_factory=dict)
    copies: tuple[Copy, ...] = ()
    milliseconds: dict[str, float] = field(default_factory=dict)  # decode, measure, total
