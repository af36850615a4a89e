"""What triggers do so that matching learns of each company that is new, changed or gone, and keeps the names it had."""

# ruff: noqa: S608 - every name that is put into a statement here is one of ours

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple


class Told(NamedTuple):
    """A change of ``columns`` of a row is one of the company ``entity`` whose id is in its column ``id``."""

    entity: str
    id: str
    columns: tuple[str, ...]


_COMPANY = ("name", "website", "domain", "country_code", "city", "deleted_at")

TOLD: Mapping[str, Told] = {
    "account": Told("account", "id", (*_COMPANY, "account_class", "parent_account_id")),
    "partner_account": Told("partner_account", "id", (*_COMPANY, "parent_partner_id")),
    "account_alias": Told("account", "account_id", ("account_id", "alias_norm", "deleted_at")),
    "account_domain": Told("account", "account_id", ("account_id", "domain", "kind", "deleted_at")),
}
"""The tables that the index of companies is made of."""

_KNOWN = "ON CONFLICT (account_id, alias_norm) DO NOTHING"
_RENAMED = "INSERT INTO account_alias (account_id, alias_norm, kind)"
"""An account that is called otherwise now is still known by the name it had."""

_CLASH = "ON CONFLICT (entity, prm_id) DO UPDATE SET mark = excluded.mark"
_NEXT = "(SELECT coalesce(max(mark), 0) + 1 FROM match_change)"


def sqlite(table: str, event: str) -> Iterator[str]:
    """The statements of a trigger of a table; SQLite has one writer at a time, so its marks are counted."""
    told = TOLD.get(table)
    if told is None:
        return
    rows = {"insert": ("NEW",), "update": ("NEW", "OLD"), "delete": ("OLD",)}[event]
    changed = " OR ".join(f"NEW.{c} IS NOT OLD.{c}" for c in told.columns) if event == "update" else "true"
    for row in rows if told.id != "id" else rows[:1]:
        yield (
            f"INSERT INTO match_change (entity, prm_id, mark) SELECT '{told.entity}', {row}.{told.id}, {_NEXT}"
            f" WHERE {changed} {_CLASH}"
        )
    if (table, event) == ("account", "update"):
        yield (
            f"{_RENAMED} SELECT OLD.id, OLD.name_norm, 'former'"
            f" WHERE OLD.name_norm <> '' AND NEW.name_norm <> '' AND NEW.name_norm <> OLD.name_norm {_KNOWN}"
        )


NAME = "sync_mark_match"


def postgresql(table: str) -> str:
    """The body of the function that a table's triggers call once for each statement. A mark is the transaction's number."""
    told = TOLD[table]
    columns = ", ".join(told.columns)
    moved = f"SELECT id, {columns} FROM {{one}} EXCEPT SELECT id, {columns} FROM {{other}}"
    both = f"({moved.format(one='new_rows', other='old_rows')}) UNION ALL ({moved.format(one='old_rows', other='new_rows')})"
    branches = {"INSERT": "SELECT * FROM new_rows", "UPDATE": both, "DELETE": "SELECT * FROM old_rows"}
    also = {"UPDATE": _FORMER} if table == "account" else {}
    steps = [f"TG_OP = '{event}' THEN\n    {_marking(told, rows)};{also.get(event, '')}" for event, rows in branches.items()]
    return "  IF " + "\n  ELSIF ".join(steps) + "\n  END IF;\n  RETURN NULL;\n"


_FORMER = (
    f"\n    {_RENAMED} SELECT o.id, o.name_norm, 'former' FROM old_rows o JOIN new_rows n ON n.id = o.id"
    f" WHERE o.name_norm <> '' AND n.name_norm <> '' AND n.name_norm <> o.name_norm ORDER BY o.id {_KNOWN};"
)


def _marking(told: Told, rows: str) -> str:
    """Companies are marked in the order of their ids, as everywhere, so that two writers cannot wait for each other."""
    return (
        "INSERT INTO match_change (entity, prm_id, mark)"
        f" SELECT DISTINCT '{told.entity}', r.{told.id}, pg_current_xact_id()::text::bigint FROM ({rows}) r"
        f" ORDER BY 2 {_CLASH}"
    )
