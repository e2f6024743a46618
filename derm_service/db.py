"""Engine, sessions, the declarative base and the turning of constraints into sentences."""

import json
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from functools import cache
from typing import Any, Generic, TypeVar, cast

import sqlalchemy as sa
import uuid6
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.engine import Dialect
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import DeclarativeBase, Session, make_transient_to_detached, sessionmaker
from sqlalchemy.orm.attributes import set_committed_value
from sqlalchemy.orm.util import identity_key

from derm_service.errors import Conflict
from derm_service.probing import probe_idle

DATABASE_DOWN = (
    "The database cannot be reached just now. Nothing was changed. Try again in a minute."
)
TOGETHER = "rows to write together"
# A machine without power is noticed within a minute: its row locks end, its jobs are taken over.
KEEPALIVES = {"keepalives_idle": 30, "keepalives_interval": 10, "keepalives_count": 3}


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
    theirs = "".join(f" -c tcp_{name}={value}" for name, value in KEEPALIVES.items())
    made = sa.create_engine(
        sqlalchemy_url(url),
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=10,
        hide_parameters=True,  # what people typed would stand in the text of an error
        connect_args={"connect_timeout": 5, "options": f"-c timezone=UTC{theirs}", **KEEPALIVES},
    )
    return probe_idle(made)


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
    read back what was just written, takes longer than the database does. Within `together` the
    act knows that there is none like it, and the row waits for the others.
    """
    made = table(**values)
    if TOGETHER in session.info:
        session.info[TOGETHER].append(made)
    elif session.scalar(statement, values) is None:
        return None
    else:
        _as_if_read(session, made)
    return made


def add(session: Session, row: Base) -> None:
    """Write a new row: now, or with all the others at the end of `together`."""
    if TOGETHER in session.info:
        session.info[TOGETHER].append(row)
    else:
        session.add(row)
        session.flush()


@contextmanager
def together(session: Session) -> Iterator[None]:
    """Write what the block adds by `add` and `insert_once` in one statement at its end.

    For an act that adds a handful of rows to as many tables while others wait for its locks: a
    statement for each, put together by the unit of work, takes longer than the database does.
    Every column is given its value by whoever makes the row, and none can be read until the end.
    """
    rows: list[Base] = []
    session.info[TOGETHER] = rows
    try:
        with session.no_autoflush:
            yield
    finally:
        del session.info[TOGETHER]
    _write(session, rows)
    session.flush()  # what the block changed


def _write(session: Session, rows: Sequence[Base]) -> None:
    tables: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        given = row.__dict__
        values = {key: given.get(key) for key in _columns(row.__tablename__)}
        tables.setdefault(row.__tablename__, []).append(values)
    if not rows:
        return
    written = {name: json.dumps(each, default=_as_text) for name, each in tables.items()}
    session.execute(_inserts(tuple(tables)), written)
    for row in rows:
        if "id" in _columns(row.__tablename__):  # else PostgreSQL numbers it, and it is not read
            _as_if_read(session, row)


@cache
def _inserts(tables: tuple[str, ...]) -> sa.TextClause:
    """The statement that writes rows to each of these tables, each table's as one JSON array.

    A parameter for each value would be beyond what psycopg keeps of a statement it knows.
    """
    inserts = []
    for name in tables:
        columns = ", ".join(_columns(name))
        inserts.append(
            f"INSERT INTO {name} ({columns}) SELECT {columns} "  # noqa: S608 (names of our own)
            f"FROM jsonb_populate_recordset(CAST(NULL AS {name}), CAST(:{name} AS jsonb))"
        )
    before = ", ".join(
        f"{name}_written AS ({one})" for name, one in zip(tables, inserts[:-1], strict=False)
    )
    return sa.text(f"WITH {before} {inserts[-1]}" if before else inserts[-1])


@cache
def _columns(table: str) -> tuple[str, ...]:
    """The columns of a table that PostgreSQL does not number itself."""
    return tuple(one.key for one in Base.metadata.tables[table].c if one.identity is None)


def _as_text(value: object) -> str:
    """An id, a moment, a range or bytes as PostgreSQL reads them."""
    if isinstance(value, bytes):
        return f"\\x{value.hex()}"
    if isinstance(value, datetime) and value.tzinfo is None:
        raise TypeError("naive datetime given to the database")
    return str(value)


class Columns(Generic[Row]):
    """Some columns of a table: as one JSON array in a query, and as a row of what was found.

    For a query that reads parts of many tables for one act: whole rows by the ORM take longer to
    make than to find. A column left out is read when somebody asks for it.
    """

    def __init__(self, table: type[Row], names: str) -> None:
        self.table, self.names = table, names.split()
        columns = [getattr(table, name) for name in self.names]
        self.cell = sa.func.jsonb_build_array(*columns)
        self._read = [_from_json(column.type) for column in columns]

    def row(self, session: Session, cell: Sequence[Any]) -> Row:
        """The session's own row, brought up to date; the first of the columns is its id."""
        values = {
            name: value if read is None or value is None else read(value)
            for name, read, value in zip(self.names, self._read, cell, strict=True)
        }
        known = session.identity_map.get(identity_key(self.table, values["id"]))
        if known is not None:
            for name, value in values.items():
                set_committed_value(known, name, value)
            return known
        made = self.table()
        made.__dict__.update(values)
        _as_if_read(session, made)
        return made


def _from_json(kind: sa.types.TypeEngine[Any]) -> Callable[[Any], Any] | None:
    """How a value of a column is read from JSON; None where JSON has it as it is."""
    if isinstance(kind, sa.Enum):
        return cast("Callable[[Any], Any]", kind.enum_class)
    for type_, read in _FROM_JSON.items():
        if isinstance(kind, type_):
            return read
    return None


_FROM_JSON: dict[type[Any], Callable[[Any], Any]] = {
    sa.Uuid: uuid.UUID,
    UtcDateTime: lambda text: datetime.fromisoformat(text).astimezone(UTC),
    sa.Date: date.fromisoformat,
}


def _as_if_read(session: Session, row: Base) -> None:
    make_transient_to_detached(row)
    session.add(row)


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
