"""Whether a file is whole and is one file: what decoders let pass is looked for in its structure.

Decoders forgive: Pillow shows a PNG that lost its end or half its rows, libjpeg a progressive
JPEG without its last scans, libwebp, libheif and dav1d pictures with a hole of zeros in them.
"""

import re

from derm_service.imaging import jpeg_parts, mpeg_audio, png_parts
from derm_service.imaging.formats import TWO_FILES, UNREADABLE, Format

# a lost piece of an upload or of a memory card; arithmetic-coded data never hold such a run
HOLE = bytes(1024)
NEVER_A_HOLE = frozenset({Format.WEBP, Format.HEIF, Format.AVIF})
MOST_SCANS = 200  # cameras write 10, the keenest optimisers 70; each costs a pass over the picture
NEAR = 66_000  # bytes: as far from its end as a ZIP archive may end
PDF_WITHIN = 1024  # bytes in which PDF readers look for their mark

# other kinds of file, by marks long enough not to come about by chance
_FOREIGN = re.compile(
    rb"%PDF-|PK\x05\x06\x00{4}|Rar!\x1a\x07|7z\xbc\xaf\x27\x1c|\x7fELF[\x01\x02]{2}\x01|ID3[\x02-\x04]\x00"
)
_SCRIPT = re.compile(rb"<\?php|<script|<html|<svg|<iframe|<body", re.IGNORECASE)


def check(data: bytes, kind: Format) -> None:
    """Refused when the file is cut, has a hole, or is a second kind of file as well."""
    before, after = NEAR, max(0, len(data) - NEAR)
    if kind is Format.JPEG:
        parts = jpeg_parts.parts(data)
        if parts.is_progressive and not parts.is_complete:
            raise UNREADABLE
        if parts.scans > MOST_SCANS:
            raise UNREADABLE
        before, after = parts.pixels_from, parts.end
    elif kind is Format.PNG:
        before, after = png_parts.checked(data)
    elif kind in NEVER_A_HOLE and HOLE in data:
        raise UNREADABLE
    head, tail = data[:before], data[after:]
    if b"%PDF-" in data[:PDF_WITHIN] or _FOREIGN.search(tail) or mpeg_audio.is_in(tail):
        raise TWO_FILES
    if _SCRIPT.search(head) or _SCRIPT.search(tail):
        raise TWO_FILES
