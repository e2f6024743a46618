"""Odd, broken and hostile files through the whole service, each against what its manifest expects.

    python -m benchmarks.odd_files DIR

DIR holds `manifest.csv` with the columns `file` and `expected`: `accept`, `reject-with-clear-error`
or `accept-or-reject-cleanly`. Each file is sent for somebody of its own by tus, judged by the real
worker, and whatever was sent back is kept with a reason. Accepted means on the record with copies
that open; rejected means never on it, with a sentence that says why. A sound file that is only
small is to be taken again, whatever the manifest says, and is counted apart. Prints how each kind
ended, every difference, and whether the service is healthy afterwards; ends with 1 on any
difference.
"""

import argparse
import csv
import json
import uuid
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path

import httpx
from flask.testing import FlaskClient

from benchmarks.ingest import PATIENCE_SECONDS, SETTLED, Shot, send, shot, until_settled
from benchmarks.rig import Rig, running
from derm_service.app import create_app
from derm_service.imaging.codes import CaptureState, KeptReason
from derm_service.imaging.gate.report import IssueCode, Verdict
from derm_service.imaging.models import Capture
from derm_service.people import User
from tests import surf
from tests.imaging import visiting

AT_ONCE = 3
JPEG = b"\xff\xd8"
ACCEPT, REJECT = "accept", "reject-with-clear-error"
EXPECTED = {ACCEPT: {ACCEPT}, REJECT: {REJECT}, "accept-or-reject-cleanly": {ACCEPT, REJECT}}


@dataclass
class Odd:
    """One file, what is expected of it, and what became of it."""

    name: str
    expected: str
    shot: Shot
    refused: str = ""  # the service took no bytes of it, and why
    verdict: str = ""
    ended: str = "neither"  # accept, reject-with-clear-error
    named: tuple[str, ...] = ()  # the codes of its issues

    @property
    def is_only_small(self) -> bool:
        """Whether it was sent back for its size alone, as a sound file is."""
        return self.verdict == Verdict.RETAKE and self.named == (IssueCode.LOW_RESOLUTION,)

    @property
    def is_right(self) -> bool:
        """Whether it ended as its manifest says, or was sent back for its size alone."""
        return self.ended in EXPECTED[self.expected] or self.is_only_small


def listed(rig: Rig, folder: Path) -> tuple[list[Odd], uuid.UUID]:
    """Every file of the manifest, each for a person of its own, and whose visits they are."""
    with (folder / "manifest.csv").open(newline="", encoding="utf-8") as file:
        rows = [(row["file"], row["expected"]) for row in csv.DictReader(file)]
    found = []
    with rig.sessions() as session:
        person = visiting.photographer(session)
        for name, expected in rows:
            visit = visiting.ready(session, by=person)
            whose = (visit.appointment_id, visiting.lesion_id(visit))
            found.append(Odd(name, expected, shot((folder / name).read_bytes(), *whose)))
        session.commit()
        return found, person.id


def carry(rig: Rig, odd: Odd) -> None:
    """Send one; what the service answers when it will not have it."""
    try:
        send(rig, odd.shot)
    except SystemExit as refusal:
        odd.refused = str(refusal)


def signed_in(rig: Rig, person_id: uuid.UUID) -> tuple[FlaskClient, str]:
    """The photographer at the same database and store, and their page's token."""
    client = create_app(rig.settings).test_client()
    with rig.sessions() as session:
        surf.sign_in_as(client, session, session.get_one(User, person_id))
        session.commit()
    return client, surf.csrf_token(client)


def try_to_keep(rig: Rig, client: FlaskClient, token: str, sent: list[Odd]) -> None:
    """Keep all that the gate sent back, as far as it may be, and wait for the end of it."""
    kept = []
    for odd in sent:
        if state_of(rig, odd.shot.id) is CaptureState.CHECKED:
            form = {"csrf_token": token, "reason": next(iter(KeptReason)).value, "note": "odd file"}
            answer = client.post(f"/captures/{odd.shot.id}/keep", data=form)
            if answer.status_code == HTTPStatus.SEE_OTHER:
                kept.append(odd.shot)
    if kept:
        until_settled(rig, kept, (CaptureState.FILED, CaptureState.SET_ASIDE))


def state_of(rig: Rig, capture_id: uuid.UUID) -> CaptureState:
    """Where one stands."""
    with rig.sessions() as session:
        return session.get_one(Capture, capture_id).state


def judge(rig: Rig, client: FlaskClient, odd: Odd) -> None:
    """What became of it, from the rows and from what a reader is shown."""
    with rig.sessions() as session:
        capture = session.get_one(Capture, odd.shot.id)
        odd.verdict = capture.verdict or ""
        issues = (capture.report or {}).get("issues", [])
        odd.named = tuple(each["code"] for each in issues)
        if capture.state is CaptureState.FILED and all(
            opens(client, f"/images/{capture.id}/{copy.size.value}") for copy in capture.renditions
        ):
            odd.ended = ACCEPT if capture.renditions else odd.ended
        elif odd.verdict == "reject" and capture.state is CaptureState.CHECKED:
            odd.ended = REJECT if any(each["message"] for each in issues) else odd.ended


def opens(client: FlaskClient, address: str) -> bool:
    """Whether a copy is shown, as a JPEG."""
    answer = client.get(address)
    return answer.status_code == HTTPStatus.OK and answer.data.startswith(JPEG)


def main() -> None:
    """Send, wait, keep, compare and print."""
    asked = argparse.ArgumentParser(description="Odd files through the whole service.")
    asked.add_argument("folder", type=Path)
    folder = asked.parse_args().folder
    with running() as rig:
        odds, person_id = listed(rig, folder)
        with ThreadPoolExecutor(AT_ONCE) as threads:
            list(threads.map(lambda odd: carry(rig, odd), odds))
        sent = [odd for odd in odds if not odd.refused]
        until_settled(rig, [odd.shot for odd in sent], SETTLED)
        client, token = signed_in(rig, person_id)
        try_to_keep(rig, client, token, sent)
        for odd in sent:
            judge(rig, client, odd)
        healthy = httpx.get(f"{rig.url}/healthz", timeout=PATIENCE_SECONDS).is_success
    wrong = [odd for odd in odds if not odd.is_right]
    ended = Counter(f"{odd.expected}: {odd.verdict or 'refused'}, {odd.ended}" for odd in odds)
    figures = {
        "files": len(odds),
        "as_expected": len(odds) - len(wrong),
        "only_small": [
            odd.name
            for odd in odds
            if odd.is_only_small and odd.ended not in EXPECTED[odd.expected]
        ],
        "ended": dict(sorted(ended.items())),
        "differences": {
            odd.name: [odd.expected, odd.verdict, odd.ended, odd.refused] for odd in wrong
        },
        "healthy": healthy,
    }
    print(json.dumps(figures))
    if wrong or not healthy:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
