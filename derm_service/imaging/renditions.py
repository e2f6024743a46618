"""The copies people look at: upright JPEGs with the colour profile and no other metadata."""

import io

from PIL import Image

from derm_service.imaging.codes import RenditionSize
from derm_service.imaging.decode import Picture, Pixels
from derm_service.imaging.examined import Copy

QUALITY = 92
LONG_SIDES = {RenditionSize.SMALL: 1024, RenditionSize.MEDIUM: 3072}
THUMBNAIL_SIDE, THUMBNAIL_QUALITY = 480, 80
E_RS_BYTES = 5_000_000
E_RS_QUALITIES = (85, 75)


def render(picture: Picture, *, as_it_is: bytes | None = None) -> list[Copy]:
    """Every rendition of one picture; a size the picture does not reach keeps its own size.

    `as_it_is` is the photograph's own JPEG without metadata, upright: then the full copy is that,
    and no pixel of it was encoded twice.
    """
    whole = Image.fromarray(picture.pixels)
    if as_it_is is None:
        full = _encode(RenditionSize.FULL, whole, picture.icc)
    else:
        full = Copy(RenditionSize.FULL, whole.width, whole.height, as_it_is)
    medium = _shrunk(whole, LONG_SIDES[RenditionSize.MEDIUM])
    small = _shrunk(medium, LONG_SIDES[RenditionSize.SMALL])
    copies = [
        full,
        _encode(RenditionSize.MEDIUM, medium, picture.icc),
        _encode(RenditionSize.SMALL, small, picture.icc),
    ]
    return [*copies, _for_e_rs(full, whole, picture.icc)]


def thumbnail(pixels: Pixels) -> Copy:
    """One small sRGB copy (height x width x 3) for a contact sheet."""
    small = _shrunk(Image.fromarray(pixels), THUMBNAIL_SIDE)
    return _encode(RenditionSize.SMALL, small, None, THUMBNAIL_QUALITY)


def _for_e_rs(full: Copy, whole: Image.Image, icc: bytes | None) -> Copy:
    """The best copy that e-RS takes: at most 5 MB."""
    if len(full.data) <= E_RS_BYTES:
        return Copy(RenditionSize.E_RS, full.width, full.height, full.data)
    long_side = max(whole.size)
    while True:
        for quality in E_RS_QUALITIES:
            copy = _encode(RenditionSize.E_RS, _shrunk(whole, long_side), icc, quality)
            if len(copy.data) <= E_RS_BYTES:
                return copy
        long_side = int(long_side * 0.75)


def _shrunk(whole: Image.Image, long_side: int) -> Image.Image:
    factor = long_side / max(whole.size)
    if factor >= 1:
        return whole
    size = (max(1, round(whole.width * factor)), max(1, round(whole.height * factor)))
    return whole.resize(size, Image.Resampling.LANCZOS, reducing_gap=2.0)


def _encode(
    size: RenditionSize, image: Image.Image, icc: bytes | None, quality: int = QUALITY
) -> Copy:
    out = io.BytesIO()
    image.save(out, "JPEG", quality=quality, subsampling=0, icc_profile=icc)
    return Copy(size, image.width, image.height, out.getvalue())
