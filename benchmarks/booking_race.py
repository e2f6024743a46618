"""Many clients fight for slots through the actions; then the same rows by bare psycopg.

    python -m benchmarks.booking_race --clients 64 --seconds 10

First for few slots, which are booked and cancelled all the time, then for plenty. Afterwards the
ledger is asked whether anybody is in two places or half booked. The last line is one JSON object.
"""

import argparse
import json
import multiprocessing
import random
import time
import uuid
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import psycopg
import sqlalchemy as sa
from sqlalchemy.orm import Session

from benchmarks import bare, crowd
from benchmarks.scratch import scratch_database
from derm_service.booking import appointments
from derm_service.booking.codes import CancelReason
from derm_service.db import make_engine, make_sessions
from derm_service.errors import Conflict
from derm_service.people import User

FEW = 24
TURNS = 2
PROCESSES = 4
MOST_PER_SECOND = 1500  # more than this machine can book: there are always slots to spare
Step = Callable[[], str]

DOUBLE_BOOKED = """
SELECT (SELECT count(*) FROM allocation a JOIN allocation b
          ON a.resource_id = b.resource_id AND a.level = b.level AND a.lane = b.lane
         AND a.during && b.during AND a.id < b.id
        WHERE a.state <> 'released' AND b.state <> 'released')
     + (SELECT count(*) FROM (SELECT slot_id FROM appointment
          WHERE state IN ('booked', 'checked_in', 'completed')
          GROUP BY slot_id HAVING count(*) > 1) AS twice)
"""
PART_BOOKED = """
SELECT count(*) FROM (
  SELECT p.id FROM appointment p LEFT JOIN allocation a
    ON a.appointment_id = p.id AND a.state = 'confirmed' AND a.during = p.during
  GROUP BY p.id, p.state
  HAVING count(a.id) <> CASE WHEN p.state IN ('booked', 'checked_in', 'completed')
                             THEN 3 ELSE 0 END) AS half
"""


_start: Any = None  # a barrier: every process has prepared its clients


@dataclass(frozen=True)
class Share:
    """What one process does in one phase: its clients' slots and people."""

    url: str
    clerk: str
    seconds: float
    clients: list[tuple[list[str], list[str]]]  # slots and referrals of each
    again: bool = False  # whether what was booked is cancelled, so that the fight goes on


def meet(barrier: Any) -> None:
    """Give a process the barrier at which all of them start."""
    global _start
    _start = barrier


def act(share: Share) -> Counter[str]:
    """Book through the action, a connection and a thread for each client."""
    engine = make_engine(share.url, pool_size=len(share.clients))
    with Session(engine) as session:
        clerk = session.get_one(User, uuid.UUID(share.clerk))
    steps = [
        _booking(engine.connect(), clerk, slots, people, again=share.again)
        for slots, people in share.clients
    ]
    return _together(steps, share.seconds)


def insert(share: Share) -> Counter[str]:
    """Write the same rows by bare psycopg; they were made up before the clock starts."""
    engine = make_engine(share.url)
    with Session(engine) as session:
        pattern = bare.Pattern.newest(session)
        work = [pattern.works(session, *client) for client in share.clients]
    engine.dispose()
    return _together([_inserting(share.url, each) for each in work], share.seconds)


def _together(steps: list[Step], seconds: float) -> Counter[str]:
    results: Counter[str] = Counter()
    _start.wait()
    end = time.monotonic() + seconds

    def run(step: Step) -> Counter[str]:
        mine: Counter[str] = Counter()
        while time.monotonic() < end:
            mine[step()] += 1
        return mine

    with ThreadPoolExecutor(len(steps)) as threads:
        for mine in threads.map(run, steps):
            results += mine
    return results


