"""Metadata leave a JPEG segment by segment; its coded picture and its profile stay as they were."""

import io

import numpy as np
import pytest
import simplejpeg
from PIL import ExifTags, Image

from derm_service.imaging import sandbox
from derm_service.imaging.codes import RenditionSize, View
from derm_service.imaging.stripping import strip
from tests.imaging import files

SECRETS = (b"SERIAL-4711", b"Dr A Secret", b"Exif", b"GPS", b"PK\x03\x04", b"http://ns.adobe.com")


def laden(plain: bytes) -> bytes:
    """`plain` with XMP, a comment, a thumbnail in its JFIF header, and a trailer as well."""
    thumbnail = b"JFIF\0\x01\x01\x00\x00\x48\x00\x48\x02\x02" + bytes(12)
    return (
        b"\xff\xd8"
        + segment(0xE0, thumbnail)
        + segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0<x:xmpmeta owner='Dr A Secret'/>")
        + segment(0xE2, b"MPF\0" + bytes(20))
        + segment(0xED, b"Photoshop 3.0\0")
        + segment(0xFE, b"Dr A Secret")
        + plain[2:]
        + b"PK\x03\x04 and whatever a camera or somebody else wrote after the end"
    )


def icc_of(data: bytes) -> bytes:
    return bytes(Image.open(io.BytesIO(data)).info["icc_profile"])


def segment(marker: int, body: bytes) -> bytes:
    return bytes((0xFF, marker)) + (len(body) + 2).to_bytes(2, "big") + body


def test_only_what_the_picture_needs_is_left_and_no_pixel_changes() -> None:
    plain = files.with_camera_data(files.skin(640, 480))
    original = laden(plain)
    assert all(secret in original for secret in SECRETS if secret != b"GPS")

    clean = strip(original)

    assert clean is not None
    assert not any(secret in clean for secret in SECRETS)
    assert clean.endswith(b"\xff\xd9")
    image = Image.open(io.BytesIO(clean))
    assert dict(image.getexif()) == {}
    assert set(image.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density", "icc_profile"}
    assert image.info["icc_profile"] == icc_of(plain)
    was, now = (simplejpeg.decode_jpeg(each, colorspace="RGB") for each in (original, clean))
    assert np.array_equal(was, now)


@pytest.mark.parametrize("options", [{"progressive": True}, {"restart_marker_blocks": 4}, {}])
def test_every_kind_of_scan_is_carried_over_whole(options: dict[str, int]) -> None:
    original = files.encoded(files.skin(640, 480), **options)

    clean = strip(original)

    assert clean is not None
    scan = original.index(b"\xff\xda")
    assert clean[clean.index(b"\xff\xda") :] == original[scan:]


def test_a_profile_that_does_not_fit_is_left_out_when_asked() -> None:
    clean = strip(laden(files.with_camera_data(files.skin(640, 480))), keep_profile=False)

    assert clean is not None
    assert b"ICC_PROFILE" not in clean


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff\xd8",
        b"\x89PNG\r\n\x1a\n",
        files.encoded(files.skin(64, 48))[:-400],
        files.encoded(files.skin(64, 48)).replace(b"\xff\xc0", b"\xff\xc9", 1),
        b"\xff\xd8\xff\xd9",
    ],
)
def test_what_is_not_a_whole_jpeg_that_browsers_show_is_not_stripped(data: bytes) -> None:
    assert strip(data) is None


def test_the_full_copy_is_the_photographs_own_picture_and_a_turned_one_is_drawn() -> None:
    own = files.with_camera_data(files.skin(1200, 900))
    turned = files.with_orientation(files.skin(1200, 900), 6)

    kept, drawn = (
        full(sandbox.examine(iter([each]), view=View.CLOSE_UP)) for each in (own, turned)
    )

    assert kept == strip(own)
    assert Image.open(io.BytesIO(drawn)).getexif().get(ExifTags.Base.Orientation) is None
    assert Image.open(io.BytesIO(drawn)).size == (1200, 900)


def full(examined: sandbox.Examined) -> bytes:
    return next(copy.data for copy in examined.copies if copy.size is RenditionSize.FULL)
