"""The sandboxed child, for real: a process is started for each of these."""

import io

from PIL import Image

from derm_service.imaging.codes import RenditionSize, View
from derm_service.imaging.gate.report import IssueCode, Verdict
from derm_service.imaging.renditions import E_RS_BYTES
from derm_service.imaging.sandbox import examine
from tests.imaging import files


def test_a_good_photograph_is_accepted_with_every_rendition_and_no_metadata() -> None:
    data = files.with_camera_data(files.skin(1600, 1200))

    examined = examine([data[:1000], data[1000:]], view=View.CLOSE_UP)

    assert examined.report.verdict is Verdict.ACCEPT
    assert (examined.media_type, examined.width, examined.height) == ("image/jpeg", 1600, 1200)
    assert {copy.size for copy in examined.copies} == set(RenditionSize)
    for copy in examined.copies:
        assert not Image.open(io.BytesIO(copy.data)).getexif()
        assert b"Secret" not in copy.data
        assert Image.open(io.BytesIO(copy.data)).info["icc_profile"]
        assert Image.open(io.BytesIO(copy.data)).size == (copy.width, copy.height)


def test_a_heic_photograph_is_shown_as_jpeg() -> None:
    examined = examine([files.encoded(files.skin(1200, 900), "HEIF")], view=View.OVERVIEW)

    assert examined.media_type == "image/heic"
    assert all(copy.data.startswith(b"\xff\xd8\xff") for copy in examined.copies)


def test_a_damaged_file_is_a_verdict_not_an_exception() -> None:
    examined = examine([files.truncated()], view=View.CLOSE_UP)

    assert examined.report.verdict is Verdict.REJECT
    assert [issue.code for issue in examined.report.issues] == [IssueCode.UNREADABLE]
    assert examined.copies == ()


def test_a_large_photograph_gets_an_e_rs_copy_that_fits() -> None:
    examined = examine([files.encoded(files.skin(4000, 3000, grain=20))], view=View.CLOSE_UP)

    sizes = {copy.size: len(copy.data) for copy in examined.copies}
    assert sizes[RenditionSize.FULL] > E_RS_BYTES
    assert sizes[RenditionSize.E_RS] <= E_RS_BYTES
