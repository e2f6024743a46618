"""The checksum a device sends with a piece (tus `Upload-Checksum`); pure."""

import base64
import hashlib
from dataclasses import dataclass
from typing import Any

from derm_service.errors import Problem

ALGORITHMS = ("sha256", "sha1")
"""tus asks every server for SHA-1; it finds broken lines, what proves a file is its SHA-256."""


class UnknownChecksum(Problem):
    """The header names an algorithm we do not compute, or is not what tus writes."""


class ChecksumMismatch(Problem):
    """The piece arrived whole and is not what was sent."""


@dataclass
class Checksum:
    """What a body must add up to; fed with it piece by piece as it comes."""

    wanted: bytes
    found: Any  # hashlib's own type has no public name; None where sealing counts the same

    def update(self, some: bytes) -> None:
        """Count these bytes in."""
        if self.found is not None:
            self.found.update(some)

    def check(self, sha256: str) -> None:
        """Refuse a body that was changed on the way; nothing of it may be kept.

        `sha256` is that of its first piece, in hex: sealing it has counted it.
        """
        found = bytes.fromhex(sha256) if self.found is None else self.found.digest()
        if found != self.wanted:
            raise ChecksumMismatch("This piece was changed on the way. Send it again.")


def wanted(header: str | None, *, in_one_piece: bool) -> Checksum | None:
    """The checksum of a header like `sha256 47DEQpj8...=`; None without one.

    `in_one_piece` when the body is sealed as one: its SHA-256 is not counted twice.
    """
    if not header:
        return None
    name, _, text = header.strip().partition(" ")
    try:
        digest = base64.b64decode(text, validate=True)
    except ValueError:  # no base64, or letters no header may have
        digest = b""
    if name not in ALGORITHMS:
        raise UnknownChecksum(f"Send the checksum as one of: {', '.join(ALGORITHMS)}.")
    found = hashlib.new(name, usedforsecurity=False)
    if len(digest) != found.digest_size:
        raise UnknownChecksum("Send the checksum's name, a space, and its bytes in base64.")
    return Checksum(digest, None if in_one_piece and name == "sha256" else found)
