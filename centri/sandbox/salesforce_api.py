"""Salesforce's HTTP API over an org: finds the route, checks the session, counts the call, and words every refusal."""

from __future__ import annotations

import logging
import re
from functools import partial
from typing import Any
from urllib.parse import unquote_plus

from starlette.datastructures import Headers, QueryParams
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from centri.sandbox import (
    salesforce_collections,
    salesforce_describe,
    salesforce_login,
    salesforce_related,
    salesforce_rows,
    salesforce_settings,
    salesforce_sosl,
    salesforce_tree,
)
from centri.sandbox.salesforce_bulk1 import BatchJobs
from centri.sandbox.salesforce_bulk1_forms import error_of
from centri.sandbox.salesforce_bulk2 import Ingest
from centri.sandbox.salesforce_bulk2_query import BulkQueries
from centri.sandbox.salesforce_call import Answer, Call, Route, not_found, refusal
from centri.sandbox.salesforce_composite import Composites
from centri.sandbox.salesforce_limits import check_size, check_type
from centri.sandbox.salesforce_org import SalesforceOrg
from centri.sandbox.salesforce_pretty import laid_out
from centri.sandbox.salesforce_search import LIMITS, Searches
from centri.sandbox.salesforce_soap import Soap
from centri.sandbox.state import Refused

VERSION = re.compile(r"/services/(?:data/v|async/)(\d+)\.0(?:/|$)", re.IGNORECASE)
BULK = "/services/async/"
LOG = logging.getLogger(__name__)
UNFORESEEN = "An unexpected error occurred. Please include this ErrorId if you contact support: 0-0 (0)"
COMMON = {
    "Cache-Control": "no-cache,must-revalidate,max-age=0,no-store,private",
    "Expires": "Thu, 01 Jan 1970 00:00:00 GMT",
    "X-Content-Type-Options": "nosniff",
    "X-XSS-Protection": "1; mode=block",
    "Set-Cookie": "BrowserId=sandbox; path=/; SameSite=None",
}
"""Headers of every answer."""


class SalesforceAPI:
    """An ASGI app. Every call runs under the org's lock, one after the other, as its rows demand."""

    def __init__(self, org: SalesforceOrg) -> None:
        self._org = org
        searches = Searches(org)
        self._open = [*salesforce_login.OPEN, *salesforce_describe.OPEN, *Soap(org, searches).routes()]
        self._closed = [
            *searches.routes(), *LIMITS, *salesforce_sosl.CLOSED, *salesforce_login.CLOSED, *Composites(self.answer).routes(),
            *salesforce_tree.CLOSED,
            *salesforce_collections.CLOSED, *salesforce_describe.CLOSED, *salesforce_related.CLOSED, *salesforce_rows.CLOSED,
            *Ingest(org).routes(), *BulkQueries(org).routes(), *BatchJobs(org).routes(),
        ]  # fmt: skip
        salesforce_login.allow_refresh(org)
        org.settings = partial(salesforce_settings.configure, org)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = (await receive()).get("body", b"")
        path = scope["raw_path"].decode("ascii").rstrip("/") or "/"  # not decoded: an external id may hold a slash
        headers, query = Headers(scope=scope), QueryParams(scope["query_string"])
        method = query.get("_HttpMethod", scope["method"]) if scope["method"] == "POST" else scope["method"]
        call = Call(
            self._org, method, path, query, headers, body, length=len(path) + len(scope["query_string"]), state=scope["state"]
        )
        self._org.empty_bin()
        response = laid_out(call, self.answer(call))
        for name, value in COMMON.items():
            response.headers.setdefault(name, value)
        await response(scope, receive, send)

    def answer(self, call: Call) -> Response:
        """The answer to a call, whatever becomes of it."""
        with self._org.lock:
            try:
                return self._routed(call)
            except Refused as refused:
                worded = error_of(call, refused) if call.path.startswith(BULK) else refusal(refused)
                return self._counted(worded, call)
            except Exception:  # a request that nobody foresaw is answered, as by the real service
                LOG.exception("%s %s", call.method, call.path)
                return refusal(Refused(500, "UNKNOWN_EXCEPTION", UNFORESEEN))

    def _routed(self, call: Call) -> Response:
        found = self._find(self._open, call)
        if found:
            return found[0](call, **found[1])
        check_size(call)
        self._check_version(call)
        if call.session is None:  # a call within a composite is logged in, and counts as one with it
            self._log_in(call)
            self._count(call)
        found = self._find(self._closed, call)
        if found is None:
            raise self._missing(call)
        check_type(call)
        found[1].pop("version", None)
        return self._counted(found[0](call, **found[1]), call)

    def _find(self, routes: list[Route], call: Call) -> tuple[Answer, dict[str, Any]] | None:
        for method, pattern, answer in routes:
            if method == call.method and (match := pattern.fullmatch(call.path)):
                return answer, {name: unquote_plus(part) for name, part in match.groupdict().items()}
        return None

    def _missing(self, call: Call) -> Refused:
        allowed = sorted({method for method, pattern, _ in self._closed if pattern.fullmatch(call.path)})
        if not allowed:
            return not_found()
        message = f"HTTP Method '{call.method}' not allowed. Allowed are {','.join(allowed)}"
        return Refused(405, "METHOD_NOT_ALLOWED", message)

    def _check_version(self, call: Call) -> None:
        match = VERSION.match(call.path)
        if match is None:
            return
        number = int(match.group(1))
        call.version = f"v{number}.0"
        if number <= 30:
            raise Refused(410, "UNSUPPORTED_API_VERSION", "The requested API version is retired or no longer supported.")
        if number > salesforce_describe.LAST:
            raise not_found()

    def _log_in(self, call: Call) -> None:
        text = call.headers.get("authorization", "")
        if call.path.startswith(BULK) and "x-sfdc-session" in call.headers:
            text = f"Bearer {call.headers['x-sfdc-session']}"
        kind, _, token = text.partition(" ")
        session = self._org.sessions.find(token or call.query.get("oauth_token", "")) if kind in ("Bearer", "OAuth", "") else None
        if session is None:
            raise Refused(401, "INVALID_SESSION_ID", "Session expired or invalid")
        call.session = session
        call.state["user"] = self._org.credentials.username

    def _count(self, call: Call) -> None:
        if self._org.calls >= self._org.daily_calls:
            raise Refused(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.")
        self._org.calls += 1

    def _counted(self, response: Response, call: Call) -> Response:
        """With the header that tells how much of the day's allowance is used; errors without a session lack it."""
        if call.session:
            response.headers["Sforce-Limit-Info"] = f"api-usage={self._org.calls}/{self._org.daily_calls}"
        return response


def create_app(org: SalesforceOrg) -> ASGIApp:
    """The API of an org, for :mod:`centri.sandbox.server` to serve."""
    return SalesforceAPI(org)
