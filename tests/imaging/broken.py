"""One small file of every kind that has to be refused, made on the spot; no outside file."""

import io
import struct
import zlib
from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from derm_service.imaging.gate.report import IssueCode
from tests.imaging import files

Maker = Callable[[NDArray[np.uint8]], bytes]

END = b"\xff\xd9"
MUSIC = 5 * (b"\xff\xfb\x90\x44" + bytes(413))  # frames of 128 kbit/s at 44.1 kHz
EOCD = b"PK\x05\x06" + bytes(18)  # the end of a ZIP archive


def png(chunks: list[tuple[bytes, bytes]]) -> bytes:
    """A PNG of these chunks, each with its right checksum."""
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        for name, body in chunks
    )


def png_header(width: int, height: int, *, depth: int = 8, colour: int = 2) -> tuple[bytes, bytes]:
    return b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)


def rows(width: int, height: int) -> bytes:
    return zlib.compress((b"\0" + bytes([180, 140, 120]) * width) * height)


def with_wrong_checksum() -> bytes:
    whole = bytearray(files.encoded(files.skin(320, 240), "PNG"))
    whole[whole.index(b"IDAT") + 40] ^= 0x55
    return bytes(whole)


def with_hole(kind: str) -> bytes:
    """As an upload that lost a piece in the middle."""
    whole = bytearray(files.encoded(files.skin(640, 480), kind))
    middle = len(whole) // 2
    whole[middle : middle + 4096] = bytes(4096)
    return bytes(whole)


def progressive_without_its_last_scans() -> bytes:
    whole = files.encoded(files.skin(), progressive=True)
    third = [at for at in range(len(whole)) if whole.startswith(b"\xff\xda", at)][3]
    return whole[:third] + END


def endless_scans() -> bytes:
    """A small progressive JPEG whose last scan is written 300 times."""
    whole = files.encoded(files.skin(320, 240), progressive=True)
    last = whole.rindex(b"\xff\xda")
    return whole[:last] + whole[last:-2] * 300 + END


def with_comment(words: bytes) -> bytes:
    whole = files.encoded(files.skin(320, 240))
    return whole[:2] + b"\xff\xfe" + struct.pack(">H", len(words) + 2) + words + whole[2:]


def with_depth_picture(pixels: NDArray[np.uint8]) -> bytes:
    """A photograph with a second, smaller picture behind it, as phones store depth and gain."""
    out = io.BytesIO()
    second = Image.fromarray(pixels[::2, ::2])
    Image.fromarray(pixels).save(out, "MPO", save_all=True, append_images=[second], quality=92)
    return out.getvalue()


def with_video_behind(pixels: NDArray[np.uint8]) -> bytes:
    """A motion photo."""
    return files.encoded(pixels) + b"\0\0\0\x18ftypmp42" + bytes(range(256)) * 8


def several_pages() -> bytes:
    out = io.BytesIO()
    first, second = (Image.fromarray(files.skin(320, 240, seed)) for seed in (1, 2))
    first.save(out, "TIFF", save_all=True, append_images=[second])
    return out.getvalue()


def raw_dressed_as_tiff() -> bytes:
    out = io.BytesIO()
    Image.fromarray(files.skin(320, 240)).save(out, "TIFF", tiffinfo={254: 1})
    return out.getvalue()


