"""What a file is, from its first bytes and its header; nothing here decodes a pixel."""

import io
import struct
from dataclasses import dataclass
from enum import StrEnum

import pillow_heif
from PIL import Image

from derm_service.imaging.gate.report import IssueCode

MAX_BYTES = 60 * 1024 * 1024
MAX_PIXELS = 100_000_000
HEAD_BYTES = 32
# what decoders are known to raise on damaged files; anything else ends the child, which is a
# verdict as well
DECODE_ERRORS = (
    OSError, ValueError, SyntaxError, EOFError, KeyError, IndexError, TypeError, OverflowError,
    struct.error, RuntimeError, MemoryError,
)  # fmt: skip

pillow_heif.register_heif_opener()
Image.MAX_IMAGE_PIXELS = None  # read_header refuses by its own limit before anything is decoded


class Format(StrEnum):
    """The kinds of file we take."""

    JPEG = "JPEG"
    PNG = "PNG"
    HEIF = "HEIF"
    AVIF = "AVIF"
    TIFF = "TIFF"
    WEBP = "WEBP"


# Several pictures in these mean animation or pages; HEIF and JPEG hold depth and gain maps.
ONE_PICTURE_ONLY = frozenset({Format.PNG, Format.AVIF, Format.TIFF, Format.WEBP})
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
SEVERAL_PICTURES = Refused(
    IssueCode.SEVERAL_PICTURES,
    "This file holds an animation or several pages. Turn off burst and live photos and send "
    "one still photograph.",
)


@dataclass(frozen=True)
class Header:
    """A file's kind and its stored size in pixels, before any rotation."""

    format: Format
    width: int
    height: int


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


def open_image(data: bytes) -> tuple[Header, Image.Image]:
    """The header, checked against every limit, and the lazily opened image; Refused otherwise."""
    if len(data) > MAX_BYTES:
        raise TOO_LARGE
    kind = sniff(data[:HEAD_BYTES])
    if kind is None:
        raise WRONG_FORMAT
    try:
        image = Image.open(io.BytesIO(data), formats=[kind.value])
        frames = getattr(image, "n_frames", 1)
    except DECODE_ERRORS as error:
        raise UNREADABLE from error
    if kind in ONE_PICTURE_ONLY and frames > 1:
        raise SEVERAL_PICTURES
    if image.width * image.height > MAX_PIXELS:
        raise TOO_LARGE
    return Header(kind, image.width, image.height), image
