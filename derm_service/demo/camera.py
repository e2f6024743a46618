"""The drawn camera: exposure, faults, sensor noise, and a real JPEG file with EXIF."""

from __future__ import annotations

import io
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms, ImageFilter

from derm_service.demo.fields import Plane, Shape, smooth, step
from derm_service.demo.scene import Scene, Truth, Wish, draw
from derm_service.imaging.codes import View

SOFTWARE = "derm_service renderer (drawn, not a photograph of a person)"
# How the stored pixels are turned so that the EXIF tag turns them back.
_STORED = {
    3: Image.Transpose.ROTATE_180,
    6: Image.Transpose.ROTATE_90,
    8: Image.Transpose.ROTATE_270,
}
# A point in the North Sea: a place that is nobody's home.
_GPS = {1: "N", 2: (54.0, 30.0, 0.0), 3: "E", 4: (2.0, 15.0, 0.0)}


@dataclass(frozen=True)
class Faults:
    """What goes wrong on purpose; all zero is a good photograph. Pixels at 1600 wide."""

    defocus_px: float = 0
    motion_px: float = 0
    motion_degrees: float = 20
    stops: float = 0  # exposure: +2 is four times too much light
    glare: float = 0  # 0 to 1
    shrink_to: int | None = None  # long side in pixels


@dataclass(frozen=True)
class Shot:
    """How the file is written: time, orientation tag, whether the camera knew where it was."""

    taken_at: datetime
    orientation: int = 1
    gps: bool = False
    quality: int = 92


@dataclass(frozen=True)
class Photograph:
    """A JPEG file and the truth about it (on the upright image)."""

    jpeg: bytes
    truth: Truth


@lru_cache(maxsize=1)
def _encoding() -> NDArray[np.float32]:
    """Linear light 0 to 1 in 4096 steps as sRGB 0 to 255."""
    linear = np.linspace(0, 1, 4096)
    curve = np.where(linear < 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055)
    return (curve * 255).astype(np.float32)


@lru_cache(maxsize=1)
def _noise() -> NDArray[np.float32]:
    """A long strip of Gaussian noise, read from another place for every channel of every shot."""
    return np.random.default_rng(7).standard_normal(1 << 21, dtype=np.float32)


