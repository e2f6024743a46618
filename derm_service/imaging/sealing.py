"""Sealing: bytes are encrypted before they leave the process, each object under its own keyset."""

import hashlib
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import BinaryIO, Protocol, cast
from uuid import UUID

import tink
from tink import streaming_aead

from derm_service.errors import Unavailable
from derm_service.imaging.keys import KeyEncryptionKey

PIECE = 256 * 1024  # plain bytes handed on at a time; Tink takes megabytes at once far slower
BROKEN = "This image does not match its seal, so it is not shown. Tell the service's governance."

streaming_aead.register()


@dataclass(frozen=True)
class Seal:
    """What a row keeps of a sealed object; without the row the object can never be opened."""

    wrapped_keyset: bytes
    key_encryption_key: str  # the name of the key that wrapped it
    sha256_plain: str  # hex
    sha256_cipher: str
    size_plain: int
    size_cipher: int


class Sealed(Protocol):
    """What unsealing needs to know; a Seal has it, and so has the row that keeps one."""

    @property
    def wrapped_keyset(self) -> bytes:
        """The object's own keyset, encrypted."""

    @property
    def sha256_plain(self) -> str:
        """Of the plain bytes, hex."""


class Sealer:
    """Seals and unseals; every object's own keyset is wrapped by a key-encryption key."""

    def __init__(self, key: KeyEncryptionKey) -> None:
        self._key = key

    def seal(self, pieces: Iterable[bytes], into: BinaryIO, *, object_id: UUID) -> Seal:
        """Encrypt pieces of plain bytes into a file as they come; none of them is kept."""
        keyset = tink.new_keyset_handle(
            streaming_aead.streaming_aead_key_templates.AES256_GCM_HKDF_4KB
        )
        cipher = _HashingWriter(into)
        plain, size = hashlib.sha256(), 0
        stream = keyset.primitive(streaming_aead.StreamingAead).new_encrypting_stream(
            cast("BinaryIO", cipher), object_id.bytes
        )
        with stream:
            for some in _in_steps(pieces):
                plain.update(some)
                size += len(some)
                stream.write(some)
        key = self._key.current()
        return Seal(
            wrapped_keyset=tink.proto_keyset_format.serialize_encrypted(
                keyset, key.aead, _bound_to(object_id, plain.hexdigest())
            ),
            key_encryption_key=key.name,
            sha256_plain=plain.hexdigest(),
            sha256_cipher=cipher.sha256.hexdigest(),
            size_plain=size,
            size_cipher=cipher.size,
        )

    def unseal(self, source: BinaryIO, *, object_id: UUID, seal: Sealed) -> Iterator[bytes]:
        """Plain bytes in pieces; each is authenticated before it is given out.

        The whole is compared with `sha256_plain` at the end, since GCM alone does not commit
        to a key. Raises Unavailable, also half-way, when anything differs.
        """
        found = hashlib.sha256()
        try:
            keyset = self._unwrapped(object_id, seal)
            stream = keyset.primitive(streaming_aead.StreamingAead).new_decrypting_stream(
                source, object_id.bytes
            )
            with stream:
                while piece := stream.read(PIECE):
                    found.update(piece)
                    yield piece
        except tink.TinkError as error:
            raise Unavailable(BROKEN) from error
        finally:
            source.close()
        if found.hexdigest() != seal.sha256_plain:
            raise Unavailable(BROKEN)

    def rewrap(self, *, object_id: UUID, seal: Sealed) -> tuple[bytes, str]:
        """The same keyset wrapped by the key of now, and that key's name; no object is touched."""
        key = self._key.current()
        try:
            keyset = self._unwrapped(object_id, seal)
            bound = _bound_to(object_id, seal.sha256_plain)
            return tink.proto_keyset_format.serialize_encrypted(keyset, key.aead, bound), key.name
        except tink.TinkError as error:
            raise Unavailable(BROKEN) from error

    def _unwrapped(self, object_id: UUID, seal: Sealed) -> tink.KeysetHandle:
        bound = _bound_to(object_id, seal.sha256_plain)
        return tink.proto_keyset_format.parse_encrypted(
            seal.wrapped_keyset, self._key.current().aead, bound
        )


def _in_steps(pieces: Iterable[bytes]) -> Iterator[bytes | memoryview]:
    for piece in pieces:
        if len(piece) <= PIECE:
            yield piece
            continue
        whole = memoryview(piece)
        for start in range(0, len(whole), PIECE):
            yield whole[start : start + PIECE]


def _bound_to(object_id: UUID, sha256_plain: str) -> bytes:
    """A keyset opens only together with its object's id and hash."""
    return object_id.bytes + bytes.fromhex(sha256_plain)


class _HashingWriter(io.RawIOBase):
    """Counts and hashes ciphertext on its way; closing it leaves the file below open."""

    def __init__(self, into: BinaryIO) -> None:
        super().__init__()
        self._into = into
        self.sha256 = hashlib.sha256()
        self.size = 0

    def writable(self) -> bool:
        """Tink asks."""
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]
        """Pass all of it on."""
        self._into.write(data)
        self.sha256.update(data)
        self.size += len(data)
        return len(data)