def _booking(
    connection: sa.Connection, clerk: User, slots: list[str], people: list[str], *, again: bool
) -> Step:
    dice = random.Random(people[0])
    places = [uuid.UUID(each) for each in slots]
    left = iter([uuid.UUID(each) for each in people])

    def step() -> str:
        slot_id = dice.choice(places) if again else places.pop()
        with Session(connection, expire_on_commit=False) as session:
            by = session.merge(clerk, load=False)
            try:
                booked = appointments.book(session, slot_id=slot_id, referral_id=next(left), by=by)
                session.commit()
                if again:
                    reason = CancelReason.PATIENT_ILL
                    appointments.cancel(session, appointment_id=booked.id, reason=reason, by=by)
                    session.commit()
            except Conflict:
                session.rollback()
                return "conflict"
            except Exception as error:  # counted, and said: none is wanted
                session.rollback()
                print(f"{type(error).__name__}: {error}"[:300])
                return "error"
        return "booked"

    return step


def _inserting(url: str, work: list[bare.Work]) -> Step:
    connection = psycopg.connect(url)

    def step() -> str:
        bare.run(connection, work.pop())
        return "booked"

    return step


class Race:
    """The phases of the race over one database."""

    def __init__(self, url: str, clients: int) -> None:
        self.url, self.clients = url, clients
        self.processes = min(PROCESSES, clients)
        context = multiprocessing.get_context("spawn")
        barrier = context.Barrier(self.processes)
        self.pool = context.Pool(self.processes, initializer=meet, initargs=(barrier,))
        self.sessions = make_sessions(make_engine(url))
        with self.sessions() as session:
            self.clerk = str(crowd.add_clerk(session))
            session.commit()

    def phase(
        self, what: Callable[[Share], Counter[str]], seconds: float, *, few: int = 0
    ) -> Counter[str]:
        """Let every client do one thing for some seconds; what it came to."""
        each = int(MOST_PER_SECOND * seconds / self.clients) + 1
        with self.sessions() as session:
            people = [str(one) for one in crowd.add_referrals(session, each * self.clients)]
            slots = [str(one) for one in crowd.add_slots(session, few or len(people))]
            session.commit()
            session.execute(sa.text("ANALYZE"))
        random.Random(1).shuffle(slots)
        shares = [
            (slots if few else slots[n :: self.clients], people[n :: self.clients])
            for n in range(self.clients)
        ]
        work = [
            Share(self.url, self.clerk, seconds, shares[n :: self.processes], again=bool(few))
            for n in range(self.processes)
        ]
        results: Counter[str] = Counter()
        for mine in self.pool.map(what, work, chunksize=1):
            results += mine
        return results


def race(url: str, clients: int, seconds: float) -> dict[str, float]:
    """Few slots, then plenty by turns with the bare rows; the figures."""
    runner = Race(url, clients)
    few = runner.phase(act, seconds / 2, few=FEW)
    plenty: Counter[str] = Counter()
    bare_rows: Counter[str] = Counter()
    runner.phase(act, seconds / TURNS)  # a past: PostgreSQL plans otherwise for empty tables
    for _ in range(TURNS):  # by turns, so that a noisy neighbour disturbs both alike
        plenty += runner.phase(act, seconds / TURNS)
        bare_rows += runner.phase(insert, seconds / TURNS)
    with runner.sessions() as session:
        double, part = (session.scalar(sa.text(each)) for each in (DOUBLE_BOOKED, PART_BOOKED))
    everything = few + plenty
    per_second = plenty["booked"] / seconds
    bare_per_second = bare_rows["booked"] / seconds
    return {
        "clients": clients,
        "attempts": everything.total(),
        "booked": everything["booked"],
        "conflicts": everything["conflict"],
        "errors": everything["error"],
        "double_booked": double or 0,
        "part_booked": part or 0,
        "bookings_per_s": round(per_second, 1),
        "bare_inserts_per_s": round(bare_per_second, 1),
        "ratio": round(per_second / bare_per_second, 3),
    }


def main() -> None:
    """Read the options, run, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clients", type=int, default=64)
    parser.add_argument("--seconds", type=float, default=10)
    options = parser.parse_args()
    with scratch_database() as url:
        print(json.dumps(race(url, options.clients, options.seconds)))


if __name__ == "__main__":
    main()
