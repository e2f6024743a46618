"""A JPEG without metadata and without being encoded again: the segments on a list, and no others.

What is not on the list is left out: EXIF with place, owner, serial number and thumbnail, XMP,
IPTC, comments, maker's notes, further pictures, and whatever stands after the picture's end.
"""

from collections.abc import Iterator

SOI, EOI, SOS, APP0, APP2, APP14 = 0xD8, 0xD9, 0xDA, 0xE0, 0xE2, 0xEE
STRUCTURE = frozenset({0xC0, 0xC1, 0xC2, 0xC4, 0xDB, 0xDD})  # frames browsers show, tables, DRI
INSIDE_SCAN = frozenset({0x00, *range(0xD0, 0xD8)})  # a stuffed byte, restart markers
JFIF, ICC, ADOBE = b"JFIF\0", b"ICC_PROFILE\0", b"Adobe"
BARE_JFIF = 14  # identifier, version, density, and a thumbnail of 0 x 0


def strip(data: bytes, *, keep_profile: bool = True) -> bytes | None:
    """The picture alone, every coded byte of it as it was; None where that cannot be had.

    That is: not a JPEG, broken off, or of a kind that browsers do not show.
    """
    kept = bytearray(b"\xff\xd8")
    framed = False
    try:
        for marker, segment in _segments(data):
            if marker == EOI:
                return bytes(kept + b"\xff\xd9") if framed else None
            if marker in range(0xC0, 0xD0) and marker not in STRUCTURE:
                return None
            framed = framed or marker in (0xC0, 0xC1, 0xC2)
            kept += _allowed(marker, segment, keep_profile=keep_profile)
    except (IndexError, ValueError):
        pass
    return None


def _segments(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Every marker with its segment; that of a scan goes on to its last coded byte."""
    if data[:2] != b"\xff\xd8":
        raise ValueError("not a JPEG")
    at = 2
    while True:
        if data[at] != 0xFF:
            raise ValueError("no marker where one belongs")
        while data[at + 1] == 0xFF:  # padding
            at += 1
        marker = data[at + 1]
        if marker == EOI:
            yield marker, b""
            return
        length = int.from_bytes(data[at + 2 : at + 4], "big")
        end = at + 2 + length
        if length < 2 or end > len(data):
            raise ValueError("a segment without its end")
        if marker == SOS:
            end = _end_of_scan(data, end)
        yield marker, data[at:end]
        at = end


def _end_of_scan(data: bytes, at: int) -> int:
    """Where the next marker that is not part of the coded picture stands."""
    while True:
        at = data.index(b"\xff", at)
        if data[at + 1] == 0xFF:
            at += 1
        elif data[at + 1] in INSIDE_SCAN:
            at += 2
        else:
            return at


def _allowed(marker: int, segment: bytes, *, keep_profile: bool) -> bytes:
    """The segment if it may leave, a JFIF header without its thumbnail, otherwise nothing."""
    body = segment[4:]
    if marker in STRUCTURE or marker == SOS or (marker == APP14 and body.startswith(ADOBE)):
        return segment
    if marker == APP2 and body.startswith(ICC) and keep_profile:
        return segment
    if marker == APP0 and body.startswith(JFIF) and len(body) >= BARE_JFIF:
        bare = body[: BARE_JFIF - 2] + b"\0\0"
        return b"\xff\xe0" + (len(bare) + 2).to_bytes(2, "big") + bare
    return b""
