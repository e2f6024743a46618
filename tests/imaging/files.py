"""Small real image files, drawn and encoded on the spot."""

import io
import struct
import uuid
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms

from derm_service.demo.camera import Faults, expose
from derm_service.demo.lesions import Kind, Lesion
from derm_service.demo.scene import Wish, draw
from derm_service.imaging.codes import View

ORIENTATION, GPS = 0x0112, 0x8825


DRAWN = (640, 2000)  # px, the least and the greatest width that is drawn; others are resized


def skin(
    width: int = 1000, height: int = 750, seed: int = 1, grain: float = 0
) -> NDArray[np.uint8]:
    """A good close-up of a naevus with a ruler beside it, drawn by the project's own renderer."""
    noise = np.random.default_rng(seed).normal(0, grain, (height, width, 1))
    return (_drawn(width, height, seed) + noise).clip(0, 255).astype(np.uint8)


@cache
def _drawn(width: int, height: int, seed: int) -> NDArray[np.uint8]:
    wide = min(max(width, DRAWN[0]), DRAWN[1])
    size = (wide, wide * 3 // 4)
    wish = Wish(View.CLOSE_UP, Lesion(Kind.NAEVUS, 9, seed), monk=4, size=size, hair_per_cm2=0)
    return np.asarray(expose(draw(wish), Faults(), seed).resize((width, height)))


def encoded(pixels: NDArray[np.uint8], kind: str = "JPEG", **options: Any) -> bytes:
    """Pixels as a file of that kind."""
    out = io.BytesIO()
    if kind in ("JPEG", "WEBP", "HEIF", "AVIF"):
        options.setdefault("quality", 92)
    Image.fromarray(pixels).save(out, kind, **options)
    return out.getvalue()


def of_its_own(jpeg: bytes) -> bytes:
    """The same picture in bytes no other file has: one comment more, behind the first marker."""
    comment = uuid.uuid4().bytes
    return jpeg[:2] + b"\xff\xfe" + struct.pack(">H", len(comment) + 2) + comment + jpeg[2:]


def with_orientation(pixels: NDArray[np.uint8], orientation: int, kind: str = "JPEG") -> bytes:
    """A file stored as the camera would when held so that this orientation tag results."""
    stored = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    image = Image.fromarray(pixels)
    if orientation in stored:
        image = image.transpose(stored[orientation])
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    out = io.BytesIO()
    image.save(out, kind, quality=95, exif=exif)
    return out.getvalue()


def with_camera_data(pixels: NDArray[np.uint8]) -> bytes:
    """A JPEG with make, exposure and time, but also owner, serial number and place."""
    exif = Image.Exif()
    exif[0x010F], exif[0x0110] = "Example Cameras", "Model 5"
    exif[0x013B] = "Dr A Secret"
    details = exif.get_ifd(0x8769)
    details[0x829A], details[0x8827], details[0x9003] = 0.004, 200, "2026:08:06 09:20:00"
    details[0xA431] = "SERIAL-4711"
    exif.get_ifd(GPS).update({1: "N", 2: (51.0, 30.0, 26.0)})
    out = io.BytesIO()
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    Image.fromarray(pixels).save(out, "JPEG", quality=92, exif=exif, icc_profile=srgb)
    return out.getvalue()


def truncated() -> bytes:
    """A JPEG cut in the middle that ends with an end marker all the same."""
    whole = encoded(skin())
    return whole[: len(whole) // 2] + b"\xff\xd9"


def animated(kind: str) -> bytes:
    """Two frames."""
    first, second = (Image.fromarray(skin(320, 240, seed)) for seed in (1, 2))
    out = io.BytesIO()
    first.save(out, kind, save_all=True, append_images=[second], duration=100)
    return out.getvalue()
