"""The triggers that notice every change of a business row, whoever makes it.

An update moves the row's revision and ``updated_at``. A change of a synced row puts it into ``sync_dirty`` for each connection
that wants to know. A change of a row that others are mapped through counts as a change of its owner. A company that changes
is entered for matching.
"""

# ruff: noqa: S608 - every name that is put into a statement here is one of ours

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from sqlalchemy import Connection, text

from centri.store import match_triggers, merge_tables, partner_tables, prm_tables
from centri.store.tables import SQLITE_NOW, metadata

SYNCED = ("account", "contact", "lead", "note", "opportunity", "partner_account", "vendor_user")
"""The tables whose rows have counterparts in CRMs."""

_MODULES = (prm_tables, partner_tables, merge_tables)
"""Where business tables are: named, so that they are there whoever is imported first."""

REVISED = tuple(sorted(t.name for t in metadata.sorted_tables if "revision" in t.c and "origin" in t.c))
"""The tables whose rows carry a revision of their own: all business tables."""

EVENTS = ("insert", "update", "delete")


class Owner(NamedTuple):
    """A change of a row of ``table`` is a change of the rows of ``owner`` whose ``key`` equals its ``column``."""

    table: str
    column: str
    owner: str
    key: str


OWNERS = (
    Owner("lead_offer", "assignment_id", "lead_assignment", "id"),
    Owner("lead_assignment", "lead_id", "lead", "id"),
    Owner("contact", "id", "opportunity", "primary_contact_id"),
    Owner("account", "id", "opportunity", "account_id"),
    Owner("deal_registration", "account_id", "account", "id"),
    Owner("deal_registration", "lead_id", "lead", "id"),
)


class Trigger(NamedTuple):
    name: str
    table: str
    definition: str


def install(connection: Connection) -> None:
    """Put all triggers in place, as this version of centri wants them."""
    drop(connection)
    if connection.dialect.name == "postgresql":
        for function in _postgresql_functions():
            connection.exec_driver_sql(function)
    for trigger in triggers(connection.dialect.name):
        connection.exec_driver_sql(trigger.definition)


def drop(connection: Connection) -> None:
    """Take away all triggers of centri: a migration must be free to rebuild the tables they name."""
    on_table = connection.dialect.name == "postgresql"
    for name, table in sorted(_existing(connection)):
        connection.exec_driver_sql(f"DROP TRIGGER {name} ON {table}" if on_table else f"DROP TRIGGER {name}")


def missing_triggers(connection: Connection) -> list[str]:
    """The names of triggers that ought to exist and do not, or are disabled."""
    working = {name_and_table for name_and_table, enabled in _existing(connection).items() if enabled}
    return [trigger.name for trigger in triggers(connection.dialect.name) if (trigger.name, trigger.table) not in working]


def triggers(dialect: str) -> list[Trigger]:
    return list(_postgresql_triggers() if dialect == "postgresql" else _sqlite_triggers())


def _existing(connection: Connection) -> dict[tuple[str, str], bool]:
    """(name, table) of centri's triggers, and whether each is enabled."""
    rows = connection.execute(text(_EXISTING[connection.dialect.name]))
    return {(name, table): bool(enabled) for name, table, enabled in rows if name.startswith("sync_")}


_EXISTING = {
    "sqlite": "SELECT name, tbl_name, true FROM sqlite_master WHERE type = 'trigger'",
    "postgresql": (
        "SELECT tgname, relname, tgenabled <> 'D' FROM pg_trigger JOIN pg_class c ON c.oid = tgrelid"
        " JOIN pg_namespace n ON n.oid = relnamespace WHERE NOT tgisinternal AND nspname = current_schema()"
    ),
}


# SQLite: one trigger for each table and event, for a trigger's own update of its row must not fire a second one.


def _sqlite_triggers() -> Iterator[Trigger]:
    for table in REVISED:
        for event in EVENTS:
            if body := list(_sqlite_body(table, event)):
                name = f"sync_{table}_{event}"
                statements = "".join(f"  {statement};\n" for statement in body)
                yield Trigger(name, table, f"CREATE TRIGGER {name} AFTER {event.upper()} ON {table} BEGIN\n{statements}END")


def _sqlite_body(table: str, event: str) -> Iterator[str]:
    if event == "update":
        yield _sqlite_revise(table)
    if table in SYNCED:
        yield _sqlite_mark_dirty(table, event)
    for owner in OWNERS:
        if owner.table == table:
            yield _sqlite_touch(owner, event)
    yield from match_triggers.sqlite(table, event)


def _sqlite_revise(table: str) -> str:
    return (
        f"UPDATE {table} SET revision = max(NEW.revision, OLD.revision + 1),"
        f" updated_at = CASE WHEN NEW.updated_at IS OLD.updated_at THEN {SQLITE_NOW} ELSE NEW.updated_at END"
        " WHERE rowid = NEW.rowid AND (NEW.revision <= OLD.revision OR NEW.updated_at IS OLD.updated_at)"
    )


_SQLITE_ROW = {"insert": "NEW", "update": "NEW", "delete": "OLD"}
_SQLITE_REVISION = {"insert": "NEW.revision", "update": "max(NEW.revision, OLD.revision + 1)", "delete": "OLD.revision + 1"}


