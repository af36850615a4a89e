"""Queries over REST, in pages with locators, and the org's limits."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from starlette.responses import Response

from centri.sandbox.circumstances import page_size
from centri.sandbox.salesforce_call import Answer, Call, answered, route
from centri.sandbox.salesforce_metadata import metadata
from centri.sandbox.salesforce_org import SalesforceOrg
from centri.sandbox.salesforce_query import Found, run
from centri.sandbox.soql import Children
from centri.sandbox.state import Refused

LARGEST, SMALLEST = 2000, 200
BELOW = 2000
"""How many lists of children are kept open; they hold the rows of one parent each."""
CURSORS = 20
"""How many open queries are kept; Salesforce keeps any number for two days, but need not hold a million rows here."""


@dataclass(slots=True)
class Cursor:
    """An open query: what it found, for the session that asked, in pages of ``size``."""

    found: Found
    token: str
    size: int


class Searches:
    """The open queries of an org."""

    def __init__(self, org: SalesforceOrg) -> None:
        self._org = org
        self._cursors: dict[str, Cursor] = {}
        self._below: dict[str, Cursor] = {}

    def query(self, call: Call) -> Response:
        return self._ask(call, deleted=False)

    def query_all(self, call: Call) -> Response:
        return self._ask(call, deleted=True)

    def more(self, call: Call, locator: str) -> Response:
        """The next page; ``q`` beside a locator is passed over."""
        name, _, offset = locator.partition("-")
        if not offset.isdigit():
            raise Refused(400, "INVALID_QUERY_LOCATOR", "invalid query locator")
        return self._page(call, name, int(offset))

    def _ask(self, call: Call, *, deleted: bool) -> Response:
        if "q" not in call.query:
            raise Refused(400, "MALFORMED_QUERY", "A query string has to be specified")
        found = run(self._org, call.query["q"], call.version, deleted=deleted)
        if call.query.get("columns", "").lower() == "true":
            return answered(metadata(found))
        if found.count:
            return answered({"totalSize": len(found.rows), "done": True, "records": []})
        return self._page(call, self.open(call, found, _size(call)), 0)

    def open(self, call: Call, found: Found, size: int) -> str:
        """Remember what was found for the caller's session; returns the locator without an offset."""
        assert call.session
        name = self._org.ids.next("01g")
        if len(self._cursors) >= CURSORS and len(found.rows) > size:
            del self._cursors[next(iter(self._cursors))]
        self._cursors[name] = Cursor(found, call.session.token, size)
        return name

    def part(self, call: Call, name: str, offset: int) -> tuple[Found, list[Any], int | None]:
        """What was found, the rows of a page, and where the next page begins, if any. Raises Refused."""
        cursor = self._cursors.get(name) or self._below.get(name)
        if cursor is None or not call.session or cursor.token != call.session.token:
            raise Refused(400, "INVALID_QUERY_LOCATOR", "invalid query locator")
        end = offset + cursor.size
        more = end < len(cursor.found.rows)
        if not more and offset == 0 and name in self._cursors:
            del self._cursors[name]  # a whole answer needs no cursor
        return cursor.found, cursor.found.rows[offset:end], end if more else None

    def _page(self, call: Call, name: str, offset: int) -> Response:
        found, rows, after = self.part(call, name, offset)
        page: dict[str, Any] = {"totalSize": len(found.rows), "done": after is None}
        if after is not None:
            page["nextRecordsUrl"] = f"/services/data/{call.version}/query/{name}-{after}"
        page["records"] = [found.draw(row) for row in rows]
        if any(isinstance(column, Children) for column in found.query.columns):
            for drawn in page["records"]:
                self._shorten(call, found, drawn)
        return answered(page)

    def _shorten(self, call: Call, found: Found, drawn: dict[str, Any]) -> None:
        """Leave the first page of a row's children, and a locator for the others."""
        assert call.session
        size = _size(call)
        for key, below in drawn.items():
            if not isinstance(below, dict) or len(below.get("records", ())) <= size:
                continue
            name, rows = self._org.ids.next("01g"), below["records"]
            if len(self._below) >= BELOW:
                del self._below[next(iter(self._below))]
            self._below[name] = Cursor(Found(found.query, found.table, rows, dict, False, ()), call.session.token, size)
            after = f"/services/data/{call.version}/query/{name}-{size}"
            drawn[key] = {"totalSize": len(rows), "done": False, "nextRecordsUrl": after, "records": rows[:size]}

    def routes(self) -> list[tuple[str, Any, Answer]]:
        base = "/services/data/{version}"
        return [
            route("GET", base + "/query", self.query),
            route("GET", base + "/queryAll", self.query_all),
            route("GET", base + "/query(?:All)?/{locator}", self.more),
        ]


def limits(call: Call) -> Response:
    """``GET /limits``."""
    most = {"DailyApiRequests": call.org.daily_calls, "DailyBulkApiBatches": 15000, "DailyBulkV2QueryJobs": 10000}
    most |= {"DailyBulkV2QueryFileStorageMB": 976562, "DataStorageMB": 10240, "FileStorageMB": 10240}
    used = {"DailyApiRequests": call.org.calls}
    return answered({name: {"Max": value, "Remaining": max(0, value - used.get(name, 0))} for name, value in most.items()})


def record_count(call: Call) -> Response:
    """``GET /limits/recordCount?sObjects=A,B``."""
    names = [name for name in call.query.get("sObjects", "").split(",") if name] or list(call.org.tables)
    counts = [{"count": call.org.count(call.table(name).schema.name), "name": call.table(name).schema.name} for name in names]
    return answered({"sObjects": counts})


LIMITS: list[tuple[str, Any, Answer]] = [
    route("GET", "/services/data/{version}/limits", limits),
    route("GET", "/services/data/{version}/limits/recordCount", record_count),
]


def _size(call: Call) -> int:
    asked = re.search(r"batchSize\s*=\s*(\d+)", call.headers.get("sforce-query-options", ""))
    return page_size(min(LARGEST, max(SMALLEST, int(asked.group(1)))) if asked else LARGEST)
