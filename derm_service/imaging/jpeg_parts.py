"""The segments and scans of a JPEG, read without decoding: where it ends, what it leaves out."""

import re
from dataclasses import dataclass, field

START_OF_SCAN, END_OF_IMAGE, PROGRESSIVE = 0xDA, 0xD9, 0xC2
COEFFICIENTS = 64
# a marker inside coded data: not a stuffed zero, not a restart, not a fill byte
_MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")


@dataclass
class JpegParts:
    """Where the pixels start, where the first image ends, and how exact its scans become."""

    pixels_from: int
    end: int
    is_progressive: bool = False
    scans: int = 0
    # component -> for each of its 64 coefficients how many low bits are still missing
    missing_bits: dict[int, list[int]] = field(default_factory=dict)

    @property
    def is_complete(self) -> bool:
        """Brightness to the last bit of every coefficient, colours at least of every block."""
        every = list(self.missing_bits.values())
        return bool(every) and not any(every[0]) and not any(each[0] for each in every)


def parts(data: bytes) -> JpegParts:
    """What can be read of the structure; the strict decode judges what cannot."""
    found = JpegParts(len(data), len(data))
    at = 2
    while at + 4 <= len(data) and data[at] == 0xFF:
        kind = data[at + 1]
        if kind == 0xFF:
            at += 1
            continue
        if kind == END_OF_IMAGE:
            found.end = at + 2
            return found
        length = int.from_bytes(data[at + 2 : at + 4], "big")
        segment = data[at + 4 : at + 2 + length]
        at += 2 + length
        if kind == PROGRESSIVE:
            found.is_progressive = True
            _list_components(found, segment)
        elif kind == START_OF_SCAN:
            found.pixels_from = min(found.pixels_from, at)
            found.scans += 1
            _read_scan(found, segment)
            marker = _MARKER.search(data, at)
            at = marker.start() if marker else len(data)
    if data[at : at + 2] == b"\xff\xd9":
        found.end = at + 2
    return found


def _list_components(found: JpegParts, segment: bytes) -> None:
    for at in range(6, len(segment) - 2, 3):
        found.missing_bits[segment[at]] = [COEFFICIENTS] * COEFFICIENTS


def _read_scan(found: JpegParts, segment: bytes) -> None:
    count = segment[0] if segment else 0
    if len(segment) < 1 + 2 * count + 3:
        return
    first, last, bits = segment[1 + 2 * count :][:3]
    for component in segment[1 : 1 + 2 * count : 2]:
        if component in found.missing_bits and last < COEFFICIENTS:
            found.missing_bits[component][first : last + 1] = [bits & 0x0F] * (last + 1 - first)
