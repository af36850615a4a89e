"""What a store and a CRM hold in the end, told without what differs from run to run by nature."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import orjson

from centri.store import journal_tables, prm_tables  # noqa: F401 - they put their tables into the metadata
from centri.store.tables import UtcDateTime, metadata

Rows = Mapping[str, Sequence[Mapping[str, Any]]]

LEFT_OUT = {
    "changes", "changes_of", "changes_since", "swept_by",
    "id",  # generated; what names it elsewhere shows as the natural key
    "revision", "occurrences", "attempts",  # counters
    "run_id", "cause_ref", "mapping_version",  # of which run it came
    "version", "crm_version", "expected",  # versions are stamps of the CRM
    "Id", "CreatedDate", "LastModifiedDate", "SystemModstamp",
    "date_entered", "date_modified", "_hash",
}  # fmt: skip
"""Columns and fields left out, besides every column of the store that holds a moment."""

NOT_COMPARED = {
    "audit_log", "sync_run", "sync_step", "sync_lease", "sync_mapping", "sync_schema", "sync_connection", "sync_calls",
}  # fmt: skip
"""What ran, who held what, and by which steps it came is another story after a death."""

OPEN = {
    "sync_staging": lambda row: row["state"] != "done",
    "sync_delivery": lambda row: row["state"] not in ("done", "dropped"),
    "sync_anomaly": lambda row: row["state"] != "resolved",
}
"""Of these only what is open counts: the way there may have been another one."""

_KEYS: Mapping[str, Callable[[Mapping[str, Any]], Any]] = {
    "lead_assignment": lambda row: f"{row['seq']} of {row['lead_id']}",  # the id within becomes a name in its turn
    "partner_account": lambda row: row["name"],
    "partner_user": lambda row: row["email"],
    "account": lambda row: row["name"],
    "contact": lambda row: row["email"],
    "lead": lambda row: row["last_name"],
    "opportunity": lambda row: row["name"],
    "note": lambda row: row["subject"],
    "Account": lambda row: row["Name"],
    "Contact": lambda row: row["Email"],
    "Lead": lambda row: row["LastName"],
    "Opportunity": lambda row: row["Name"],
    "Note": lambda row: row["Title"],
    "Accounts": lambda row: row["name"],
    "Contacts": lambda row: row["email1"],
    "Leads": lambda row: row["last_name"],
    "Opportunities": lambda row: row["name"],
    "Notes": lambda row: row["name"],
}
"""The natural key of a row, by table and object."""

_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|\b[0-9A-Za-z]{18}\b")
"""What may be an id: ours and SugarCRM's, or Salesforce's."""
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
_TELLING = {"notification"}
"""Tables that hold moments within what they tell; who is told after a death is told of later deadlines."""
_MOMENTS = {(t.name, c.name) for t in metadata.sorted_tables for c in t.columns if isinstance(c.type, UtcDateTime)}
_REST = {
    ("sync_anomaly", "subject"),
    ("sync_cursor", "crm_id"),
    ("match_change", "mark"),
    ("match_state", "mark"),
    ("lead_match", "runner_up"),
}  # which of the records of the last second is the last one, or of equals the first, hangs on generated ids; marks only grow


def natural_keys(rows: Rows) -> list[str]:
    """Every record by its natural key, doubles twice."""
    named = [(table, key) for table, key in _KEYS.items() if table != "lead_assignment"]
    return sorted(f"{table} {key(row)}" for table, key in named for row in rows.get(table, ()))


def end_state(store: Rows, crm: Rows) -> dict[str, list[str]]:
    """By table and object the sorted rows, each one line of JSON with natural keys in place of ids."""
    named = {
        str(row.get("id") or row.get("Id")): f"<{table} {key(row)}>"
        for side in (store, crm)
        for table, key in _KEYS.items()
        for row in side.get(table, ())
    }
    names = {id: _renamed(name, named) for id, name in named.items()}
    told = {table: [row for row in rows if OPEN.get(table, lambda _: True)(row)] for table, rows in store.items()}
    everything = {**{t: rows for t, rows in told.items() if t not in NOT_COMPARED}, **crm}
    return {table: sorted(_line(table, row, names) for row in rows) for table, rows in everything.items()}


def difference(found: Mapping[str, list[str]], wanted: Mapping[str, list[str]]) -> list[str]:
    """The lines that only one of them has."""
    lines = []
    for table in wanted:
        extra, lacking = list(found[table]), []
        for line in wanted[table]:
            extra.remove(line) if line in extra else lacking.append(line)
        lines += [f"  {table} has too much: {line}" for line in extra] + [f"  {table} lacks: {line}" for line in lacking]
    return lines


def _line(table: str, row: Mapping[str, Any], names: Mapping[str, str]) -> str:
    kept = {str(name): value for name, value in row.items() if name not in LEFT_OUT and (table, name) not in _MOMENTS | _REST}
    text = _renamed(orjson.dumps(kept, option=orjson.OPT_SORT_KEYS, default=str).decode(), names)
    return _MOMENT.sub("<some moment>", text) if table in _TELLING else text


def _renamed(text: str, names: Mapping[str, str]) -> str:
    return _ID.sub(lambda found: names.get(found[0], "<some id>" if "-" in found[0] else found[0]), text)
