"""Colours: odd modes as RGB, and any profile as sRGB for measuring."""

import io

import numpy as np
from PIL import Image, ImageCms

SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))


def rgb_profile(icc: bytes | None) -> bytes | None:
    """The profile when it describes RGB; any other would colour the picture wrongly."""
    return icc if icc is not None and icc[16:20] == b"RGB " else None


def as_srgb(image: Image.Image, icc: bytes | None) -> Image.Image:
    """The picture in sRGB; unchanged where the profile is missing or cannot be used."""
    if icc is None:
        return image
    try:
        profile = ImageCms.ImageCmsProfile(io.BytesIO(icc))
        converted = ImageCms.profileToProfile(image, profile, SRGB, outputMode="RGB")
    except (ImageCms.PyCMSError, OSError, ValueError):
        return image  # what viewers show as well
    return image if converted is None else converted


def to_rgb(image: Image.Image, icc: bytes | None) -> Image.Image:
    """Grey, palette, alpha, CMYK, Lab and 16-bit pictures as sRGB on white."""
    if image.mode in ("I", "F") or image.mode.startswith("I;16"):
        return _from_deep(image)
    if image.mode in ("CMYK", "LAB"):
        return as_srgb(image, icc).convert("RGB")
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
