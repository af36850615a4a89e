"""What a bulk job does with each of its rows, in whichever version of the Bulk API they came."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from centri.sandbox.rows import Table
from centri.sandbox.salesforce_call import Call, row_id
from centri.sandbox.salesforce_collections import known_id, matching_id
from centri.sandbox.salesforce_csv import LONGEST_CELL
from centri.sandbox.salesforce_describe import SOAP_TYPES
from centri.sandbox.salesforce_rows import delete, insert, update
from centri.sandbox.salesforce_values import stored
from centri.sandbox.schema import Field
from centri.sandbox.state import Refused

NULL = "#N/A"
OPERATIONS = ("insert", "update", "upsert", "delete", "hardDelete")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a row; ``refused`` if it failed."""

    id: str = ""
    created: bool = False
    refused: Refused | None = None

    @property
    def error(self) -> str:
        """``CODE:message:Field --``, empty for a row that went well."""
        if self.refused is None:
            return ""
        fields = "".join(f"{name} " for name in [", ".join(self.refused.fields or [])] if name)
        return f"{self.refused.code}:{self.refused.message}:{fields}--"


@dataclass(frozen=True, slots=True)
class Load:
    """One kind of write to one object. ``key`` is what an upsert matches by; None: the Id."""

    table: Table
    operation: str
    key: Field | None = None

    def one(self, call: Call, values: dict[str, Any]) -> Outcome:
        """Do it with one row; a row that is refused leaves nothing behind."""
        try:
            with call.org.transaction():
                return self._done(call, {self._spelt(name): value for name, value in values.items()})
        except Refused as refused:
            return Outcome(refused=refused)

    def _done(self, call: Call, values: dict[str, Any]) -> Outcome:
        if self.operation == "insert":
            return Outcome(insert(call, self.table, values).id, created=True)
        if self.operation == "upsert":
            id = known_id(self.table, values) if self.key is None else matching_id(self.table, self.key, values)
            values.pop("Id", None)
            if id is None:
                return Outcome(insert(call, self.table, values).id, created=True)
            return Outcome(update(call, self.table, id, values).id)
        given = values.pop("Id", None)
        if not given:
            raise Refused(400, "MISSING_ARGUMENT", f"Id not specified in {self._article} call", [])
        id = row_id(self.table, given, status=400)
        if self.operation == "update":
            return Outcome(update(call, self.table, id, values).id)
        row = delete(call, self.table, id)
        if self.operation == "hardDelete":
            call.org.purge(self.table, row)
        return Outcome(id)

    @property
    def _article(self) -> str:
        return "an update" if self.operation == "update" else "a delete"

    def _spelt(self, name: str) -> str:
        field = self.table.schema.field(name)
        return field.name if field else name


class Columns:
    """The columns of a CSV file. Raises Refused InvalidBatch for one that the object lacks."""

    def __init__(self, call: Call, load: Load, header: list[str]) -> None:
        self._load = load
        self._header = header
        for name in header:
            self._check(call, name)

    def _check(self, call: Call, name: str) -> None:
        lookup, dot, key = name.partition(".")
        schema = self._load.table.schema
        fits = schema.field(name) is not None
        if dot:
            named = (lookup.partition(":")[0]).casefold()
            fields = [field for field in schema.fields.values() if (field.relationship or "").casefold() == named]
            parents = [call.org.tables[one] for field in fields for one in field.refers_to if one in call.org.tables]
            fits = any(parent.schema.field(key) for parent in parents)
        if not fits:
            raise Refused(400, "InvalidBatch", f"Field name not found : {name}")

    def values(self, row: list[str]) -> dict[str, Any]:
        """A row's values: an empty cell says nothing, ``#N/A`` is null. Raises Refused for one of the wrong type."""
        if len(row) > len(self._header):
            message = f"Number of columns in row ({len(row)}) does not match the header ({len(self._header)})"
            raise Refused(400, "INVALID_FIELD", message, [])
        values: dict[str, Any] = {}
        for at, text in enumerate(row):
            name = self._header[at]
            if text == "":
                continue
            lookup, dot, key = name.partition(".")
            if dot:
                values[lookup.partition(":")[0]] = {key: text}
            else:
                values[name] = None if text == NULL else self._typed(name, text, at)
        return values

    def _typed(self, name: str, text: str, at: int) -> str:
        field = self._load.table.schema.field(name)
        if len(text) > LONGEST_CELL and field and field.length < len(text):
            raise Refused(400, "STRING_TOO_LONG", f"{name}: data value too large (max length={field.length})", [name])
        try:
            if field:
                stored(field, text)
        except Refused as refused:
            if refused.code == "JSON_PARSER_ERROR" and field:
                kind = SOAP_TYPES.get(field.type, "xsd:string")
                message = f"Failed to deserialize field at col {at}. Due to, '{text}' is not a valid value for the type {kind}"
                raise Refused(400, "INVALID_FIELD", message, [field.name]) from None
        return text
