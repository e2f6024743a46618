"""Photographs over a poor line that is cut again and again: what arrives, and what is sent twice.

    python -m benchmarks.bad_line

200 files of 8 MB by tuspy, 8 at once in pieces of 256 KiB, over one line of 256 kbit/s made faster
in proportion (`--faster`), on which every fifth connection is reset somewhere within its piece.
`resent_ratio`: bytes the devices sent, all headers and questions included, over the bytes of the
files; `arrived`: files whose SHA-256, counted by the service, is the device's; `twice`: files the
service received more than once. Wanted: 1.15 or less, all, 0.
"""

import argparse
import io
import json
import os
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import sqlalchemy as sa
from tusclient.client import TusClient

from benchmarks.ingest import UPLOADS, Shot, shot, until_settled
from benchmarks.rig import Rig, running
from derm_service.audit import AuditEntry
from derm_service.imaging.models import Capture
from tests.line import Line, now_and_then

AT_ONCE = 8
PIECE = 256 * 1024
LINE_BYTES_PER_SECOND = 256_000 / 8
CUT = 0.2
RETRY_AFTER_SECONDS = 0.5  # as the capture page


def send(line: Line, rig: Rig, shot: Shot) -> None:
    """As any program would with tuspy."""
    client = TusClient(line.url + UPLOADS, headers={"Authorization": f"Bearer {rig.bearer}"})
    while True:
        try:
            client.uploader(
                file_stream=io.BytesIO(shot.data),
                metadata=shot.metadata,
                chunk_size=PIECE,
                retries=20,
                retry_delay=RETRY_AFTER_SECONDS,
            ).upload()
        except Exception:  # the announcement itself was cut: tuspy leaves that to its caller
            time.sleep(0.1)
        else:
            return


def of(mb: float, appointment: uuid.UUID, lesion: uuid.UUID) -> Shot:
    """Bytes nobody has seen: the service judges them, and refuses them as no photograph."""
    return shot(os.urandom(int(mb * 1_000_000)), appointment, lesion)


def main() -> None:
    """Measure and print."""
    asked = argparse.ArgumentParser(description="Photographs over a bad line.")
    asked.add_argument("--images", type=int, default=200)
    asked.add_argument("--mb", type=float, default=8)
    asked.add_argument("--faster", type=float, default=200)
    given = asked.parse_args()
    ids: list[uuid.UUID] = []
    with running() as rig:
        subjects = rig.subjects(given.images)

        def carry(subject: tuple[uuid.UUID, uuid.UUID]) -> Shot:
            made = of(given.mb, *subject)
            send(line, rig, made)
            ids.append(made.id)
            return replace(made, data=b"")

        speed = LINE_BYTES_PER_SECOND * given.faster
        cuts = now_and_then(CUT, PIECE, seed=20261122)
        began = time.monotonic()
        with (
            Line(rig.url, bytes_per_second=speed, cut_after=cuts) as line,
            ThreadPoolExecutor(AT_ONCE) as threads,
        ):
            sent = list(threads.map(carry, subjects))
            seconds = time.monotonic() - began
        until_settled(rig, sent)
        arrived, twice = counted(rig, ids)
    print(
        json.dumps(
            {
                "images": given.images,
                "arrived": arrived,
                "twice": twice,
                "resent_ratio": round(line.sent / (given.images * int(given.mb * 1e6)), 3),
                "connections": line.connections,
                "cut": line.cuts,
                "line_kbit_per_s": round(speed * 8 / 1000),
                "seconds": round(seconds),
            }
        )
    )


def counted(rig: Rig, ids: list[uuid.UUID]) -> tuple[int, int]:
    """How many came whole, and how many were received more than once."""
    same = Capture.sha256_received == Capture.sha256
    times = (
        sa.select(AuditEntry.subject_id)
        .where(AuditEntry.did == "received capture")
        .where(AuditEntry.subject_id.in_([str(each) for each in ids]))
        .group_by(AuditEntry.subject_id)
        .having(sa.func.count() > 1)
    )
    with rig.sessions() as session:
        whole = sa.select(sa.func.count()).select_from(Capture).where(Capture.id.in_(ids), same)
        return session.scalar(whole) or 0, len(session.scalars(times).all())


if __name__ == "__main__":
    main()
