"""The chunks of a PNG: each with its checksum, the pixels to the last row, the end in place."""

import struct
import zlib
from collections.abc import Iterator

from derm_service.imaging.formats import UNREADABLE

SIGNATURE = 8
CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}  # by colour type
# Adam7: where each pass starts, and its steps: column, row, across, down
PASSES = (
    (0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2),
    (0, 1, 1, 2),
)  # fmt: skip
PIECE = 1 << 20


def checked(data: bytes) -> tuple[int, int]:
    """Where the pixels start and where the PNG ends; Refused when it is not whole."""
    header, pixels = b"", zlib.decompressobj()
    rows, start, palettes = 0, len(data), 0
    for name, body, at in _chunks(data):
        if name == b"IHDR":
            header = body
        elif name == b"PLTE":
            palettes += 1  # with two of them, what is checked is not what is seen
        elif name == b"IDAT":
            start = min(start, at)
            rows += _inflated(pixels, body, _expected(header) - rows)
        elif name == b"IEND":
            if palettes > 1 or rows < _expected(header):
                raise UNREADABLE
            return start, at + 12
    raise UNREADABLE


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes, int]]:
    """Name, body and place of each chunk; Refused at the first wrong checksum."""
    at = SIGNATURE
    while at + 12 <= len(data):
        length = int.from_bytes(data[at : at + 4], "big")
        end = at + 8 + length
        checksum = data[end : end + 4]
        name, body = data[at + 4 : at + 8], data[at + 8 : end]
        if zlib.crc32(body, zlib.crc32(name)).to_bytes(4, "big") != checksum:
            raise UNREADABLE
        yield name, body, at
        at = end + 4


def _inflated(stream: "zlib._Decompress", body: bytes, wanted: int) -> int:
    """How many bytes of rows a chunk holds, counted no further than wanted."""
    found = 0
    try:
        while body and found < wanted:
            found += len(stream.decompress(body, PIECE))
            body = stream.unconsumed_tail
    except zlib.error as error:
        raise UNREADABLE from error
    return found


def _expected(header: bytes) -> int:
    """Bytes of all rows, with the filter byte of each."""
    if len(header) != 13:
        raise UNREADABLE
    width, height, depth, kind, _, _, interlaced = struct.unpack(">IIBBBBB", header)
    if kind not in CHANNELS:
        raise UNREADABLE
    bits = CHANNELS[kind] * depth
    total = 0
    for column, row, across, down in PASSES if interlaced else ((0, 0, 1, 1),):
        wide, tall = -(-(width - column) // across), -(-(height - row) // down)
        if wide > 0 and tall > 0:
            total += tall * (1 + (wide * bits + 7) // 8)
    return total
