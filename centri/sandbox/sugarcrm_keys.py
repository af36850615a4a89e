"""Calls to the sandbox's SugarCRM that name records by a key of the client's: upsert, read, delete, relate.

Administrators alone may make them, as the manual of 14.2 says (that of 13.0 does not): ``keys_for_admins`` is a setting.
"""

from __future__ import annotations

from typing import Any

from centri.sandbox.rows import Row, Table
from centri.sandbox.sugarcrm_call import Answer, Call
from centri.sandbox.sugarcrm_errors import invalid, refused
from centri.sandbox.sugarcrm_links import link_of, relate, unrelate
from centri.sandbox.sugarcrm_saving import create, update

KEY = "sync_key"


def upsert_record(call: Call) -> Any:
    """201 with the new record's id, 200 with that of the one that has the key; the id alone or, on asking, fields."""
    _check(call)
    table, name = call.table, call.path.get("key_field", KEY)
    found = _find(table, name, call.path["key"])
    given = {name: value for name, value in call.arguments.items() if not name.startswith(KEY)}
    row = update(call, table, found, given) if found else create(call, table, {**given, name: call.path["key"]})
    return Answer(200 if found else 201, {"record": call.shown(table, row) if call.arguments.get("fields") else row.id})


def read_by_key(call: Call) -> Any:
    return call.shown(call.table, _named(call))


def delete_by_key(call: Call) -> Any:
    return {"record": call.org.delete(call.table.schema.name, _named(call).id, user=call.user).id}


def set_key(call: Call) -> Any:
    """Give an existing record its key, named in the path or in the body."""
    _check(call)
    name = call.path.get("key_field") or call.arguments.get("sync_key_field_name") or KEY
    value = call.path.get("key") or call.arguments.get("sync_key_field_value") or call.arguments.get(name)
    call.org.update(call.table.schema.name, call.row.id, {name: value}, user=call.user)
    return {"success": True}


def relate_by_keys(call: Call) -> Any:
    return _join(call, wanted=True)


def unrelate_by_keys(call: Call) -> Any:
    return _join(call, wanted=False)


def _check(call: Call) -> None:
    """Raises Refused for a caller who may not do this."""
    if call.org.keys_for_admins:
        call.admin()


def _join(call: Call, *, wanted: bool) -> dict[str, str]:
    _check(call)
    link, path = link_of(call.table, call.path["link"]), call.path
    ours = _must(call.table, path.get("left_field", KEY), path["left"])
    theirs = _must(call.org.module(link.module), path.get("right_field", KEY), path["right"])
    (relate if wanted else unrelate)(call.org, call.table, ours, link, theirs, user=call.user)
    return {"record": ours.id, "related_record": theirs.id}


def _named(call: Call) -> Row:
    _check(call)
    return _must(call.table, call.path.get("key_field", KEY), call.path["key"])


def _must(table: Table, name: str, key: str) -> Row:
    row = _find(table, name, key)
    if row is None:
        raise refused("invalid_parameter", f"Could not find record with {name}:{key} in module: {table.schema.name}")
    return row


def _find(table: Table, name: str, key: str) -> Row | None:
    if name == "id":
        row = table.get(key)
        return row if row and not row.deleted else None
    if name not in table.schema.fields:
        raise invalid(f"{name} in module {table.schema.name} does not exist")
    return next(iter(table.find(name, key)), None)
