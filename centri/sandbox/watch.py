"""Stands in front of a CRM's API: lets armed faults strike, and writes every call with its answer into the log."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote_plus

import orjson
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from centri.sandbox.circumstances import Circumstances, under
from centri.sandbox.faults import Fault
from centri.sandbox.state import Org
from centri.sandbox.wire import Answer, deliver, reset, unpacked

KEPT = 4000
"""How much of a body the log keeps, in bytes."""
NOTHING_DONE = ("status", "daily_limit", "reset")
LOST_AFTERWARDS = ("status", "after")


class Watched:
    """An ASGI app around a CRM's. The inner app may name the caller by ``scope["state"]["user"]``."""

    def __init__(self, org: Org, app: ASGIApp) -> None:
        self._org = org
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        call = _Call(scope, await _read(receive, Headers(scope=scope)))
        with self._org.lock:
            fault = self._org.faults.strike(scope["method"], call.path)
        kind = fault.kind if fault else ""
        if fault and kind == "hang" and not fault.after and not await fault.gate.wait(fault.seconds, receive):
            return self._note(call, None, fault)
        answer = await self._answer(call, fault)
        if fault and kind == "hang" and fault.after and not await fault.gate.wait(fault.seconds, receive):
            return self._note(call, None, fault)
        self._note(call, answer, fault)
        if answer is None:
            return await reset(scope, receive)
        answer.packed(call.headers.get("accept-encoding", ""))
        return await deliver(answer, scope, receive, send, fault)

    async def _answer(self, call: _Call, fault: Fault | None) -> Answer | None:
        """What the caller is to hear; None: nothing, the connection is reset."""
        self._org.show_late()
        if fault and fault.kind == "expired_token":
            self._org.sessions.expire(_token(call.headers))
        if fault and fault.kind in NOTHING_DONE and not fault.after:
            return None if fault.kind == "reset" else await self._struck(call, fault)
        answer = await self._worked(call, fault)
        if fault and fault.kind == "duplicate":
            await self._worked(call, None)
        if fault and fault.after and fault.kind == "reset":
            return None
        return await self._struck(call, fault) if fault and fault.after and fault.kind in LOST_AFTERWARDS else answer

    async def _worked(self, call: _Call, fault: Fault | None) -> Answer:
        """The CRM's own answer, under the circumstances that the fault makes."""
        answer = Answer()
        with under(fault.circumstances() if fault else Circumstances()) as circumstances:
            await self._app(call.scope, call.receive, answer.collect)
            answer.dated(self._org.clock.now())
        if fault and circumstances.writes:
            self._org.hide(circumstances.writes, 60 if fault.seconds is None else int(fault.seconds))
        return answer

    async def _struck(self, call: _Call, fault: Fault) -> Answer:
        """The answer that the fault gives in place of the CRM's."""
        status = self._org.limit_status if fault.kind == "daily_limit" else fault.status
        body = self._org.fault_body(status) if fault.body is None else fault.body
        content = body.encode() if isinstance(body, str) else b"" if body is None else orjson.dumps(body)
        response = Response(content, status, media_type="text/html" if isinstance(body, str) else "application/json")
        response.headers.update(fault.headers)
        answer = Answer()
        await response(call.scope, call.receive, answer.collect)
        answer.dated(self._org.clock.now())
        return answer

    def _note(self, call: _Call, answer: Answer | None, fault: Fault | None) -> None:
        entry: dict[str, Any] = {
            "time": self._org.clock.now(),
            "method": call.scope["method"],
            "path": call.path,
            "status": answer.status if answer else None,
            "user": call.scope["state"].get("user"),
            "body": call.body[:KEPT].decode(errors="replace"),
            "answer": answer.body[:KEPT].decode(errors="replace") if answer else "",
        }
        self._org.log.append(entry | ({"fault": fault.kind} if fault else {}))


@dataclass(slots=True)
class _Call:
    """One call on its way through, its body read whole; the CRM may read it as often as it likes."""

    scope: Scope
    body: bytes
    path: str = field(init=False)

    def __post_init__(self) -> None:
        query = self.scope["query_string"]
        self.path = self.scope["path"] + (f"?{unquote_plus(query.decode())}" if query else "")
        self.scope.setdefault("state", {})["scheme"] = self.scope.get("scheme", "http")

    @property
    def headers(self) -> Headers:
        return Headers(scope=self.scope)

    async def receive(self) -> Message:
        return {"type": "http.request", "body": self.body, "more_body": False}


async def _read(receive: Receive, headers: Headers) -> bytes:
    parts = []
    while True:
        message = await receive()
        parts.append(message.get("body", b""))
        if not message.get("more_body"):
            break
    body = b"".join(parts)
    try:
        return unpacked(body, headers)
    except ValueError:
        return body  # the CRM says what it thinks of it


def _token(headers: Headers) -> str | None:
    """The caller's token, wherever it carries it."""
    text = headers.get("authorization") or headers.get("oauth-token") or headers.get("x-sfdc-session")
    return text.removeprefix("Bearer ") if text else None
