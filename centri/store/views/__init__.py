"""The SQL views that reports and other tools read: this version's, put in place after every migration.

Each begins with ``v_``. The first six and ``v_stages``, ``v_deadlines`` hold what is counted, the others are reports.
"""

from __future__ import annotations

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from centri.errors import ConfigError
from centri.store.views import facts, leads, partners, sales, syncing, times
from centri.store.views.view import View

VIEWS: tuple[View, ...] = (
    *facts.VIEWS, *times.VIEWS, *leads.VIEWS, *sales.VIEWS, *partners.VIEWS, *syncing.VIEWS,
)  # fmt: skip
"""All views, each behind those that it asks."""

BY_NAME = {view.name: view for view in VIEWS}


def install(connection: Connection) -> None:
    """Put all views in place, as this version of centri wants them."""
    drop(connection)
    dialect = connection.dialect.name
    for view in VIEWS:
        if dialect == "postgresql":
            connection.exec_driver_sql(view.definition(dialect))
            mark = view.mark(dialect).replace("'", "''")
            connection.exec_driver_sql(f"COMMENT ON VIEW {view.name} IS '{mark}'")
        else:
            connection.exec_driver_sql(f"{view.definition(dialect)}\n/* {view.mark(dialect)} */")


def drop(connection: Connection) -> None:
    """Take away all views of centri: a migration must be free to rebuild the tables that they ask.

    Raises ConfigError where somebody's own view stands on one of them.
    """
    found = _found(connection)
    later = [view.name for view in VIEWS]
    for name in sorted(found, key=lambda name: later.index(name) if name in later else len(later), reverse=True):
        try:
            connection.exec_driver_sql(f"DROP VIEW {name}")
        except DBAPIError as error:
            if connection.dialect.name != "postgresql" or "depend" not in str(error.orig):
                raise
            stands = str(error.orig).partition("DETAIL:")[2].partition("\n")[0].strip()
            raise ConfigError(f"the view {name} cannot be renewed: {stands}; drop that one, then migrate again") from error


def stale(connection: Connection) -> list[str]:
    """The names of views that are missing, or another version's."""
    found, dialect = _found(connection), connection.dialect.name
    return [view.name for view in VIEWS if found.get(view.name) != view.mark(dialect)]


def _found(connection: Connection) -> dict[str, str]:
    """The views of centri that are there, each with its mark."""
    rows = connection.execute(text(_EXISTING[connection.dialect.name]))
    marked = ((name, told.rpartition("/* ")[2].removesuffix(" */")) for name, told in rows)
    return {name: mark for name, mark in marked if mark.startswith("centri ")}


_EXISTING = {
    "sqlite": "SELECT name, sql FROM sqlite_master WHERE type = 'view'",
    "postgresql": (
        "SELECT c.relname, coalesce(obj_description(c.oid, 'pg_class'), '') FROM pg_class c"
        " JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind = 'v' AND n.nspname = current_schema()"
    ),
}
