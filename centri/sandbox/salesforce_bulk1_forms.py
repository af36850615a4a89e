"""The forms in which Bulk API 1.0 takes and gives its jobs, batches and rows: JSON, XML and CSV."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from xml.etree import ElementTree as ET

import orjson
from starlette.responses import Response

from centri.sandbox.salesforce_bulk2_query import cells
from centri.sandbox.salesforce_bulk_rows import Columns, Load
from centri.sandbox.salesforce_call import Call
from centri.sandbox.salesforce_csv import cell, read, write
from centri.sandbox.salesforce_query import Found
from centri.sandbox.salesforce_xml import elements, local, told
from centri.sandbox.state import Refused

JSON = "application/json"
SPACE = "http://www.force.com/2009/06/asyncapi/dataload"
NIL = "{http://www.w3.org/2001/XMLSchema-instance}nil"


def read_info(call: Call) -> dict[str, Any]:
    """The caller's jobInfo, in whichever form. Raises Refused."""
    if _is_json(call):
        return call.fields()
    root = elements(call.body)
    if root is None:
        raise Refused(400, "InvalidJob", "Unable to parse Job")
    return {local(one): one.text or "" for one in root}


def answer_of(call: Call, name: str, info: dict[str, Any], kind: str, status: int = 200, *, of_job: bool = False) -> Response:
    """A job speaks as its caller does; its batches (``of_job``) as the job's rows do, which is XML beside CSV."""
    as_json = kind == "JSON" if of_job or not call.headers.get("content-type") else _is_json(call)
    if as_json:
        return Response(orjson.dumps(info), status, media_type=JSON)
    text = f'<?xml version="1.0" encoding="UTF-8"?><{name} xmlns="{SPACE}">{told(info)}</{name}>'
    return Response(text, status, media_type="application/xml")


def error_of(call: Call, refused: Refused) -> Response:
    """A refusal: one object, not the array of REST."""
    code, message = refused.code, refused.message
    if code == "INVALID_SESSION_ID":
        code, message, status = "InvalidSessionId", "Unable to find session", 400
    else:
        status = refused.status
    return answer_of(call, "error", {"exceptionCode": code, "exceptionMessage": message}, "XML", status)


def read_rows(call: Call, kind: str, load: Load) -> Iterator[dict[str, Any] | Refused]:
    """The rows of a batch, or why one cannot be read. Raises Refused for the batch as a whole."""
    if kind == "JSON":
        rows = call.json()
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise Refused(400, "InvalidBatch", "Failed to parse JSON: a list of records is required")
        yield from rows
    elif kind == "CSV":
        yield from _csv_rows(call, load)
    else:
        root = elements(call.body)
        if root is None:
            raise Refused(400, "InvalidBatch", "Failed to parse XML")
        yield from (_xml_row(one) for one in root)


def result_text(found: Found, kind: str) -> tuple[bytes, str]:
    """All rows that a query found, and the media type of the text."""
    if kind == "JSON":
        return orjson.dumps([_json_row(found, row) for row in found.rows]), JSON
    if kind == "CSV":
        return write(cells(found, found.rows)).encode(), "text/csv"
    records = "".join(f"<records>{told(_xml_record(found, row))}</records>" for row in found.rows)
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><queryResult xmlns="{SPACE}">{records}</queryResult>'.encode(),
        "application/xml",
    )


def _is_json(call: Call) -> bool:
    return "json" in call.headers.get("content-type", "")


def _csv_rows(call: Call, load: Load) -> Iterator[dict[str, Any] | Refused]:
    header, rows = read(call.body.decode(errors="replace"))
    columns = Columns(call, load, header)
    for row in rows:
        try:
            yield columns.values(row)
        except Refused as refused:
            yield refused


def _xml_row(element: ET.Element) -> dict[str, Any]:
    """A row; a parent by its key is an element with an sObject in it."""
    return {local(one): _xml_value(one) for one in element if local(one) != "type"}


def _xml_value(element: ET.Element) -> Any:
    if element.get(NIL) == "true":
        return None
    return _xml_row(element[0]) if len(element) else element.text


def _json_row(found: Found, row: Any) -> dict[str, Any]:
    """As REST draws it, but with times in milliseconds since 1970."""
    drawn = found.draw(row)
    for target in found.targets:
        if target.field.type != "datetime":
            continue
        holder: Any = drawn
        for lookup in target.lookups:
            holder = holder and holder.get(lookup.relationship)
        if holder and holder.get(target.field.name):
            holder[target.field.name] = target.read(row) * 1000
    return drawn


def _xml_record(found: Found, row: Any) -> dict[str, Any]:
    own = {target.field.name: cell(target.field, target.read(row)) or None for target in found.targets if not target.lookups}
    return {"type": found.table.schema.name, **own}
