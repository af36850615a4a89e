"""Saving records in the sandbox's SugarCRM: fields, an id of the client's choice, links in the same body, uploaded files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from centri.sandbox.rows import Row, Table
from centri.sandbox.sugarcrm_call import Call
from centri.sandbox.sugarcrm_errors import invalid
from centri.sandbox.sugarcrm_files import adopt
from centri.sandbox.sugarcrm_links import link_of, relate, unrelate


def create(call: Call, table: Table, given: Mapping[str, Any]) -> Row:
    """A new record; an id may be chosen, but not one that is or was in use."""
    chosen = given.get("id")
    if chosen is not None and (not isinstance(chosen, str) or not 0 < len(chosen) <= 36):
        raise invalid(f"{chosen!r} is no id")
    if chosen and table.get(chosen):
        raise invalid(f"a record with id {chosen} exists already in module: {table.schema.name}")
    with call.org.transaction():
        row = call.org.create(table.schema.name, call.writable(table, given), user=call.user, id=chosen)
        write_beside(call, table, row, given)
    return call.org.live(table.schema.name, row.id)


def update(call: Call, table: Table, row: Row, given: Mapping[str, Any]) -> Row:
    """Change what is given, all of it or nothing."""
    with call.org.transaction():
        call.org.update(table.schema.name, row.id, call.writable(table, given), user=call.user)
        write_beside(call, table, row, given)
    return call.org.live(table.schema.name, row.id)


def write_beside(call: Call, table: Table, row: Row, given: Mapping[str, Any]) -> None:
    """A link's name in a body relates, parts or creates in the same call; the id of an uploaded file takes it over."""
    org, module = call.org, table.schema.name
    if given.get("filename_guid") and "filename" in table.schema.fields:
        adopt(org, table, row, str(given["filename_guid"]), call.user)
    for name, wanted in given.items():
        if name in table.schema.fields or name not in table.schema.extra["links"] or not isinstance(wanted, Mapping):
            continue
        link = link_of(table, name)
        made = [create(call, org.table(link.module), one).id for one in wanted.get("create") or []]
        for one in [*made, *_ids(wanted.get("add"))]:
            relate(org, table, org.live(module, row.id), link, org.live(link.module, one), user=call.user)
        for one in _ids(wanted.get("delete")):
            unrelate(org, table, org.live(module, row.id), link, org.live(link.module, one), user=call.user)


def _ids(given: Any) -> list[str]:
    return [str(one["id"] if isinstance(one, Mapping) else one) for one in given or []]
