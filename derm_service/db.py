"""Engine, sessions, the declarative base and the turning of constraints into sentences."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, TypeVar

import sqlalchemy as sa
import uuid6
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.engine import Dialect
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import DeclarativeBase, Session, make_transient_to_detached, sessionmaker

from derm_service.errors import Conflict

DATABASE_DOWN = (
    "The database cannot be reached just now. Nothing was changed. Try again in a minute."
)


class UtcDateTime(sa.types.TypeDecorator[datetime]):
    """timestamptz that takes only aware moments and always gives UTC back."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse a naive moment: it would silently take the server's zone."""
        if value is not None and value.tzinfo is None:
            raise TypeError("naive datetime given to the database")
        return value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give UTC whatever zone the connection has."""
        return None if value is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    """Base of every table; constraint names are stable so that they can become sentences."""

    metadata = sa.MetaData(
        naming_convention={
            "ix": "%(table_name)s_%(column_0_N_name)s_idx",
            "uq": "%(table_name)s_%(column_0_N_name)s_key",
            "ck": "%(table_name)s_%(constraint_name)s",
            "fk": "%(table_name)s_%(column_0_N_name)s_fkey",
            "pk": "%(table_name)s_pkey",
        }
    )
    type_annotation_map = {  # noqa: RUF012 (SQLAlchemy reads it as a plain class attribute)
        datetime: UtcDateTime(),
        str: sa.Text(),
        uuid.UUID: sa.Uuid(),
        list[str]: sa.ARRAY(sa.Text()),
        dict[str, Any]: JSONB(),
    }


Row = TypeVar("Row", bound=Base)


def new_id() -> uuid.UUID:
    """A UUIDv7: ordered by time, made here so that any PostgreSQL from 15 on will do."""
    return uuid.UUID(bytes=uuid6.uuid7().bytes)


def choice(enum: type[Any], name: str) -> sa.Enum:
    """A column type for a StrEnum: text guarded by a CHECK, so that adding a value stays easy."""
    return sa.Enum(
        enum,
        name=name,
        native_enum=False,
        create_constraint=True,
        length=40,
        values_callable=lambda e: [member.value for member in e],
    )


def sqlalchemy_url(url: str) -> str:
    """The same URL with psycopg 3 named as its driver."""
    for prefix in ("postgresql://", "postgres://"):
        if url.startswith(prefix):
            return "postgresql+psycopg://" + url[len(prefix) :]
    return url


def make_engine(url: str, *, pool_size: int = 16) -> sa.Engine:
    """One engine per process; connections are probed so that a restarted database heals."""
    return sa.create_engine(
        sqlalchemy_url(url),
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=10,
        pool_pre_ping=True,
        hide_parameters=True,  # what people typed would stand in the text of an error
        connect_args={"connect_timeout": 5, "options": "-c timezone=UTC"},
    )


def make_sessions(engine: sa.Engine) -> sessionmaker[Session]:
    """Sessions that keep loaded values after commit, since commit is the last act."""
    return sessionmaker(engine, expire_on_commit=False)


def once(table: type[Base], on: str, where: sa.TextClause | None = None) -> sa.Executable:
    """The statement for `insert_once`: at most one row for each value of a column (and `where`)."""
    rows = Base.metadata.tables[table.__tablename__]
    adds = insert(rows).on_conflict_do_nothing(index_elements=[on], index_where=where)
    return adds.returning(rows.c.id)


def insert_once(
    session: Session, statement: sa.Executable, table: type[Row], values: dict[str, Any]
) -> Row | None:
    """Insert a row unless one like it is there (None); the new row as if it had been read.

    It goes past the unit of work, by a statement that was built once: to compose it anew, and to
    read back what was just written, takes longer than the database does.
    """
    if session.scalar(statement, values) is None:
        return None
    made = table(**values)
    make_transient_to_detached(made)
    session.add(made)
    return made


@contextmanager
def conflict_on(session: Session, constraint: str, sentence: str) -> Iterator[None]:
    """Run and flush the block in a savepoint; the named constraint's refusal becomes Conflict."""
    try:
        with session.begin_nested():
            yield
            session.flush()
    except IntegrityError as error:
        diag = getattr(error.orig, "diag", None)
        if diag is not None and diag.constraint_name == constraint:
            raise Conflict(sentence) from error
        raise


@contextmanager
def conflicts(**sentences: str) -> Iterator[None]:
    """Turn the refusal of a named constraint into Conflict, without a savepoint.

    For checks made under locks already, where the constraint only stands behind them: the
    transaction is lost and has to be rolled back.
    """
    try:
        yield
    except IntegrityError as error:
        diag = getattr(error.orig, "diag", None)
        sentence = sentences.get(diag.constraint_name or "") if diag is not None else None
        if sentence is None:
            raise
        raise Conflict(sentence) from error
