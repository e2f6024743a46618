"""The vault: sealed objects in the store, each with the row that alone can open it."""

import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import BinaryIO, Self, cast

from derm_service import clock
from derm_service.config import Settings
from derm_service.db import new_id
from derm_service.errors import NotFound, Unavailable
from derm_service.imaging.keys import KEY_MISSING, KeyFile
from derm_service.imaging.models import SealedObject
from derm_service.imaging.sealing import Sealer
from derm_service.imaging.store import Bucket, ObjectStore, StoredObject, web_store, worker_store

IN_MEMORY = 8 * 1024 * 1024  # ciphertext beyond this waits on disk, never plain bytes
MISSING = (
    "This image is missing from the image store. Do not read the case without it: "
    "ring the service desk, who will look for it."
)


class Place(StrEnum):
    """Which bucket an object lies in, whatever the bucket is called here."""

    QUARANTINE = "quarantine"
    RECORD = "record"


class _Ciphertext:
    """What sealing writes: kept block by block as it comes, a long one in a file."""

    def __init__(self) -> None:
        self._blocks: list[bytes] = []
        self._size = 0
        self._file: BinaryIO | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        if self._file is not None:
            self._file.close()

    def write(self, block: bytes) -> None:
        """Take one more block."""
        self._size += len(block)
        if self._size > IN_MEMORY and self._file is None:
            self._file = tempfile.TemporaryFile()  # noqa: SIM115 (closed with the whole)
            self._file.writelines(self._blocks)
            self._blocks.clear()
        if self._file is None:
            self._blocks.append(block)
        else:
            self._file.write(block)

    def body(self) -> BinaryIO | bytes:
        """All of it: what is in memory goes in one write, a file is read through."""
        if self._file is None:
            return b"".join(self._blocks)
        self._file.seek(0)
        return self._file


@dataclass(frozen=True)
class Vault:
    """Seals into the store and unseals out of it, through one identity."""

    store: ObjectStore
    sealer: Sealer

    def put(self, place: Place, pieces: Iterable[bytes]) -> SealedObject:
        """Seal bytes into the store under a new key; the row is the caller's to add.

        Unavailable when the store is down: nothing is kept then.
        """
        row_id = new_id()
        with _Ciphertext() as cipher:
            seal = self.sealer.seal(pieces, cast("BinaryIO", cipher), object_id=row_id)
            stored = self._bucket(place).put(str(row_id), cipher.body(), sha256=seal.sha256_cipher)
        if not stored:
            raise Unavailable("The image store already held an object of that name. Try again.")
        return SealedObject(
            id=row_id,
            bucket=place.value,
            key=str(row_id),
            wrapped_keyset=seal.wrapped_keyset,
            key_encryption_key=seal.key_encryption_key,
            sha256_plain=seal.sha256_plain,
            sha256_cipher=seal.sha256_cipher,
            size_plain=seal.size_plain,
            size_cipher=seal.size_cipher,
            created_at=clock.now(),
        )

    def open(self, row: SealedObject) -> Iterator[bytes]:
        """The plain bytes in pieces; the store is asked at once, so that a failure comes first."""
        try:
            cipher = self._bucket(Place(row.bucket)).open(row.key)
        except NotFound as error:
            raise Unavailable(MISSING) from error
        return self.sealer.unseal(cipher, object_id=row.id, seal=row)

    def delete(self, place: Place, key: str) -> None:
        """Remove one object; for those whose row is gone already."""
        self._bucket(place).delete(key)

    def objects(self, place: Place) -> Iterator[StoredObject]:
        """Every object of a bucket, for the inventory."""
        return self._bucket(place).objects()

    def probe(self) -> None:
        """Raise Unavailable when the store cannot be reached."""
        self.store.probe()

    def _bucket(self, place: Place) -> Bucket:
        return self.store.quarantine if place is Place.QUARANTINE else self.store.record


def web_vault(settings: Settings) -> Vault:
    """The vault as the web sees it: it cannot write the record."""
    return Vault(web_store(settings), _sealer(settings))


def worker_vault(settings: Settings) -> Vault:
    """The vault as the job worker sees it."""
    return Vault(worker_store(settings), _sealer(settings))


def _sealer(settings: Settings) -> Sealer:
    if settings.key_file is None:
        raise Unavailable(KEY_MISSING)
    return Sealer(KeyFile(settings.key_file))
