"""A colour profile as phones embed it, written out by hand."""

import struct

# Display P3's primaries, adapted to D50, and the curve it shares with sRGB (ICC.1:2022, 10.18)
_PRIMARIES = {
    b"rXYZ": (0.51512, 0.24120, -0.00105),
    b"gXYZ": (0.29198, 0.69225, 0.04189),
    b"bXYZ": (0.15710, 0.06657, 0.78407),
    b"wtpt": (0.96420, 1.00000, 0.82491),
}
_CURVE = (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)


def _fixed(*numbers: float) -> bytes:
    return b"".join(struct.pack(">i", round(number * 65536)) for number in numbers)


def display_p3() -> bytes:
    """A matrix profile of version 4."""
    curve = b"para" + bytes(4) + struct.pack(">HH", 3, 0) + _fixed(*_CURVE)
    tags = {name: b"XYZ " + bytes(4) + _fixed(*xyz) for name, xyz in _PRIMARIES.items()}
    tags |= dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), curve)
    table, bodies = struct.pack(">I", len(tags)), b""
    start = 128 + 4 + 12 * len(tags)
    for name, body in tags.items():
        table += name + struct.pack(">II", start + len(bodies), len(body))
        bodies += body
    size = start + len(bodies)
    header = struct.pack(">I4sI4s4s4s", size, b"", 0x04000000, b"mntr", b"RGB ", b"XYZ ")
    header += bytes(12) + b"acsp" + bytes(28) + _fixed(0.9642, 1.0, 0.82491)
    return header.ljust(128, b"\0") + table + bodies
