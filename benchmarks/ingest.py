"""How fast photographs come in and are filed, and what it costs.

    python -m benchmarks.ingest --images 60

`images_per_s` and `mb_per_s`: from the first byte to the last photograph on the record, 4 sent in
parallel; `not_filed` says why any was set aside. `ratio`: sending alone, with the worker standing
still, over `bare_mb_per_s`, which is the same bytes put into the same store by boto3 as it comes
(it counts a CRC and signs a SHA-256 of its own), 4 in parallel, in turn with ours in the same run;
`ratio_to_own_put` is the same over the service's own put, which is given its SHA-256 beforehand
and does neither. The device has its SHA-256 beforehand too. `each_mb` is what a photograph weighs;
the ratios at 8 MB are the same for files of the size `bad_line` sends, in bytes of chance.
`cpu_seconds_per_image` of receiving alone and of all, by process; `peak_rss_mb` the largest
process of each kind after 10 photographs and after all. Wanted: ratio 0.6 or more, memory flat.
The cost of a photograph is in part the same for a small and a large one (statements and commits),
so the ratio rises with `each_mb`.
"""

import argparse
import base64
import hashlib
import http.client
import json
import os
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from itertools import count, islice
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import boto3
import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray

from benchmarks import processes
from benchmarks.rig import Rig, running
from derm_service.db import new_id
from derm_service.demo.camera import Faults, expose
from derm_service.demo.lesions import Kind, Lesion
from derm_service.demo.scene import Wish, draw
from derm_service.imaging.codes import CaptureState, View
from derm_service.imaging.models import Capture
from derm_service.imaging.store import web_store
from tests.imaging import files

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

AT_ONCE = 4
WARM = 30  # sent before any is counted: a service has run for days, its connections stand
PIECE = 4 * 1024 * 1024  # what the capture page comes to on a good line: frontend/capture/pace.ts
FEW = 10
SIZE = (4000, 3000)  # of a phone, and as large it is drawn: an enlarged one holds no fine detail
GRAIN, QUALITY = 3, 95  # of its sensor and its files
LARGE = 8_000_000  # bytes
TURNS = 8  # ways to lay one drawing: they are seen as different photographs
SOFT = frozenset({5, 8, 9, 12})  # seeds of lesions so faint that the gate asks for a sharper one
UPLOADS = "/api/v1/uploads"
OCTETS = "application/offset+octet-stream"
SETTLED = (CaptureState.FILED, CaptureState.CHECKED, CaptureState.SET_ASIDE)
ROUNDS = 3
PATIENCE_SECONDS = 3600


_of_thread = threading.local()


@dataclass
class Shot:
    """One photograph and whose it is."""

    data: bytes
    sha256: str
    checksums: dict[int, str]  # of each piece by its start, as the device sends it
    appointment: uuid.UUID
    lesion: uuid.UUID
    id: uuid.UUID

    @property
    def metadata(self) -> dict[str, str]:
        """What the device says of it."""
        return {
            "capture": str(self.id),
            "sha256": self.sha256,
            "appointment": str(self.appointment),
            "lesion": str(self.lesion),
            "view": "close_up",
            "filename": f"{self.id}.jpg",
        }


def drawn(number: int) -> bytes:
    """A 12-megapixel photograph nobody else has, with which the gate finds no fault."""
    place, turn = divmod(number, TURNS)
    seed = next(islice((each for each in count() if each not in SOFT), place, None))
    laid = np.rot90(_scene(seed), turn)
    pixels = np.fliplr(laid) if turn >= TURNS // 2 else laid
    noise = np.random.default_rng(number).normal(0, GRAIN, pixels.shape)
    return files.encoded((pixels + noise).clip(0, 255).astype(np.uint8), quality=QUALITY)


@cache
def _scene(seed: int) -> NDArray[np.uint8]:
    lesion = Lesion(Kind.NAEVUS, 9, seed)
    wish = Wish(View.CLOSE_UP, lesion, monk=4, size=SIZE, hair_per_cm2=0, seed=seed)
    return np.asarray(expose(draw(wish), Faults(), seed))


def shots(rig: Rig, pictures: Sequence[bytes]) -> list[Shot]:
    """Each picture for somebody, under an id of its own."""
    subjects = rig.subjects(len(pictures))
    return [
        shot(files.of_its_own(data), *subject)
        for data, subject in zip(pictures, subjects, strict=True)
    ]


