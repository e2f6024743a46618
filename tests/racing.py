"""Many at once: threads with sessions of their own, started together."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from sqlalchemy.orm import Session, sessionmaker

from derm_service.errors import Conflict, Problem


def at_once(count: int, act: Callable[[int], str]) -> list[str]:
    """Run the act in so many threads that start together; what each came to."""
    start = Barrier(count)

    def run(n: int) -> str:
        start.wait(timeout=30)
        return act(n)

    with ThreadPoolExecutor(count) as threads:
        return list(threads.map(run, range(count)))


def outcome(sessions: sessionmaker[Session], act: Callable[[Session], object]) -> str:
    """Act and commit in a session of its own; what it came to, errors by their name."""
    with sessions() as session:
        try:
            act(session)
            session.commit()
        except Conflict:
            session.rollback()
            return "conflict"
        except Exception as error:
            session.rollback()
            return f"{type(error).__name__}: {error}"
        return "done"


def told_at_once(
    sessions: sessionmaker[Session], acts: Sequence[Callable[[Session], object]]
) -> list[str]:
    """Act at once, each in a session of its own: "done", or the sentence each was told."""

    def run(n: int) -> str:
        with sessions() as session:
            try:
                acts[n](session)
                session.commit()
            except Problem as problem:
                session.rollback()
                return problem.message
        return "done"

    return at_once(len(acts), run)
