"""Stands in front of a CRM's API: lets armed faults strike, and writes every call with its answer into the log."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote_plus

import orjson
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from centri.sandbox.faults import Fault
from centri.sandbox.state import Org

KEPT = 4000
"""How much of a body the log keeps, in bytes."""


class Watched:
    """An ASGI app around a CRM's. The inner app may name the caller by ``scope["state"]["user"]``."""

    def __init__(self, org: Org, app: ASGIApp) -> None:
        self._org = org
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = await _read(receive)
        path = scope["path"] + (f"?{unquote_plus(scope['query_string'].decode())}" if scope["query_string"] else "")
        call = _Call(self._org, scope, path, body, send)
        fault = self._org.faults.strike(scope["method"], path)
        if fault and fault.kind == "expired_token":
            self._org.sessions.expire(_token(Headers(scope=scope)))
        if fault is None or fault.kind != "status":
            quiet = fault is not None and fault.kind == "after"
            await self._app(scope, call.receive, call.swallow if quiet else call.send)
        if fault and fault.kind != "expired_token":
            await _struck(self._org, fault)(scope, call.receive, call.send)
        call.note()


class _Call:
    """One call on its way through: its body read whole, its answer overheard."""

    def __init__(self, org: Org, scope: Scope, path: str, body: bytes, send: Send) -> None:
        scope.setdefault("state", {})
        self._org, self._scope, self._path, self._body, self._send = org, scope, path, body, send
        self._status = 0
        self._answer = b""

    async def receive(self) -> Message:
        return {"type": "http.request", "body": self._body, "more_body": False}

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._status = message["status"]
        elif len(self._answer) < KEPT:
            self._answer += message.get("body", b"")[:KEPT]
        await self._send(message)

    async def swallow(self, message: Message) -> None:
        """The answer that gets lost."""

    def note(self) -> None:
        entry: dict[str, Any] = {
            "time": self._org.clock.now(),
            "method": self._scope["method"],
            "path": self._path,
            "status": self._status,
            "user": self._scope["state"].get("user"),
            "body": self._body[:KEPT].decode(errors="replace"),
            "answer": self._answer[:KEPT].decode(errors="replace"),
        }
        self._org.log.append(entry)


async def _read(receive: Receive) -> bytes:
    parts = []
    while True:
        message = await receive()
        parts.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(parts)


def _token(headers: Headers) -> str | None:
    """The caller's token, wherever it carries it."""
    text = headers.get("authorization") or headers.get("oauth-token") or headers.get("x-sfdc-session")
    return text.removeprefix("Bearer ") if text else None


def _struck(org: Org, fault: Fault) -> Response:
    body = org.fault_body(fault.status) if fault.body is None else fault.body
    content = body.encode() if isinstance(body, str) else b"" if body is None else orjson.dumps(body)
    response = Response(content, fault.status, media_type="text/html" if isinstance(body, str) else "application/json")
    response.headers.update(fault.headers)
    return response