def shot(data: bytes, appointment: uuid.UUID, lesion: uuid.UUID) -> Shot:
    """A photograph with its hashes and an id of its own."""
    starts = range(0, len(data), PIECE)
    digests = {start: hashlib.sha256(data[start : start + PIECE]).digest() for start in starts}
    checksums = {start: base64.b64encode(each).decode() for start, each in digests.items()}
    whole = hashlib.sha256(data).hexdigest()
    return Shot(data, whole, checksums, appointment, lesion, new_id())


def send(rig: Rig, shot: Shot) -> None:
    """Announce it with its first piece, send the others, each with its checksum, as the page."""
    line = _line(rig)
    common = {"Tus-Resumable": "1.0.0", "Authorization": f"Bearer {rig.bearer}"}
    pairs = (f"{k} {base64.b64encode(v.encode()).decode()}" for k, v in shot.metadata.items())
    described = {"Upload-Length": str(len(shot.data)), "Upload-Metadata": ",".join(pairs)}
    whole = memoryview(shot.data)
    for start in range(0, len(whole), PIECE):
        piece = whole[start : start + PIECE]
        of_it = {"Upload-Checksum": f"sha256 {shot.checksums[start]}", "Content-Type": OCTETS}
        if start == 0:
            _asked(line, "POST", UPLOADS, {**common, **described, **of_it}, piece)
        else:
            headers = {**common, **of_it, "Upload-Offset": str(start)}
            _asked(line, "PATCH", f"{UPLOADS}/{shot.id}", headers, piece)


def _line(rig: Rig) -> http.client.HTTPConnection:
    """This thread's connection, kept open from photograph to photograph as a browser does."""
    if not hasattr(_of_thread, "line"):
        where = urlsplit(rig.url)
        line = http.client.HTTPConnection(where.hostname or "", where.port, timeout=600)
        _of_thread.line = line
    kept: http.client.HTTPConnection = _of_thread.line
    return kept


def _asked(
    line: http.client.HTTPConnection, method: str, path: str, headers: dict[str, str], data: object
) -> None:
    line.request(method, path, body=data, headers=headers)  # type: ignore[arg-type]
    answer = line.getresponse()
    said = answer.read()
    if answer.status >= 300:
        raise SystemExit(f"{method} {path}: {answer.status} {said.decode()}")


def in_parallel(act: Callable[[Shot], object], listed: Sequence[Shot]) -> float:
    """Seconds for all of them, a few at once."""
    began = time.monotonic()
    with ThreadPoolExecutor(AT_ONCE) as threads:
        list(threads.map(act, listed))
    return time.monotonic() - began


def until_settled(
    rig: Rig, listed: Sequence[Shot], settled: Sequence[CaptureState] = SETTLED
) -> dict[str, int]:
    """Wait until each is filed or judged; how many came to which state."""
    ids = [shot.id for shot in listed]
    counted = sa.select(Capture.state, sa.func.count()).where(Capture.id.in_(ids))
    until = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < until:
        with rig.sessions() as session:
            states = {
                state.value: many
                for state, many in session.execute(counted.group_by(Capture.state))
            }
        if sum(states.get(each.value, 0) for each in settled) == len(ids):
            return states
        time.sleep(0.05)
    raise SystemExit(f"Not all were judged within {PATIENCE_SECONDS} s: {states}")


def not_filed(rig: Rig, listed: Sequence[Shot]) -> list[str]:
    """Which of them were set aside, why, and what the gate said of each."""
    asked = sa.select(Capture).where(
        Capture.id.in_([shot.id for shot in listed]), Capture.state == CaptureState.SET_ASIDE
    )
    order = [shot.id for shot in listed]
    with rig.sessions() as session:
        return [
            f"{order.index(each.id)}: {each.set_aside_reason}, {each.verdict}, "
            + ", ".join(issue["code"] for issue in (each.report or {}).get("issues", []))
            for each in session.scalars(asked)
        ]


@dataclass
class Alone:
    """Sending with the worker standing still, beside puts of the same bytes; MB/s."""

    sent: float
    bare: float  # by boto3 as it comes
    own: float  # by the service's own client, which is faster
    cpu: dict[str, float]  # seconds a photograph, by process


