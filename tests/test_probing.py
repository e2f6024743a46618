"""A connection of the pool that died while nobody used it."""

import time

import sqlalchemy as sa

from derm_service.db import make_engine
from derm_service.probing import IDLE

PID = sa.text("SELECT pg_backend_pid()")


def test_connection_cut_while_it_lay_idle_is_exchanged_before_it_is_used_again(
    database_url: str,
) -> None:
    engine, other = make_engine(database_url, pool_size=1), make_engine(database_url, pool_size=1)
    with engine.connect() as connection:
        cut = connection.scalar(PID)
    with other.connect() as connection:
        connection.execute(sa.text("SELECT pg_terminate_backend(:pid, 60000)"), {"pid": cut})
    time.sleep(IDLE)

    with engine.connect() as connection:
        found = connection.scalar(PID)

    assert found != cut
    engine.dispose()
    other.dispose()
