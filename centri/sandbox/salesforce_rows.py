"""Single rows over REST: create, read, update, delete, upsert by a key, and what changed between two times."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from centri.sandbox import salesforce_duplicates as duplicates
from centri.sandbox.rows import Row, Table
from centri.sandbox.salesforce_call import Answer, Call, answered, no_content, not_found, route, row_id
from centri.sandbox.salesforce_columns import column, record
from centri.sandbox.salesforce_conditions import require, tag, unchanged
from centri.sandbox.salesforce_schema import CLOSED_TO_CALLERS, READONLY
from centri.sandbox.salesforce_values import moment, seconds
from centri.sandbox.schema import Field
from centri.sandbox.state import Refused

DAY = 86400
MOST_IDS = 600_000
UPDATED_DAYS, DELETED_DAYS = 30, 15
"""How far back getUpdated and getDeleted reach (SOAP API guide, getUpdated and getDeleted)."""


def create(call: Call, object: str) -> Response:
    table = call.table(object)
    row = insert(call, table, call.fields())
    return answered(_saved(row.id), 201, {"Location": call.url(table, row.id)})


def read(call: Call, object: str, id: str) -> Response:
    table = call.table(object)
    row = table.get(row_id(table, id))
    assert row
    return _told(call, table, row)


def change(call: Call, object: str, id: str) -> Response:
    table = call.table(object)
    row = table.get(row_id(table, id, writing=True))
    assert row
    require(call, table, row)
    update(call, table, row.id, call.fields())
    return no_content()


def remove(call: Call, object: str, id: str) -> Response:
    table = call.table(object)
    row = table.get(row_id(table, id, writing=True))
    assert row
    require(call, table, row)
    delete(call, table, row.id)
    return no_content()


def read_by_key(call: Call, object: str, key: str, value: str) -> Response:
    table = call.table(object)
    rows = table.find(key_field(table, key).name, value)
    if len(rows) > 1:
        return _several(call, table, rows)
    if not rows:
        raise not_found()
    return _told(call, table, rows[0])


def upsert_by_key(call: Call, object: str, key: str, value: str) -> Response:
    table = call.table(object)
    if key.lower() == "id":
        return change(call, object, value)
    field = key_field(table, key)
    rows = table.find(field.name, value)
    if len(rows) > 1:
        return _several(call, table, rows)
    body = call.fields()
    if any(name.casefold() == field.name.casefold() for name in body):
        raise Refused(400, "INVALID_FIELD", f"The {field.name} field should not be specified in the sobject data.", [field.name])
    if rows:
        require(call, table, rows[0])
        update(call, table, rows[0].id, body)
        return answered({**_saved(rows[0].id), "created": False}) if number(call) >= 46 else no_content()
    if call.query.get("updateOnly") == "true":
        raise not_found()
    row = insert(call, table, {**body, field.name: value})
    return answered({**_saved(row.id), "created": True}, 201, {"Location": call.url(table, row.id)})


def set_password(call: Call, id: str) -> Response:
    """``POST /sobjects/User/<id>/password``: taken, and of no effect here."""
    row_id(call.table("User"), id)
    if "NewPassword" not in call.fields():
        raise Refused(400, "REQUIRED_FIELD_MISSING", "NewPassword is required", ["NewPassword"])
    return no_content()


def updated(call: Call, object: str) -> Response:
    """``/updated``: ids of live rows whose stamp lies in the window, minutes inclusive."""
    start, end = _window(call, UPDATED_DAYS)
    rows = call.table(object).since((start, ""))
    ids = [row.id for row in rows if row.stamp <= end]
    if len(ids) > MOST_IDS:
        raise Refused(400, "EXCEEDED_ID_LIMIT", "exceeded id limit, use a smaller window")
    return answered({"ids": ids, "latestDateCovered": moment(_covered(call, end))})


def deleted(call: Call, object: str) -> Response:
    """``/deleted``: ids of rows deleted in the window."""
    start, end = _window(call, DELETED_DAYS)
    rows = [row for row in call.table(object).since((start, ""), deleted=True) if row.deleted and row.stamp <= end]
    return answered({
        "deletedRecords": [{"id": row.id, "deletedDate": moment(row.stamp)} for row in rows],
        "earliestDateAvailable": moment((call.org.clock.now() - DELETED_DAYS * DAY) // 60 * 60),
        "latestDateCovered": moment(_covered(call, end)),
    })  # fmt: skip


# -- shared with collections -------------------------------------------------------------------------------------------


def insert(call: Call, table: Table, values: dict[str, Any]) -> Row:
    """A new row from a caller's values. Raises Refused."""
    if table.schema.name in CLOSED_TO_CALLERS:
        message = f"entity type cannot be inserted: {table.schema.label}"
        raise Refused(400, "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", message, [])
    if any(name.casefold() == "id" for name in values):
        raise Refused(400, "INVALID_FIELD_FOR_INSERT_UPDATE", "cannot specify Id in an insert call", ["Id"])
    with call.org.transaction():
        return _single(call, table, call.org.create(table.schema.name, values, user=call.user))


