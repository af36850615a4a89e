"""SOSL: text searched in many objects at once, by a plain look through their rows."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from starlette.responses import Response

from centri.sandbox import soql
from centri.sandbox.rows import Row, Table
from centri.sandbox.salesforce_call import Answer, Call, answered, route
from centri.sandbox.salesforce_columns import reader
from centri.sandbox.salesforce_query import run
from centri.sandbox.state import Refused

SHAPE = re.compile(
    r"\s*FIND\s*{(?P<text>(?:[^}\\]|\\.)+)}(?:\s*IN\s+(?P<where>ALL|NAME|EMAIL|PHONE)\s+FIELDS)?"
    r"(?:\s*RETURNING\s+(?P<returning>.+?))?(?:\s+LIMIT\s+(?P<limit>\d+))?\s*",
    re.IGNORECASE | re.DOTALL,
)
RETURNED = re.compile(r"(\w+)\s*(?:\(((?:[^()]|\([^()]*\))*)\))?\s*(?:,|$)")
KINDS = {
    "ALL": ("string", "email", "phone", "url", "picklist", "textarea", "combobox"),
    "NAME": ("string",),
    "EMAIL": ("email",),
    "PHONE": ("phone",),
}
MOST = 2000


def search(call: Call) -> Response:
    """``GET /search?q=FIND {..} ..``."""
    text = call.query.get("q", "")
    match = SHAPE.fullmatch(text)
    if match is None:
        raise soql.malformed(text or " ", 1, 1, "unexpected token: 'FIND' clause missing or not understood")
    where = (match["where"] or "ALL").upper()
    words = [_pattern(word) for word in re.sub(r"\\(.)", r"\1", match["text"]).split()]
    records: list[dict[str, Any]] = []
    for object, asked in RETURNED.findall(match["returning"] or ", ".join(_searchable(call))):
        found = run(call.org, _query(object, asked), call.version)
        passes = _test(found.table, where, words)
        limit = found.query.limit or MOST
        records += [found.draw(row) for row in found.rows if passes(row)][:limit]
    return answered({"searchRecords": records[: int(match["limit"] or MOST)]})


def _searchable(call: Call) -> list[str]:
    return [name for name, table in call.org.tables.items() if table.schema.field("Name") and name != "Organization"]


def _query(object: str, asked: str) -> str:
    """The object's part of a search as a query of its own."""
    columns, *rest = re.split(r"\b(?=WHERE\b|ORDER\b|LIMIT\b|OFFSET\b)", asked, maxsplit=1, flags=re.IGNORECASE)
    return f"SELECT {columns.strip() or 'Id'} FROM {object} {''.join(rest)}"  # noqa: S608 - a query of the sandbox's own tables


def _test(table: Table, where: str, words: list[re.Pattern[str]]) -> Callable[[Row], bool]:
    fields = [field for field in table.schema.fields.values() if field.type in KINDS[where]]
    if where == "NAME":
        fields = [field for field in fields if field.name in ("Name", "FirstName", "LastName", "Title", "Subject")]
    reads = [reader(table.schema, field) for field in fields]

    def passes(row: Row) -> bool:
        held = " ".join(str(value) for read in reads if (value := read(row)))
        return all(word.search(held) for word in words)

    return passes


def _pattern(word: str) -> re.Pattern[str]:
    """A word as SOSL finds it: whole, in any case, ``*`` for any letters and ``?`` for one."""
    text = "".join({"*": r"\w*", "?": r"\w"}.get(letter, re.escape(letter)) for letter in word.strip('"'))
    if not text:
        raise Refused(400, "MALFORMED_SEARCH", "search term must be longer than one character")
    return re.compile(rf"(?<!\w){text}(?!\w)", re.IGNORECASE)


CLOSED: list[tuple[str, Any, Answer]] = [route("GET", "/services/data/{version}/search", search)]
