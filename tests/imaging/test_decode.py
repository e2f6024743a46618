"""Formats and decoding on real files made in the test."""

import io

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from derm_service.imaging.decode import open_photograph, picture, sight
from derm_service.imaging.formats import Format, Refused, sniff
from derm_service.imaging.gate.report import IssueCode
from derm_service.imaging.gate.sight import COLOUR_SIDE, shrunk
from tests.imaging import broken, files, profiles

KINDS = ["JPEG", "PNG", "TIFF", "WEBP", "HEIF", "AVIF"]


def whole(data: bytes) -> NDArray[np.uint8]:
    return picture(open_photograph(data)).pixels


def apart(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> float:
    """Mean difference in levels."""
    return float(np.abs(one.astype(int) - other).mean())


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "WEBP"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_exif_orientation_comes_out_upright(orientation: int, kind: str) -> None:
    pixels = files.skin(320, 240)

    photograph = open_photograph(files.with_orientation(pixels, orientation, kind))
    seen = sight(photograph)

    assert (seen.width, seen.height) == (320, 240)
    assert apart(seen.colour, pixels) < 8
    assert apart(picture(photograph).pixels, pixels) < 8


@pytest.mark.parametrize("kind", KINDS)
def test_every_listed_format_is_known_by_its_first_bytes_and_decodes(kind: str) -> None:
    pixels = files.skin(320, 240)

    data = files.encoded(pixels, kind)

    assert sniff(data[:32]) == Format(kind)
    assert apart(whole(data), pixels) < 8


@pytest.mark.parametrize("kind", KINDS)
def test_gate_sees_full_luma_and_small_colour(kind: str) -> None:
    pixels = files.skin(1200, 800)

    seen = sight(open_photograph(files.encoded(pixels, kind)))

    assert seen.luma.shape == (800, 1200)
    assert seen.stored.shape == seen.colour.shape == (682, 1024, 3)
    assert apart(seen.luma, np.asarray(Image.fromarray(pixels).convert("L"))) < 8


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "WEBP", "HEIF", "AVIF"])
def test_display_p3_is_measured_in_srgb_and_clipping_as_stored(kind: str) -> None:
    red = np.full((600, 800, 3), (200, 80, 80), np.uint8)

    photograph = open_photograph(files.encoded(red, kind, icc_profile=profiles.display_p3()))
    seen = sight(photograph)

    assert seen.stored.mean(axis=(0, 1)) == pytest.approx((200, 80, 80), abs=4)
    assert seen.colour.mean(axis=(0, 1)) == pytest.approx((213, 73, 76), abs=5)
    assert picture(photograph).icc == profiles.display_p3()


def test_profile_that_cannot_be_used_changes_nothing() -> None:
    pixels = files.skin(320, 240)

    seen = sight(
        open_photograph(files.encoded(pixels, icc_profile=b"x" * 16 + b"RGB " + b"y" * 99))
    )

    assert np.array_equal(seen.colour, shrunk(seen.stored, COLOUR_SIDE))


@pytest.mark.parametrize(
    ("mode", "kind"),
    [("L", "JPEG"), ("CMYK", "JPEG"), ("RGBA", "PNG"), ("P", "PNG"), ("1", "TIFF")],
)
def test_odd_colour_modes_become_rgb(mode: str, kind: str) -> None:
    out = io.BytesIO()
    Image.fromarray(files.skin(320, 240)).convert(mode).save(out, kind)

    photograph = open_photograph(out.getvalue())

    assert picture(photograph).pixels.shape == (240, 320, 3)
    assert sight(photograph).luma.dtype == np.uint8


def test_16_bit_grey_keeps_its_range() -> None:
    out = io.BytesIO()
    Image.fromarray(np.full((240, 320), 32768, np.uint16)).save(out, "PNG")

    assert 126 <= whole(out.getvalue()).mean() <= 129


@pytest.mark.parametrize("made", [broken.with_depth_picture, broken.with_video_behind])
def test_the_photograph_of_a_phone_is_its_first_picture(made: broken.Maker) -> None:
    pixels = files.skin(320, 240)

    assert apart(whole(made(pixels)), pixels) < 6


@pytest.mark.filterwarnings("ignore:.*EXIF.*")  # Pillow says what it skips, then we refuse
@pytest.mark.parametrize(
    ("name", "data", "code"), broken.REFUSED, ids=[each[0] for each in broken.REFUSED]
)
def test_what_cannot_be_shown_is_refused_with_a_sentence(
    name: str, data: bytes, code: IssueCode
) -> None:
    with pytest.raises(Refused) as refusal:
        sight(open_photograph(data))

    assert (name, refusal.value.code) == (name, code)
    assert refusal.value.message.endswith(".")


def test_a_picture_with_missing_pixels_is_never_rendered() -> None:
    photograph = open_photograph(files.truncated())

    with pytest.raises(Refused):
        picture(photograph)


def test_camera_facts_are_kept_but_neither_place_owner_nor_serial_number() -> None:
    facts = open_photograph(files.with_camera_data(files.skin(320, 240))).facts

    assert facts == {
        "make": "Example Cameras",
        "model": "Model 5",
        "exposure_s": 0.004,
        "iso": 200.0,
        "taken": "2026-08-06T09:20:00",
    }
