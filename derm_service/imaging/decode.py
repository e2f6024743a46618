"""Strict decoding to upright 8-bit RGB, and the few camera facts worth keeping."""

import io
import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import simplejpeg
from numpy.typing import NDArray
from PIL import ExifTags, Image, ImageCms

from derm_service.imaging.formats import UNREADABLE, Format, Refused
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
TEXT_FACTS = {"Make": "make", "Model": "model", "LensModel": "lens"}
NUMBER_FACTS = {
    "ExposureTime": "exposure_s",
    "FNumber": "f_number",
    "ISOSpeedRatings": "iso",
    "FocalLength": "focal_length_mm",
    "Flash": "flash",
}
CAPTURE_TIME = re.compile(r"\d{4}:\d\d:\d\d \d\d:\d\d:\d\d")
UTC_OFFSET = re.compile(r"[+-]\d\d:\d\d")


@dataclass(frozen=True)
class Picture:
    """One decoded photograph: height x width x 3 upright RGB, its profile, its camera facts."""

    format: Format
    pixels: Pixels
    icc: bytes | None
    facts: dict[str, str | float | int]

    @property
    def width(self) -> int:
        """Upright width in pixels."""
        return int(self.pixels.shape[1])

    @property
    def height(self) -> int:
        """Upright height in pixels."""
        return int(self.pixels.shape[0])


def decode(data: bytes) -> Picture:
    """The one picture in the file; Refused when it is damaged or outside what we take."""
    header, image = open_image(data)
    try:
        exif = _exif(image)
        orientation = exif.get(ExifTags.Base.Orientation, 1)
        facts = _facts(exif)
        pixels, icc = _pixels(data, header.format, image)
    except Refused:
        raise
    except DECODE_ERRORS as error:
        raise UNREADABLE from error
    turn = UPRIGHT.get(orientation if isinstance(orientation, int) else 1)
    if turn is not None:
        pixels = np.ascontiguousarray(turn(pixels))
        facts["orientation"] = int(orientation)
    return Picture(header.format, pixels, icc, facts)


def _pixels(data: bytes, kind: Format, image: Image.Image) -> tuple[Pixels, bytes | None]:
    icc: bytes | None = image.info.get("icc_profile") or None
    if kind is Format.JPEG and image.mode in ("RGB", "L"):
        # the strict decode is the integrity check: Pillow passes a truncated file with an end
        # marker; it reads the first frame only, which is the photograph in MPO and Ultra HDR
        return simplejpeg.decode_jpeg(data, colorspace="RGB", strict=True), _rgb_profile(icc)
    if kind is Format.JPEG:
        simplejpeg.decode_jpeg(data, colorspace="CMYK", strict=True)
    image.load()
    if image.mode == "RGB":
        return np.array(image), _rgb_profile(icc)
    return np.array(_to_rgb(image, icc)), None


def _to_rgb(image: Image.Image, icc: bytes | None) -> Image.Image:
    """Grey, palette, alpha, CMYK, Lab and 16-bit pictures as sRGB on white."""
    if image.mode in ("I", "F") or image.mode.startswith("I;16"):
        return _from_deep(image)
    if image.mode in ("CMYK", "LAB") and icc:
        try:
            profile = ImageCms.ImageCmsProfile(io.BytesIO(icc))
            srgb = ImageCms.createProfile("sRGB")
            converted = ImageCms.profileToProfile(image, profile, srgb, outputMode="RGB")
            if converted is not None:
                return converted
        except ImageCms.PyCMSError:
            pass  # an unusable profile: the plain conversion below is what viewers show
    if image.has_transparency_data:
        layer = image.convert("RGBA")
        ground = Image.new("RGBA", layer.size, "white")
        return Image.alpha_composite(ground, layer).convert("RGB")
    return image.convert("RGB")


def _from_deep(image: Image.Image) -> Image.Image:
    """Grey of more than 8 bits, brought to 8."""
    deep = np.asarray(image).astype(np.float32)
    top = 65535.0 if deep.max(initial=0.0) > 255 else 255.0
    return Image.fromarray((deep * (255.0 / top)).clip(0, 255).astype(np.uint8)).convert("RGB")


def _rgb_profile(icc: bytes | None) -> bytes | None:
    """The profile when it describes RGB; any other would colour the picture wrongly."""
    return icc if icc is not None and icc[16:20] == b"RGB " else None


def _exif(image: Image.Image) -> dict[int, Any]:
    """Main and camera EXIF tags in one dict; empty when the block is broken."""
    try:
        exif = image.getexif()
        return {**exif.get_ifd(ExifTags.IFD.Exif), **exif}
    except DECODE_ERRORS:
        return {}


def _facts(exif: dict[int, Any]) -> dict[str, str | float | int]:
    """Make, model, lens, exposure and time: never place, owner or serial number."""
    facts: dict[str, str | float | int] = {}
    for tag, name in TEXT_FACTS.items():
        text = str(exif.get(ExifTags.Base[tag], "")).replace("\0", "").strip()
        if text and text.isprintable():
            facts[name] = text[:100]
    for tag, name in NUMBER_FACTS.items():
        number = _number(exif.get(ExifTags.Base[tag]))
        if number is not None:
            facts[name] = number
    taken = str(exif.get(ExifTags.Base.DateTimeOriginal, ""))
    if CAPTURE_TIME.fullmatch(taken):
        offset = str(exif.get(ExifTags.Base.OffsetTimeOriginal, ""))
        known = offset if UTC_OFFSET.fullmatch(offset) else ""
        facts["taken"] = taken[:10].replace(":", "-") + "T" + taken[11:] + known
    return facts


def _number(value: Any) -> float | None:
    try:
        number = float(value[0] if isinstance(value, tuple) else value)
    except (TypeError, ValueError, IndexError, ZeroDivisionError):
        return None
    return number if math.isfinite(number) else None
