"""Keys that wrap the keysets of objects: the protocol of a key service, and the key file.

A key service (AWS KMS, Google Cloud KMS, HashiCorp Vault) is one more class with `current`: its
Tink `Aead` does the rest. Keys are only ever added, until no row is wrapped by the old one.
"""

import io
import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import tink
from tink import aead, cleartext_keyset_handle

from derm_service.errors import Unavailable

KEY_MISSING = (
    "The key that seals images cannot be opened, so no image can be stored or shown. "
    "Check DERM_KEY_FILE and that only the service's own user may read it."
)

aead.register()


@dataclass(frozen=True)
class WrappingKey:
    """What wraps keysets now, and unwraps also those wrapped by any key before it."""

    name: str
    aead: aead.Aead


class KeyEncryptionKey(Protocol):
    """A key service: a key file here, a KMS in production."""

    def current(self) -> WrappingKey:
        """The key to wrap with at this moment. Unavailable when it cannot be had."""


class KeyFile:
    """Keys in a file for its owner's eyes only; read again whenever the file has changed.

    So every process uses a new key from the moment it is in the file.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._read: tuple[tuple[int, int, int], WrappingKey] | None = None
        self.current()  # a wrong file is told at the start

    def current(self) -> WrappingKey:
        """The file's primary key."""
        try:
            stat = self._path.stat()
            version = (stat.st_ino, stat.st_mtime_ns, stat.st_size)
            known = self._read
            if known is None or known[0] != version:
                self._read = known = (version, _parse(self._path, stat.st_mode))
        except (OSError, ValueError, tink.TinkError) as error:
            raise Unavailable(KEY_MISSING) from error
        return known[1]


def _parse(path: Path, mode: int) -> WrappingKey:
    if mode & 0o077:
        raise Unavailable(KEY_MISSING)
    keyset = cleartext_keyset_handle.read(tink.JsonKeysetReader(path.read_text("ascii")))
    return WrappingKey(_name(keyset.keyset_info().primary_key_id), keyset.primitive(aead.Aead))


def _name(key_id: int) -> str:
    return f"file:{key_id}"


def create_key_file(path: Path) -> None:
    """Make a key file (0600 in a 0700 directory) unless there is one; two at once make one."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if path.exists():
        return
    draft = _draft(path, _new_keyset())
    try:
        os.link(draft, path)
    except FileExistsError:
        pass  # another process was first: its key is the key
    finally:
        draft.unlink()


def add_key(path: Path) -> str:
    """Put a new key beside the old ones and wrap with it from now on; its name."""
    KeyFile(path)  # refuses a file that is not ours to use
    held, fresh = json.loads(path.read_text("ascii")), _new_keyset()
    held["key"] += fresh["key"]
    held["primaryKeyId"] = fresh["primaryKeyId"]
    _draft(path, held).replace(path)
    return _name(int(held["primaryKeyId"]))


def names(path: Path) -> list[str]:
    """Every key in the file, the one that wraps now first."""
    held = json.loads(path.read_text("ascii"))
    first = held["primaryKeyId"]
    ids = sorted((each["keyId"] for each in held["key"]), key=lambda one: one != first)
    return [_name(each) for each in ids]


def remove_old_keys(path: Path) -> list[str]:
    """Take every key out of the file but the one that wraps now; the names of what went.

    Nothing wrapped by them can be opened any more: the caller knows that there is nothing.
    """
    held = json.loads(path.read_text("ascii"))
    gone = names(path)[1:]
    held["key"] = [each for each in held["key"] if each["keyId"] == held["primaryKeyId"]]
    _draft(path, held).replace(path)
    return gone


def _new_keyset() -> dict[str, Any]:
    text = io.StringIO()
    keyset = tink.new_keyset_handle(aead.aead_key_templates.AES256_GCM)
    cleartext_keyset_handle.write(tink.JsonKeysetWriter(text), keyset)
    made: dict[str, Any] = json.loads(text.getvalue())
    return made


def _draft(path: Path, keyset: dict[str, Any]) -> Path:
    """The keyset, safely on the disk beside the file it is to become."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        json.dump(keyset, file)
        file.flush()
        os.fsync(file.fileno())
    return draft