def alone(rig: Rig, pictures: Sequence[bytes]) -> Alone:
    """Send them and put them in turn, in rounds: a machine is not as fast at every moment."""
    bucket, plain = web_store(rig.settings).quarantine, as_it_comes(rig)
    listed, first = shots(rig, pictures), shots(rig, pictures[:WARM])
    mb = sum(len(shot.data) for shot in listed) / 1e6

    def own(shot: Shot) -> None:
        bucket.put(f"bench-{uuid.uuid4()}", shot.data, sha256=shot.sha256)

    def bare(shot: Shot) -> None:
        plain.put_object(Bucket=bucket.name, Key=f"bench-{uuid.uuid4()}", Body=shot.data)

    seconds: Counter[str] = Counter()
    cpu: Counter[str] = Counter()
    rig.pause_worker(True)
    try:
        for act in (lambda shot: send(rig, shot), own, bare):  # connections opened, code loaded
            in_parallel(act, first)
        for at in range(ROUNDS):
            share = listed[at::ROUNDS]
            before = processes.cpu_seconds()
            seconds["sent"] += in_parallel(lambda shot: send(rig, shot), share)
            after = processes.cpu_seconds()
            cpu.update({kind: after[kind] - before.get(kind, 0) for kind in after})
            seconds["bare"] += in_parallel(bare, share)
            seconds["own"] += in_parallel(own, share)
    finally:
        rig.pause_worker(False)
    until_settled(rig, listed)
    rate = {kind: mb / each for kind, each in seconds.items()}
    return Alone(rate["sent"], rate["bare"], rate["own"], per_image({}, cpu, len(listed)))


def as_it_comes(rig: Rig) -> "S3Client":
    """boto3's client with nothing set but where the store is and who asks."""
    settings = rig.settings
    return boto3.client(
        "s3",
        endpoint_url=settings.s3_endpoint,
        region_name=settings.s3_region,
        aws_access_key_id=settings.s3_web_access_key,
        aws_secret_access_key=settings.s3_web_secret_key.get_secret_value(),
    )


def per_image(before: dict[str, float], after: dict[str, float], many: int) -> dict[str, float]:
    """CPU seconds a photograph, by process."""
    used = {kind: round((after[kind] - before.get(kind, 0)) / many, 3) for kind in after}
    return {kind: seconds for kind, seconds in used.items() if seconds > 0}


def end_to_end(rig: Rig, listed: Sequence[Shot]) -> tuple[float, dict[str, int]]:
    """Seconds from the first byte to the last verdict on record."""
    began = time.monotonic()
    in_parallel(lambda shot: send(rig, shot), listed)
    states = until_settled(rig, listed)
    return time.monotonic() - began, states


def main() -> None:
    """Measure and print."""
    asked = argparse.ArgumentParser(description="Photographs in and filed.")
    asked.add_argument("--images", type=int, default=60)
    many = asked.parse_args().images
    pictures = [drawn(seed) for seed in range(many)]
    with running() as rig:
        by_itself = alone(rig, pictures)
        large = alone(rig, [os.urandom(LARGE) for _ in pictures[:30]])
        with processes.Peaks() as few:
            end_to_end(rig, shots(rig, pictures[:FEW]))
        listed = shots(rig, pictures)
        before = processes.cpu_seconds()
        with processes.Peaks() as all_of_them:
            seconds, states = end_to_end(rig, listed)
        after = processes.cpu_seconds()
        set_aside = not_filed(rig, listed)
    mb = sum(len(shot.data) for shot in listed) / 1e6
    print(
        json.dumps(
            {
                "images": many,
                "images_per_s": round(many / seconds, 2),
                "mb_per_s": round(mb / seconds, 1),
                "each_mb": round(mb / many, 2),
                "upload_mb_per_s": round(by_itself.sent, 1),
                "bare_mb_per_s": round(by_itself.bare, 1),
                "own_put_mb_per_s": round(by_itself.own, 1),
                "ratio": round(by_itself.sent / by_itself.bare, 2),
                "ratio_to_own_put": round(by_itself.sent / by_itself.own, 2),
                "ratio_at_8_mb": round(large.sent / large.bare, 2),
                "ratio_to_own_put_at_8_mb": round(large.sent / large.own, 2),
                "cpu_seconds_per_image": {
                    "received": by_itself.cpu,
                    "received at 8 MB": large.cpu,
                    "received and filed": per_image(before, after, many),
                },
                "peak_rss_mb": {
                    kind: {"10": round(few.mb.get(kind, 0)), str(many): round(mb)}
                    for kind, mb in all_of_them.mb.items()
                },
                "states": states,
                "not_filed": set_aside,
            }
        )
    )


if __name__ == "__main__":
    main()
