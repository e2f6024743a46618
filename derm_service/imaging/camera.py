"""The few camera facts worth keeping from EXIF: never place, owner or serial number."""

import math
import re
from typing import Any

from PIL import ExifTags, Image

from derm_service.imaging.headers import DECODE_ERRORS

Facts = dict[str, str | float | int]

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


def orientation(image: Image.Image) -> int:
    """The EXIF orientation, 1 to 8; 1 when there is none that makes sense."""
    try:
        found = image.getexif().get(ExifTags.Base.Orientation, 1)
    except DECODE_ERRORS:
        return 1
    return found if isinstance(found, int) and 1 <= found <= 8 else 1


def facts(image: Image.Image) -> Facts:
    """Make, model, lens, exposure and time, as far as the file says them."""
    exif = _exif(image)
    turned = orientation(image)
    found: Facts = {} if turned == 1 else {"orientation": turned}
    for tag, name in TEXT_FACTS.items():
        text = str(exif.get(ExifTags.Base[tag], "")).replace("\0", "").strip()
        if text and text.isprintable():
            found[name] = text[:100]
    for tag, name in NUMBER_FACTS.items():
        number = _number(exif.get(ExifTags.Base[tag]))
        if number is not None:
            found[name] = number
    taken = str(exif.get(ExifTags.Base.DateTimeOriginal, ""))
    if CAPTURE_TIME.fullmatch(taken):
        offset = str(exif.get(ExifTags.Base.OffsetTimeOriginal, ""))
        known = offset if UTC_OFFSET.fullmatch(offset) else ""
        found["taken"] = taken[:10].replace(":", "-") + "T" + taken[11:] + known
    return found


def _exif(image: Image.Image) -> dict[int, Any]:
    """Main and camera EXIF tags in one dict; empty when the block is broken."""
    try:
        exif = image.getexif()
        return {**exif.get_ifd(ExifTags.IFD.Exif), **exif}
    except DECODE_ERRORS:
        return {}


def _number(value: Any) -> float | None:
    try:
        number = float(value[0] if isinstance(value, tuple) else value)
    except (TypeError, ValueError, IndexError, ZeroDivisionError):
        return None
    return number if math.isfinite(number) else None
