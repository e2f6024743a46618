"""Anchors: hashes of the audit trail kept in a bucket of their own, out of the database's reach.

A chain alone does not show that its end was cut off, or that all of it was made again; what
was written elsewhere meanwhile does. The key says all: `<prefix>/<number>-<hash>`.
"""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from derm_service.config import Settings
from derm_service.imaging.store import Bucket, worker_store

NAME = re.compile(r"(?P<number>\d{15})-(?P<hash>[0-9a-f]{64})")


@dataclass(frozen=True)
class Anchor:
    """Row `number` had this hash when the anchor was written."""

    number: int
    hash: str
    at: datetime


@dataclass(frozen=True)
class Anchors:
    """The anchors of one audit trail."""

    bucket: Bucket
    prefix: str

    def drop(self, number: int, digest: str) -> None:
        """Write one anchor; once more is no error. Unavailable when the store is down."""
        key = f"{self.prefix}/{number:015d}-{digest}"
        body = f"{number} {digest}\n".encode("ascii")
        self.bucket.put(key, body, sha256=hashlib.sha256(body).hexdigest())

    def all(self) -> Iterator[Anchor]:
        """Every anchor, the oldest row first. Unavailable when the store is down."""
        for stored in self.bucket.objects(f"{self.prefix}/"):
            named = NAME.fullmatch(stored.key.removeprefix(f"{self.prefix}/"))
            if named:
                yield Anchor(int(named["number"]), named["hash"], stored.changed_at)


def open_anchors(settings: Settings) -> Anchors:
    """The anchors as the worker writes them."""
    return Anchors(worker_store(settings).audit, settings.s3_audit_prefix)
