"""`python -m benchmarks.booking_http --clients 16 --seconds 10`: booking through gunicorn.

Programs with bearer tokens fight over a few dozen slots (each booking that succeeds is cancelled
again, so that the fight goes on) and book among plenty, half and half; every booking carries an
Idempotency-Key and one in ten is sent twice. Counted is every request; afterwards the database is
asked whether anything is booked twice.
"""

import argparse
import http.client
import json
import os
import random
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field

import sqlalchemy as sa

from benchmarks import crowd
from benchmarks.scratch import ROOT, scratch_database
from derm_service.accounts.sign_in import make_token
from derm_service.db import make_engine, make_sessions
from derm_service.people import User

HOT, PLENTY, REFERRALS = 24, 6000, 12_000
TWICE = """
SELECT (SELECT count(*) FROM allocation AS one JOIN allocation AS other
        ON one.resource_id = other.resource_id AND one.level = other.level
        AND one.lane = other.lane AND one.during && other.during AND one.id < other.id
        WHERE one.state = 'confirmed' AND other.state = 'confirmed')
     + (SELECT count(*) FROM (SELECT FROM appointment WHERE state = 'booked'
        GROUP BY slot_id HAVING count(*) > 1) AS twice)
"""


@dataclass
class Tally:
    """What one client saw."""

    took: list[float] = field(default_factory=list)
    statuses: dict[int, int] = field(default_factory=dict)


class Client:
    """One program on one line that stays open."""

    def __init__(self, port: int, token: str, until: float) -> None:
        self.line = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self.token, self.until, self.tally = token, until, Tally()

    def run(self, hot: list[str], plenty: list[str], referrals: list[str], seed: int) -> Tally:
        """Book and cancel until time is up."""
        chance = random.Random(seed)
        while time.monotonic() < self.until and plenty and referrals:
            is_hot = chance.random() < 0.5
            slot = chance.choice(hot) if is_hot else plenty.pop()
            referral = referrals.pop()
            booked = self._book(slot, referral, twice=chance.random() < 0.1)
            if booked is None:
                referrals.insert(0, referral)
            elif is_hot:
                self._send(f"/api/v1/appointments/{booked}/cancel", {"reason": "patient_ill"})
        return self.tally

    def _book(self, slot: str, referral: str, *, twice: bool) -> str | None:
        key, asked = str(uuid.uuid4()), {"slot_id": slot, "referral_id": referral}
        answers = [self._send("/api/v1/appointments", asked, key) for _ in range(2 if twice else 1)]
        assert answers[0] == answers[-1], "a key was answered in two ways"
        status, body = answers[0]
        return body["id"] if status == 201 else None

    def _send(self, path: str, body: dict[str, str], key: str = "") -> tuple[int, dict[str, str]]:
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        if key:
            headers["Idempotency-Key"] = key
        start = time.perf_counter()
        self.line.request("POST", path, json.dumps(body), headers)
        answer = self.line.getresponse()
        read = json.loads(answer.read())
        self.tally.took.append((time.perf_counter() - start) * 1000)
        self.tally.statuses[answer.status] = self.tally.statuses.get(answer.status, 0) + 1
        return answer.status, read


@contextmanager
def served(url: str) -> Iterator[int]:
    """The web server as in service, on a free port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    kept = {key: value for key, value in os.environ.items() if not key.startswith("DERM_")}
    with tempfile.TemporaryDirectory() as home:
        process = subprocess.Popen(
            [sys.executable, "-m", "gunicorn", "--config", ROOT / "gunicorn.conf.py"],
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={
                **kept,
                "DERM_DATABASE_URL": url,
                "DERM_DATA_DIR": home,
                "DERM_PORT": str(port),
                "DERM_SECRET_KEY": "only for this benchmark, and thrown away",
            },
        )
        try:
            _wait(port, process)
            yield port
        finally:
            process.terminate()
            process.wait(30)


def _wait(port: int, process: subprocess.Popen[bytes]) -> None:
    """Until both worker processes answer: the port is open before they have started."""
    answered = 0
    for _ in range(1200):
        assert process.poll() is None, "the web server did not start"
        try:
            line = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
            line.request("GET", "/api/v1/openapi.json")
            answered += line.getresponse().status == 401
        except OSError:
            time.sleep(0.1)
        if answered == 60:
            return
    raise TimeoutError("the web server did not start")


def main() -> None:
    """Fight, count, and ask the database."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--clients", type=int, default=16)
    asked.add_argument("--seconds", type=float, default=10)
    given = asked.parse_args()
    with scratch_database() as url:
        engine = make_engine(url)
        with make_sessions(engine)() as session:
            clerk = session.get_one(User, crowd.add_clerk(session))
            slots = [str(each) for each in crowd.add_slots(session, HOT + PLENTY)]
            referrals = [str(each) for each in crowd.add_referrals(session, REFERRALS)]
            token = make_token(session, user=clerk, label="benchmark", by=None)
            session.commit()
        hot, plenty = slots[:HOT], slots[HOT:]
        with served(url) as port, ThreadPoolExecutor(given.clients) as threads:
            start = time.monotonic()
            clients = [Client(port, token, start + given.seconds) for _ in range(given.clients)]
            going = [
                threads.submit(each.run, hot, plenty, referrals, seed)
                for seed, each in enumerate(clients)
            ]
            tallies = [each.result() for each in going]
            lasted = time.monotonic() - start
        with engine.connect() as connection:
            twice = connection.scalar(sa.text(TWICE))
        engine.dispose()
    took = [each for tally in tallies for each in tally.took]
    faults = sum(
        count for tally in tallies for status, count in tally.statuses.items() if status >= 500
    )
    result = {
        "requests_per_s": round(len(took) / lasted, 1),
        "p95_ms": round(statistics.quantiles(took, n=20)[18], 1),
        "errors_5xx": faults,
        "double_booked": twice,
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main()
