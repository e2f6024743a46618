"""Sealing: bytes are encrypted before they leave the process, each object under its own keyset."""

import hashlib
import io
import os
import secrets
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol, cast
from uuid import UUID

import tink
from tink import aead, cleartext_keyset_handle, streaming_aead

from derm_service.errors import Unavailable

PIECE = 256 * 1024  # plain bytes handed on at a time when unsealing
KEY_MISSING = (
    "The key that seals images cannot be opened, so no image can be stored or shown. "
    "Check DERM_KEY_FILE and that only the service's own user may read it."
)
BROKEN = "This image does not match its seal, so it is not shown. Tell the service's governance."

aead.register()
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
    """Seals and unseals with a key-encryption key: a key file's here, a KMS's in production."""

    def __init__(self, key_encryption_key: aead.Aead, *, name: str) -> None:
        self._kek = key_encryption_key
        self._name = name

    def seal(self, pieces: Iterable[bytes], into: BinaryIO, *, object_id: UUID) -> Seal:
        """Encrypt pieces of plain bytes into a file, holding about one megabyte at a time."""
        keyset = tink.new_keyset_handle(
            streaming_aead.streaming_aead_key_templates.AES256_GCM_HKDF_1MB
        )
        cipher = _HashingWriter(into)
        plain, size = hashlib.sha256(), 0
        stream = keyset.primitive(streaming_aead.StreamingAead).new_encrypting_stream(
            cast("BinaryIO", cipher), object_id.bytes
        )
        with stream:
            for piece in pieces:
                plain.update(piece)
                size += len(piece)
                stream.write(piece)
        return Seal(
            wrapped_keyset=tink.proto_keyset_format.serialize_encrypted(
                keyset, self._kek, object_id.bytes + plain.digest()
            ),
            key_encryption_key=self._name,
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
            keyset = tink.proto_keyset_format.parse_encrypted(
                seal.wrapped_keyset, self._kek, object_id.bytes + bytes.fromhex(seal.sha256_plain)
            )
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


def open_key_file(path: Path) -> Sealer:
    """A sealer from a key file; refuses one that others may read."""
    try:
        if path.stat().st_mode & 0o077:
            raise Unavailable(KEY_MISSING)
        keyset = cleartext_keyset_handle.read(tink.JsonKeysetReader(path.read_text("ascii")))
        name = f"file:{keyset.keyset_info().primary_key_id}"
        return Sealer(keyset.primitive(aead.Aead), name=name)
    except (OSError, ValueError, tink.TinkError) as error:
        raise Unavailable(KEY_MISSING) from error


def create_key_file(path: Path) -> None:
    """Make a key file (0600 in a 0700 directory) unless there is one; two at once make one."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if path.exists():
        return
    text = io.StringIO()
    keyset = tink.new_keyset_handle(aead.aead_key_templates.AES256_GCM)
    cleartext_keyset_handle.write(tink.JsonKeysetWriter(text), keyset)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(text.getvalue())
            file.flush()
            os.fsync(file.fileno())
        os.link(draft, path)
    except FileExistsError:
        pass  # another process was first: its key is the key
    finally:
        draft.unlink()


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
