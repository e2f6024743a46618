"""Sealing: what goes in comes out, and nothing else does."""

import io
import os
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import pytest

from derm_service.errors import Unavailable
from derm_service.imaging.keys import KeyFile, create_key_file
from derm_service.imaging.sealing import Seal, Sealer

OBJECT = uuid4()
PLAIN = os.urandom(3_000_000)


@pytest.fixture
def sealer(tmp_path: Path) -> Sealer:
    path = tmp_path / "keys" / "key.json"
    create_key_file(path)
    return Sealer(KeyFile(path))


def sealed(sealer: Sealer) -> tuple[Seal, bytes]:
    into = io.BytesIO()
    pieces = (PLAIN[at : at + 70_000] for at in range(0, len(PLAIN), 70_000))
    return sealer.seal(pieces, into, object_id=OBJECT), into.getvalue()


def test_sealed_bytes_come_back_the_same_and_are_not_readable_meanwhile(sealer: Sealer) -> None:
    seal, cipher = sealed(sealer)

    plain = b"".join(sealer.unseal(io.BytesIO(cipher), object_id=OBJECT, seal=seal))

    assert plain == PLAIN
    assert PLAIN[:64] not in cipher
    assert (seal.size_plain, seal.size_cipher) == (len(PLAIN), len(cipher))


def test_two_seals_of_the_same_bytes_share_nothing(sealer: Sealer) -> None:
    first, second = sealed(sealer), sealed(sealer)

    assert first[0].wrapped_keyset != second[0].wrapped_keyset
    assert first[1] != second[1]


@pytest.mark.parametrize("cut", [0, 100, 1_500_000, -1])
def test_a_cut_object_is_never_taken_for_whole(sealer: Sealer, cut: int) -> None:
    seal, cipher = sealed(sealer)

    with pytest.raises(Unavailable):
        list(sealer.unseal(io.BytesIO(cipher[:cut]), object_id=OBJECT, seal=seal))


def test_an_object_opens_only_under_its_own_id_and_hash(sealer: Sealer) -> None:
    seal, cipher = sealed(sealer)

    with pytest.raises(Unavailable):
        list(sealer.unseal(io.BytesIO(cipher), object_id=uuid4(), seal=seal))
    other = replace(seal, sha256_plain="00" * 32)
    with pytest.raises(Unavailable):
        list(sealer.unseal(io.BytesIO(cipher), object_id=OBJECT, seal=other))


def test_a_new_key_file_is_for_its_owner_only_and_is_made_once(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "key.json"

    create_key_file(path)
    first = path.read_bytes()
    create_key_file(path)

    assert path.read_bytes() == first
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_a_key_file_that_others_may_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "key.json"
    create_key_file(path)
    path.chmod(0o644)

    with pytest.raises(Unavailable, match="only the service's own user"):
        KeyFile(path)


def test_a_source_that_fails_half_way_is_told_as_such(sealer: Sealer) -> None:
    seal, cipher = sealed(sealer)

    class Failing(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            if self.tell() > 1_000_000:
                raise Unavailable("The image store cannot be reached just now.")
            return super().read(size)

    with pytest.raises(Unavailable):
        list(sealer.unseal(Failing(cipher), object_id=OBJECT, seal=seal))
