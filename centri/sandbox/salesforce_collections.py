"""sObject Collections: up to 200 rows in one call, each with its own outcome, or all of them or none."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from starlette.responses import Response

from centri.sandbox.rows import Table
from centri.sandbox.salesforce_call import Answer, Call, answered, route, row_id
from centri.sandbox.salesforce_ids import long_id
from centri.sandbox.salesforce_rows import delete, insert, key_field, shown, update
from centri.sandbox.schema import Field
from centri.sandbox.state import Refused

MOST = 200
ROLLED_BACK = "Record rolled back because not all records were valid and the request was using AllOrNone header"
Act = Callable[[dict[str, Any]], dict[str, Any]]


def create(call: Call) -> Response:
    def one(record: dict[str, Any]) -> dict[str, Any]:
        return {"id": insert(call, _table(call, record), record).id}

    return _each(call, _records(call), one)


def change(call: Call) -> Response:
    def one(record: dict[str, Any]) -> dict[str, Any]:
        table, values = _table(call, record), dict(record)
        found = [values.pop(name) for name in list(values) if name.casefold() == "id"]
        if not found or not found[0]:
            raise Refused(400, "MISSING_ARGUMENT", "Id not specified in an update call", [])
        return {"id": update(call, table, row_id(table, found[0], status=400), values).id}

    return _each(call, _records(call), one)


def upsert(call: Call, object: str, key: str) -> Response:
    table = call.table(object)
    field = None if key.lower() == "id" else key_field(table, key)

    def one(record: dict[str, Any]) -> dict[str, Any]:
        values = {_spelt(table, name): value for name, value in record.items()}
        known = known_id(table, values) if field is None else matching_id(table, field, values)
        if known is None:
            return {"id": insert(call, table, values).id, "created": True}
        return {"id": update(call, table, known, values).id, "created": False}

    return _each(call, _records(call), one)


def known_id(table: Table, values: dict[str, Any]) -> str | None:
    """The row that the given Id names, if one is given; takes it out of the values. Raises Refused."""
    given = values.pop("Id", None)
    return row_id(table, given, status=400) if given else None


def matching_id(table: Table, field: Field, values: dict[str, Any]) -> str | None:
    """The one row with the given key, if there is one. Raises Refused."""
    if values.get(field.name) in (None, ""):
        raise Refused(400, "MISSING_ARGUMENT", f"{field.name} not specified", [])
    rows = table.find(field.name, values[field.name])
    if len(rows) > 1:
        message = f"{field.name}: more than one record found for external id field: [{', '.join(row.id for row in rows)}]"
        raise Refused(400, "DUPLICATE_EXTERNAL_ID", message, [])
    return rows[0].id if rows else None


def _spelt(table: Table, name: str) -> str:
    field = table.schema.field(name)
    return field.name if field else name


def remove(call: Call) -> Response:
    ids = [part for part in call.query.get("ids", "").split(",") if part]
    _check_count(ids)

    def one(record: dict[str, Any]) -> dict[str, Any]:
        table = _table_of_id(call, record["id"])
        return {"id": delete(call, table, row_id(table, record["id"], status=400)).id}

    return _each(call, [{"id": part} for part in ids], one, all_or_none=call.query.get("allOrNone", "").lower() == "true")


def read(call: Call, object: str) -> Response:
    """GET with ``ids`` and ``fields`` in the query, or POST with both in the body; an unknown id gives null."""
    if call.method == "GET":
        ids, names = call.query.get("ids", "").split(","), call.query.get("fields", "").split(",")
    else:
        body = call.fields()
        ids, names = body.get("ids", []), body.get("fields", [])
    table = call.table(object)
    rows = [table.get(long_id(part) or "") for part in ids]
    fields = ",".join(names)
    return answered([None if row is None or row.deleted else shown(call, table, row, fields) for row in rows])


def _records(call: Call) -> list[dict[str, Any]]:
    records = call.fields().get("records")
    if not isinstance(records, list) or any(not isinstance(one, dict) for one in records):
        raise Refused(400, "JSON_PARSER_ERROR", "A list of records is required at [line:1, column:1]")
    _check_count(records)
    return records


def _check_count(records: list[Any]) -> None:
    if not records:
        raise Refused(400, "REQUIRED_FIELD_MISSING", "At least 1 record is required", [])
    if len(records) > MOST:
        raise Refused(400, "EXCEEDED_ID_LIMIT", f"record limit reached. cannot submit more than {MOST} records into this call")


def _table(call: Call, record: dict[str, Any]) -> Table:
    kind = str((record.get("attributes") or {}).get("type"))
    try:
        return call.org.table(kind)
    except KeyError:
        raise Refused(400, "INVALID_TYPE", f"sObject type '{kind}' is not supported.", []) from None


def _table_of_id(call: Call, id: str) -> Table:
    for table in call.org.tables.values():
        if table.schema.prefix == id[:3]:
            return table
    raise Refused(400, "MALFORMED_ID", f"malformed id {id}", [])


class _NotAll(Exception):
    """Some record of an all-or-none call failed."""


def _each(call: Call, records: Iterable[dict[str, Any]], act: Act, *, all_or_none: bool | None = None) -> Response:
    whole = bool(call.fields().get("allOrNone")) if all_or_none is None else all_or_none
    outcomes: list[dict[str, Any]] = []
    try:
        with call.org.transaction():
            outcomes.extend(_outcome(call, record, act) for record in records)
            if whole:
                _check_all(outcomes)
    except _NotAll:
        undone = _failed(Refused(400, "ALL_OR_NONE_OPERATION_ROLLED_BACK", ROLLED_BACK, []))
        outcomes = [undone if outcome["success"] else outcome for outcome in outcomes]
    return answered(outcomes)


def _check_all(outcomes: list[dict[str, Any]]) -> None:
    if not all(outcome["success"] for outcome in outcomes):
        raise _NotAll


def _outcome(call: Call, record: dict[str, Any], act: Act) -> dict[str, Any]:
    try:
        with call.org.transaction():
            return {**act(record), "success": True, "errors": []}
    except Refused as refused:
        return _failed(refused)


def _failed(refused: Refused) -> dict[str, Any]:
    error = {"statusCode": refused.code, "message": refused.message, "fields": refused.fields or []}
    return {"success": False, "errors": [error]}


BASE = "/services/data/{version}/composite/sobjects"
CLOSED: list[tuple[str, Any, Answer]] = [
    route("POST", BASE, create),
    route("PATCH", BASE, change),
    route("DELETE", BASE, remove),
    route("PATCH", BASE + "/{object}/{key}", upsert),
    route("GET", BASE + "/{object}", read),
    route("POST", BASE + "/{object}", read),
]
