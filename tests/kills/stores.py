"""Stores that can be put back to where they were kept, quickly and as often as need be."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import Connection, NullPool, create_engine, make_url

from centri.store import journal_tables, prm_tables  # noqa: F401 - they put their tables into the metadata
from centri.store.tables import metadata


class SqliteStore:
    """A file; whoever has it open must be gone before it is put back."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._file = Path(url.removeprefix("sqlite:///"))

    def keep(self) -> None:
        shutil.copy(self._file, self._file.with_suffix(".kept"))

    def restore(self) -> None:
        for suffix in ("-wal", "-shm"):
            self._file.with_name(self._file.name + suffix).unlink(missing_ok=True)
        shutil.copy(self._file.with_suffix(".kept"), self._file)


class PostgresqlStore:
    """A database that keeps its tables a second time, in a schema of their own."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._engine = create_engine(make_url(url).set(drivername="postgresql+psycopg2"), poolclass=NullPool)

    def keep(self) -> None:
        self._do(self._keep)

    def restore(self) -> None:
        self._do(self._restore)

    def forget(self) -> None:
        self._do(lambda conn: conn.exec_driver_sql("DROP SCHEMA IF EXISTS kept CASCADE"))

    def _do(self, act: Callable[[Connection], object]) -> None:
        with self._engine.begin() as conn:
            act(conn)

    def _keep(self, conn: Connection) -> None:
        conn.exec_driver_sql("DROP SCHEMA IF EXISTS kept CASCADE")
        conn.exec_driver_sql("CREATE SCHEMA kept")
        for name in metadata.tables:
            conn.exec_driver_sql(f"CREATE TABLE kept.{name} AS TABLE {name}")

    def _restore(self, conn: Connection) -> None:
        conn.exec_driver_sql("SET LOCAL session_replication_role = replica")  # neither triggers nor foreign keys
        for name, table in metadata.tables.items():
            conn.exec_driver_sql(f"DELETE FROM {name}")
            conn.exec_driver_sql(f"INSERT INTO {name} SELECT * FROM kept.{name}")
            if table.autoincrement_column is not None:
                highest = f"(SELECT coalesce(max(id), 0) + 1 FROM {name})"
                conn.exec_driver_sql(f"SELECT setval(pg_get_serial_sequence('{name}', 'id'), {highest}, false)")


Store = SqliteStore | PostgresqlStore
