"""The object store: the only module that speaks S3; it holds ciphertext and never plain bytes."""

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, BinaryIO, cast

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from derm_service.errors import NotFound, Unavailable

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

    from derm_service.config import Settings

STORE_DOWN = (
    "The image store cannot be reached just now. Nothing was lost: what was already "
    "received is safe. Try again in a minute."
)
ABSENT = frozenset({"404", "NoSuchKey", "NotFound"})
THERE_ALREADY = frozenset({"412", "PreconditionFailed", "409", "ConditionalRequestConflict"})


@dataclass(frozen=True)
class StoredObject:
    """One object as a listing shows it."""

    key: str
    size: int
    changed_at: datetime


@dataclass(frozen=True)
class Bucket:
    """One bucket seen through one identity; safe to use from many threads."""

    client: "S3Client"
    name: str

    def put(self, key: str, body: BinaryIO | bytes, *, sha256: str) -> bool:
        """Store bytes under a new key; the store checks their SHA-256 before it keeps them.

        False when an object of that key is there already: objects are never overwritten.
        """
        try:
            with _translated():
                self.client.put_object(
                    Bucket=self.name,
                    Key=key,
                    Body=body,
                    IfNoneMatch="*",
                    ChecksumSHA256=base64.b64encode(bytes.fromhex(sha256)).decode("ascii"),
                    ContentType="application/octet-stream",
                )
        except _ThereAlready:
            return False
        return True

    def open(self, key: str) -> BinaryIO:
        """A readable stream of one object; NotFound when it is not there."""
        with _translated():
            body = self.client.get_object(Bucket=self.name, Key=key)["Body"]
        return cast("BinaryIO", _TranslatedBody(cast("BinaryIO", body)))

    def get(self, key: str) -> bytes:
        """One whole object; for small ones only."""
        stream = self.open(key)
        try:
            return stream.read()
        finally:
            stream.close()

    def exists(self, key: str) -> bool:
        """Whether an object of that key is there."""
        try:
            with _translated():
                self.client.head_object(Bucket=self.name, Key=key)
        except NotFound:
            return False
        return True

    def delete(self, key: str) -> None:
        """Remove an object; a missing one is no error."""
        with _translated():
            self.client.delete_object(Bucket=self.name, Key=key)

    def objects(self, prefix: str = "") -> Iterator[StoredObject]:
        """Every object whose key starts so."""
        with _translated():
            pages = self.client.get_paginator("list_objects_v2").paginate(
                Bucket=self.name, Prefix=prefix
            )
            for page in pages:
                for entry in page.get("Contents", []):
                    yield StoredObject(entry["Key"], entry["Size"], entry["LastModified"])

    def probe(self) -> None:
        """Raise Unavailable when the bucket cannot be reached with these credentials."""
        try:
            with _translated():
                self.client.list_objects_v2(Bucket=self.name, MaxKeys=1)
        except NotFound as error:
            raise Unavailable(STORE_DOWN) from error


@dataclass(frozen=True)
class ObjectStore:
    """The buckets through one identity: what arrives, what is on record, the audit's anchors."""

    quarantine: Bucket
    record: Bucket
    audit: Bucket

    def probe(self) -> None:
        """Raise Unavailable when a bucket of images cannot be reached."""
        self.quarantine.probe()
        self.record.probe()


def web_store(settings: "Settings") -> ObjectStore:
    """The web's identity: reads and writes quarantine, only reads the record."""
    access, secret = settings.s3_web_access_key, settings.s3_web_secret_key.get_secret_value()
    return _open_store(settings, access_key=access, secret_key=secret)


def worker_store(settings: "Settings") -> ObjectStore:
    """The worker's identity: also writes the record."""
    access, secret = settings.s3_worker_access_key, settings.s3_worker_secret_key.get_secret_value()
    return _open_store(settings, access_key=access, secret_key=secret)


def _open_store(settings: "Settings", *, access_key: str, secret_key: str) -> ObjectStore:
    client = boto3.session.Session().client(
        "s3",
        endpoint_url=settings.s3_endpoint or None,
        region_name=settings.s3_region,
        aws_access_key_id=access_key,
        aws_secret_access_key=secret_key,
        config=Config(
            signature_version="s3v4",
            # The checksum is among the signed headers and the store compares the bytes with it:
            # a second SHA-256 of them for the signature would say the same.
            s3={"addressing_style": "path", "payload_signing_enabled": False},
            connect_timeout=2,
            read_timeout=10,
            retries={"mode": "standard", "total_max_attempts": 2},
            max_pool_connections=32,
            # we send our own SHA-256; boto3's extra CRC would force chunked transfer coding
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        ),
    )
    return ObjectStore(
        quarantine=Bucket(client, settings.s3_bucket_quarantine),
        record=Bucket(client, settings.s3_bucket_record),
        audit=Bucket(client, settings.s3_bucket_audit),
    )


class _ThereAlready(Exception):
    """An object of that key exists."""


@contextmanager
def _translated() -> Iterator[None]:
    """Turn boto3's errors into ours, here and nowhere else."""
    try:
        yield
    except ClientError as error:
        code = str(error.response.get("Error", {}).get("Code", ""))
        if code in ABSENT:
            raise NotFound("This image is not in the store.") from error
        if code in THERE_ALREADY:
            raise _ThereAlready from error
        raise Unavailable(STORE_DOWN) from error
    except (BotoCoreError, OSError) as error:
        raise Unavailable(STORE_DOWN) from error


class _TranslatedBody:
    """A body being read whose network errors come out as Unavailable."""

    def __init__(self, body: BinaryIO) -> None:
        self._body = body
        self.closed = False

    def readable(self) -> bool:
        """Always: it is a body being received."""
        return True

    def read(self, size: int = -1) -> bytes:
        """At most `size` bytes, all when negative, empty at the end."""
        with _translated():
            return self._body.read(None if size < 0 else size)  # type: ignore[arg-type]

    def close(self) -> None:
        """Give the connection back."""
        self.closed = True
        self._body.close()
