"""sObject Tree: records with their children nested in them, created in one go or not at all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from starlette.responses import Response

from centri.sandbox.rows import Table
from centri.sandbox.salesforce_call import Answer, Call, answered, route
from centri.sandbox.salesforce_rows import insert
from centri.sandbox.salesforce_schema import CHILDREN
from centri.sandbox.state import Refused

MOST, DEEPEST = 200, 5
"""Records in all trees of a call, and levels (REST API guide, sObject Tree)."""


@dataclass(slots=True)
class Node:
    """A record of a tree: its own values, and its parent's place in the list with the field that leads there."""

    object: str
    name: str
    values: dict[str, Any]
    parent: int | None = None
    field: str = ""


def create(call: Call, object: str) -> Response:
    """``POST /composite/tree/T``."""
    call.table(object)
    nodes = _nodes(call, call.fields().get("records"), object)
    try:
        with call.org.transaction():
            results = _inserted(call, nodes)
    except _Undone as undone:
        return answered({"hasErrors": True, "results": undone.args[0]}, 400)
    return answered({"hasErrors": False, "results": results}, 201)


class _Undone(Exception):
    """Some record was refused; holds the errors."""


def _inserted(call: Call, nodes: list[Node]) -> list[dict[str, Any]]:
    """Names and ids. Raises _Undone."""
    ids: list[str | None] = []
    errors = []
    for node in nodes:
        above = None if node.parent is None else ids[node.parent]
        if node.parent is not None and above is None:
            ids.append(None)  # its parent was refused
            continue
        values = {**node.values, node.field: above} if node.parent is not None else node.values
        try:
            with call.org.transaction():
                ids.append(insert(call, _table(call, node), values).id)
        except Refused as refused:
            ids.append(None)
            error = {"statusCode": refused.code, "message": refused.message, "fields": refused.fields or []}
            errors.append({"referenceId": node.name, "errors": [error]})
    if errors:
        raise _Undone(errors)
    return [{"referenceId": node.name, "id": id} for node, id in zip(nodes, ids, strict=True)]


def _nodes(call: Call, records: Any, object: str) -> list[Node]:
    """The trees laid out flat, parents first. Raises Refused."""
    if not isinstance(records, list) or not records:
        raise Refused(400, "REQUIRED_FIELD_MISSING", "At least 1 record is required", [])
    nodes: list[Node] = []
    for record in records:
        _lay_out(call, nodes, record, object, None, 1)
    if len(nodes) > MOST:
        raise Refused(400, "INVALID_INPUT", f"The request can't contain more than {MOST} records.")
    names = [node.name for node in nodes]
    if not all(names):
        raise Refused(400, "INVALID_INPUT", "Include a reference ID for each record in the request.")
    if len(set(names)) < len(names):
        raise Refused(400, "INVALID_INPUT", "Duplicate ReferenceId provided in the request.")
    return nodes


Above = tuple[int, str] | None
"""The parent's place in the list, and the field that leads there."""


def _lay_out(call: Call, nodes: list[Node], record: dict[str, Any], object: str, above: Above, level: int) -> None:
    if level > DEEPEST:
        raise Refused(400, "INVALID_INPUT", f"The request can't contain more than {DEEPEST} levels.")
    attributes = record.get("attributes") or {}
    nested = {name: one for name, one in record.items() if isinstance(one, dict) and "records" in one}
    values = {name: one for name, one in record.items() if name != "attributes" and name not in nested}
    nodes.append(Node(attributes.get("type") or object, attributes.get("referenceId") or "", values, *(above or (None, ""))))
    here = len(nodes) - 1
    for name, children in nested.items():
        for child in children["records"]:
            kind, lookup = _relationship(call, name, object)
            _lay_out(call, nodes, child, kind, (here, lookup), level + 1)


def _relationship(call: Call, name: str, parent: str) -> tuple[str, str]:
    """The child's object and its lookup, by the name that the parent gives to its children. Raises Refused."""
    for (child, lookup), called in CHILDREN.items():
        parents = {one.casefold() for one in call.org.table(child).schema.fields[lookup].refers_to}
        if called.casefold() == name.casefold() and parent.casefold() in parents:
            return child, lookup
    raise Refused(400, "INVALID_FIELD", f"No such column '{name}' on sobject of type {parent}")


def _table(call: Call, node: Node) -> Table:
    try:
        return call.org.table(node.object)
    except KeyError:
        raise Refused(400, "INVALID_TYPE", f"sObject type '{node.object}' is not supported.", []) from None


CLOSED: list[tuple[str, Any, Answer]] = [route("POST", "/services/data/{version}/composite/tree/{object}", create)]
