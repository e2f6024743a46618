"""A connection that lay idle is asked whether it still lives before it is used again.

Asked each time, the question costs every transaction a way to the database and back, and one that
was in use a moment ago is as likely to break within the transaction as before it.
"""

import time

import sqlalchemy as sa
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.pool import ConnectionPoolEntry, PoolProxiedConnection

IDLE = 1.0  # seconds; a database takes longer than that to start again
GIVEN_BACK = "given back at"


def probe_idle(engine: sa.Engine) -> sa.Engine:
    """The same engine; what its pool holds is exchanged for new connections when one is dead."""
    sa.event.listen(engine, "checkin", _note)

    @sa.event.listens_for(engine, "checkout")
    def probe(
        connection: DBAPIConnection, entry: ConnectionPoolEntry, _: PoolProxiedConnection
    ) -> None:
        since = entry.info.get(GIVEN_BACK)  # none of a new connection
        if since is None or time.monotonic() - since < IDLE:
            return
        if not _lives(engine.dialect, connection):
            raise InvalidatePoolError

    return engine


def _note(_connection: DBAPIConnection | None, entry: ConnectionPoolEntry) -> None:
    entry.info[GIVEN_BACK] = time.monotonic()


def _lives(dialect: sa.Dialect, connection: DBAPIConnection) -> bool:
    try:
        return dialect.do_ping(connection)
    except dialect.loaded_dbapi.Error as error:
        if dialect.is_disconnect(error, connection, None):
            return False
        raise
