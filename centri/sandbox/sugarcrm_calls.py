"""The calls that the sandbox's SugarCRM answers about records: each a function from a call to its answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from centri.sandbox.rows import Row, Table
from centri.sandbox.sugarcrm_call import Answer, Call
from centri.sandbox.sugarcrm_convert import convert
from centri.sandbox.sugarcrm_errors import STATUS, body, invalid, refused
from centri.sandbox.sugarcrm_links import link_of, relate, related, unrelate
from centri.sandbox.sugarcrm_lists import matching, page
from centri.sandbox.sugarcrm_values import seconds

# -- lists -------------------------------------------------------------------------------------------------------------


def list_records(call: Call) -> Any:
    after, rows = page(call.org, call.table, call.arguments)
    return {"next_offset": after, "records": [call.shown(call.table, row) for row in rows]}


def count_records(call: Call) -> Any:
    return {"record_count": sum(1 for _ in matching(call.org, call.table, call.arguments))}


def check_duplicates(call: Call) -> Any:
    """Live records with one of the e-mail addresses, or the same name."""
    values = call.arguments
    conditions: list[dict[str, Any]] = [{name: values[name]} for name in ("name",) if values.get(name)]
    if values.get("last_name"):
        conditions.append({"first_name": values.get("first_name"), "last_name": values["last_name"]})
    if isinstance(values.get("email"), list):
        conditions.append({"email": {"$in": [one.get("email_address") for one in values["email"]]}})
    if not conditions:
        return {"next_offset": -1, "records": []}
    after, rows = page(call.org, call.table, {"filter": [{"$or": conditions}]})
    return {"next_offset": after, "records": [call.org.read(call.table, row) for row in rows]}


# -- one record --------------------------------------------------------------------------------------------------------


def read_record(call: Call) -> Any:
    return call.shown(call.table, call.row)


def create_record(call: Call) -> Any:
    return call.shown(call.table, _create(call, call.table, call.arguments))


def update_record(call: Call) -> Any:
    row = call.row
    seen = call.headers.get("x-timestamp")
    if seen and _moment(call, seen) < row.stamp:
        conflict = body("edit_conflict", "Edit conflict, please reload the record data.")
        return Answer(STATUS["edit_conflict"], {**conflict, "record": call.org.read(call.table, row)})
    row = call.org.update(call.table.schema.name, row.id, call.writable(call.table, call.arguments))
    _write_links(call, call.table, row, call.arguments)
    return call.shown(call.table, call.row)


def delete_record(call: Call) -> Any:
    return {"id": call.org.delete(call.table.schema.name, call.row.id).id}


def convert_lead(call: Call) -> Any:
    modules = call.arguments.get("modules")
    if not isinstance(modules, Mapping) or not modules:
        raise refused("missing_parameter", "Missing parameter: modules")
    made = convert(call.org, call.path["id"], modules)
    tables = {module: call.org.table(module) for module in made}
    return {"modules": [call.org.read(tables[module], call.org.live(module, key)) for module, key in made.items()]}


# -- upsert by key -----------------------------------------------------------------------------------------------------


def upsert_record(call: Call) -> Any:
    """201 with the new record's id, 200 with that of the one that has the key; the id alone or, on asking, fields."""
    table, found = call.table, _by_key(call)
    given = {name: value for name, value in call.arguments.items() if not name.startswith("sync_key")}
    if found:
        row = call.org.update(table.schema.name, found.id, call.writable(table, given))
    else:
        row = _create(call, table, {**given, call.path.get("key_field", "sync_key"): call.path["key"]})
    return Answer(200 if found else 201, {"record": call.shown(table, row) if call.arguments.get("fields") else row.id})


def read_by_key(call: Call) -> Any:
    return call.shown(call.table, _by_key_or_refuse(call))


def delete_by_key(call: Call) -> Any:
    return {"record": call.org.delete(call.table.schema.name, _by_key_or_refuse(call).id).id}


def set_key(call: Call) -> Any:
    """Give an existing record its key, named in the path or in the body."""
    name = call.path.get("key_field") or call.arguments.get("sync_key_field_name") or "sync_key"
    value = call.path.get("key") or call.arguments.get("sync_key_field_value") or call.arguments.get(name)
    call.org.update(call.table.schema.name, call.row.id, {name: value})
    return {"success": True}


# -- links -------------------------------------------------------------------------------------------------------------


