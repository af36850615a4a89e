"""A copy of the store as it is at one moment, in an SQLite file of its own: to try out what must not happen in earnest."""

from __future__ import annotations

from sqlalchemy import Connection, Engine, Select, Table, func, insert, or_, select, text

from centri.store import triggers
from centri.store.database import migrate, open_engine, read, write
from centri.store.journal_tables import sync_lease, sync_staging
from centri.store.prm_tables import audit_log
from centri.store.tables import metadata

_ROWS = 1000

_LEFT_OUT = (audit_log, sync_lease)
"""What decides nothing, and the leases of runs that have nothing to do with the copy."""


def replicate(source: Engine, url: str) -> None:
    """Copy what decisions are made of into a new SQLite database, with at most a thousand rows in memory.

    The copy is of one moment, and keeps nobody from writing to the source. Raises RetryLater where the source cannot be read.
    """
    migrate(url)
    target = open_engine(url)
    try:
        with read(_at_one_moment(source)) as here, write(target) as there:
            there.execute(text("PRAGMA defer_foreign_keys = ON"))
            triggers.drop(there)
            for table in metadata.tables.values():
                if table not in _LEFT_OUT:
                    _copy(table, here, there)
            triggers.install(there)
    finally:
        target.dispose()


def _at_one_moment(source: Engine) -> Engine:
    """SQLite's transactions see one moment anyway."""
    if source.dialect.name == "postgresql":
        return source.execution_options(isolation_level="REPEATABLE READ")
    return source


def _copy(table: Table, here: Connection, there: Connection) -> None:
    rows = here.execution_options(yield_per=_ROWS).execute(_wanted(table))
    for some in rows.mappings().partitions(_ROWS):
        there.execute(insert(table), [dict(row) for row in some])


def _wanted(table: Table) -> Select[tuple[object, ...]]:
    """All rows; of what was staged what is owed, and the last of each record, which may be asked about again."""
    if table is not sync_staging:
        return select(table)
    t = sync_staging.c
    last = select(func.max(t.id)).group_by(t.connection, t.entity, t.crm_id)
    return select(table).where(or_(t.state != "done", t.id.in_(last)))