def _cut() -> Iterator[tuple[str, bytes, IssueCode]]:
    for kind in ("JPEG", "PNG", "WEBP", "TIFF", "HEIF", "AVIF"):
        whole = files.encoded(files.skin(640, 480), kind)
        yield f"half a {kind}", whole[: len(whole) // 2], IssueCode.UNREADABLE
        yield f"most of a {kind}", whole[: len(whole) * 19 // 20], IssueCode.UNREADABLE
        yield f"the head of a {kind}", whole[:40], IssueCode.UNREADABLE
    for kind in ("WEBP", "HEIF", "AVIF"):
        yield f"{kind} with a hole", with_hole(kind), IssueCode.UNREADABLE


def _odd_pngs() -> Iterator[tuple[str, bytes, IssueCode]]:
    header, end = png_header(64, 64), (b"IEND", b"")
    pixels = (b"IDAT", rows(64, 64))
    palette = (b"PLTE", bytes(6))
    half = (b"IDAT", rows(64, 32))
    cut = (b"IDAT", rows(64, 64)[:20])
    grey = (b"IDAT", zlib.compress(bytes(65 * 64)))
    yield "PNG without its end", png([header, pixels]), IssueCode.UNREADABLE
    yield "PNG with half its rows", png([header, half, end]), IssueCode.UNREADABLE
    yield "PNG with cut rows", png([header, cut, end]), IssueCode.UNREADABLE
    yield "PNG without pixels", png([header, end]), IssueCode.UNREADABLE
    yield "PNG with a wrong checksum", with_wrong_checksum(), IssueCode.UNREADABLE
    indexed = png_header(64, 64, colour=3)
    two = png([indexed, palette, palette, grey, end])
    yield "PNG of two palettes", two, IssueCode.UNREADABLE
    bomb = png([png_header(40_000, 40_000), (b"IDAT", zlib.compress(bytes(1000))), end])
    yield "PNG that promises 1,600 megapixels", bomb, IssueCode.TOO_LARGE


def _two_at_once() -> Iterator[tuple[str, bytes, IssueCode]]:
    photograph = files.encoded(files.skin(320, 240))
    drawn = files.encoded(files.skin(320, 240), "PNG")
    for name, data in (
        ("JPEG and ZIP", photograph + b"PK\x03\x04" + bytes(40) + EOCD),
        ("PNG and ZIP", drawn + b"PK\x03\x04" + bytes(40) + EOCD),
        ("WebP and ZIP", files.encoded(files.skin(320, 240), "WEBP") + EOCD),
        ("JPEG and PDF", with_comment(b"%PDF-1.4 1 0 obj")),
        ("JPEG and page", with_comment(b"<ScRiPt>alert(1)</script>")),
        ("JPEG and PHP", photograph + b"<?php system($_GET[0]); ?>"),
        ("PNG and page", drawn + b"<html><body>"),
        ("JPEG and RAR", photograph + b"Rar!\x1a\x07\x01\0"),
        ("JPEG and music", photograph + b"ID3\x04\0" + bytes(100)),
        ("JPEG and music without a mark", photograph + bytes(100) + MUSIC),
        ("JPEG and program", photograph + b"\x7fELF\x02\x01\x01" + bytes(100)),
    ):
        yield name, data, IssueCode.WRONG_FORMAT


def _other_kinds() -> Iterator[tuple[str, bytes, IssueCode]]:
    for name, data in (
        ("words", b"These are only words, in a file named photo.jpg"),
        ("nothing", b""),
        ("one byte", b"\xff"),
        ("GIF", b"GIF89a" + bytes(100)),
        ("BMP", b"BM" + bytes(100)),
        ("PSD", b"8BPS\0\1" + bytes(100)),
        ("ICO", b"\0\0\1\0\1\0" + bytes(100)),
        ("DICOM", bytes(128) + b"DICM" + bytes(100)),
        ("page", b"<html><body>photo</body></html>"),
        ("drawing", b"<svg xmlns='http://www.w3.org/2000/svg'/>"),
        ("PDF", b"%PDF-1.7\n"),
        ("ZIP", b"PK\x03\x04" + bytes(100)),
        ("film", b"\0\0\0\x18ftypmp42" + bytes(100)),
        ("raw file dressed as TIFF", raw_dressed_as_tiff()),
    ):
        yield name, data, IssueCode.WRONG_FORMAT


REFUSED = [
    *_cut(),
    *_odd_pngs(),
    *_two_at_once(),
    *_other_kinds(),
    ("cut JPEG with an end marker", files.truncated(), IssueCode.UNREADABLE),
    ("JPEG without its last scans", progressive_without_its_last_scans(), IssueCode.UNREADABLE),
    ("JPEG of 300 scans", endless_scans(), IssueCode.UNREADABLE),
    ("JPEG that breaks off in words", b"\xff\xd8\xff\xe0 only words", IssueCode.UNREADABLE),
    ("animated WebP", files.animated("WEBP"), IssueCode.SEVERAL_PICTURES),
    ("animated PNG", files.animated("PNG"), IssueCode.SEVERAL_PICTURES),
    ("animated AVIF", files.animated("AVIF"), IssueCode.SEVERAL_PICTURES),
    ("TIFF of several pages", several_pages(), IssueCode.SEVERAL_PICTURES),
]
