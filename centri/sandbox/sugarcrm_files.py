"""Files on records of the sandbox's SugarCRM: sent as a form, raw or in base64, kept until a record wants them."""

from __future__ import annotations

import base64
import binascii
import mimetypes
from email.parser import BytesParser
from email.policy import HTTP
from typing import TYPE_CHECKING, Any, NamedTuple

from centri.sandbox.rows import Row, Table
from centri.sandbox.sugarcrm_arguments import truth
from centri.sandbox.sugarcrm_call import Answer, Call
from centri.sandbox.sugarcrm_errors import invalid, refused

if TYPE_CHECKING:
    from centri.sandbox.sugarcrm_org import SugarCRM

FORM = "multipart/form-data"
UNNAMED = "application/octet-stream"


class File(NamedTuple):
    """What was uploaded."""

    name: str
    type: str
    content: bytes


def list_files(call: Call) -> Any:
    """The files of a record by field."""
    row, field = call.row, "filename"
    held = _held(call.org, row.id, field)
    return {field: _told(call, held, row.id, field)} if held else {}


def read_file(call: Call) -> Any:
    field = _field(call)
    held = _held(call.org, call.row.id, field)
    if held is None:
        raise refused("not_found", f"The requested file could not be found: {field}")
    return Answer(200, held.content, held.type, held.name)


def write_file(call: Call) -> Any:
    """Put a file on a record; where that fails, a record made only for it goes too if the client wishes."""
    row, field = call.row, _field(call)
    try:
        sent = _sent(call, field)
    except Exception:
        if truth(call.arguments.get("delete_if_fails", "")):
            call.org.delete(call.table.schema.name, row.id, user=call.user)
        raise
    row = _put(call.org, call.table, row, field, sent, call.user)
    return {field: _told(call, sent, row.id, field), "record": call.org.read(call.table, row, user=call.user)}


def write_temporary(call: Call) -> Any:
    """Keep a file for a record that is yet to be made."""
    field = _field(call)
    sent, key = _sent(call, field), call.org.new_id(call.table)
    _keep(call.org, key, field, sent)
    return {"record": {"id": key}, field: {"guid": key, **_told(call, sent, key, field)}}


def delete_file(call: Call) -> Any:
    row, field = call.row, _field(call)
    _drop(call.org, row.id, field)
    cleared = {"filename": None, "file_mime_type": None, "file_ext": None, "file_size": None}
    row = call.org.update(call.table.schema.name, row.id, cleared, user=call.user)
    return {field: {}, "record": call.org.read(call.table, row, user=call.user)}


def adopt(org: SugarCRM, table: Table, row: Row, key: str, user: str) -> None:
    """Let a record have a file that was uploaded before it. Raises Refused."""
    kept = _held(org, key, "filename")
    if kept is None:
        raise invalid(f"there is no uploaded file {key}")
    _drop(org, key, "filename")
    _put(org, table, row, "filename", kept, user)


# -- what was sent -----------------------------------------------------------------------------------------------------


def _sent(call: Call, field: str) -> File:
    kind = call.headers.get("content-type", "")
    if kind.startswith(FORM):
        return _part(call.body, kind, field)
    if not call.body:
        raise refused("missing_parameter", f"Missing parameter: {field}")
    name, coding = str(call.arguments.get("filename") or field), call.headers.get("x-content-transfer-encoding")
    content = call.body
    if "base64" in (coding, call.arguments.get("content_transfer_encoding")):
        content = _decoded(content)
    return File(name, kind.partition(";")[0] or mimetypes.guess_type(name)[0] or UNNAMED, content)


def _part(body: bytes, kind: str, field: str) -> File:
    """The part of a form that holds the file. Raises Refused."""
    form = BytesParser(policy=HTTP).parsebytes(f"Content-Type: {kind}\r\n\r\n".encode() + body)
    for part in form.iter_parts():
        name = part.get_filename()
        if name and part.get_param("name", header="content-disposition") == field:
            said = part.get_content_type() if part.get("content-type") else mimetypes.guess_type(name)[0]
            content = part.get_payload(decode=True)
            return File(name, said or UNNAMED, content if isinstance(content, bytes) else b"")
    raise refused("missing_parameter", f"Missing parameter: {field}")


def _decoded(content: bytes) -> bytes:
    try:
        return base64.b64decode(content, validate=False)
    except binascii.Error:
        raise invalid("the file is not base64") from None


# -- what is kept ------------------------------------------------------------------------------------------------------


def _put(org: SugarCRM, table: Table, row: Row, field: str, sent: File, user: str) -> Row:
    _keep(org, row.id, field, sent)
    ending = sent.name.rpartition(".")[2] if "." in sent.name else None
    told = {"filename": sent.name, "file_mime_type": sent.type, "file_ext": ending, "file_size": len(sent.content)}
    return org.update(table.schema.name, row.id, told, user=user)


def _keep(org: SugarCRM, key: str, field: str, sent: File) -> None:
    _drop(org, key, field)
    values = {"record": key, "field": field, "name": sent.name, "type": sent.type, "content": sent.content}
    org.create("files", values)


def _rows(org: SugarCRM, key: str, field: str) -> list[Row]:
    return [row for row in org.table("files").find("record", key) if row.get("field") == field]


def _held(org: SugarCRM, key: str, field: str) -> File | None:
    rows = _rows(org, key, field)
    return File(rows[0].get("name"), rows[0].get("type"), rows[0].get("content")) if rows else None


def _drop(org: SugarCRM, key: str, field: str) -> None:
    for row in _rows(org, key, field):
        org.delete("files", row.id)


def _field(call: Call) -> str:
    """The name of a field that can hold a file. Raises Refused."""
    field = call.path["field"]
    if field != "filename" or field not in call.table.schema.fields:
        raise refused("not_found", f"Could not find a file field {field} in module: {call.table.schema.name}")
    return field


def _told(call: Call, held: File, key: str, field: str) -> dict[str, Any]:
    where = f"{call.path['module']}/{key}/file/{field}"
    length = len(held.content)
    return {
        "content-type": held.type,
        "content-length": length,
        "name": held.name,
        "uri": f"http://{_host(call)}/rest/v11/{where}",
    }


def _host(call: Call) -> str:
    return call.headers.get("host", "localhost")
