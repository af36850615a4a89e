"""What a query's columns are, as the ``columns=true`` of a query tells it."""

from __future__ import annotations

from typing import Any

from centri.sandbox import soql
from centri.sandbox.salesforce_paths import Target
from centri.sandbox.salesforce_query import Found
from centri.sandbox.schema import Field

APEX_TYPES = {
    "id": "Id", "reference": "Id", "boolean": "Boolean", "int": "Integer", "date": "Date", "datetime": "Datetime",
    "double": "Double", "currency": "Double", "percent": "Double", "address": "Address",
}  # fmt: skip
NUMERIC = ("Integer", "Double")


def metadata(found: Found) -> dict[str, Any]:
    """The answer to ``/query?columns=true``: parents and children are columns with columns of their own."""
    columns: list[dict[str, Any]] = []
    targets = iter(found.targets)
    for asked in found.query.columns:
        if isinstance(asked, soql.Children):
            inner = [_named(one.names[-1]) for one in asked.query.columns if isinstance(one, soql.Path)]
            columns.append({**_named(asked.query.object.names[-1]), "aggregate": True, "joinColumns": inner})
        elif isinstance(asked, soql.Path) and not found.query.aggregated:
            _place(columns, next(targets))
        elif isinstance(asked, soql.Path | soql.Aggregate):
            columns.append(_computed(asked, columns))
    facts = {"entityName": found.table.schema.name, "groupBy": bool(found.query.groups), "idSelected": _has_id(found)}
    return {"columnMetadata": columns, **facts, "keyPrefix": found.table.schema.prefix}


def _place(columns: list[dict[str, Any]], target: Target) -> None:
    """Add a field's column, within those of its parents."""
    for lookup in target.lookups:
        name = lookup.relationship or ""
        above = next((one for one in columns if one["columnName"] == name), None)
        if above is None:
            above = _named(name)
            columns.append(above)
        columns = above["joinColumns"]
    columns.append(_column(target.field))


def _computed(asked: soql.Path | soql.Aggregate, before: list[dict[str, Any]]) -> dict[str, Any]:
    if isinstance(asked, soql.Path):
        return _named(asked.alias or asked.names[-1])
    unnamed = sum(one["columnName"].startswith("expr") for one in before)
    return {**_named(asked.alias or f"expr{unnamed}"), "aggregate": True}


def _has_id(found: Found) -> bool:
    return any(not target.lookups and target.field.name == "Id" for target in found.targets)


def _column(field: Field) -> dict[str, Any]:
    apex = APEX_TYPES.get(field.type, "String")
    return {
        **_named(field.name),
        "apexType": apex,
        "booleanType": apex == "Boolean",
        "custom": field.custom,
        "foreignKeyName": field.relationship if field.type == "reference" else None,
        "insertable": field.createable,
        "numberType": apex in NUMERIC,
        "textType": apex == "String",
        "updatable": field.updateable,
    }


def _named(name: str) -> dict[str, Any]:
    return {
        "aggregate": False,
        "apexType": None,
        "booleanType": False,
        "columnName": name,
        "custom": False,
        "displayName": name,
        "foreignKeyName": None,
        "insertable": False,
        "joinColumns": [],
        "numberType": False,
        "textType": False,
        "updatable": False,
    }
