"""The calls that the sandbox's SugarCRM answers about records: each a function from a call to its answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from centri.sandbox.sugarcrm_arguments import truth
from centri.sandbox.sugarcrm_call import Answer, Call
from centri.sandbox.sugarcrm_convert import convert
from centri.sandbox.sugarcrm_errors import STATUS, body, invalid, refused
from centri.sandbox.sugarcrm_lists import matching, page
from centri.sandbox.sugarcrm_marks import VIEWED, mark
from centri.sandbox.sugarcrm_saving import create, update
from centri.sandbox.sugarcrm_values import seconds


def list_records(call: Call) -> Any:
    after, rows = page(call.org, call.table, call.arguments, user=call.user)
    return {"next_offset": after, "records": [call.shown(call.table, row) for row in rows]}


def count_records(call: Call) -> Any:
    return {"record_count": sum(1 for _ in matching(call.org, call.table, call.arguments, user=call.user))}


def read_record(call: Call) -> Any:
    if truth(call.arguments.get("viewed", "")):
        mark(call.org, VIEWED, call.row.id, call.user)
    return call.shown(call.table, call.row)


def create_record(call: Call) -> Any:
    return call.shown(call.table, create(call, call.table, call.arguments))


def update_record(call: Call) -> Any:
    row = call.row
    seen = call.headers.get("x-timestamp")
    if seen and _moment(call, seen) < row.stamp:
        conflict = body("edit_conflict", "Edit conflict, please reload the record data.")
        return Answer(STATUS["edit_conflict"], {**conflict, "record": call.org.read(call.table, row, user=call.user)})
    return call.shown(call.table, update(call, call.table, row, call.arguments))


def delete_record(call: Call) -> Any:
    call.writable(call.table, {})
    return {"id": call.org.delete(call.table.schema.name, call.row.id, user=call.user).id}


def convert_lead(call: Call) -> Any:
    modules = call.arguments.get("modules")
    if not isinstance(modules, Mapping) or not modules:
        raise refused("missing_parameter", "Missing parameter: modules")
    made = convert(call.org, call.path["id"], modules, user=call.user)
    tables = {module: call.org.table(module) for module in made}
    return {"modules": [call.org.read(tables[module], call.org.live(module, key)) for module, key in made.items()]}


def _moment(call: Call, text: str) -> int:
    try:
        return seconds(text, call.org.timezone)
    except ValueError:
        raise invalid(f"X-TIMESTAMP {text!r} is no datetime") from None
