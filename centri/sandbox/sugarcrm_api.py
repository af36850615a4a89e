"""The REST API of the sandbox's SugarCRM: which call a path means, and bulk calls; served by any ASGI server."""

from __future__ import annotations

import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, NamedTuple
from urllib.parse import quote, urlsplit

import orjson
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from centri.sandbox.state import Refused
from centri.sandbox.sugarcrm_arguments import gather
from centri.sandbox.sugarcrm_call import Answer, Call
from centri.sandbox.sugarcrm_errors import STATUS, body, no_method, refused
from centri.sandbox.sugarcrm_login import caller, token_of
from centri.sandbox.sugarcrm_metadata import check_hash
from centri.sandbox.sugarcrm_org import SugarCRM, new_org
from centri.sandbox.sugarcrm_routes import route

__all__ = ["SugarCRM", "answer", "create_app", "new_org", "token_of"]

VERSION = re.compile(r"/rest/+(v[\d_]+)(?=/|$)")
SUPPORTED = re.compile(r"v10|v11(_\d+)?")
FILE = re.compile(r"/file/\w+$")
"""Paths whose body is a file and holds no arguments."""

METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]
OPEN = ("/oauth2/token", "/metadata/public", "/help")
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
        return _response(await run_in_threadpool(answer, org, sent))

    return Starlette(routes=[Route("/{path:path}", call, methods=METHODS)])


def answer(org: SugarCRM, sent: Sent) -> Answer:
    """Status and body for one call, refusals included."""
    try:
        with org.lock:
            rest = _rest(sent.path)
            arguments = gather(sent.query, b"" if FILE.search(rest) else sent.body, sent.headers.get("content-type", ""))
            user = "" if rest in OPEN else caller(org, sent.headers, arguments)
            if not rest.startswith("/metadata"):
                check_hash(org, sent.headers.get("x-metadata-hash"))
            action, names = (bulk, {}) if (sent.method, rest) == ("POST", "/bulk") else route(sent.method, rest)
            content = action(Call(org, names, arguments, sent.headers, user, sent.body))
            return content if isinstance(content, Answer) else Answer(200, content)
    except Refused as refusal:
        label = refusal.code if refusal.code in STATUS else "invalid_parameter"
        return Answer(refusal.status, body(label, refusal.message))


def _response(given: Answer) -> Response:
    if not isinstance(given.body, bytes):
        return Response(orjson.dumps(given.body), given.status, media_type=given.type)
    saved = {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(given.name)}"} if given.name else {}
    return Response(given.body, given.status, saved, media_type=given.type)


def bulk(call: Call) -> list[dict[str, Any]]:
    """Several calls in one, in order; one that fails does not stop the rest."""
    return [_one_of_bulk(call, request) for request in call.arguments.get("requests") or []]


def _one_of_bulk(call: Call, request: Mapping[str, Any]) -> dict[str, Any]:
    url = urlsplit("/rest/" + str(request.get("url", "")).lstrip("/"))
    data = request.get("data")
    given = data.encode() if isinstance(data, str) else b"" if data is None else orjson.dumps(data)
    headers = {name: value for name, value in call.headers.items() if name in ("oauth-token", "authorization")}
    sent = Sent(str(request.get("method", "GET")).upper(), url.path, url.query, given, headers)
    status, content, *_ = answer(call.org, sent)
    content = content.decode(errors="replace") if isinstance(content, bytes) else content
    return {"contents": content, "headers": {}, "status": status, "status_text": HTTPStatus(status).phrase}


def _rest(path: str) -> str:
    """The path behind the version; raises Refused."""
    version = VERSION.match(path)
    if version is None:
        raise no_method()
    if not SUPPORTED.fullmatch(version[1]):
        raise refused("incorrect_version", "The version of the API you are using is not correct.")
    return "/" + re.sub("/+", "/", path[version.end() :]).strip("/")
