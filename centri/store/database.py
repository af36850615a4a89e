"""Opening the PRM database, its transactions, and bringing it up to this version of centri."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import orjson
from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, OperationalError

from centri.errors import ConfigError, RetryLater
from centri.store import triggers, views

MIGRATIONS = Path(__file__).parent / "migrations"

_PRAGMAS = {"busy_timeout": "30000", "journal_mode": "WAL", "synchronous": "NORMAL", "foreign_keys": "ON"}
_QUERY_ONLY = "centri.query_only"
_MIGRATION_LOCK = 0x63656E747269  # "centri": one migration of a PostgreSQL database at a time


def open_engine(url: str) -> Engine:
    """An engine for a ``sqlite:///`` or ``postgresql://`` URL; nothing is connected to yet. Raises ConfigError for any other."""
    return _open(_parse(url), _PRAGMAS)


@contextmanager
def write(engine: Engine) -> Iterator[Connection]:
    """One transaction that may write; on SQLite it waits for its turn at the start (``BEGIN IMMEDIATE``).

    Raises RetryLater where the database cannot be reached, is locked, or gave the transaction up to end a deadlock.
    """
    with _curable(engine), engine.connect() as connection, connection.execution_options(writes=True).begin():
        yield connection


@contextmanager
def read(engine: Engine) -> Iterator[Connection]:
    """One transaction that may not write. Raises RetryLater as :func:`write` does."""
    with _curable(engine), engine.connect() as connection:
        yield connection.execution_options(writes=False, postgresql_readonly=True)


@contextmanager
def read_as_of_now(engine: Engine) -> Iterator[Connection]:
    """One transaction that may not write, all of whose statements see the store as it was at the first of them."""
    with _curable(engine), engine.connect() as connection:
        options = {"isolation_level": "REPEATABLE READ"} if engine.dialect.name == "postgresql" else {}
        yield connection.execution_options(writes=False, postgresql_readonly=True, **options)


def exists(url: str) -> bool:
    """Whether there is a database to open: an SQLite file may not be there yet, a server is not asked."""
    path = _sqlite_path(_parse(url))
    return path is None or path.exists()


def migrate(url: str) -> None:
    """Bring the database up to this version, all or nothing; SQLite's file and its folders are made where they are missing.

    Raises ConfigError where a newer centri has migrated it, RetryLater where it cannot be reached.
    """
    parsed = _parse(url)
    if path := _sqlite_path(parsed):
        path.parent.mkdir(parents=True, exist_ok=True)
    # Rebuilding a table under SQLite drops it, which with foreign keys on would count as deleting its rows.
    engine = _open(parsed, {**_PRAGMAS, "foreign_keys": "OFF"})
    try:
        with write(engine) as connection:
            _upgrade(connection)
    finally:
        engine.dispose()


def require_current(engine: Engine) -> None:
    """Raises ConfigError unless the database is at exactly the migration this version of centri needs."""
    if (path := _sqlite_path(engine.url)) and not path.exists():
        raise ConfigError(_behind(engine, None))
    with read(engine) as connection:
        _refuse_newer(connection)
        found = _found(connection)
    if found != _needed():
        raise ConfigError(_behind(engine, found))


def migrations() -> Config:
    """Alembic's configuration, for which no file is kept."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    return config


def _upgrade(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_MIGRATION_LOCK})")
    _refuse_newer(connection)
    views.drop(connection)
    triggers.drop(connection)
    config = migrations()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
    triggers.install(connection)
    views.install(connection)


def _found(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


@cache
def _scripts() -> ScriptDirectory:
    """This version's migrations, read once."""
    return ScriptDirectory.from_config(migrations())


def _needed() -> str | None:
    return _scripts().get_current_head()


def _refuse_newer(connection: Connection) -> None:
    found = _found(connection)
    known = {script.revision for script in _scripts().walk_revisions()}
    if found is not None and found not in known:
        raise ConfigError(f"the database at {_shown(connection.engine)} was migrated by a newer centri ({found}): upgrade centri")


def _behind(engine: Engine, found: str | None) -> str:
    at = f"at migration {found}" if found else "empty"
    return f"the database at {_shown(engine)} is {at}, this centri needs {_needed()}: run `centri migrate`"


def _shown(engine: Engine) -> str:
    """The URL for people: without the password, the driver and options (which may hold another password)."""
    return URL.create(
        engine.url.get_backend_name(), engine.url.username, None, engine.url.host, engine.url.port, engine.url.database
    ).render_as_string()


def _parse(url: str) -> URL:
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise ConfigError(
            "the database's address is not a URL such as sqlite:///centri.db or postgresql://host/centri"
        ) from error
    if parsed.drivername in ("postgresql", "postgres"):
        return parsed.set(drivername="postgresql+psycopg2")
    if parsed.get_backend_name() not in ("sqlite", "postgresql"):
        raise ConfigError(f"a database must be sqlite or postgresql, not {parsed.get_backend_name()}")
    return parsed


def _sqlite_path(url: URL) -> Path | None:
    in_file = url.get_backend_name() == "sqlite" and url.database and url.database != ":memory:"
    return Path(str(url.database)) if in_file else None


def _open(url: URL, pragmas: Mapping[str, str]) -> Engine:
    options: dict[str, Any] = {"pool_pre_ping": True} if url.get_backend_name() == "postgresql" else {}
    engine = create_engine(url, json_serializer=_dump, json_deserializer=orjson.loads, hide_parameters=True, **options)
    if url.get_backend_name() == "sqlite":
        _govern_sqlite(engine, pragmas)
    return engine


def _dump(value: Any) -> str:
    return orjson.dumps(value).decode()


def _govern_sqlite(engine: Engine, pragmas: Mapping[str, str]) -> None:
    """Take transactions out of pysqlite's hands, as SQLAlchemy's manual advises: its own begin too late for DDL and for reads."""

    @event.listens_for(engine, "connect")
    def connect(connection: sqlite3.Connection, record: Any) -> None:
        connection.isolation_level = None
        record.info[_QUERY_ONLY] = None
        for name, value in pragmas.items():
            connection.execute(f"PRAGMA {name} = {value}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # Of the driver itself, and the pragma only where it changes: there are hundreds of transactions in a round.
        writes = connection.get_execution_options().get("writes")
        driver: Any = connection.connection.dbapi_connection
        query_only = "ON" if writes is False else "OFF"
        if connection.info[_QUERY_ONLY] != query_only:
            driver.execute(f"PRAGMA query_only = {query_only}")
            connection.info[_QUERY_ONLY] = query_only
        driver.execute("BEGIN IMMEDIATE" if writes else "BEGIN")


@contextmanager
def _curable(engine: Engine) -> Iterator[None]:
    try:
        yield
    except (OperationalError, sqlite3.OperationalError) as error:
        cause = error.orig if isinstance(error, OperationalError) else error
        if not _passes(cause):
            raise
        raise RetryLater(f"the database at {_shown(engine)} cannot be used now: {str(cause).strip()}") from error


def _passes(cause: BaseException | None) -> bool:
    """Whether the fault may be gone later. SQLite's driver gives one class to locks and to errors in SQL."""
    if not isinstance(cause, sqlite3.Error):
        return True
    return cause.sqlite_errorcode & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