def list_related(call: Call) -> Any:
    other, rows = _related(call)
    after, rows = page(call.org, other, call.arguments, among=rows)
    return {"next_offset": after, "records": [call.shown(other, row) for row in rows]}


def count_related(call: Call) -> Any:
    other, rows = _related(call)
    return {"record_count": sum(1 for _ in matching(call.org, other, call.arguments, among=rows))}


def create_related(call: Call) -> Any:
    link = link_of(call.table, call.path["link"])
    other = call.org.module(link.module)
    remote = _create(call, other, call.arguments)
    return _relate(call, link.name, [remote.id])[0]


def relate_one(call: Call) -> Any:
    return _relate(call, call.path["link"], [call.path["remote"]])[0]


def relate_many(call: Call) -> Any:
    ids = [str(one["id"] if isinstance(one, Mapping) else one) for one in call.arguments.get("ids") or []]
    pairs = _relate(call, str(call.arguments.get("link_name", "")), ids)
    return {"record": call.org.read(call.table, call.row), "related_records": [pair["related_record"] for pair in pairs]}


def unrelate_one(call: Call) -> Any:
    link = link_of(call.table, call.path["link"])
    remote = call.org.live(link.module, call.path["remote"])
    unrelate(call.org, call.table, call.row, link, remote)
    return _pair(call, link.module, remote.id)


def _related(call: Call) -> tuple[Table, list[Row]]:
    link = link_of(call.table, call.path["link"])
    return call.org.table(link.module), related(call.org, call.table, call.row, link)


def _relate(call: Call, name: str, ids: list[str]) -> list[dict[str, Any]]:
    link = link_of(call.table, name)
    for remote in [call.org.live(link.module, one) for one in ids]:
        relate(call.org, call.table, call.row, link, remote, role=str(call.arguments.get("contact_role") or ""))
    return [_pair(call, link.module, one) for one in ids]


def _pair(call: Call, module: str, id: str) -> dict[str, Any]:
    other = call.org.table(module)
    return {"record": call.org.read(call.table, call.row), "related_record": call.org.read(other, call.org.live(module, id))}


# -- writing -----------------------------------------------------------------------------------------------------------


def _create(call: Call, table: Table, given: Mapping[str, Any]) -> Row:
    """A new record; an id may be chosen, but not one that is or was in use."""
    chosen = given.get("id")
    if chosen is not None and (not isinstance(chosen, str) or not 0 < len(chosen) <= 36):
        raise invalid(f"{chosen!r} is no id")
    if chosen and table.get(chosen):
        raise invalid(f"a record with id {chosen} exists already in module: {table.schema.name}")
    with call.org.transaction():
        row = call.org.create(table.schema.name, call.writable(table, given), id=chosen)
        _write_links(call, table, row, given)
    return call.org.live(table.schema.name, row.id)


def _write_links(call: Call, table: Table, row: Row, given: Mapping[str, Any]) -> None:
    """A link's name in a body relates, parts or creates in the same call."""
    for name, wanted in given.items():
        if name in table.schema.fields or name not in table.schema.extra["links"] or not isinstance(wanted, Mapping):
            continue
        link = link_of(table, name)
        made = [_create(call, call.org.table(link.module), one).id for one in wanted.get("create") or []]
        for one in [*made, *(wanted.get("add") or [])]:
            relate(call.org, table, call.org.live(table.schema.name, row.id), link, call.org.live(link.module, str(one)))
        for one in wanted.get("delete") or []:
            unrelate(call.org, table, call.org.live(table.schema.name, row.id), link, call.org.live(link.module, str(one)))


def _by_key(call: Call) -> Row | None:
    name = call.path.get("key_field", "sync_key")
    if name == "id":
        row = call.table.get(call.path["key"])
        return row if row and not row.deleted else None
    if name not in call.table.schema.fields:
        raise invalid(f"{name} in module {call.table.schema.name} does not exist")
    return next(iter(call.table.find(name, call.path["key"])), None)


def _by_key_or_refuse(call: Call) -> Row:
    row, name = _by_key(call), call.path.get("key_field", "sync_key")
    if row is None:
        raise refused(
            "invalid_parameter", f"Could not find record with {name}:{call.path['key']} in module: {call.table.schema.name}"
        )
    return row


def _moment(call: Call, text: str) -> int:
    try:
        return seconds(text, call.org.timezone)
    except ValueError:
        raise invalid(f"X-TIMESTAMP {text!r} is no datetime") from None
