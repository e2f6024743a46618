"""The drawn photographs: real files, honest truth, faults that show, the same again from a seed."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta, timezone

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageOps

from derm_service.demo.camera import Faults, Shot, expose, photograph
from derm_service.demo.lesions import Kind, Lesion
from derm_service.demo.scene import Wish, draw
from derm_service.imaging.codes import View

SHOT = Shot(taken_at=datetime(2026, 8, 6, 10, 30, tzinfo=timezone(timedelta(hours=1))))
SMALL = (800, 600)


def wish(
    view: View = View.CLOSE_UP,
    kind: Kind = Kind.NAEVUS,
    *,
    monk: int = 3,
    size: tuple[int, int] = SMALL,
    diameter_mm: float = 7,
    seed: int = 4,
) -> Wish:
    """A picture to draw, small so that the tests are quick."""
    lesion = Lesion(kind, diameter_mm, seed=11)
    return Wish(view, lesion, monk=monk, size=size, seed=seed, hair_per_cm2=0.2)


def opened(jpeg: bytes) -> Image.Image:
    """The file as a viewer shows it."""
    return ImageOps.exif_transpose(Image.open(io.BytesIO(jpeg)))


def grey(jpeg: bytes) -> NDArray[np.float64]:
    """Brightness of the upright image."""
    return np.asarray(opened(jpeg).convert("L"), dtype=np.float64)


def edge_energy(jpeg: bytes) -> float:
    """Mean curvature on the tiles that have most of it, above the sensor's noise."""
    values = grey(jpeg)
    bend = np.abs(
        4 * values[1:-1, 1:-1]
        - values[:-2, 1:-1]
        - values[2:, 1:-1]
        - values[1:-1, :-2]
        - values[1:-1, 2:]
    )
    rows, columns = (side // 24 * 24 for side in bend.shape)
    tiles = bend[:rows, :columns].reshape(rows // 24, 24, columns // 24, 24).mean(axis=(1, 3))
    return float(np.quantile(tiles, 0.95))


@pytest.mark.parametrize("view", View)
def test_photograph_is_a_jpeg_of_the_size_wished_for(view: View) -> None:
    picture = photograph(wish(view), SHOT)

    image = Image.open(io.BytesIO(picture.jpeg))

    assert image.format == "JPEG"
    assert image.size == SMALL
    assert image.info["icc_profile"]
    assert picture.truth.mask.shape == (SMALL[1], SMALL[0])


def test_photograph_is_the_same_from_the_same_seed_and_another_from_another() -> None:
    first, again = photograph(wish(), SHOT), photograph(wish(), SHOT)
    other = photograph(wish(seed=5), SHOT)

    assert first.jpeg == again.jpeg
    assert first.jpeg != other.jpeg


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("view", View)
def test_truth_mask_has_the_lesion_s_size_and_place(view: View, kind: Kind) -> None:
    truth = draw(wish(view, kind)).truth

    rows, columns = np.nonzero(truth.mask)
    diameter = 2 * np.sqrt(truth.mask.sum() / np.pi)

    assert diameter == pytest.approx(truth.diameter_px, rel=0.2)
    assert truth.diameter_px == pytest.approx(7 * truth.px_per_mm)
    assert abs(columns.mean() - truth.centre[0]) < 0.25 * truth.diameter_px
    assert abs(rows.mean() - truth.centre[1]) < 0.25 * truth.diameter_px


@pytest.mark.parametrize("monk", [1, 4, 6, 8, 10])
def test_naevus_is_darker_than_the_skin_around_it_in_every_tone(monk: int) -> None:
    picture = photograph(wish(View.DERMOSCOPIC, monk=monk), SHOT)

    values, truth = grey(picture.jpeg), picture.truth
    y, x = np.mgrid[0 : values.shape[0], 0 : values.shape[1]]
    reach = np.hypot(x - truth.centre[0], y - truth.centre[1]) / truth.diameter_px
    around = (reach > 0.75) & (reach < 0.95)

    assert values[truth.mask].mean() < values[around].mean() - 4


@pytest.mark.parametrize("view", View)
@pytest.mark.parametrize("monk", [1, 10])
def test_good_photograph_does_not_clip(view: View, monk: int) -> None:
    picture = photograph(wish(view, monk=monk), SHOT)

    pixels = np.asarray(opened(picture.jpeg))

    assert (pixels >= 254).mean() < 0.005


@pytest.mark.parametrize("view", View)
@pytest.mark.parametrize("monk", [1, 10])
def test_defocus_and_motion_take_the_detail_away(view: View, monk: int) -> None:
    drawn = wish(view, monk=monk)
    sharp = edge_energy(photograph(drawn, SHOT).jpeg)

    soft = edge_energy(photograph(drawn, SHOT, Faults(defocus_px=6)).jpeg)
    moved = edge_energy(photograph(drawn, SHOT, Faults(motion_px=20)).jpeg)

    assert soft < 0.8 * sharp
    assert moved < 0.9 * sharp


def test_wrong_exposure_clips_or_darkens() -> None:
    over = grey(photograph(wish(), SHOT, Faults(stops=2.5)).jpeg)
    under = grey(photograph(wish(), SHOT, Faults(stops=-4)).jpeg)

    assert (over >= 254).mean() > 0.3
    assert under.mean() < 60


def test_glare_covers_part_of_the_lesion() -> None:
    clean = photograph(wish(View.DERMOSCOPIC), SHOT)
    glaring = photograph(wish(View.DERMOSCOPIC), SHOT, Faults(glare=1))

    mask = clean.truth.mask

    assert (grey(glaring.jpeg)[mask] >= 245).mean() > 0.15
    assert (grey(clean.jpeg)[mask] >= 245).mean() < 0.01


def test_tiny_picture_is_tiny() -> None:
    tiny = photograph(wish(), SHOT, Faults(shrink_to=320))

    assert opened(tiny.jpeg).size == (320, 240)


@pytest.mark.parametrize("orientation", [3, 6, 8])
def test_turned_photograph_shows_the_same_upright(orientation: int) -> None:
    upright = photograph(wish(), SHOT)
    turned = photograph(wish(), Shot(taken_at=SHOT.taken_at, orientation=orientation))

    stored = Image.open(io.BytesIO(turned.jpeg))
    apart = np.abs(grey(turned.jpeg) - grey(upright.jpeg))

    assert stored.getexif()[0x0112] == orientation
    assert opened(turned.jpeg).size == SMALL
    assert apart.mean() < 1.5


def test_exif_names_the_renderer_the_time_and_the_place_only_when_asked() -> None:
    exif = Image.open(io.BytesIO(photograph(wish(), SHOT).jpeg)).getexif()
    located = Shot(taken_at=datetime(2026, 1, 2, tzinfo=UTC), gps=True)
    with_place = Image.open(io.BytesIO(photograph(wish(), located).jpeg)).getexif()

    assert exif[0x010F] == "derm_service"
    assert "not a photograph of a person" in exif[0x0131]
    assert exif.get_ifd(0x8769)[0x9003] == "2026:08:06 10:30:00"
    assert exif.get_ifd(0x8769)[0x9011] == "+01:00"
    assert not exif.get_ifd(0x8825)
    assert with_place.get_ifd(0x8825)[1] == "N"


def test_field_of_the_dermatoscope_is_dark_outside() -> None:
    picture = photograph(wish(View.DERMOSCOPIC), SHOT)

    values = grey(picture.jpeg)

    assert values[:20, :20].max() < 40
    assert values[280:320, 380:420].mean() > 60


def test_larger_picture_holds_more_pixels_per_millimetre() -> None:
    scene = draw(wish(size=(2400, 1800)))

    image = expose(scene, Faults(), seed=1)

    assert image.size == (2400, 1800)
    assert scene.truth.px_per_mm == pytest.approx(3 * draw(wish()).truth.px_per_mm)
