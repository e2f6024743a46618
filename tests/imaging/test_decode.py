"""Formats and decoding on real files made in the test."""

import io

import numpy as np
import pytest
from PIL import Image

from derm_service.imaging.decode import decode
from derm_service.imaging.formats import Format, Refused, sniff
from derm_service.imaging.gate.report import IssueCode
from tests.imaging import files


@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_exif_orientation_comes_out_upright(orientation: int) -> None:
    pixels = files.skin(320, 240)

    picture = decode(files.with_orientation(pixels, orientation))

    assert (picture.width, picture.height) == (320, 240)
    assert np.abs(picture.pixels.astype(int) - pixels).mean() < 6


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "WEBP", "HEIF", "AVIF"])
def test_every_listed_format_is_known_by_its_first_bytes_and_decodes(kind: str) -> None:
    pixels = files.skin(320, 240)

    data = files.encoded(pixels, kind)

    assert sniff(data[:32]) == Format(kind)
    assert np.abs(decode(data).pixels.astype(int) - pixels).mean() < 8


@pytest.mark.parametrize(
    ("mode", "kind"),
    [("L", "JPEG"), ("CMYK", "JPEG"), ("RGBA", "PNG"), ("P", "PNG"), ("1", "TIFF")],
)
def test_odd_colour_modes_become_rgb(mode: str, kind: str) -> None:
    out = io.BytesIO()
    Image.fromarray(files.skin(320, 240)).convert(mode).save(out, kind)

    picture = decode(out.getvalue())

    assert picture.pixels.shape == (240, 320, 3)
    assert picture.pixels.dtype == np.uint8


def test_16_bit_grey_keeps_its_range() -> None:
    out = io.BytesIO()
    Image.fromarray(np.full((240, 320), 32768, np.uint16)).save(out, "PNG")

    assert 126 <= decode(out.getvalue()).pixels.mean() <= 129


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (files.truncated(), IssueCode.UNREADABLE),
        (files.encoded(files.skin(), "PNG")[:-4000], IssueCode.UNREADABLE),
        (b"\xff\xd8\xff\xe0 but then only words", IssueCode.UNREADABLE),
        (b"These are only words, in a file named photo.jpg", IssueCode.WRONG_FORMAT),
        (b"", IssueCode.WRONG_FORMAT),
        (b"GIF89a" + bytes(100), IssueCode.WRONG_FORMAT),
        (files.animated("WEBP"), IssueCode.SEVERAL_PICTURES),
        (files.animated("PNG"), IssueCode.SEVERAL_PICTURES),
        (files.animated("TIFF"), IssueCode.SEVERAL_PICTURES),
        (files.bomb(), IssueCode.TOO_LARGE),
    ],
)
def test_what_cannot_be_shown_is_refused_with_a_sentence(data: bytes, code: IssueCode) -> None:
    with pytest.raises(Refused) as refusal:
        decode(data)

    assert refusal.value.code == code
    assert refusal.value.message.endswith(".")


def test_camera_facts_are_kept_but_neither_place_owner_nor_serial_number() -> None:
    facts = decode(files.with_camera_data(files.skin(320, 240))).facts

    assert facts == {
        "make": "Example Cameras",
        "model": "Model 5",
        "exposure_s": 0.004,
        "iso": 200.0,
        "taken": "2026-08-06T09:20:00",
    }
