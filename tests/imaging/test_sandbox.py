"""The sandboxed children, for real: each file here is examined by a process of its own."""

import io
import os
import signal
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from PIL import Image

from derm_service.imaging.codes import RenditionSize, View
from derm_service.imaging.examined import Want
from derm_service.imaging.gate.report import IssueCode, Verdict
from derm_service.imaging.renditions import E_RS_BYTES
from derm_service.imaging.sandbox import PLACES, close, examine
from tests.imaging import broken, files


def helpers() -> list[int]:
    """The process numbers of this process's helpers."""
    listed = subprocess.run(
        ["ps", "-ww", "-o", "pid=,args=", "--ppid", str(os.getpid())],
        capture_output=True,
        text=True,
    ).stdout
    return [int(line.split()[0]) for line in listed.splitlines() if "imaging.nursery" in line]


def test_a_good_photograph_is_accepted_with_every_rendition_and_no_metadata() -> None:
    data = files.with_camera_data(files.skin(1600, 1200))

    examined = examine([data[:1000], data[1000:]], view=View.CLOSE_UP)

    assert examined.report.verdict is Verdict.ACCEPT
    assert (examined.media_type, examined.width, examined.height) == ("image/jpeg", 1600, 1200)
    assert {copy.size for copy in examined.copies} == set(RenditionSize)
    assert set(examined.milliseconds) == {"decode", "measure", "total"}
    for copy in examined.copies:
        assert not Image.open(io.BytesIO(copy.data)).getexif()
        assert b"Secret" not in copy.data
        assert Image.open(io.BytesIO(copy.data)).info["icc_profile"]
        assert Image.open(io.BytesIO(copy.data)).size == (copy.width, copy.height)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "WEBP", "HEIF", "AVIF"])
def test_every_format_is_shown_as_jpeg_by_a_confined_child(kind: str) -> None:
    examined = examine([files.encoded(files.skin(320, 240), kind)], view=View.OVERVIEW)

    assert examined.media_type in (f"image/{kind.lower()}", "image/heic")
    assert examined.copies
    assert all(copy.data.startswith(b"\xff\xd8\xff") for copy in examined.copies)


@pytest.mark.parametrize(
    ("name", "data", "code"), broken.REFUSED, ids=[each[0] for each in broken.REFUSED]
)
def test_a_hostile_file_is_a_verdict_and_costs_no_helper(
    name: str, data: bytes, code: IssueCode
) -> None:
    before = helpers()

    examined = examine([data], view=View.CLOSE_UP)

    assert (name, examined.report.verdict) == (name, Verdict.REJECT)
    assert [issue.code for issue in examined.report.issues] == [code]
    assert examined.copies == ()
    assert set(before) <= set(helpers())


def test_a_small_sound_file_is_to_be_taken_again_and_not_refused() -> None:
    for size in ((1, 1), (31, 7), (1, 900), (2000, 3), (640, 480)):
        examined = examine([files.encoded(files.skin(*size), "PNG")], view=View.OVERVIEW)

        assert examined.report.verdict is Verdict.RETAKE
        assert IssueCode.LOW_RESOLUTION in [issue.code for issue in examined.report.issues]


def test_a_bomb_that_fits_the_pixel_limit_ends_within_the_childs_limits() -> None:
    flat = Image.new("1", (10_000, 9_999))
    out = io.BytesIO()
    flat.save(out, "PNG")

    examined = examine([out.getvalue()], view=View.OVERVIEW, want=Want.REPORT)

    assert (examined.width, examined.height) == (10_000, 9_999)


def test_a_file_is_examined_although_a_helper_was_killed() -> None:
    examine([files.encoded(files.skin())], view=View.OVERVIEW, want=Want.REPORT)
    for helper in helpers():
        os.kill(helper, signal.SIGKILL)

    examined = examine([files.encoded(files.skin())], view=View.OVERVIEW, want=Want.REPORT)

    assert examined.report.verdict is Verdict.ACCEPT


def test_helpers_that_were_let_go_are_gone_and_the_next_file_starts_another() -> None:
    data = files.encoded(files.skin())
    with ThreadPoolExecutor(2 * PLACES) as threads:
        for _ in range(2 * PLACES):
            threads.submit(examine, [data], view=View.OVERVIEW, want=Want.REPORT)
    assert len(helpers()) == PLACES

    close()

    assert helpers() == []
    assert examine([data], view=View.OVERVIEW, want=Want.REPORT).report.verdict is Verdict.ACCEPT
    assert len(helpers()) == 1


def test_many_files_at_once_start_no_more_helpers_than_places() -> None:
    data = files.encoded(files.skin(900, 700))

    with ThreadPoolExecutor(8) as threads:
        found = list(
            threads.map(lambda _: examine([data], view=View.OVERVIEW, want=Want.REPORT), range(12))
        )

    assert {each.report.verdict for each in found} == {Verdict.ACCEPT}
    assert len(helpers()) <= PLACES


def test_the_childrens_environment_holds_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DERM_SECRET_KEY", "not for children")
    for helper in helpers():
        os.kill(helper, signal.SIGKILL)

    examine([files.encoded(files.skin())], view=View.OVERVIEW, want=Want.REPORT)

    for helper in helpers():
        assert b"DERM_" not in Path(f"/proc/{helper}/environ").read_bytes()


def test_a_large_photograph_gets_an_e_rs_copy_that_fits() -> None:
    examined = examine([files.encoded(files.skin(3600, 2700, grain=25))], view=View.CLOSE_UP)

    sizes = {copy.size: len(copy.data) for copy in examined.copies}
    assert sizes[RenditionSize.FULL] > E_RS_BYTES
    assert sizes[RenditionSize.E_RS] <= E_RS_BYTES
