"""Sound behind a picture: MPEG audio has no mark at its start, only frames that follow each other.

A frame's four-byte header says how long it is (ISO/IEC 11172-3, layer III).
"""

import re

RUN = 4  # frames in a row, each where the one before it ends: never by chance
KILOBITS = (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
HERTZ = (44_100, 48_000, 32_000)
_START = re.compile(rb"\xff[\xfa\xfb]")


def is_in(data: bytes) -> bool:
    """Whether a piece of MPEG-1 layer III sound begins anywhere in these bytes."""
    return any(_runs(data, match.start()) for match in _START.finditer(data))


def _runs(data: bytes, at: int) -> bool:
    for _ in range(RUN):
        long = _length(data[at : at + 4])
        if not long:
            return False
        at += long
    return True


def _length(header: bytes) -> int:
    """Bytes of the frame that this header begins; 0 where it is none."""
    if len(header) < 4 or not _START.match(header):
        return 0
    rate, pitch, padding = header[2] >> 4, header[2] >> 2 & 3, header[2] >> 1 & 1
    if rate in (0, len(KILOBITS)) or pitch == len(HERTZ):
        return 0
    return 144_000 * KILOBITS[rate] // HERTZ[pitch] + padding