def _exposure(scene: Scene) -> float:
    """What a careful meter does: half-way towards a mid-tone, and never so far that skin clips."""
    rows, columns = scene.planes[1].shape
    middle = scene.planes[1][rows // 4 : -rows // 4 : 8, columns // 4 : -columns // 4 : 8]
    brightest = max(float(np.quantile(values[::8, ::8], 0.997)) for values in scene.planes)
    wanted = 0.50 if scene.truth.view is View.DERMOSCOPIC else 0.46
    gain = (wanted / max(float(middle.mean()), 0.004)) ** 0.58
    return float(min(gain, 0.90 / max(brightest, 0.01)))


def _add_glare(planes: list[Plane], faults: Faults, truth: Truth, rng: np.random.Generator) -> None:
    shape = planes[0].shape
    y, x = np.mgrid[0 : shape[0], 0 : shape[1]].astype(np.float32)
    reach = np.hypot(x - truth.centre[0] * 1.02, (y - truth.centre[1] * 0.97) * 1.3)
    bloom = reach / max(truth.diameter_px * 0.9, shape[0] * 0.12)
    patch = step(bloom + 0.25 * smooth(rng, shape, shape[0] / 40), 1.1, 0.35)
    for values in planes:
        values += np.float32(faults.glare * 1.6) * patch


def _moved(image: Image.Image, faults: Faults, scale: float) -> Image.Image:
    """The picture smeared along a line, as by a hand that moved."""
    steps = max(2, int(faults.motion_px * scale))
    angle = np.deg2rad(faults.motion_degrees)
    shifts = [(round(at * np.sin(angle)), round(at * np.cos(angle))) for at in range(steps)]
    # what lies beyond the frame is as good as what lies within it, seen in a mirror
    around = ((steps, steps), (steps, steps), (0, 0))
    pixels = np.pad(np.asarray(image, np.uint8), around, "reflect")
    total = np.zeros((image.height, image.width, 3), dtype=np.uint16)
    for down, across in shifts:
        seen = pixels[steps - down :, steps - across :]
        total += seen[: image.height, : image.width]
    return Image.fromarray((total // steps).astype(np.uint8))


def _through_lens(image: Image.Image, faults: Faults) -> Image.Image:
    scale = image.width / 1600
    radius = 0.55 * max(1.0, scale * 0.8)
    if faults.defocus_px:
        radius = float(np.hypot(radius, faults.defocus_px * scale))
    # A box of this size is as good as a Gaussian for the lens itself, and three times as fast.
    blur = ImageFilter.GaussianBlur if faults.defocus_px else ImageFilter.BoxBlur
    image = image.filter(blur(radius))
    return _moved(image, faults, scale) if faults.motion_px else image


def expose(scene: Scene, faults: Faults, seed: int) -> Image.Image:
    """The upright 8-bit image the sensor makes of a scene (the scene's planes may be changed)."""
    rng = np.random.default_rng((seed, 99))
    gain = np.float32(_exposure(scene) * 2.0**faults.stops * 4095)
    if faults.glare:
        _add_glare(scene.planes, faults, scene.truth, rng)
    table = _encoding().astype(np.uint8)
    pixels = np.stack(
        [table[np.clip(p * gain, 0, 4095).astype(np.uint16)] for p in scene.planes], axis=-1
    )
    image = _through_lens(Image.fromarray(pixels), faults)
    if faults.shrink_to:
        image.thumbnail((faults.shrink_to, faults.shrink_to))
    return _with_noise(image, rng, 1.5 * 2.0 ** max(0.0, -faults.stops / 2))


def _with_noise(image: Image.Image, rng: np.random.Generator, sigma: float) -> Image.Image:
    """Sensor noise: mostly brightness, a little colour, as after a camera's own denoising."""
    shape = (image.height, image.width)
    brightness = _noise_plane(rng, shape) * np.float32(0.85 * sigma)
    channels = []
    for channel in image.split():
        values = brightness + _noise_plane(rng, shape) * np.float32(0.45 * sigma)
        values += np.asarray(channel)
        values += np.float32(0.5)
        channels.append(Image.fromarray(np.clip(values, 0, 255, out=values).astype(np.uint8)))
    return Image.merge("RGB", channels)


def _noise_plane(rng: np.random.Generator, shape: Shape) -> Plane:
    """A picture's worth of noise from somewhere in the strip, which is read round and round."""
    strip, count = _noise(), shape[0] * shape[1]
    start = int(rng.integers(len(strip)))
    turns = -(-(start + count) // len(strip))
    long = strip if turns == 1 else np.concatenate([strip] * turns)
    return long[start : start + count].reshape(shape)


@lru_cache(maxsize=1)
def srgb_profile() -> bytes:
    """An sRGB profile whose date is fixed, so that files are the same on every machine and day."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    profile[24:36] = bytes.fromhex("07ea00010001000000000000")
    profile[84:100] = bytes(16)
    return bytes(profile)


def _exif(view: View, shot: Shot) -> Image.Exif:
    exif = Image.Exif()
    exif[0x010E] = "Drawn for demonstration"
    exif[0x010F] = "derm_service"
    exif[0x0110] = "Drawn dermatoscope" if view is View.DERMOSCOPIC else "Drawn clinic camera"
    exif[0x0112] = shot.orientation
    exif[0x0131] = SOFTWARE
    exif[0x0132] = shot.taken_at.strftime("%Y:%m:%d %H:%M:%S")
    details = exif.get_ifd(0x8769)
    details[0x9003] = details[0x9004] = exif[0x0132]
    zone = shot.taken_at.strftime("%z") or "+0000"
    details[0x9011] = f"{zone[:3]}:{zone[3:5]}"
    details[0x829A], details[0x829D], details[0x8827] = 1 / 125, 8.0, 200
    details[0x920A] = 60.0
    details[0xA434] = "Drawn 60 mm macro"
    if shot.gps:
        exif.get_ifd(0x8825).update(_GPS)
    return exif


def develop(image: Image.Image, view: View, shot: Shot) -> bytes:
    """The upright image as a JPEG file, its pixels turned and tagged as the shot says."""
    if shot.orientation in _STORED:
        image = image.transpose(_STORED[shot.orientation])
    file = io.BytesIO()
    image.save(
        file,
        "JPEG",
        quality=shot.quality,
        subsampling="4:2:0",
        exif=_exif(view, shot),
        icc_profile=srgb_profile(),
    )
    return file.getvalue()


def photograph(wish: Wish, shot: Shot, faults: Faults | None = None) -> Photograph:
    """Draw, expose and develop one picture; reproducible from the wish, the shot and the faults."""
    scene = draw(wish)
    image = expose(scene, faults or Faults(), wish.seed)
    return Photograph(develop(image, wish.view, shot), scene.truth)