def update(call: Call, table: Table, id: str, values: dict[str, Any]) -> Row:
    """A live row changed. Raises Refused."""
    if any(name.casefold() == "id" for name in values):
        message = "The Id field should not be specified in the sobject data."
        raise Refused(400, "INVALID_FIELD", message, ["Id"])
    with call.org.transaction():
        return _single(call, table, call.org.update(table.schema.name, id, values, user=call.user))


def delete(call: Call, table: Table, id: str) -> Row:
    """A live row deleted. Raises Refused."""
    if table.schema.name in READONLY:
        raise Refused(400, "CANNOT_DELETE_ENTITY", f"entity type cannot be deleted: {table.schema.name}", [])
    return call.org.delete(table.schema.name, id, user=call.user)


def _single(call: Call, table: Table, row: Row) -> Row:
    """The row, if no duplicate rule stands against it. Raises Duplicates."""
    header = call.headers.get("sforce-duplicate-rule-header", "")
    duplicates.check(call.org.duplicate_rules, table, row.values, row.id, header)
    return row


def key_field(table: Table, name: str) -> Field:
    """A field that rows may be upserted by. Raises Refused NOT_FOUND."""
    field = table.schema.field(name)
    if field is None or not (field.external_id or "lookup" in field.extra["flags"]):
        raise not_found(f"Provided external ID field does not exist or is not accessible: {name}")
    return field


def shown(call: Call, table: Table, row: Row, names: str | None) -> dict[str, Any]:
    """A row as JSON values, all fields or the named ones (with commas between). Raises Refused INVALID_FIELD."""
    attributes = {"type": table.schema.name, "url": call.url(table, row.id)}
    if not names:
        return {"attributes": attributes, **record(table.schema, row)}
    picked: dict[str, Any] = {"attributes": attributes}
    for name in names.split(","):
        field = table.schema.field(name.strip())
        if field is None:
            raise Refused(400, "INVALID_FIELD", f"No such column '{name.strip()}' on sobject of type {table.schema.name}")
        picked[field.name] = column(table.schema, field)(row)
    return {**picked, "Id": row.id}


def number(call: Call) -> float:
    """The API version of a call."""
    return float(call.version[1:])


def _saved(id: str) -> dict[str, Any]:
    return {"id": id, "success": True, "errors": []}


def _several(call: Call, table: Table, rows: list[Row]) -> Response:
    return answered([call.url(table, row.id) for row in rows], 300)


def _told(call: Call, table: Table, row: Row) -> Response:
    """A row, unless the caller's own copy is as good. Raises Refused."""
    require(call, table, row)
    if unchanged(call, table, row):
        return Response(status_code=304, headers=tag(table, row))
    return answered(shown(call, table, row, call.query.get("fields")), headers=tag(table, row))


def _window(call: Call, days: int) -> tuple[int, int]:
    """Start and end of a call's window, cut to whole minutes. Raises Refused."""
    try:
        start, end = (seconds(call.query[name].replace(" ", "+")) // 60 * 60 for name in ("start", "end"))
    except (KeyError, ValueError):
        raise Refused(400, "INVALID_REPLICATION_DATE", "start and end must be date-times with an offset") from None
    if start >= end:
        raise Refused(400, "INVALID_REPLICATION_DATE", "startDate before endDate")
    if start < call.org.clock.now() - days * DAY - 60:
        raise Refused(400, "INVALID_REPLICATION_DATE", f"startDate cannot be more than {days} days ago")
    return start, end


def _covered(call: Call, end: int) -> int:
    """Up to when a window is told for good: the minute that runs may bring more."""
    return min(end, call.org.clock.now() // 60 * 60)


BASE = "/services/data/{version}/sobjects/{object}"
CLOSED: list[tuple[str, Any, Answer]] = [
    route("POST", BASE, create),
    route("POST", "/services/data/{version}/sobjects/User/{id}/password", set_password),
    route("GET", BASE + "/updated", updated),
    route("GET", BASE + "/deleted", deleted),
    route("GET", BASE + "/{id}", read),
    route("PATCH", BASE + "/{id}", change),
    route("DELETE", BASE + "/{id}", remove),
    route("POST", BASE + "/id", create),
    route("GET", BASE + "/{key}/{value}", read_by_key),
    route("PATCH", BASE + "/{key}/{value}", upsert_by_key),
]