def _sqlite_mark_dirty(table: str, event: str) -> str:
    row = _SQLITE_ROW[event]
    linked = (
        f" OR EXISTS (SELECT 1 FROM sync_link l WHERE l.entity = s.entity AND l.prm_id = {row}.id"
        " AND l.connection = s.connection AND l.state <> 'unlinked')"
    )
    return (
        "INSERT INTO sync_dirty (entity, prm_id, connection, revision)"
        f" SELECT s.entity, {row}.id, s.connection, {_SQLITE_REVISION[event]} FROM sync_spoke s"
        f" WHERE s.entity = '{table}' AND (s.creates{'' if event == 'insert' else linked})"
        " ON CONFLICT (entity, prm_id, connection) DO UPDATE SET revision = excluded.revision"
    )


def _sqlite_touch(owner: Owner, event: str) -> str:
    named = {"insert": ("NEW",), "update": ("NEW", "OLD"), "delete": ("OLD",)}[event]
    keys = ", ".join(f"{row}.{owner.column}" for row in named)
    return f"UPDATE {owner.owner} SET revision = revision + 1 WHERE {owner.key} IN ({keys})"


# PostgreSQL: the revision row by row before the update, the rest once for each statement.


def _postgresql_functions() -> Iterator[str]:
    yield _REVISE
    yield _MARK_DIRTY
    for owner in OWNERS:
        yield _touch(owner)
    for table in match_triggers.TOLD:
        yield _function(f"{match_triggers.NAME}_{table}", match_triggers.postgresql(table))


def _postgresql_triggers() -> Iterator[Trigger]:
    for table in REVISED:
        name = f"sync_{table}_revise"
        yield Trigger(name, table, f"CREATE TRIGGER {name} BEFORE UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION sync_revise()")
    for table in SYNCED:
        yield from _after(table, "dirty", "sync_mark_dirty")
    for owner in OWNERS:
        yield from _after(owner.table, f"touch_{owner.owner}", _touch_name(owner))
    for table in match_triggers.TOLD:
        yield from _after(table, "match", f"{match_triggers.NAME}_{table}")


_POSTGRESQL_ROWS = {
    "insert": "NEW TABLE AS new_rows",
    "update": "OLD TABLE AS old_rows NEW TABLE AS new_rows",
    "delete": "OLD TABLE AS old_rows",
}


def _after(table: str, what: str, function: str) -> Iterator[Trigger]:
    for event in EVENTS:
        name = f"sync_{table}_{what}_{event}"
        rows = _POSTGRESQL_ROWS[event]
        yield Trigger(
            name,
            table,
            f"CREATE TRIGGER {name} AFTER {event.upper()} ON {table} REFERENCING {rows}"
            f" FOR EACH STATEMENT EXECUTE FUNCTION {function}()",
        )


def _function(name: str, body: str) -> str:
    return f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$\nBEGIN\n{body}END $$"


_REVISE = _function(
    "sync_revise",
    """
  NEW.revision := greatest(NEW.revision, OLD.revision + 1);
  IF NEW.updated_at = OLD.updated_at THEN
    NEW.updated_at := now();
  END IF;
  RETURN NEW;
""",
)


def _by_event(statement: str) -> str:
    """The statement for the rows of each event; PL/pgSQL plans a branch only when it is taken, so each sees the tables it has."""
    old, new = "SELECT * FROM old_rows", "SELECT * FROM new_rows"
    return f"""
  IF TG_OP = 'INSERT' THEN
    {statement.format(rows=new, touched=new, ahead=0, linked="")};
  ELSIF TG_OP = 'UPDATE' THEN
    {statement.format(rows=new, touched=f"{new} UNION ALL {old}", ahead=0, linked=_LINKED)};
  ELSE
    {statement.format(rows=old, touched=old, ahead=1, linked=_LINKED)};
  END IF;
  RETURN NULL;
"""


_LINKED = (
    " OR EXISTS (SELECT 1 FROM sync_link l WHERE l.entity = s.entity AND l.prm_id = r.id"
    " AND l.connection = s.connection AND l.state <> 'unlinked')"
)

_MARK_DIRTY = _function(
    "sync_mark_dirty",
    _by_event(
        "INSERT INTO sync_dirty (entity, prm_id, connection, revision)"
        " SELECT s.entity, r.id, s.connection, r.revision + {ahead} FROM ({rows}) r JOIN sync_spoke s ON s.entity = TG_TABLE_NAME"
        " WHERE s.creates{linked} ORDER BY r.id"
        " ON CONFLICT (entity, prm_id, connection) DO UPDATE SET revision = excluded.revision"
    ),
)


def _touch_name(owner: Owner) -> str:
    return f"sync_touch_{owner.owner}_of_{owner.table}"


def _touch(owner: Owner) -> str:
    """Owners are locked in the order of their ids, as everywhere, so that two writers cannot wait for each other."""
    owners = f"SELECT id FROM {owner.owner} WHERE {owner.key} IN (SELECT {owner.column} FROM ({{touched}}) r)"
    statement = f"UPDATE {owner.owner} SET revision = revision + 1 WHERE id IN ({owners} ORDER BY id FOR UPDATE)"
    return _function(_touch_name(owner), _by_event(statement))
