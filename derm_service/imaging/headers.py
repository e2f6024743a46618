"""A file's header held against every limit, before a pixel is decoded."""

import io
import struct
from dataclasses import dataclass

import pillow_heif
from PIL import AvifImagePlugin, Image, TiffImagePlugin

from derm_service.imaging.formats import (
    HEAD_BYTES,
    MAX_BYTES,
    MAX_PIXELS,
    SEVERAL_PICTURES,
    TOO_LARGE,
    UNREADABLE,
    WRONG_FORMAT,
    Format,
    sniff,
)

pillow_heif.register_heif_opener(decode_threads=1)
AvifImagePlugin.DEFAULT_MAX_THREADS = 1
Image.MAX_IMAGE_PIXELS = None  # open_image refuses by our own limit before anything is decoded

# Several pictures in these mean animation or pages; HEIF and JPEG hold depth and gain maps.
ONE_PICTURE_ONLY = frozenset({Format.PNG, Format.AVIF, Format.TIFF, Format.WEBP})
DNG_VERSION, SUBFILE_TYPE, REDUCED = 50706, 254, 1  # TIFF tags and what they may say
# what decoders are known to raise on damaged files; anything else ends the child, which is a
# verdict as well
DECODE_ERRORS = (
    OSError, ValueError, SyntaxError, EOFError, KeyError, IndexError, TypeError, OverflowError,
    struct.error, RuntimeError, MemoryError,
)  # fmt: skip


@dataclass(frozen=True)
class Header:
    """A file's kind and its stored size in pixels, before any rotation."""

    format: Format
    width: int
    height: int


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
    if kind is Format.TIFF and _is_raw(image):
        raise WRONG_FORMAT
    return Header(kind, image.width, image.height), image


def _is_raw(image: Image.Image) -> bool:
    """A camera's raw file dressed as TIFF: its first picture is a thumbnail or raw sensor data."""
    tags = image.tag_v2 if isinstance(image, TiffImagePlugin.TiffImageFile) else {}
    return bool(DNG_VERSION in tags or tags.get(SUBFILE_TYPE, 0) == REDUCED)
