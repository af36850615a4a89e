"""``POST /hooks/CONNECTION``: a CRM says that something changed. That is a hint to look, and nothing in it is believed."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from centri.engine.project import Project
from centri.errors import RetryLater
from centri.store import connections, hints
from centri.store.database import read, write

LARGEST = 1 << 20
"""Bytes of a body. What it says is not read; it only has to be here for its signature to be checked."""

AT_ONCE = 32
"""Hints that are entered at a time; more are answered 503, since the store has other work too."""

SIGNATURE, TOKEN = "x-centri-signature", "token"

ACKNOWLEDGED = (
    '<?xml version="1.0" encoding="UTF-8"?><e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body>'
    '<notificationsResponse xmlns="http://soap.sforce.com/2005/09/outbound"><Ack>true</Ack></notificationsResponse>'
    "</e:Body></e:Envelope>"
)
"""What a Salesforce outbound message must be answered, or it is sent again for a day."""


@dataclass(frozen=True, slots=True)
class Gate:
    """Who may give hints about a connection, and about which objects."""

    word: str = field(repr=False)
    in_address: bool
    objects: frozenset[str]

    def admits(self, headers: Mapping[str, str], token: str | None, body: bytes) -> bool:
        """Whether one of the ways shows the secret. No comparison takes longer the more of it is right."""
        signed = hmac.new(self.word.encode(), body, hashlib.sha256).hexdigest()
        given = headers.get(SIGNATURE, "").removeprefix("sha256=")
        bearer = headers.get("authorization", "").partition(" ")[2].strip()
        shown = [_same(given.lower(), signed), _same(bearer, self.word), self.in_address and _same(token or "", self.word)]
        return any(shown)


def gates(project: Project) -> dict[str, Gate]:
    """The connections that take hints. Raises ConfigError naming a secret that is not set."""
    environ = project.settings.environment
    return {
        name: Gate(config.hook.word(name, environ), config.hook.in_address, frozenset(project.mapping.objects(name)))
        for name, config in project.mapping.connections.items()
        if config.hook
    }


class Hooks:
    """Takes the hints of all connections that have a ``hook`` block. Raises ConfigError where a secret is not set."""

    def __init__(self, project: Project) -> None:
        self._project, self._gates = project, gates(project)
        self._room = asyncio.Semaphore(AT_ONCE)

    async def take(self, request: Request) -> Response:
        """Answer at once: 202, or what keeps the hint from being taken."""
        name = request.path_params["connection"]
        gate = self._gates.get(name)
        if gate is None:
            return _told(404, "no connection of this name takes hints; the mapping gives it a `hook` block")
        body = await _body(request)
        if body is None:
            return _told(413, f"a body may have {LARGEST:,} bytes")
        if not gate.admits(request.headers, request.query_params.get(TOKEN), body):
            return _told(401, "the secret is missing or wrong")
        named = request.query_params.get("object")
        return await self._enter(request, name, named if named in gate.objects else None)

    async def _enter(self, request: Request, connection: str, object: str | None) -> Response:
        if self._room.locked():
            return _told(503, "too many hints at once; send it again")
        async with self._room:
            try:
                paused = await run_in_threadpool(_enter, self._project, connection, object)
            except RetryLater:
                return _told(503, "the hint cannot be kept now; send it again")
        if request.headers.get("content-type", "").startswith("text/xml"):
            return Response(ACKNOWLEDGED, media_type="text/xml")
        return JSONResponse({"ok": True, "paused": paused}, 202)


def _enter(project: Project, connection: str, object: str | None) -> bool:
    """Leave the hint, unless it is there; answers whether the connection is paused, which makes it wait.

    One that is there has not been taken, so the look that it asks for is yet to come, and a flood writes one row.
    """
    with read(project.engine) as conn:
        known, paused = hints.there(conn, connection, object), connections.get(conn, connection)["paused_at"] is not None
    if not known:
        with write(project.engine) as conn:
            hints.give(conn, connection, object, project.now())
    return paused


async def _body(request: Request) -> bytes | None:
    """The body; None where it is too large, of which no more is read than that."""
    found = bytearray()
    async for part in request.stream():
        found += part
        if len(found) > LARGEST:
            return None
    return bytes(found)


def _same(given: str, right: str) -> bool:
    return hmac.compare_digest(given.encode(), right.encode())


def _told(status: int, problem: str) -> JSONResponse:
    return JSONResponse({"ok": False, "problem": problem}, status)
