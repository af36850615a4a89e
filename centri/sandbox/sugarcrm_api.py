"""The REST API of the sandbox's SugarCRM: which call a path means, and bulk calls; served by any ASGI server."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import orjson
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, compile_path
from starlette.types import ASGIApp

from centri.sandbox import sugarcrm_calls as calls
from centri.sandbox.state import Refused
from centri.sandbox.sugarcrm_arguments import gather
from centri.sandbox.sugarcrm_call import Answer, Call
from centri.sandbox.sugarcrm_errors import STATUS, body, no_method, refused
from centri.sandbox.sugarcrm_login import check, logout, token
from centri.sandbox.sugarcrm_metadata import choices, metadata, user
from centri.sandbox.sugarcrm_org import SugarCRM, new_org
from centri.sandbox.sugarcrm_values import utc

__all__ = ["SugarCRM", "answer", "create_app", "new_org", "token_of"]

VERSION = re.compile(r"/rest/+(v[\d_]+)(?=/|$)")
SUPPORTED = re.compile(r"v10|v11(_\d+)?")
Action = Callable[[Call], Any]
METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]
OPEN = ("/oauth2/token", "/metadata/public")
"""Paths that need no session."""


class Sent(NamedTuple):
    """What came over the wire; names of headers in lower case."""

    method: str
    path: str
    query: str
    body: bytes
    headers: Mapping[str, str]


def create_app(org: SugarCRM) -> ASGIApp:
    """An ASGI app that answers for this SugarCRM."""

    async def call(request: Request) -> Response:
        path, query, given = request.scope["path"], request.scope["query_string"].decode(), await request.body()
        session = org.sessions.find(token_of(request.headers) or "")
        request.state.user = session.user if session else None
        org.calls += session is not None
        sent = Sent(request.method, path, query, given, dict(request.headers))
        status, content = await run_in_threadpool(answer, org, sent)
        return Response(orjson.dumps(content), status, media_type="application/json")

    return Starlette(routes=[Route("/{path:path}", call, methods=METHODS)])


def answer(org: SugarCRM, sent: Sent) -> Answer:
    """Status and body for one call, refusals included."""
    try:
        with org.lock:
            rest = _rest(sent.path)
            arguments = gather(sent.query, sent.body, sent.headers.get("content-type", ""))
            if rest not in OPEN:
                check(org, token_of(sent.headers))
            action, names = _route(sent.method, rest)
            content = action(Call(org, names, arguments, sent.headers))
            return content if isinstance(content, Answer) else Answer(200, content)
    except Refused as refusal:
        label = refusal.code if refusal.code in STATUS else "invalid_parameter"
        return Answer(refusal.status, body(label, refusal.message))


def token_of(headers: Mapping[str, str]) -> str | None:
    """The access token of a call, from either header that clients use."""
    scheme, _, bearer = headers.get("authorization", "").partition(" ")
    return headers.get("oauth-token") or (bearer if scheme.lower() == "bearer" else "") or None


def bulk(call: Call) -> list[dict[str, Any]]:
    """Several calls in one, in order; one that fails does not stop the rest."""
    return [_one_of_bulk(call, request) for request in call.arguments.get("requests") or []]


def _one_of_bulk(call: Call, request: Mapping[str, Any]) -> dict[str, Any]:
    url = urlsplit("/rest/" + str(request.get("url", "")).lstrip("/"))
    data = request.get("data")
    given = data.encode() if isinstance(data, str) else b"" if data is None else orjson.dumps(data)
    headers = {name: value for name, value in call.headers.items() if name in ("oauth-token", "authorization")}
    sent = Sent(str(request.get("method", "GET")).upper(), url.path, url.query, given, headers)
    status, content = answer(call.org, sent)
    return {"contents": content, "headers": {}, "status": status, "status_text": HTTPStatus(status).phrase}


def _rest(path: str) -> str:
    """The path behind the version; raises Refused."""
    version = VERSION.match(path)
    if version is None:
        raise no_method()
    if not SUPPORTED.fullmatch(version[1]):
        raise refused("incorrect_version", "The version of the API you are using is not correct.")
    return "/" + re.sub("/+", "/", path[version.end() :]).strip("/")


def _route(method: str, path: str) -> tuple[Action, dict[str, str]]:
    for methods, pattern, action in ROUTES:
        if method in methods and (found := pattern.fullmatch(path)):
            return action, found.groupdict()
    raise no_method()


def _routes(table: list[tuple[str, str, Action]]) -> list[tuple[set[str], re.Pattern[str], Action]]:
    return [(set(methods.split()), compile_path(path)[0], action) for methods, path, action in table]


ROUTES = _routes(
    [
        ("POST", "/oauth2/token", lambda call: token(call.org, call.arguments)),
        ("POST", "/oauth2/logout", lambda call: logout(call.org, token_of(call.headers) or "")),
        ("GET", "/ping", lambda call: "pong"),
        ("GET", "/ping/whattimeisit", lambda call: utc(call.org.clock.now())),
        ("GET", "/me", lambda call: {"current_user": user(call.org)}),
        ("GET", "/metadata", lambda call: metadata(call.org, call.arguments)),
        ("GET", "/metadata/_hash", lambda call: {"_hash": metadata(call.org, {})["_hash"]}),
        ("GET", "/metadata/public", lambda call: metadata(call.org, {"type_filter": "server_info"})),
        ("POST", "/bulk", bulk),
        ("PUT", "/integrate/{module}/{id}/{key_field}/{key}", calls.set_key),
        ("PUT", "/integrate/{module}/{id}", calls.set_key),
        ("GET", "/integrate/{module}/{key_field}/{key}", calls.read_by_key),
        ("PATCH", "/integrate/{module}/{key_field}/{key}", calls.upsert_record),
        ("DELETE", "/integrate/{module}/{key_field}/{key}", calls.delete_by_key),
        ("PATCH PUT", "/{module}/sync_key/{key}", calls.upsert_record),
        ("GET", "/{module}/enum/{field}", lambda call: choices(call.org, call.path["module"], call.path["field"])),
        ("GET POST", "/{module}/filter/count", calls.count_records),
        ("GET", "/{module}/count", calls.count_records),
        ("GET POST", "/{module}/filter", calls.list_records),
        ("POST", "/{module}/duplicateCheck", calls.check_duplicates),
        ("POST", "/Leads/{id}/convert", calls.convert_lead),
        ("GET", "/{module}/{id}/link/{link}/count", calls.count_related),
        ("GET", "/{module}/{id}/link/{link}/filter", calls.list_related),
        ("POST PUT", "/{module}/{id}/link/{link}/{remote}", calls.relate_one),
        ("DELETE", "/{module}/{id}/link/{link}/{remote}", calls.unrelate_one),
        ("GET", "/{module}/{id}/link/{link}", calls.list_related),
        ("POST", "/{module}/{id}/link/{link}", calls.create_related),
        ("POST", "/{module}/{id}/link", calls.relate_many),
        ("GET", "/{module}", calls.list_records),
        ("POST", "/{module}", calls.create_record),
        ("GET", "/{module}/{id}", calls.read_record),
        ("PUT", "/{module}/{id}", calls.update_record),
        ("DELETE", "/{module}/{id}", calls.delete_record),
    ]
)
