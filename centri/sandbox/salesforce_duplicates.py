"""Duplicate rules: which rows an org takes for the same, and how it answers a caller who would add another."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from centri.sandbox.rows import Row, Table, fold
from centri.sandbox.state import Refused

ACTIONS = ("block", "alert", "report")


@dataclass(frozen=True, slots=True)
class DuplicateRule:
    """Rows of ``object`` are the same if all ``fields`` are filled and equal in any case.

    ``block`` refuses whatever the caller says, ``alert`` unless it asks to save all the same, ``report`` refuses nothing.
    """

    object: str
    fields: tuple[str, ...]
    action: str = "alert"
    name: str = "Sandbox_Duplicate_Rule"
    message: str = "Use one of these records?"

    def __post_init__(self) -> None:
        if self.action not in ACTIONS:
            raise ValueError(f"no action is called {self.action!r}; there are {', '.join(ACTIONS)}")

    def matches(self, table: Table, values: dict[str, Any], id: str | None) -> list[Row]:
        """Live rows that are the same as one with these stored values."""
        wanted = {name: fold(values.get(name)) for name in self.fields}
        if None in wanted.values():
            return []
        first = self.fields[0]
        rows = table.find(first, values[first])
        return [row for row in rows if row.id != id and all(fold(row.get(name)) == wanted[name] for name in self.fields)]


class Duplicates(Refused):
    """DUPLICATES_DETECTED, with the result that only single-row REST calls show (its key misspelt by Salesforce)."""

    def __init__(self, rule: DuplicateRule, table: Table, rows: list[Row], *, detailed: bool) -> None:
        super().__init__(400, "DUPLICATES_DETECTED", rule.message)
        self.result = _result(rule, table, rows, detailed=detailed)


def check(rules: list[DuplicateRule], table: Table, values: dict[str, Any], id: str | None, header: str) -> None:
    """Raises Duplicates. ``header`` is the caller's ``Sforce-Duplicate-Rule-Header``."""
    asked = {name.lower(): said.lower() == "true" for name, said in re.findall(r"(\w+)\s*=\s*(\w+)", header)}
    for rule in rules:
        if rule.object.casefold() != table.schema.name.casefold() or rule.action == "report":
            continue
        rows = rule.matches(table, values, id)
        if rows and not (rule.action == "alert" and asked.get("allowsave")):
            raise Duplicates(rule, table, rows, detailed=asked.get("includerecorddetails", False))


def _result(rule: DuplicateRule, table: Table, rows: list[Row], *, detailed: bool) -> dict[str, Any]:
    object = table.schema.name
    return {
        "allowSave": rule.action == "alert",
        "duplicateRule": rule.name,
        "duplicateRuleEntityType": object,
        "errorMessage": rule.message,
        "matchResults": [
            {
                "entityType": object,
                "errors": [],
                "matchEngine": "ExactMatchEngine",
                "matchRecords": [_match(object, rule, row, detailed=detailed) for row in rows],
                "rule": f"{rule.name}_Match",
                "size": len(rows),
                "success": True,
            }
        ],
    }


def _match(object: str, rule: DuplicateRule, row: Row, *, detailed: bool) -> dict[str, Any]:
    record = {"attributes": {"type": object, "url": f"/services/data/v62.0/sobjects/{object}/{row.id}"}, "Id": row.id}
    if detailed:
        record |= {name: row.get(name) for name in rule.fields}
    return {"additionalInformation": [], "fieldDiffs": [], "matchConfidence": 100.0, "record": record}
