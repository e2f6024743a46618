"""Strict decoding: once small and in luma for the gate, once whole for the renditions."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import simplejpeg
from numpy.typing import NDArray
from PIL import Image

from derm_service.imaging import camera, colour, sound
from derm_service.imaging.camera import Facts
from derm_service.imaging.formats import UNREADABLE, Format
from derm_service.imaging.gate.sight import (
    COLOUR_SIDE,
    LONG_SIDE,
    Sight,
    of_pixels,
    shrunk,
)
from derm_service.imaging.headers import DECODE_ERRORS, open_image

Pixels = NDArray[np.uint8]

# EXIF orientation -> what turns the stored rows into the upright picture
UPRIGHT: dict[int, Callable[[Pixels], Pixels]] = {
    2: np.fliplr,
    3: lambda pixels: np.rot90(pixels, 2),
    4: np.flipud,
    5: lambda pixels: np.swapaxes(pixels, 0, 1),
    6: lambda pixels: np.rot90(pixels, -1),
    7: lambda pixels: np.swapaxes(np.rot90(pixels, 2), 0, 1),
    8: lambda pixels: np.rot90(pixels, 1),
}


@dataclass(frozen=True)
class Photograph:
    """A file inside every limit, structurally sound, its pixels not yet decoded for good."""

    data: bytes
    format: Format
    image: Image.Image
    facts: Facts

    @property
    def profile(self) -> bytes | None:
        """The embedded colour profile, whatever it describes."""
        return self.image.info.get("icc_profile") or None

    @property
    def is_plain_jpeg(self) -> bool:
        """A JPEG that libjpeg-turbo decodes itself: grey or RGB, not four inks."""
        return self.format is Format.JPEG and self.image.mode in ("RGB", "L")


@dataclass(frozen=True)
class Picture:
    """One decoded photograph: height x width x 3 upright RGB, and its profile."""

    pixels: Pixels
    icc: bytes | None


def open_photograph(data: bytes) -> Photograph:
    """The one photograph in the file; Refused when it is damaged or outside what we take."""
    header, image = open_image(data)
    sound.check(data, header.format)
    return Photograph(data, header.format, image, camera.facts(image))


def sight(photograph: Photograph) -> Sight:
    """What the gate measures; Refused when the file does not decode to its last pixel."""
    try:
        return _sight_of_jpeg(photograph) if photograph.is_plain_jpeg else _sight(photograph)
    except DECODE_ERRORS as error:
        raise UNREADABLE from error


def picture(photograph: Photograph) -> Picture:
    """Every pixel in colour; Refused when the file does not decode to its last pixel."""
    try:
        if photograph.is_plain_jpeg:
            pixels = simplejpeg.decode_jpeg(photograph.data, colorspace="RGB", strict=True)
            upright = _upright(pixels, photograph.image)
            return Picture(upright, colour.rgb_profile(photograph.profile))
        rgb, icc = _whole(photograph)
        return Picture(_upright(np.asarray(rgb), photograph.image), icc)
    except DECODE_ERRORS as error:
        raise UNREADABLE from error


def _sight_of_jpeg(photograph: Photograph) -> Sight:
    """Two passes of libjpeg-turbo: luma decodes every block, colour at a fraction of the size.

    The strict decode is the integrity check: Pillow passes a cut file with an end marker. It
    reads the first frame only, which is the photograph in MPO and Ultra HDR.
    """
    data, image = photograph.data, photograph.image
    icc = colour.rgb_profile(photograph.profile)
    if "progressive" in image.info:  # each pass costs as much as the whole: one is enough
        rgb = simplejpeg.decode_jpeg(data, colorspace="RGB", strict=True)
        return _assembled(of_pixels(rgb), icc, image)
    luma = simplejpeg.decode_jpeg(data, colorspace="GRAY", strict=True)[:, :, 0]
    width, height = _small_size(image)
    small = shrunk(
        simplejpeg.decode_jpeg(
            data, colorspace="RGB", min_width=width, min_height=height, strict=True
        )
    )
    return _assembled(Sight(luma, small, small), icc, image)


def _sight(photograph: Photograph) -> Sight:
    rgb, icc = _whole(photograph)
    return _assembled(of_pixels(np.asarray(rgb)), icc, photograph.image)


def _assembled(seen: Sight, icc: bytes | None, image: Image.Image) -> Sight:
    """Turned upright, its colours in sRGB."""
    luma, stored = _upright(seen.luma, image), _upright(seen.stored, image)
    if icc is None:
        return Sight(luma, stored, stored)
    tiny = Image.fromarray(shrunk(stored, COLOUR_SIDE))
    return Sight(luma, stored, np.asarray(colour.as_srgb(tiny, icc)))


def _small_size(image: Image.Image) -> tuple[int, int]:
    factor = min(1.0, LONG_SIDE / max(image.size))
    return max(1, round(image.width * factor)), max(1, round(image.height * factor))


def _whole(photograph: Photograph) -> tuple[Image.Image, bytes | None]:
    """RGB of any other kind, and the profile where it still applies."""
    image, icc = photograph.image, photograph.profile
    if photograph.format is Format.JPEG:
        simplejpeg.decode_jpeg(photograph.data, colorspace="CMYK", strict=True)
    image.load()
    if image.mode == "RGB":
        return image, colour.rgb_profile(icc)
    return colour.to_rgb(image, icc), None


def _upright(pixels: Pixels, image: Image.Image) -> Pixels:
    """Asked after loading: TIFF, HEIF and AVIF may have been turned by then."""
    turn = UPRIGHT.get(camera.orientation(image))
    return pixels if turn is None else np.ascontiguousarray(turn(pixels))
