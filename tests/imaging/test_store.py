"""The object store on a real S3 server."""

import hashlib
import os
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest

from derm_service.config import Settings
from derm_service.errors import NotFound, Unavailable
from derm_service.imaging.store import web_store, worker_store
from tests.line import Line

BODY = b"sealed bytes" * 1000
SHA256 = hashlib.sha256(BODY).hexdigest()


def test_what_was_put_is_read_back_until_it_is_deleted(settings: Settings) -> None:
    bucket, key = web_store(settings).quarantine, str(uuid4())

    assert bucket.put(key, BODY, sha256=SHA256)
    assert bucket.get(key) == BODY
    assert bucket.exists(key)
    assert [(found.key, found.size) for found in bucket.objects(key)] == [(key, len(BODY))]

    bucket.delete(key)
    assert not bucket.exists(key)
    with pytest.raises(NotFound):
        bucket.get(key)


def test_an_object_is_never_overwritten(settings: Settings) -> None:
    bucket, key = web_store(settings).quarantine, str(uuid4())
    bucket.put(key, BODY, sha256=SHA256)

    other = b"something else"
    assert not bucket.put(key, other, sha256=hashlib.sha256(other).hexdigest())

    assert bucket.get(key) == BODY


def test_one_of_many_writers_of_a_key_wins(settings: Settings) -> None:
    bucket, key = web_store(settings).quarantine, str(uuid4())

    with ThreadPoolExecutor(8) as threads:
        stored = list(threads.map(lambda _: bucket.put(key, BODY, sha256=SHA256), range(8)))

    assert sum(stored) == 1


def test_bytes_that_changed_on_the_way_are_not_stored(settings: Settings) -> None:
    bucket, key = web_store(settings).quarantine, str(uuid4())

    with pytest.raises(Unavailable):
        bucket.put(key, BODY[:-1] + b"x", sha256=SHA256)

    assert not bucket.exists(key)


def test_what_was_cut_off_on_its_way_to_the_store_is_sent_again(settings: Settings) -> None:
    body, key = os.urandom(2 * 1024 * 1024), str(uuid4())
    cuts = iter([1024 * 1024])
    with Line(settings.s3_endpoint, cut_after=lambda: next(cuts, None)) as line:
        bucket = web_store(settings.model_copy(update={"s3_endpoint": line.url})).quarantine

        assert bucket.put(key, body, sha256=hashlib.sha256(body).hexdigest())

    assert line.cuts == 1
    assert web_store(settings).quarantine.get(key) == body


def test_the_web_may_not_write_the_record_and_the_worker_may(settings: Settings) -> None:
    key = str(uuid4())

    with pytest.raises(Unavailable):
        web_store(settings).record.put(key, BODY, sha256=SHA256)
    assert worker_store(settings).record.put(key, BODY, sha256=SHA256)

    assert web_store(settings).record.get(key) == BODY


def test_a_store_that_is_down_is_said_in_a_sentence(settings: Settings) -> None:
    nowhere = settings.model_copy(update={"s3_endpoint": "http://127.0.0.1:9"})

    with pytest.raises(Unavailable, match="image store cannot be reached"):
        web_store(nowhere).probe()
