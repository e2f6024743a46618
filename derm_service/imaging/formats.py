"""What a file is, from its first bytes, and what we refuse; pure, opens nothing."""

from enum import StrEnum

from derm_service.imaging.gate.report import IssueCode

MAX_BYTES = 60 * 1024 * 1024
MAX_PIXELS = 100_000_000
HEAD_BYTES = 32


class Format(StrEnum):
    """The kinds of file we take."""

    JPEG = "JPEG"
    PNG = "PNG"
    HEIF = "HEIF"
    AVIF = "AVIF"
    TIFF = "TIFF"
    WEBP = "WEBP"


HEIF_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"mif1", b"MiHE", b"miaf"})
AVIF_BRANDS = frozenset({b"avif", b"avis"})


class Refused(Exception):
    """A file that cannot be shown safely, with the sentence for the photographer."""

    def __init__(self, code: IssueCode, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


WRONG_FORMAT = Refused(
    IssueCode.WRONG_FORMAT,
    "This file is not a photograph we can show. Send the camera's own JPEG, HEIC, PNG, TIFF, "
    "WebP or AVIF file.",
)
UNREADABLE = Refused(
    IssueCode.UNREADABLE,
    "This file is damaged and cannot be shown whole. Send it again from the camera, "
    "or take the photograph again.",
)
TOO_LARGE = Refused(
    IssueCode.TOO_LARGE,
    "This file is too large: at most 60 MB and 100 megapixels. Choose a smaller picture size "
    "in the camera's settings and take the photograph again.",
)
TWO_FILES = Refused(
    IssueCode.WRONG_FORMAT,
    "This file is a photograph and another kind of file at once. Send the camera's own file.",
)
SEVERAL_PICTURES = Refused(
    IssueCode.SEVERAL_PICTURES,
    "This file holds an animation or several pages. Turn off burst and live photos and send "
    "one still photograph.",
)


def sniff(head: bytes) -> Format | None:
    """The format that a file's first 32 bytes announce; None for anything we do not take."""
    if head.startswith(b"\xff\xd8\xff"):
        return Format.JPEG
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return Format.PNG
    if head[:4] in (b"II*\0", b"MM\0*"):
        return Format.TIFF
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return Format.WEBP
    return _sniff_isobmff(head)


def _sniff_isobmff(head: bytes) -> Format | None:
    if head[4:8] != b"ftyp":
        return None
    if head[8:12] in AVIF_BRANDS:
        return Format.AVIF
    # 'mif1' files say only among their further brands which codec they hold
    if head[8:12] in HEIF_BRANDS:
        further = {head[at : at + 4] for at in range(16, len(head) - 3, 4)}
        return Format.AVIF if further & AVIF_BRANDS else Format.HEIF
    return None
