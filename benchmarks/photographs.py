"""A folder of real photographs with its manifest: what each is, and what it is known to lack."""

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pillow_heif
from numpy.typing import NDArray
from PIL import Image, ImageCms, ImageOps

pillow_heif.register_heif_opener()
Image.MAX_IMAGE_PIXELS = None

LEAST = (800, 600)
FAMILIES = {"dermoscopic": "dermoscopic", "clinical (camera)": "camera"}
REMARKS = {
    "blur": r"soft|blur|defocus|ambiguous focus|no texture",
    "motion_blur": r"soft|blur|defocus|ambiguous focus|no texture|motion",
    "underexposed": r"\bdim\b|\bdark[,;]|underexposed",
    "overexposed": r"over-bright|overexposed \(flash|slightly overexposed|washed",
    "uneven_light": r"uneven|vignette|rim|dark corners|circular",
    "glare": r"glare|bubbles|washed",
    "colour_cast": r"cast",
    "noise": r"nois|grain",
    "compression": r"compress|artefact",
    "low_resolution": r"soft|low detail|low resolution",
    "hair": r"hair|stubble",
    "framing": r"framing|small circular|fills frame",
}


@dataclass(frozen=True)
class Photograph:
    """One file, its family (camera or dermoscopic), and the remark a person wrote about it."""

    path: Path
    family: str
    remark: str

    def lacks(self, code: str) -> bool:
        """Whether the remark already names this fault: it then counts as neither good nor bad."""
        return re.search(REMARKS[code], self.remark) is not None

    def pixels(self) -> NDArray[np.uint8]:
        """The upright picture in sRGB (height x width x 3)."""
        with Image.open(self.path) as image:
            profile = image.info.get("icc_profile")
            upright = ImageOps.exif_transpose(image).convert("RGB")
        if profile and profile[16:20] == b"RGB ":
            upright = _as_srgb(upright, profile)
        return np.asarray(upright)


def _as_srgb(image: Image.Image, profile: bytes) -> Image.Image:
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        turned = ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"))
    except ImageCms.PyCMSError:
        return image
    return image if turned is None else turned


def photographs(folder: Path, *, small_too: bool = False) -> Iterator[Photograph]:
    """Dermoscopic and camera photographs in the manifest that reach 800 x 600, or all of them."""
    with (folder / "manifest.csv").open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            family = FAMILIES.get(row["modality"])
            sides = sorted((int(row["width"]), int(row["height"])), reverse=True)
            large = sides[0] >= LEAST[0] and sides[1] >= LEAST[1]
            if family is not None and (large or small_too):
                yield Photograph(folder / row["file"], family, row["remark"].lower())
