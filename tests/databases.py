"""Fresh databases for tests: SQLite files, and PostgreSQL databases wherever a server is reachable.

``CENTRI_TEST_POSTGRES`` names the server by the URL of a database where databases may be made. Without a server the
PostgreSQL half of the tests is skipped, except where ``CI`` is set: there it is an error.
"""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import Connection, Engine, Executable, NullPool, create_engine, make_url, text
from sqlalchemy.exc import OperationalError

from centri.store import (  # noqa: F401 - into the metadata
    journal_tables,
    match_tables,
    merge_tables,
    partner_tables,
    prm_tables,
    standard_tables,
)
from centri.store.database import migrate, open_engine
from centri.store.tables import metadata

_SERVER = os.environ.get("CENTRI_TEST_POSTGRES", "postgresql://postgres@127.0.0.1:5432/postgres")


@pytest.fixture(params=["sqlite", "postgresql"])
def store_url(request: pytest.FixtureRequest) -> str:
    """The URL of a migrated database without rows."""
    fresh: Callable[[], str] = request.getfixturevalue(f"fresh_{request.param}")
    return fresh()


@pytest.fixture
def store_engine(store_url: str) -> Iterator[Engine]:
    engine = open_engine(store_url)
    yield engine
    engine.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a database that was never migrated; SQLite's is not even there."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/folder/of its own/store.db"
        return
    server: Engine = request.getfixturevalue("postgresql_server")
    with a_database(server) as url:
        yield url


@pytest.fixture
def fresh_sqlite(sqlite_template: Path, tmp_path: Path) -> Callable[[], str]:
    return lambda: f"sqlite:///{shutil.copy(sqlite_template, tmp_path / 'store.db')}"


@pytest.fixture
def fresh_postgresql(postgresql_store: str) -> Callable[[], str]:
    def fresh() -> str:
        engine = create_engine(make_url(postgresql_store).set(drivername="postgresql+psycopg2"), poolclass=NullPool)
        with engine.begin() as connection:
            _take_rows_away(connection)
        return postgresql_store

    return fresh


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "store.db"
    migrate(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def postgresql_store(postgresql_server: Engine) -> Iterator[str]:
    """One migrated database for each worker; emptying it takes a twentieth of the time that making one takes."""
    with a_database(postgresql_server) as url:
        migrate(url)
        yield url


@pytest.fixture(scope="session")
def postgresql_server() -> Engine:
    url = make_url(_SERVER).set(drivername="postgresql+psycopg2")
    server = create_engine(url, poolclass=NullPool, isolation_level="AUTOCOMMIT", connect_args={"connect_timeout": 3})
    try:
        server.connect().close()
    except OperationalError as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(f"no PostgreSQL: {error.orig}")
    return server


@contextmanager
def a_database(server: Engine) -> Iterator[str]:
    """The URL of a database that was just made and is dropped afterwards."""
    name = f"centri_test_{uuid4().hex}"
    with server.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
        connection.exec_driver_sql(f"ALTER DATABASE {name} SET synchronous_commit = off")  # nothing here outlives a crash
    try:
        yield make_url(_SERVER).set(database=name).render_as_string(hide_password=False)
    finally:
        with server.connect() as connection:
            connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")


def _take_rows_away(connection: Connection) -> None:
    """Without triggers and foreign keys, after closing what earlier tests may have left open."""
    connection.exec_driver_sql(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
    for table in metadata.tables.values():
        connection.exec_driver_sql(f"DELETE FROM {table.name}")
        if table.autoincrement_column is not None:
            connection.exec_driver_sql(f"SELECT setval(pg_get_serial_sequence('{table.name}', 'id'), 1, false)")


def unheard(conn: Connection, change: Executable) -> None:
    """Make a change with the triggers off, as somebody does behind the engine's back."""
    if conn.dialect.name == "postgresql":
        conn.execute(text("SET LOCAL session_replication_role = replica"))
        conn.execute(change)
        return
    triggers = conn.execute(text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")).all()
    for name, _ in triggers:
        conn.execute(text(f"DROP TRIGGER {name}"))
    conn.execute(change)
    for _, statement in triggers:
        conn.exec_driver_sql(statement)
