"""One call of Salesforce's API on its way: what was asked, and the answers in Salesforce's form."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import orjson
from starlette.datastructures import Headers, QueryParams
from starlette.responses import Response

from centri.sandbox.rows import Table
from centri.sandbox.salesforce_duplicates import Duplicates
from centri.sandbox.salesforce_ids import long_id
from centri.sandbox.salesforce_org import SalesforceOrg
from centri.sandbox.sessions import Session
from centri.sandbox.state import Refused

JSON = "application/json;charset=UTF-8"
LOGIN_HOSTS = ("login.salesforce.com", "test.salesforce.com")
MY_DOMAIN = "acme.my.salesforce.com"
"""Where an org is that somebody logged in to over the hosts that all orgs share."""


@dataclass(slots=True)
class Call:
    """A request to the org. ``version`` is the path's own, such as ``v62.0``; ``session`` is set once it is checked.

    ``length`` is of path and query in bytes.
    """

    org: SalesforceOrg
    method: str
    path: str
    query: QueryParams
    headers: Headers
    body: bytes
    length: int = 0
    version: str = ""
    session: Session | None = None
    state: dict[str, Any] = field(default_factory=dict)

    @property
    def user(self) -> str:
        """The id of the user who is logged in."""
        assert self.session
        return self.session.user

    @property
    def instance_url(self) -> str:
        host = self.headers.get("host", "localhost")
        if host in LOGIN_HOSTS:
            host = MY_DOMAIN
        return self.org.instance_url or f"{self.state.get('scheme', 'http')}://{host}"

    def json(self) -> Any:
        """The body. Raises Refused JSON_PARSER_ERROR."""
        try:
            return orjson.loads(self.body)
        except orjson.JSONDecodeError as error:
            message = f"{error.msg} at [line:{error.lineno}, column:{error.colno}]"
            raise Refused(400, "JSON_PARSER_ERROR", message) from None

    def fields(self) -> dict[str, Any]:
        """The body as one record. Raises Refused."""
        body = self.json()
        if not isinstance(body, dict):
            raise Refused(400, "JSON_PARSER_ERROR", "The HTTP entity body is required to be an object at [line:1, column:1]")
        return body

    def table(self, name: str) -> Table:
        """The table of an object named in the path. Raises Refused NOT_FOUND."""
        try:
            return self.org.table(name)
        except KeyError:
            raise not_found() from None

    def url(self, table: Table, id: str) -> str:
        """Where a row lives."""
        return f"/services/data/{self.version}/sobjects/{table.schema.name}/{id}"


Answer = Callable[..., Response]
Route = tuple[str, re.Pattern[str], Answer]


def route(method: str, path: str, answer: Answer) -> Route:
    """A route; ``{name}`` in the path takes one segment, and is given to ``answer`` by that name. Case does not matter."""
    return method, re.compile(re.sub(r"{(\w+)}", r"(?P<\1>[^/]+)", path), re.IGNORECASE), answer


def answered(value: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """A JSON answer."""
    return Response(orjson.dumps(value), status, headers, media_type=JSON)


def no_content() -> Response:
    return Response(status_code=204)


def refusal(refused: Refused) -> Response:
    """An error as REST words it: an array of one."""
    error: dict[str, Any] = {"message": refused.message, "errorCode": refused.code}
    if refused.fields is not None:
        error["fields"] = refused.fields
    if isinstance(refused, Duplicates):
        error = {"duplicateResut": refused.result, **error}
    return answered([error], refused.status)


def not_found(message: str = "The requested resource does not exist") -> Refused:
    return Refused(404, "NOT_FOUND", message)


def row_id(table: Table, text: str, *, status: int = 404, writing: bool = False) -> str:
    """The id of a live row. Raises Refused with Salesforce's distinctions: malformed, unknown, deleted.

    An unknown one is a wrong reference to whoever would write it, and not found by who reads.
    """
    whole = long_id(text)
    if whole is None or whole[:3] != table.schema.prefix:
        if whole is None and status == 404:
            raise not_found()
        message = f"{table.schema.label} ID: id value of incorrect type: {text}"
        raise Refused(400, "MALFORMED_ID", message, ["Id"])
    row = table.get(whole)
    if row is None:
        if status == 404 and not writing:
            raise not_found()
        raise Refused(status, "INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", [])
    if row.deleted:
        raise Refused(404, "ENTITY_IS_DELETED", "entity is deleted", [])
    return whole
