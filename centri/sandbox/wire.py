"""How an answer leaves: whole, packed with gzip, cut short, drop by drop, or not at all because the connection is reset."""

from __future__ import annotations

import asyncio
import gzip
import socket
import struct
import zlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from email.utils import formatdate
from functools import partial
from typing import Any

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from centri.sandbox.faults import Fault

TRANSPORT = "centri.sandbox.transport"
RESET_ON_CLOSE = struct.pack("ii", 1, 0)
"""SO_LINGER with no time to linger: closing throws away what is unsent and sends RST (socket(7), tcp(7))."""
SMALLEST_PACKED = 500
"""Bytes below which packing an answer is not worth it."""
DROP, PAUSE = 64, 0.05


@dataclass(slots=True)
class Answer:
    """A whole answer; as an ASGI ``send`` it collects one from an app."""

    status: int = 0
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    body: bytes = b""

    async def collect(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status, self.headers = message["status"], list(message["headers"])
        else:
            self.body += message.get("body", b"")

    def head(self, name: bytes, value: str) -> None:
        """Set a header in the place of one that is there."""
        self.headers = [(key, old) for key, old in self.headers if key != name] + [(name, value.encode())]

    def dated(self, now: int) -> None:
        """Say when it was given, in seconds since 1970 UTC by the CRM's clock."""
        self.head(b"date", formatdate(now, usegmt=True))

    def packed(self, accepted: str) -> None:
        """Pack the body where the caller takes that."""
        names = {key for key, _ in self.headers}
        if "gzip" in accepted and len(self.body) >= SMALLEST_PACKED and b"content-encoding" not in names:
            self.body = gzip.compress(self.body, compresslevel=1, mtime=0)
            self.head(b"content-encoding", "gzip")
            self.head(b"vary", "Accept-Encoding")
            self.head(b"content-length", str(len(self.body)))


class Protocol(HttpToolsProtocol):
    """uvicorn's, which tells the app the transport of its connection: ASGI alone gives no way to break it off."""

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self.app: ASGIApp = partial(_told, self.app, transport)


async def _told(app: Any, transport: asyncio.Transport, scope: Scope, receive: Receive, send: Send) -> None:
    scope.setdefault("extensions", {})[TRANSPORT] = {"transport": transport}
    await app(scope, receive, send)


def unpacked(body: bytes, headers: Headers) -> bytes:
    """A request's body without its packing. Raises ValueError for one that is not packed as it says."""
    if headers.get("content-encoding", "").lower() not in ("gzip", "x-gzip", "deflate"):
        return body
    try:
        return zlib.decompress(body, wbits=zlib.MAX_WBITS | 32)
    except zlib.error as error:
        raise ValueError(str(error)) from error


async def deliver(answer: Answer, scope: Scope, receive: Receive, send: Send, fault: Fault | None = None) -> None:
    """Send an answer as the fault wants it sent."""
    if fault and fault.kind == "truncate":
        kept = len(answer.body) // 2 if fault.bytes is None else fault.bytes
        await _parts(answer, [answer.body[:kept]], send)
        _transport(scope).close()
        await _gone(receive)
        return
    if fault and fault.kind == "drip":
        await _dripping(answer, fault, receive, send)
    else:
        await _parts(answer, [answer.body], send)
    await send({"type": "http.response.body", "body": b"", "more_body": False})


async def reset(scope: Scope, receive: Receive) -> None:
    """Break the connection off with RST, with no answer."""
    transport = _transport(scope)
    raw: socket.socket = transport.get_extra_info("socket")
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
    transport.abort()
    await _gone(receive)


async def _parts(answer: Answer, parts: Iterable[bytes], send: Send) -> None:
    await send({"type": "http.response.start", "status": answer.status, "headers": answer.headers})
    for part in parts:
        await send({"type": "http.response.body", "body": part, "more_body": True})


async def _dripping(answer: Answer, fault: Fault, receive: Receive, send: Send) -> None:
    """The rest goes at once when the fault is cleared, and nowhere when the caller has gone."""
    size = fault.bytes or DROP
    await _parts(answer, [], send)
    for at in range(0, len(answer.body), size):
        await send({"type": "http.response.body", "body": answer.body[at : at + size], "more_body": True})
        if not await fault.gate.wait(PAUSE if fault.seconds is None else fault.seconds, receive):
            return


def _transport(scope: Scope) -> asyncio.Transport:
    transport: asyncio.Transport = scope["extensions"][TRANSPORT]["transport"]
    return transport


async def _gone(receive: Receive) -> None:
    """Until the server has taken notice that the connection is no more; it would call the missing rest a mistake."""
    while (await receive())["type"] != "http.disconnect":
        pass
