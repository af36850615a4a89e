"""Queries over REST, in pages with locators, and the org's limits."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from starlette.responses import Response

from centri.sandbox.rows import Row
from centri.sandbox.salesforce_call import Answer, Call, answered, route
from centri.sandbox.salesforce_org import SalesforceOrg
from centri.sandbox.salesforce_query import Found, run
from centri.sandbox.state import Refused

LARGEST, SMALLEST = 2000, 200
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

    def query(self, call: Call) -> Response:
        return self._ask(call, deleted=False)

    def query_all(self, call: Call) -> Response:
        return self._ask(call, deleted=True)

    def more(self, call: Call, locator: str) -> Response:
        """The next page; ``q`` beside a locator is passed over."""
        name, _, offset = locator.partition("-")
        cursor = self._cursors.get(name)
        if cursor is None or not offset.isdigit() or not call.session or cursor.token != call.session.token:
            raise Refused(400, "INVALID_QUERY_LOCATOR", "invalid query locator")
        return self._page(call, name, cursor, int(offset))

    def _ask(self, call: Call, *, deleted: bool) -> Response:
        if "q" not in call.query:
            raise Refused(400, "MALFORMED_QUERY", "A query string has to be specified")
        found = run(self._org, call.query["q"], call.version, deleted=deleted)
        if found.count:
            return answered({"totalSize": len(found.rows), "done": True, "records": []})
        assert call.session
        cursor = Cursor(found, call.session.token, _size(call))
        if len(found.rows) <= cursor.size:
            return self._page(call, "", cursor, 0)
        name = self._org.ids.next("01g")
        self._cursors[name] = cursor
        if len(self._cursors) > CURSORS:
            del self._cursors[next(iter(self._cursors))]
        return self._page(call, name, cursor, 0)

    def _page(self, call: Call, name: str, cursor: Cursor, offset: int) -> Response:
        found, end = cursor.found, offset + cursor.size
        page: dict[str, Any] = {"totalSize": len(found.rows), "done": end >= len(found.rows)}
        if not page["done"]:
            page["nextRecordsUrl"] = f"/services/data/{call.version}/query/{name}-{end}"
        page["records"] = [found.draw(self._now(found, row)) for row in found.rows[offset:end]]
        return answered(page)

    def _now(self, found: Found, row: Row) -> Row:
        """A cursor remembers which rows it found; each page shows them as they are by then."""
        return found.table.get(row.id) or row

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
    return min(LARGEST, max(SMALLEST, int(asked.group(1)))) if asked else LARGEST
